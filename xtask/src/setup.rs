//! What a fresh machine lacks: Rust targets, Debian packages, weights. Each check costs milliseconds when all is there.

use std::{fs::File, io::Read, path::PathBuf};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::shell::{self, cargo, command, note, output, run, step};

/// For Cloudflare Workers.
pub const WORKERS_TARGET: &str = "wasm32-unknown-unknown";
/// For Spin.
pub const SPIN_TARGET: &str = "wasm32-wasip2";

/// Adds these targets to the Rust toolchain.
pub fn targets(wanted: &[&str]) -> Result<()> {
    step(&format!("Rust targets: {}", wanted.join(", ")));
    let libraries = PathBuf::from(output(&mut command("rustc", &["--print", "sysroot"]))?.trim())
        .join("lib/rustlib");
    let missing: Vec<&str> = wanted
        .iter()
        .copied()
        .filter(|target| !libraries.join(target).join("lib").is_dir())
        .collect();
    if missing.is_empty() {
        note("there already");
        return Ok(());
    }
    let mut add = command("rustup", &["target", "add"]);
    run(add.args(&missing)).context(
        "the Rust targets could not be added; without rustup, install them with your toolchain",
    )
}

/// The Debian packages that bring a program: installed where we are root, else told.
pub fn debian(program: &str, packages: &[&str]) -> Result<()> {
    if shell::succeeds(&mut command(program, &["--version"])) {
        return Ok(());
    }
    step(&format!(
        "Debian packages, for `{program}`: {}",
        packages.join(" ")
    ));
    let root = output(&mut command("id", &["-u"])).is_ok_and(|id| id.trim() == "0");
    if !root || !shell::succeeds(&mut command("apt-get", &["--version"])) {
        bail!(
            "`{program}` is missing. Install it, on Debian or Ubuntu with: sudo apt-get install {}",
            packages.join(" ")
        );
    }
    run(&mut command("apt-get", &["update", "--quiet"]))?;
    let mut install = command("apt-get", &["install", "--yes", "--no-install-recommends"]);
    run(install
        .args(packages)
        .env("DEBIAN_FRONTEND", "noninteractive"))
}

/// Where cargo puts what it builds.
pub fn target_folder() -> Result<PathBuf> {
    let metadata = output(&mut cargo(&["metadata", "--no-deps", "--format-version=1"]))?;
    let metadata: Value = serde_json::from_str(&metadata)?;
    let folder = metadata.get("target_directory").and_then(Value::as_str);
    Ok(PathBuf::from(
        folder.context("cargo names no target folder")?,
    ))
}

/// Builds the native binary and answers where it is.
pub fn edgewise() -> Result<PathBuf> {
    step("the native binary, `edgewise`");
    note("the first time this takes minutes: the inference engine is compiled with optimisation");
    run(&mut cargo(&["build", "--package", "edgewise"]))?;
    Ok(target_folder()?.join("debug/edgewise"))
}

/// Brings the weights of the local models into the user's cache folder.
pub fn weights(edgewise: &PathBuf) -> Result<()> {
    step("weights of the local models: all-minilm-l6-v2 (91 MB), smollm2-135m-instruct (98 MB)");
    run(command(edgewise, &["models", "pull"]).args(["all-minilm-l6-v2", "smollm2-135m-instruct"]))
}

/// A new secret: 32 random bytes in hex.
pub fn random() -> Result<String> {
    let mut bytes = [0u8; 32];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
