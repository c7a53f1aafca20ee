//! Edgewise as one binary.

mod cli;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use edgewise::{logs, serve};

/// A third faster here than the system's under many small objects of many threads; and counted, so that code nodes cannot
/// take what they like.
#[global_allocator]
static ALLOCATOR: sandbox::Meter<mimalloc::MiMalloc> = sandbox::Meter(mimalloc::MiMalloc);

/// An LLM application platform in one binary.
#[derive(Parser)]
#[command(name = "edgewise", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve apps and their APIs from a data folder
    Serve(serve::Options),
    #[command(flatten)]
    Client(cli::Command),
}

#[tokio::main]
async fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Serve(options) => {
            logs::start(options.log_json);
            serve::run(options).await
        }
        Command::Client(command) => cli::run(command).await,
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
