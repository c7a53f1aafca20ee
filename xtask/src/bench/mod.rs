//! Measurements against other programs. Each prints a table.

mod chat;
mod embed;

use anyhow::Result;
use clap::Subcommand;

/// What is measured.
#[derive(Subcommand)]
pub enum Bench {
    /// Chats on one core, beside Flowise
    Chat(chat::Options),
    /// Embedding, beside onnxruntime
    Embed,
}

/// Measures.
pub fn run(what: &Bench) -> Result<()> {
    match what {
        Bench::Chat(options) => chat::bench(options),
        Bench::Embed => embed::bench(),
    }
}
