//! Chats per second, latencies and memory of the native server on one core, beside Flowise in the same run.
//!
//! The load, its model and what is asked are in `tests/load`.

use anyhow::Result;
use clap::Args;

use super::{one_core::Load, rival};
use crate::shell::{run, step};

/// How much is measured.
#[derive(Args)]
pub struct Options {
    #[command(flatten)]
    load: Load,
    /// Leave out retrieval, which needs minutes to embed ten thousand passages
    #[arg(long)]
    no_retrieval: bool,
    /// Measure Flowise too: about two gigabytes of npm packages, in build/bench
    #[arg(long)]
    flowise: bool,
}

/// Measures and prints a table.
pub fn bench(options: &Options) -> Result<()> {
    let mut measure = options.load.program("bench-chat")?;
    let flowise = match options.flowise {
        true => Some(rival::FLOWISE.install()?),
        false => None,
    };
    step("measuring: the server on core 0, its load and the model on core 1");
    if options.no_retrieval {
        measure.arg("--no-retrieval");
    }
    if let Some(flowise) = flowise {
        measure.args(["--flowise", &format!("{flowise} start")]);
    }
    run(&mut measure)
}
