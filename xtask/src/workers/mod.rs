//! Cloudflare Workers: building the module, running it in a local workerd, deploying it.
//!
//! cargo -> wasm-bindgen (`xtask/bindgen`) -> `build/worker/`, which wrangler.toml names. The scripts of
//! `functions/cloudflare` are copied beside it, and so are the modules of code nodes, which are the same for each bundle; wrangler
//! does the bundling. There is no wasm-opt: after LLVM it saved 2 % of the compressed module and took five minutes.

mod deploy;

pub use deploy::deploy;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::Result;

use crate::{
    console, node, setup,
    shell::{cargo, note, root, run, step},
    spin,
};

/// Languages of code nodes: a module for each, and a feature of `functions/cloudflare/code`.
const LANGUAGES: [&str; 2] = ["python", "javascript"];

/// What the runtime loads first, and what starts those modules.
const SCRIPTS: [&str; 2] = ["shim.mjs", "code.mjs"];

/// Which Worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bundle {
    /// What is deployed.
    Shipped,
    /// With the test-only routes. Never deployed.
    Contract,
}

impl Bundle {
    /// The folder of its module, relative to the workspace.
    pub fn folder(self) -> &'static str {
        match self {
            Self::Shipped => "build/worker",
            Self::Contract => "build/worker-contract",
        }
    }
}

/// Builds a Worker; answers the folder that holds its `shim.mjs`. The native binary makes its weights.
pub fn build(bundle: Bundle, edgewise: &Path) -> Result<PathBuf> {
    setup::targets(&[setup::WORKERS_TARGET])?;
    node::install()?;
    step(&format!("the Worker's module, in {}", bundle.folder()));
    let folder = root().join(bundle.folder());
    // Built aside and moved at the end: a half-built module must not look like one.
    let staging = root().join(format!("{}.new", bundle.folder()));
    if staging.exists() {
        fs::remove_dir_all(&staging)?;
    }
    fs::create_dir_all(&staging)?;
    assets(edgewise)?;
    for language in LANGUAGES {
        code(language, &staging)?;
    }
    module(bundle, &staging)?;
    for script in SCRIPTS {
        let from = root().join("functions/cloudflare").join(script);
        fs::copy(from, staging.join(script))?;
    }
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::rename(&staging, &folder)?;
    for module in ["index", LANGUAGES[0], LANGUAGES[1]] {
        let size = fs::metadata(folder.join(format!("{module}_bg.wasm")))?.len();
        note(&format!("{module}: {} KB before compression", size / 1000));
    }
    Ok(folder)
}

/// The static files: the console, with what a browser is told about it, and the weights of the local embedder.
fn assets(edgewise: &Path) -> Result<()> {
    let assets = root().join("build/assets");
    if assets.exists() {
        fs::remove_dir_all(&assets)?;
    }
    console::site(edgewise, &assets)?;
    remove_compressed(&assets)?;
    let policy = fs::read_to_string(console::folder().join("content-security-policy"))?;
    fs::write(assets.join("_headers"), headers(policy.trim()))?;
    let weights = spin::weights(edgewise)?;
    let folder = root().join("build/assets/weights");
    fs::create_dir_all(&folder)?;
    let name = weights.file_name().unwrap_or_default();
    fs::copy(&weights, folder.join(name))?;
    Ok(())
}

/// Cloudflare compresses by itself.
fn remove_compressed(folder: &Path) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            remove_compressed(&path)?;
        } else if path.extension().is_some_and(|end| end == "gz") {
            fs::remove_file(&path)?;
        }
    }
    Ok(())
}

/// The same headers that the native binary sends.
fn headers(policy: &str) -> String {
    format!(
        "/*\n  Content-Security-Policy: {policy} 'self'\n  X-Content-Type-Options: nosniff\n  Referrer-Policy: same-origin\n  \
         Permissions-Policy: camera=(), geolocation=(), microphone=(self)\n\
         /chatbot/*\n  ! Content-Security-Policy\n  Content-Security-Policy: {policy} *\n\
         /assets/*\n  ! Content-Security-Policy\n  Cache-Control: public, max-age=31536000, immutable\n"
    )
}

fn module(bundle: Bundle, staging: &Path) -> Result<()> {
    // Each bundle keeps its own copy of the result, but dependencies are shared.
    let features: &[&str] = match bundle {
        Bundle::Shipped => &[],
        Bundle::Contract => &["--features", "contract"],
    };
    let compiled = compile("edgewise-worker", "edgewise_worker.wasm", features)?;
    run(bindgen().arg(compiled).arg(staging))
}

/// The module of a language of code nodes.
fn code(language: &str, staging: &Path) -> Result<()> {
    let features = ["--features", language];
    let compiled = compile("edgewise-code", "edgewise_code.wasm", &features)?;
    run(bindgen().arg(compiled).arg(staging).arg(language))
}

fn compile(package: &str, file: &str, features: &[&str]) -> Result<PathBuf> {
    let target = setup::WORKERS_TARGET;
    let mut build = cargo(&["build", "--profile", "worker", "--package", package]);
    run(build.args(["--target", target]).args(features))?;
    Ok(setup::target_folder()?
        .join(target)
        .join("worker")
        .join(file))
}

fn bindgen() -> Command {
    cargo(&["run", "--quiet", "--package", "bindgen", "--"])
}

/// A local workerd with this Worker, its state in `state`: `wrangler dev` over wrangler.toml. Ends when it is killed,
/// together with its process group.
pub fn dev(bundle: Bundle, port: u16, state: &Path, variables: &[(&str, &str)]) -> Command {
    let port = port.to_string();
    let script = format!("{}/shim.mjs", bundle.folder());
    let mut command = node::program(
        "wrangler",
        &["dev", &script, "--local", "--ip", "127.0.0.1"],
    );
    command
        .args([
            "--port",
            &port,
            "--inspector-port",
            "0",
            "--show-interactive-dev-session=false",
        ])
        .arg("--persist-to")
        .arg(state);
    for (name, value) in variables {
        command.arg("--var").arg(format!("{name}:{value}"));
    }
    command
}

/// The project's own wrangler.
pub fn wrangler(arguments: &[String]) -> Result<()> {
    node::install()?;
    run(node::program("wrangler", &[]).args(arguments))
}
