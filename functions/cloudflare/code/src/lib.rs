//! The sandbox of one language as a WebAssembly module. The Worker makes a fresh instance of it for each piece of code: what
//! code leaves in memory, and what a trap leaves broken, goes with the instance and touches no request.
//!
//! This side owns the call in and out, as JSON texts. `sandbox` owns the limits, `code.mjs` the instances.
//!
//! Must never: keep anything from one call for another. Start at [`run`].

use sandbox::{Language, Limits, Meter};
use wasm_bindgen::prelude::wasm_bindgen;

/// What JavaScript's share of memory is seen by.
#[global_allocator]
static ALLOCATOR: Meter = Meter(std::alloc::System);

/// Calls `main` of the code; what it returned, as JSON.
///
/// # Errors
/// What is wrong with the code, for its author.
#[wasm_bindgen]
pub fn run(language: &str, source: &str, arguments: &str) -> Result<String, String> {
    let language = Language::parse(language).map_err(|error| error.to_string())?;
    let arguments = serde_json::from_str(arguments)
        .map_err(|error| format!("the arguments are no object: {error}"))?;
    sandbox::run(language, source, &arguments, &Limits::default())
        .map(|returned| serde_json::Value::Object(returned).to_string())
        .map_err(|error| error.to_string())
}
