//! Hits in a better order: by a model that reads query and passage together, or by words and meaning weighed.

use std::sync::Arc;

use model::{Models, Reranker};
use rag::keyword::likeness;
use serde_json::Value;

use super::{Hit, RerankingModel};
use crate::{
    Error, Kind, Result,
    provider::{Providers, normalize},
    requests::Tab,
};

/// How hits are ordered anew before the best are taken.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Reranking {
    /// Not at all: by the embeddings alone.
    #[default]
    Off,
    /// By a reranking model.
    Model {
        /// Its provider.
        provider: String,
        /// Its name.
        model: String,
        /// Whether a model that does not answer is an error. If not, the order stays as it was, and a warning is
        /// written.
        needed: bool,
    },
    /// By a sum of both likenesses.
    Weighted {
        /// Of the meaning.
        semantic: f32,
        /// Of the words.
        keyword: f32,
    },
}

impl Reranking {
    /// The modes, in the words of the public API.
    pub const MODES: [&'static str; 2] = ["reranking_model", "weighted_score"];

    /// Passages that are looked at for the best few. As long as no more are asked for, their number does not change
    /// the order.
    const CANDIDATES: usize = 20;
    /// Passages that a model reads for one question, of all datasets together.
    const MOST: usize = 60;

    /// From the settings of a dataset or an app. A model without a name reranks nothing.
    pub fn of(mode: Option<&str>, model: Option<&RerankingModel>, weights: Option<&Value>) -> Self {
        if mode == Some("weighted_score") {
            let weight = |path: &str, usual: f32| {
                let found = weights.and_then(|weights| weights.pointer(path));
                let found = found.and_then(Value::as_f64).map(|weight| weight as f32);
                found
                    .filter(|weight| (0.0..=1.0).contains(weight))
                    .unwrap_or(usual)
            };
            return Self::Weighted {
                semantic: weight("/vector_setting/vector_weight", 0.7),
                keyword: weight("/keyword_setting/keyword_weight", 0.3),
            };
        }
        let name =
            |name: Option<&String>| name.map(|name| name.trim().to_owned()).unwrap_or_default();
        let provider = name(model.and_then(|model| model.reranking_provider_name.as_ref()));
        match name(model.and_then(|model| model.reranking_model_name.as_ref())) {
            model if model.is_empty() => Self::Off,
            model => Self::Model {
                provider,
                model,
                needed: false,
            },
        }
    }

    /// The same, where a model that does not answer is an error.
    pub fn needed(mut self) -> Self {
        if let Self::Model { needed, .. } = &mut self {
            *needed = true;
        }
        self
    }

    /// How many hits of each dataset must be found for `top_k` to be chosen from.
    pub(super) fn candidates(&self, top_k: usize) -> usize {
        match self {
            Self::Off => top_k,
            _ => top_k.max(Self::CANDIDATES),
        }
    }

    /// Gives the hits their new scores. They come best first.
    pub(super) async fn apply(
        &self,
        reranker: Result<Option<Arc<dyn Reranker>>>,
        query: &str,
        hits: &mut Vec<Hit>,
    ) -> Result<()> {
        if hits.is_empty() {
            return Ok(());
        }
        match self {
            Self::Off => {}
            Self::Weighted { semantic, keyword } => {
                let texts: Vec<&str> = hits
                    .iter()
                    .map(|hit| hit.segment.content.as_str())
                    .collect();
                for (hit, words) in likeness(query, &texts)
                    .into_iter()
                    .zip(hits)
                    .map(|(a, b)| (b, a))
                {
                    hit.scores.keyword = Some(words);
                    hit.score =
                        semantic * hit.scores.semantic.unwrap_or_default() + keyword * words;
                }
            }
            Self::Model { needed, .. } => match read(reranker, query, hits).await {
                Err(error) if !needed => {
                    tracing::warn!(%error, "passages are not reranked");
                }
                read => read?,
            },
        }
        Ok(())
    }

    /// The model, if one is needed. One of the process needs no look at the workspace's providers.
    pub(super) async fn model(&self, tab: &Tab) -> Result<Option<Arc<dyn Reranker>>> {
        let Self::Model {
            provider, model, ..
        } = self
        else {
            return Ok(None);
        };
        if normalize(provider) == Models::LOCAL {
            let mut local = tab.ctx().models.rerankers.iter();
            if let Some(found) = local.find(|reranker| reranker.info().model == *model) {
                return Ok(Some(tab.reranker(found.clone(), None)));
            }
        }
        let providers = Providers::on(tab).await?;
        providers.reranker(provider, model).await.map(Some)
    }
}

async fn read(
    reranker: Result<Option<Arc<dyn Reranker>>>,
    query: &str,
    hits: &mut Vec<Hit>,
) -> Result<()> {
    let Some(reranker) = reranker? else {
        return Ok(());
    };
    let read = hits.len().min(Reranking::MOST);
    let texts: Vec<String> = hits
        .iter()
        .take(read)
        .map(|hit| hit.segment.content.clone())
        .collect();
    let scores = reranker.rerank(query, &texts).await?;
    if scores.len() != texts.len() {
        let message = "the reranking model did not score every passage";
        return Err(Error::new(Kind::CompletionRequestError, message));
    }
    hits.truncate(read);
    for (hit, score) in hits.iter_mut().zip(scores) {
        hit.scores.reranking = Some(score);
        hit.score = score;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn settings() {
        let named = |provider: &str, model: &str| RerankingModel {
            reranking_provider_name: Some(provider.to_owned()),
            reranking_model_name: Some(model.to_owned()),
        };
        let check =
            |mode, model: Option<RerankingModel>, weights: Option<Value>, expect: Reranking| {
                assert_eq!(
                    Reranking::of(mode, model.as_ref(), weights.as_ref()),
                    expect
                );
            };
        let jina = Reranking::Model {
            provider: "jina".to_owned(),
            model: "r".to_owned(),
            needed: false,
        };
        check(None, Some(named("jina", "r")), None, jina.clone());
        check(
            Some("reranking_model"),
            Some(named("jina", " r ")),
            None,
            jina.clone(),
        );
        check(
            Some("reranking_model"),
            Some(named("", "")),
            None,
            Reranking::Off,
        );
        check(None, None, None, Reranking::Off);
        let weighted = |semantic, keyword| Reranking::Weighted { semantic, keyword };
        let mode = Some("weighted_score");
        check(mode, Some(named("jina", "r")), None, weighted(0.7, 0.3));
        let weights = json!({ "vector_setting": { "vector_weight": 0.5 }, "keyword_setting": { "keyword_weight": 7 } });
        check(mode, None, Some(weights), weighted(0.5, 0.3));
        assert!(matches!(
            jina.needed(),
            Reranking::Model { needed: true, .. }
        ));
    }
}
