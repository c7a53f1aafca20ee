//! `cargo xtask test`: everything that must hold, from the cheapest to the dearest check.

use anyhow::Result;
use clap::Args;

use crate::{
    console, node, setup,
    shell::{cargo, run, step},
    spin::{self, Component},
    types,
    workers::{self, Bundle},
};

/// Packages that are built for their own targets only.
const OTHER_TARGETS: [&str; 6] = [
    "--exclude",
    "edgewise-worker",
    "--exclude",
    "edgewise-code",
    "--exclude",
    "edgewise-spin",
];

/// Packages whose tests run the wasm modules in workerd and in a Spin host.
const EDGE_TESTS: [&str; 4] = ["--exclude", "workers", "--exclude", "spin-host"];

/// Tells `tests/workers` that the bundles lie there, fresh: run alone, they build them.
const BUILT: &str = "EDGEWISE_WORKERS_BUILT";

/// What to check.
#[derive(Args)]
pub struct Options {
    /// Leave out the wasm modules, and with them the suites inside workerd and the Spin host
    #[arg(long)]
    native: bool,
    /// Only the tests whose name contains this
    filter: Option<String>,
}

/// Sets up, builds and checks.
pub fn run_all(options: &Options) -> Result<()> {
    if !options.native {
        setup::targets(&[setup::WORKERS_TARGET, setup::SPIN_TARGET])?;
    }
    // Workerd for the Worker, and a Node for the official client.
    node::install()?;
    console::build()?;
    // For tests/browser.
    setup::debian("chromium", &["chromium"])?;

    step("format");
    run(&mut cargo(&["fmt", "--all", "--check"]))?;

    step("build: all tests and the native binary");
    // With the tests, not before them: the same features, so nothing is compiled twice.
    run(cargo(&["build", "--workspace", "--bins", "--tests"]).args(OTHER_TARGETS))?;
    let edgewise = setup::target_folder()?.join("debug/edgewise");
    types::check(&edgewise)?;
    setup::weights(&edgewise)?;

    if !options.native {
        for bundle in [Bundle::Contract, Bundle::Shipped] {
            workers::build(bundle, &edgewise)?;
        }
        for component in [Component::Contract, Component::Bare, Component::Baked] {
            spin::build(component, &edgewise)?;
        }
    }

    step("tests");
    let mut tests = cargo(&["test", "--workspace", "--no-fail-fast"]);
    tests.args(OTHER_TARGETS);
    if options.native {
        tests.args(EDGE_TESTS);
    }
    tests.args(options.filter.as_deref());
    run(tests.env("EDGEWISE_BIN", &edgewise).env(BUILT, "1"))
}
