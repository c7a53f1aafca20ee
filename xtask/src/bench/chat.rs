//! Chats per second, latencies and memory of the native server on one core, beside Flowise in the same run.
//!
//! The load, its model and what is asked are in `tests/load`.

use std::path::PathBuf;

use anyhow::{Result, ensure};
use clap::Args;

use crate::{
    node, setup,
    shell::{cargo, command, note, root, run, step},
};

/// The release that is measured, and the packages with native code that it needs built.
const FLOWISE: &str = "flowise@3";
const BUILT: &str = "sqlite3";

/// How much is measured.
#[derive(Args)]
pub struct Options {
    /// Seconds of each case
    #[arg(long, default_value_t = 8.0)]
    seconds: f64,
    /// Chats in a row at the end, to see whether memory grows
    #[arg(long, default_value_t = 0)]
    soak: u64,
    /// Leave out retrieval, which needs minutes to embed ten thousand passages
    #[arg(long)]
    no_retrieval: bool,
    /// Measure Flowise too: about two gigabytes of npm packages, in build/bench
    #[arg(long)]
    flowise: bool,
}

/// Measures and prints a table.
pub fn bench(options: &Options) -> Result<()> {
    ensure!(
        std::thread::available_parallelism()?.get() > 1,
        "the server and its load need a core each"
    );
    step("the native binary and the load, as they are shipped");
    run(&mut cargo(&[
        "build",
        "--release",
        "--package",
        "edgewise",
        "--package",
        "load",
    ]))?;
    let folder = setup::target_folder()?.join("release");
    let edgewise = folder.join("edgewise");
    setup::weights(&edgewise)?;
    let flowise = match options.flowise {
        true => Some(flowise()?),
        false => None,
    };
    step("measuring: the server on core 0, its load and the model on core 1");
    let mut measure = command("taskset", &["--cpu-list", "1"]);
    measure
        .arg(folder.join("bench-chat"))
        .args(["--seconds", &options.seconds.to_string()])
        .args(["--soak", &options.soak.to_string()])
        .env("EDGEWISE_BIN", &edgewise);
    if options.no_retrieval {
        measure.arg("--no-retrieval");
    }
    if let Some(flowise) = flowise {
        measure.args(["--flowise", &flowise]);
    }
    run(&mut measure)
}

/// Installs Flowise; answers the command that starts it.
fn flowise() -> Result<String> {
    node::install()?;
    step("Flowise, in build/bench");
    let folder = root().join("build/bench/flowise");
    std::fs::create_dir_all(&folder)?;
    let program: PathBuf = folder.join("node_modules/flowise/bin/run");
    if !program.exists() {
        let prefix = folder.display().to_string();
        let install = ["install", "--no-audit", "--no-fund", "--ignore-scripts"];
        run(node::npm(&install).args(["--prefix", &prefix, FLOWISE]))?;
        run(node::npm(&["rebuild"]).args(["--prefix", &prefix, BUILT]))?;
    }
    let node = node::binary("node");
    note(&format!("started by {}", node.display()));
    Ok(format!("{} {} start", node.display(), program.display()))
}
