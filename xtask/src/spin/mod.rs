//! Spin: building the component, running it in the host of `tests/spin-host`, deploying it with SpinKube.
//!
//! Components lie in `target/spin/`, each under its own name, so that the one with the test routes is never taken for
//! the one that is shipped. `spin.toml` names `edgewise.wasm`.

mod deploy;

pub use deploy::deploy;

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::Result;

use crate::{
    console, setup,
    shell::{cargo, command, note, root, run, step},
};

/// Which component.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Component {
    /// What is deployed: the embedder's weights are part of it.
    Baked,
    /// The same without weights, for those that use a remote embedder, and for tests.
    Bare,
    /// With the test-only routes. Never deployed.
    Contract,
}

impl Component {
    /// Its file, relative to the workspace.
    pub fn file(self) -> &'static str {
        match self {
            Self::Baked => "target/spin/edgewise.wasm",
            Self::Bare => "target/spin/shipped.wasm",
            Self::Contract => "target/spin/contract.wasm",
        }
    }

    fn features(self) -> &'static [&'static str] {
        match self {
            Self::Baked => &["--features", "weights"],
            Self::Bare => &[],
            Self::Contract => &["--features", "contract"],
        }
    }
}

/// Builds a component; answers its file. The native binary makes the weights of [`Component::Baked`].
pub fn build(component: Component, edgewise: &Path) -> Result<PathBuf> {
    setup::targets(&[setup::SPIN_TARGET])?;
    files(edgewise)?;
    let target = setup::SPIN_TARGET;
    let mut build = cargo(&["build", "--profile", "edge", "--package", "edgewise-spin"]);
    build.args(["--target", target]).args(component.features());
    if component == Component::Baked {
        build.env("EDGEWISE_SPIN_WEIGHTS", weights(edgewise)?);
    }
    step(&format!("the Spin component, {}", component.file()));
    run(&mut build)?;
    let compiled = setup::target_folder()?
        .join(target)
        .join("edge/edgewise_spin.wasm");
    let file = root().join(component.file());
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::copy(compiled, &file)?;
    let size = fs::metadata(&file)?.len();
    note(&format!("{} KB before compression", size / 1000));
    Ok(file)
}

/// The static files that the manifest names.
fn files(edgewise: &Path) -> Result<()> {
    let site = root().join("build/site");
    if site.exists() {
        fs::remove_dir_all(&site)?;
    }
    console::site(edgewise, &site)
}

/// The embedder's 8-bit file, made by the native binary. Workers ship the same one.
pub fn weights(edgewise: &Path) -> Result<PathBuf> {
    step("8-bit weights of the embedder");
    let file = root().join("build/weights/all-minilm-l6-v2.q8");
    let quantize = ["models", "quantize", "all-minilm-l6-v2", "--out"];
    run(command(edgewise, &quantize).arg(&file))?;
    Ok(file)
}

/// A host that serves `component` from spin.toml, its state in `state`. Variables by their names in spin.toml. Ends when
/// it is killed.
pub fn dev(
    component: Component,
    addr: SocketAddr,
    state: &Path,
    variables: &[(&str, &str)],
) -> Result<Command> {
    run(&mut cargo(&["build", "--package", "spin-host"]))?;
    let host = setup::target_folder()?.join("debug/spin-host");
    let mut dev = command(host, &["--manifest", "spin.toml", "--addr"]);
    dev.arg(addr.to_string())
        .arg("--state")
        .arg(state)
        .arg("--component")
        .arg(format!("edgewise={}", component.file()));
    for (name, value) in variables {
        dev.arg("--env").arg(format!("{name}={value}"));
    }
    Ok(dev)
}
