//! Measurements against other programs. Each prints a table.

mod chat;
mod embed;
mod host;
mod one_core;
mod pdf;
mod rival;
mod workflow;

use anyhow::Result;
use clap::Subcommand;

/// What is measured.
#[derive(Subcommand)]
pub enum Bench {
    /// Chats on one core, beside Flowise
    Chat(chat::Options),
    /// Embedding, beside onnxruntime, and inside workerd and the Spin host
    Embed(embed::Options),
    /// A PDF of a hundred pages, from its upload until it can be asked about
    Pdf,
    /// Runs of workflows: the engine in process, and over HTTP on one core
    Workflow(workflow::Options),
}

/// Measures.
pub fn run(what: &Bench) -> Result<()> {
    match what {
        Bench::Chat(options) => chat::bench(options),
        Bench::Embed(options) => embed::bench(options),
        Bench::Pdf => pdf::bench(),
        Bench::Workflow(options) => workflow::bench(options),
    }
}
