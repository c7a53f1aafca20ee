//! How long a PDF of a hundred pages takes on two cores, from its upload until it can be asked about.
//!
//! What is uploaded, and what is looked at meanwhile, is in `e2e::big_pdf`; a test without a clock runs the same.

use anyhow::Result;

use crate::{
    setup,
    shell::{cargo, command, run, step},
};

/// Measures and prints the time beside its limit.
pub fn bench() -> Result<()> {
    step("the native binary, as it is shipped");
    run(&mut cargo(&["build", "--release", "--package", "edgewise"]))?;
    let edgewise = setup::target_folder()?.join("release/edgewise");
    setup::weights(&edgewise)?;
    run(&mut cargo(&[
        "build",
        "--package",
        "e2e",
        "--bin",
        "big-pdf",
    ]))?;
    let big_pdf = setup::target_folder()?.join("debug/big-pdf");
    step("measuring: server and client on cores 0 and 1");
    let mut measure = command("taskset", &["--cpu-list", "0,1"]);
    run(measure.arg(big_pdf).env("EDGEWISE_BIN", &edgewise))
}
