//! `Reranker`: how well each text answers a query.

use async_trait::async_trait;

use crate::{Result, Usage};

/// A reranking model.
#[async_trait]
pub trait Reranker: Send + Sync {
    /// What it is.
    fn info(&self) -> &RerankerInfo;

    /// A relevance in 0..=1 for each document, in their order.
    async fn rerank(&self, query: &str, documents: &[String]) -> Result<Vec<f32>>;

    /// The same, with what it cost if the model says so.
    async fn rank(&self, query: &str, documents: &[String]) -> Result<Ranking> {
        Ok(Ranking {
            scores: self.rerank(query, documents).await?,
            usage: None,
        })
    }
}

/// What a reranking model is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RerankerInfo {
    /// Such as `jina` or `local`.
    pub provider: String,
    /// As the provider names it.
    pub model: String,
}

/// The scores of one call.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ranking {
    /// A relevance in 0..=1 for each document, in their order.
    pub scores: Vec<f32>,
    /// What it cost; `None` where the model does not say.
    pub usage: Option<Usage>,
}
