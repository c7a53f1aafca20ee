//! What a run of a workflow costs: the engine in process, then runs over HTTP on one core.
//!
//! The graphs over HTTP are in `tests/load`, those in process in the engine's own example.

use anyhow::{Result, ensure};
use clap::Args;

use crate::{
    setup,
    shell::{cargo, command, run, step},
};

/// How much is measured.
#[derive(Args)]
pub struct Options {
    /// Seconds of each case
    #[arg(long, default_value_t = 4.0)]
    seconds: f64,
    /// Runs in a row at the end, to see whether memory grows
    #[arg(long, default_value_t = 0)]
    soak: u64,
}

/// Measures and prints two tables.
pub fn bench(options: &Options) -> Result<()> {
    ensure!(
        std::thread::available_parallelism()?.get() > 1,
        "the server and its load need a core each"
    );
    step("the engine, in process: nothing is kept");
    run(&mut cargo(&[
        "run",
        "--release",
        "--package",
        "workflow",
        "--example",
        "bench",
    ]))?;
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
    step("measuring: the server on core 0, its load on core 1");
    let mut measure = command("taskset", &["--cpu-list", "1"]);
    measure
        .arg(folder.join("bench-workflow"))
        .args(["--seconds", &options.seconds.to_string()])
        .args(["--soak", &options.soak.to_string()])
        .env("EDGEWISE_BIN", &edgewise);
    run(&mut measure)
}
