//! Automation of the repository: `cargo xtask serve`, `test`, `deploy`, `wrangler`. Each does its own set-up on a fresh
//! machine and says what it does. Heavy work is done by the programs that it runs (cargo, npm, `edgewise`), so that this
//! one compiles in seconds.
//!
//! Start reading at [`Task`]; one file per task, and `workers/` and `spin/` for what only those runtimes need.

mod bench;
mod console;
mod edge;
mod node;
mod sample;
mod schemathesis;
mod serve;
mod setup;
mod shell;
mod spin;
mod test;
mod torture;
mod types;
mod workers;

use std::{path::PathBuf, process::ExitCode};

use anyhow::Result;
use clap::{Parser, Subcommand, ValueEnum};

/// Automation of Edgewise.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

/// What can be done.
#[derive(Subcommand)]
enum Task {
    /// Build, start, and load a sample knowledge base: ends with a URL, a key and a ready `curl` line, and serves on
    Serve(serve::Options),
    /// Check everything, on all three runtimes
    Test(test::Options),
    /// Measure, beside other programs
    Bench {
        /// What
        #[command(subcommand)]
        what: bench::Bench,
    },
    /// Kill the native server again and again under load, and look for what was lost
    Torture(torture::Options),
    /// Make requests from the OpenAPI document, right ones and wrong ones, and check every answer
    Schemathesis(schemathesis::Options),
    /// Build the console and the web apps, for the native binary to take in
    Console,
    /// Make the console's types of the API from the OpenAPI document
    Types,
    /// Take pictures of every page of the console and the web apps
    Screenshots {
        /// Where they go
        #[arg(default_value = ".edgewise/screenshots")]
        folder: PathBuf,
    },
    /// Measure with Lighthouse how fast and how accessible the web apps and the studio are
    Lighthouse,
    /// Build the Worker's module for wrangler.toml
    Worker {
        /// With the test-only routes, in a folder of its own
        #[arg(long)]
        contract: bool,
    },
    /// Build the component for spin.toml, the embedder's weights in it
    Component {
        /// With the test-only routes, in a file of its own
        #[arg(long, conflicts_with = "bare")]
        contract: bool,
        /// Without weights, in a file of its own
        #[arg(long)]
        bare: bool,
    },
    /// Deploy: weights, secrets, storage, code
    Deploy {
        /// Where to
        #[arg(value_enum)]
        target: Edge,
        /// Build and check, and change nothing outside this folder
        #[arg(long)]
        dry_run: bool,
    },
    /// Run the project's own wrangler
    #[command(disable_help_flag = true)]
    Wrangler {
        /// Passed on as they are
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
}

/// Where the handlers run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Runtime {
    /// One binary.
    #[default]
    Native,
    /// Cloudflare Workers, in a local workerd.
    Workers,
    /// A Spin host.
    Spin,
}

/// Where an installation can be deployed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Edge {
    /// Cloudflare Workers.
    Workers,
    /// Spin on Kubernetes.
    Spin,
}

fn main() -> ExitCode {
    let done = match Arguments::parse().task {
        Task::Serve(options) => serve::run(&options),
        Task::Test(options) => test::run_all(&options),
        Task::Torture(options) => torture::run_all(&options),
        Task::Schemathesis(options) => schemathesis::run_all(&options),
        Task::Bench { what } => bench::run(&what),
        Task::Console => console::build(),
        Task::Types => types::write(),
        Task::Lighthouse => console::lighthouse(),
        Task::Screenshots { folder } => console::screenshots(&folder),
        Task::Worker { contract } => worker(contract),
        Task::Deploy {
            target: Edge::Workers,
            dry_run,
        } => workers::deploy(dry_run),
        Task::Deploy {
            target: Edge::Spin,
            dry_run,
        } => spin::deploy(dry_run),
        Task::Component { contract, bare } => component(contract, bare),
        Task::Wrangler { arguments } => workers::wrangler(&arguments),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn worker(contract: bool) -> Result<()> {
    let bundle = if contract {
        workers::Bundle::Contract
    } else {
        workers::Bundle::Shipped
    };
    workers::build(bundle, &setup::edgewise()?).map(drop)
}

fn component(contract: bool, bare: bool) -> Result<()> {
    let component = match (contract, bare) {
        (true, _) => spin::Component::Contract,
        (false, true) => spin::Component::Bare,
        (false, false) => spin::Component::Baked,
    };
    spin::build(component, &setup::edgewise()?).map(drop)
}
