//! What a run of a workflow costs: the engine in process, then runs over HTTP on one core, beside n8n in the same run.
//!
//! The graphs over HTTP are in `tests/load`, those in process in the engine's own example.

use anyhow::Result;
use clap::Args;

use super::{one_core::Load, rival};
use crate::shell::{cargo, run, step};

/// How much is measured.
#[derive(Args)]
pub struct Options {
    #[command(flatten)]
    load: Load,
    /// Measure n8n too: about two gigabytes of npm packages, in build/bench
    #[arg(long)]
    n8n: bool,
}

/// Measures and prints two tables.
pub fn bench(options: &Options) -> Result<()> {
    step("the engine, in process: nothing is kept");
    run(&mut cargo(&[
        "run",
        "--release",
        "--package",
        "workflow",
        "--example",
        "bench",
    ]))?;
    let mut measure = options.load.program("bench-workflow")?;
    if options.n8n {
        measure.args(["--n8n", &rival::N8N.install()?]);
    }
    step("measuring: the server on core 0, its load on core 1");
    run(&mut measure)
}
