//! `cargo xtask schemathesis`: the long form of what every test run does for a minute. Requests are made from the OpenAPI
//! document, right ones and wrong ones, and every answer is held against it.

use anyhow::Result;
use clap::Args;

use crate::{
    setup,
    shell::{cargo, run, step},
};

/// How long.
#[derive(Args)]
pub struct Options {
    /// Seconds for each surface of the API
    #[arg(long, default_value_t = 300)]
    seconds: u64,
}

/// Builds, starts servers of its own, asks.
pub fn run_all(options: &Options) -> Result<()> {
    let edgewise = setup::edgewise()?;
    setup::weights(&edgewise)?;
    step("schemathesis, on a native server");
    let test = [
        "test",
        "--package",
        "e2e",
        "--test",
        "schemathesis",
        "--",
        "--nocapture",
        "--test-threads=1",
    ];
    run(cargo(&test)
        .env("EDGEWISE_SCHEMATHESIS_SECONDS", options.seconds.to_string())
        .env("EDGEWISE_BIN", &edgewise))
}
