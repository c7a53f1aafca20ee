//! `Code` by the interpreters of the sandbox, inside the component.

use async_trait::async_trait;
use ports::{Code, CodeCall, Error, ErrorKind, Result};
use sandbox::{Language, Limits, Meter};

/// What JavaScript's share of memory is seen by.
#[global_allocator]
static ALLOCATOR: Meter = Meter(std::alloc::System);

/// Python and JavaScript. While code computes, other requests of the instance wait.
pub struct SpinCode;

#[async_trait]
impl Code for SpinCode {
    async fn run(&self, call: CodeCall) -> Result<String> {
        let invalid = |message: String| Error::new(ErrorKind::Invalid, message);
        let arguments = serde_json::from_str(&call.arguments)
            .map_err(|error| invalid(format!("the arguments are no object: {error}")))?;
        let language = Language::parse(&call.language);
        let language = language.map_err(|error| invalid(error.to_string()))?;
        sandbox::run(language, &call.source, &arguments, &Limits::default())
            .map(|returned| serde_json::Value::Object(returned).to_string())
            .map_err(|error| invalid(error.to_string()))
    }
}
