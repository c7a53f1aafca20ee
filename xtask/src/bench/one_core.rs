//! The native server on a core of its own, its load and what it calls on another: what `bench chat` and `bench workflow` share.

use std::process::Command;

use anyhow::{Result, ensure};
use clap::Args;

use crate::{
    setup,
    shell::{cargo, command, run, step},
};

/// How much is measured.
#[derive(Args)]
pub struct Load {
    /// Seconds of each case
    #[arg(long, default_value_t = 6.0)]
    seconds: f64,
    /// Exchanges in a row at the end, to see whether memory grows
    #[arg(long, default_value_t = 0)]
    soak: u64,
}

impl Load {
    /// Builds the server and the named program of `tests/load` as they are shipped, fetches the weights, and answers how the
    /// program starts on core 1; the server takes core 0 by itself.
    pub fn program(&self, name: &str) -> Result<Command> {
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
        let mut measure = command("taskset", &["--cpu-list", "1"]);
        measure
            .arg(folder.join(name))
            .args(["--seconds", &self.seconds.to_string()])
            .args(["--soak", &self.soak.to_string()])
            .env("EDGEWISE_BIN", &edgewise);
        Ok(measure)
    }
}
