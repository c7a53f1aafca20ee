//! The client half of the binary: commands that talk to a running server over HTTP, as its owner.
//!
//! One file per command. They use the console API only, so whatever a command does, a program can do. `models` and
//! `doctor` also look at this machine.
//!
//! Output: words for people, and with `--json` one JSON value on standard output; progress, warnings and errors go to
//! standard error, so that a script can read the rest.

mod app;
mod ask;
mod backup;
mod client;
mod dataset;
mod doctor;
mod key;
mod model;
mod models;
mod openapi;
mod provider;
mod say;

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, Subcommand};

/// The data folder of a server that is started without `--data`: below the present folder, so that nothing is hidden.
pub const DEFAULT_DATA: &str = "edgewise-data";

/// Where a server listens that is started without `--addr`.
pub const DEFAULT_ADDR: &str = "127.0.0.1:8787";

/// What the binary does besides serving.
#[derive(Subcommand)]
pub enum Command {
    /// Apps: list, import and export their files
    App {
        #[command(subcommand)]
        command: app::Command,
        #[command(flatten)]
        target: Target,
    },
    /// Keys for the Service API
    Key {
        #[command(subcommand)]
        command: key::Command,
        #[command(flatten)]
        target: Target,
    },
    /// Knowledge: datasets and their documents
    Dataset {
        #[command(subcommand)]
        command: dataset::Command,
        #[command(flatten)]
        target: Target,
    },
    /// Services that run models elsewhere
    Provider {
        #[command(subcommand)]
        command: provider::Command,
        #[command(flatten)]
        target: Target,
    },
    /// Which models the workspace uses
    Model {
        #[command(subcommand)]
        command: model::Command,
        #[command(flatten)]
        target: Target,
    },
    /// Weights of the models that run in the process
    Models {
        #[command(subcommand)]
        command: models::Command,
        /// Print JSON
        #[arg(long, global = true)]
        json: bool,
    },
    /// Write everything of the workspace into one file
    Backup {
        #[command(flatten)]
        file: backup::File,
        #[command(flatten)]
        target: Target,
    },
    /// Fill an empty workspace from such a file
    Restore {
        #[command(flatten)]
        file: backup::File,
        #[command(flatten)]
        target: Target,
    },
    /// Ask a question; the answer is streamed, then its sources are listed
    Ask {
        #[command(flatten)]
        question: ask::Question,
        #[command(flatten)]
        target: Target,
    },
    /// Write the OpenAPI document
    Openapi(openapi::Options),
    /// Say what is wrong with an installation
    Doctor {
        #[command(flatten)]
        options: doctor::Options,
        #[command(flatten)]
        target: Target,
    },
}

/// Which server, and how to print.
#[derive(Args, Clone, Debug)]
pub struct Target {
    /// The server's URL; its admin token is taken from EDGEWISE_TOKEN
    #[arg(long, global = true, value_name = "URL")]
    server: Option<String>,
    /// The data folder of a server on this machine, where its address and admin token lie
    #[arg(long, global = true, value_name = "DIR", env = "EDGEWISE_DATA", default_value = DEFAULT_DATA)]
    data: PathBuf,
    /// Print JSON
    #[arg(long, global = true)]
    json: bool,
}

/// Does it. An error has been told nobody: the caller prints it and exits with a failure.
pub async fn run(command: Command) -> Result<()> {
    match command {
        Command::App { command, target } => app::run(command, &target).await,
        Command::Key { command, target } => key::run(command, &target).await,
        Command::Dataset { command, target } => dataset::run(command, &target).await,
        Command::Provider { command, target } => provider::run(command, &target).await,
        Command::Model { command, target } => model::run(command, &target).await,
        Command::Models { command, json } => models::run(command, json).await,
        Command::Backup { file, target } => backup::backup(&file, &target).await,
        Command::Restore { file, target } => backup::restore(&file, &target).await,
        Command::Ask { question, target } => ask::run(question, &target).await,
        Command::Openapi(options) => openapi::run(&options),
        Command::Doctor { options, target } => doctor::run(options, &target).await,
    }
}
