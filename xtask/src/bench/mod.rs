//! Measurements against other programs. Each prints a table.

mod embed;

use anyhow::Result;
use clap::Subcommand;

/// What is measured.
#[derive(Subcommand)]
pub enum Bench {
    /// Embedding, beside onnxruntime
    Embed,
}

/// Measures.
pub fn run(what: &Bench) -> Result<()> {
    match what {
        Bench::Embed => embed::bench(),
    }
}
