//! `bindgen INPUT.wasm FOLDER`: writes `index.js` and `index_bg.wasm`, which the Worker's shim imports.
//!
//! A package of its own, so that xtask itself stays quick to compile.

use std::{env, fs, path::PathBuf};

use anyhow::{Context, Result};
use wasm_bindgen_cli_support::Bindgen;

fn main() -> Result<()> {
    let mut arguments = env::args_os().skip(1).map(PathBuf::from);
    let input = arguments.next().context("which wasm file?")?;
    let folder = arguments.next().context("which folder?")?;
    Bindgen::new()
        .input_path(&input)
        .out_name("index")
        .module(true)?
        .typescript(false)
        // What the shim uses to start afresh after a trap.
        .reset_state_function(true)
        .force_enable_abort_handler(true)
        // Up to 100 KB compressed, and nothing reads them.
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate(&folder)?;
    // wrangler turns a plain import of a `.wasm` file into a compiled module; it does not know source-phase imports.
    let script = folder.join("index.js");
    let text = fs::read_to_string(&script)?;
    fs::write(&script, text.replace("import source ", "import "))?;
    Ok(())
}
