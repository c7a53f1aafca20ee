//! `cargo xtask torture`: kills the native server at random moments under chats, uploads and deletes, and compares what
//! its clients were told with what is there; then the same on a slow disk, a tenth as often; under fifty runs of a workflow
//! at a time, whose requests are counted where they arrive; and on a full disk.

use anyhow::Result;
use clap::Args;

use crate::{
    setup,
    shell::{cargo, run, step},
};

/// How hard.
#[derive(Args)]
pub struct Options {
    /// How often the server is killed
    #[arg(long, default_value_t = 200)]
    kills: usize,
    /// The same seed makes the same choices
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Milliseconds that the slow disk needs longer for each write that is waited for
    #[arg(long, default_value_t = 100)]
    slow_disk: u64,
}

/// Builds, kills, compares.
pub fn run_all(options: &Options) -> Result<()> {
    let edgewise = setup::edgewise()?;
    setup::weights(&edgewise)?;
    step(&format!("{} kills, seed {}", options.kills, options.seed));
    let (kills, seed) = (options.kills.to_string(), options.seed.to_string());
    let slow = options.slow_disk.to_string();
    let torture = [
        "run",
        "--quiet",
        "--package",
        "e2e",
        "--bin",
        "torture",
        "--",
    ];
    run(cargo(&torture)
        .args([kills, seed, slow])
        .env("EDGEWISE_BIN", &edgewise))
}
