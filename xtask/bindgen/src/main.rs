//! `bindgen INPUT.wasm FOLDER`: writes `index.js` and `index_bg.wasm`, which the Worker's shim imports.
//!
//! `bindgen INPUT.wasm FOLDER NAME`: writes `NAME.js` and `NAME_bg.wasm`, of which `code.mjs` makes an instance for each call.
//!
//! A package of its own, so that xtask itself stays quick to compile.

use std::{env, ffi::OsString, fs, path::PathBuf};

use anyhow::{Context, Result, ensure};
use wasm_bindgen_cli_support::Bindgen;

/// What would give every call the first instance.
const ONCE: &str = "if (wasm !== undefined) return wasm;";

fn main() -> Result<()> {
    let mut arguments = env::args_os().skip(1);
    let input = arguments.next().map(PathBuf::from);
    let input = input.context("which wasm file?")?;
    let folder = arguments.next().map(PathBuf::from);
    let folder = folder.context("which folder?")?;
    let mut bindgen = Bindgen::new();
    bindgen
        .input_path(&input)
        .typescript(false)
        // Up to 100 KB compressed, and nothing reads them.
        .remove_name_section(true)
        .remove_producers_section(true);
    match arguments.next().map(OsString::into_string) {
        None => main_module(&mut bindgen, &folder),
        Some(Ok(name)) => by_instance(&mut bindgen, &folder, &name),
        Some(Err(name)) => anyhow::bail!("{} is no name", name.display()),
    }
}

fn main_module(bindgen: &mut Bindgen, folder: &PathBuf) -> Result<()> {
    bindgen
        .out_name("index")
        .module(true)?
        // What the shim uses to start afresh after a trap.
        .reset_state_function(true)
        .force_enable_abort_handler(true)
        .generate(folder)?;
    // wrangler turns a plain import of a `.wasm` file into a compiled module; it does not know source-phase imports.
    let script = folder.join("index.js");
    let text = fs::read_to_string(&script)?;
    fs::write(&script, text.replace("import source ", "import "))?;
    Ok(())
}

fn by_instance(bindgen: &mut Bindgen, folder: &PathBuf, name: &str) -> Result<()> {
    bindgen
        .out_name(name)
        .web(true)?
        .omit_default_module_path(true)
        .generate(folder)?;
    let script = folder.join(format!("{name}.js"));
    let text = fs::read_to_string(&script)?;
    ensure!(
        text.contains(ONCE),
        "the script of wasm-bindgen no longer says `{ONCE}`"
    );
    fs::write(&script, text.replace(ONCE, ""))?;
    Ok(())
}
