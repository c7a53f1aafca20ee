//! `Embedder`: text to vectors.

use async_trait::async_trait;

use crate::{Result, Usage};

/// An embedding model.
#[async_trait]
pub trait Embedder: Send + Sync {
    /// What it is.
    fn info(&self) -> &EmbedderInfo;

    /// One unit-length vector of `info().dimension` numbers for each text, in order. A text longer than
    /// `info().max_input_tokens` is embedded in windows by a local model; a remote one may refuse it.
    async fn embed(&self, texts: &[String], purpose: Purpose) -> Result<Embeddings>;

    /// Tokens of a text, without special ones.
    fn count_tokens(&self, text: &str) -> usize {
        text.len().div_ceil(4)
    }
}

/// What an embedding model is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmbedderInfo {
    /// Such as `openai` or `local`.
    pub provider: String,
    /// As the provider names it.
    pub model: String,
    /// Numbers in a vector; 0 while not known (a remote model that was never asked).
    pub dimension: usize,
    /// Longest text that is read whole.
    pub max_input_tokens: usize,
    /// Texts to hand over in one call.
    pub batch: usize,
}

/// What a vector is for: some models embed a query differently from what it shall find.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To search with.
    Query,
    /// To be found.
    Document,
}

/// The vectors of one call.
#[derive(Clone, Debug, PartialEq)]
pub struct Embeddings {
    /// One for each text.
    pub vectors: Vec<Vec<f32>>,
    /// What it cost.
    pub usage: Usage,
}
