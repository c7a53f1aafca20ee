//! `cargo xtask types`: what the console knows of the API, as types, from the OpenAPI document that the binary prints. The
//! file is checked in, so that a build of the console needs neither Rust nor the program that makes types.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::{
    console, node, setup,
    shell::{command, output, run, step},
};

/// Where they lie.
fn file() -> PathBuf {
    console::folder().join("src/api/schema.d.ts")
}

/// Makes them anew.
pub fn write() -> Result<()> {
    make(&setup::edgewise()?, &file())
}

/// Fails where they are not those of the document that `edgewise` prints.
pub fn check(edgewise: &Path) -> Result<()> {
    let made = temporary("d.ts");
    make(edgewise, &made)?;
    let fresh = std::fs::read(&made)? == std::fs::read(file())?;
    std::fs::remove_file(&made)?;
    match fresh {
        true => Ok(()),
        false => bail!("the API's types of the console are out of date: cargo xtask types"),
    }
}

fn temporary(ending: &str) -> PathBuf {
    std::env::temp_dir().join(format!("edgewise-types-{}.{ending}", std::process::id()))
}

fn make(edgewise: &Path, target: &Path) -> Result<()> {
    let program = node::types()?;
    step("the console's types, from the OpenAPI document (openapi-typescript)");
    let document = output(&mut command(edgewise, &["openapi"]))?;
    // A file and not a pipe: Node reads what is not there yet of a pipe as an error (EAGAIN).
    let source = temporary("json");
    std::fs::write(&source, &document)?;
    let mut script = node::script("make.mjs");
    script.arg(&source).arg(target).current_dir(&program);
    let made = run(&mut script);
    std::fs::remove_file(&source)?;
    made.context("no types were made")
}
