//! Edgewise as one binary.

mod cli;

use std::process::ExitCode;

use clap::Parser;

/// An LLM application platform in one binary.
#[derive(Parser)]
#[command(name = "edgewise", version)]
struct Arguments {
    #[command(subcommand)]
    command: cli::Command,
}

#[tokio::main]
async fn main() -> ExitCode {
    match cli::run(Arguments::parse().command).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
