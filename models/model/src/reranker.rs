//! `Reranker`: how well each text answers a query.

use async_trait::async_trait;

use crate::Result;

/// A reranking model.
#[async_trait]
pub trait Reranker: Send + Sync {
    /// What it is.
    fn info(&self) -> &RerankerInfo;

    /// A relevance in 0..=1 for each document, in their order.
    async fn rerank(&self, query: &str, documents: &[String]) -> Result<Vec<f32>>;
}

/// What a reranking model is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RerankerInfo {
    /// Such as `jina` or `local`.
    pub provider: String,
    /// As the provider names it.
    pub model: String,
}
