//! `rerank`, in the shape of Jina, Cohere, vLLM, Xinference and their likes.

use async_trait::async_trait;
use model::{Endpoint, Error, ErrorKind, Ranking, Reranker, RerankerInfo, Result, Usage};
use serde_json::{Value, json};

use super::who;
use crate::client::{Call, Client};

/// Bytes of an answer: scores only, but some services repeat the documents.
const ANSWER_BYTES: usize = 8 << 20;

/// A remote reranking model.
pub(super) struct Rerank {
    client: Client,
    endpoint: Endpoint,
    info: RerankerInfo,
    who: String,
}

impl Rerank {
    pub(super) fn new(client: Client, endpoint: Endpoint, info: RerankerInfo) -> Self {
        Self {
            who: who(&info.provider, &info.model),
            client,
            endpoint,
            info,
        }
    }
}

#[async_trait]
impl Reranker for Rerank {
    fn info(&self) -> &RerankerInfo {
        &self.info
    }

    async fn rerank(&self, query: &str, documents: &[String]) -> Result<Vec<f32>> {
        Ok(self.rank(query, documents).await?.scores)
    }

    async fn rank(&self, query: &str, documents: &[String]) -> Result<Ranking> {
        if documents.is_empty() {
            return Ok(Ranking::default());
        }
        let body = json!({
            "model": self.info.model,
            "query": query,
            "documents": documents,
            "top_n": documents.len(),
            "return_documents": false,
        });
        let call = Call {
            endpoint: &self.endpoint,
            path: "/rerank",
            who: &self.who,
            body: (&body).into(),
            deadline: self.client.deadline(),
        };
        let answer = self.client.json(&call, ANSWER_BYTES).await?;
        let scores = scores(&answer, documents.len()).ok_or_else(|| {
            let message = format!("{}: the answer has no scores", self.who);
            Error::new(ErrorKind::Protocol, message)
        })?;
        let usage = usage(&answer);
        Ok(Ranking { scores, usage })
    }
}

/// Tokens as Jina and Voyage (`usage.total_tokens`), vLLM (`usage.prompt_tokens` too) or Cohere (`meta.tokens`) say them.
fn usage(answer: &Value) -> Option<Usage> {
    let places = [
        "/usage/total_tokens",
        "/usage/prompt_tokens",
        "/meta/tokens/input_tokens",
    ];
    let mut said = places
        .iter()
        .filter_map(|place| answer.pointer(place)?.as_u64());
    Some(Usage {
        prompt_tokens: said.find(|tokens| *tokens > 0)?,
        ..Usage::default()
    })
}

/// A relevance for each document; one that is not named has none. `results` is the usual name, `data` Voyage's.
fn scores(answer: &Value, documents: usize) -> Option<Vec<f32>> {
    let results = answer
        .get("results")
        .or_else(|| answer.get("data"))
        .unwrap_or(answer)
        .as_array()?;
    let mut scores = vec![None; documents];
    for result in results {
        let index = result.get("index")?.as_u64()? as usize;
        let score = result
            .get("relevance_score")
            .or_else(|| result.get("score"))?
            .as_f64()? as f32;
        if let Some(slot) = scores.get_mut(index) {
            *slot = Some(score);
        }
    }
    let logits = scores
        .iter()
        .flatten()
        .any(|score| !(0.0..=1.0).contains(score));
    // Some servers (llama.cpp) answer the raw logit of a cross-encoder: its probability is what others answer.
    let relevance = |score: f32| {
        if logits {
            1.0 / (1.0 + (-score).exp())
        } else {
            score
        }
    };
    let scores = scores.into_iter();
    Some(scores.map(|score| score.map_or(0.0, relevance)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers() {
        let check = |answer: Value, expect: Option<Vec<f32>>| {
            assert_eq!(scores(&answer, 3), expect, "{answer}");
        };
        let rows = |key: &str| json!([{ "index": 2, key: 0.75 }, { "index": 0, key: 0.5 }]);
        let expect = Some(vec![0.5, 0.0, 0.75]);
        check(
            json!({ "results": rows("relevance_score") }),
            expect.clone(),
        );
        check(json!({ "data": rows("relevance_score") }), expect.clone());
        check(rows("score"), expect);
        check(
            json!({ "results": [{ "index": 1, "relevance_score": 0.0 }, { "index": 0, "relevance_score": 40.0 }] }),
            Some(vec![1.0, 0.5, 0.0]),
        );
        check(json!({ "results": [{ "index": 1 }] }), None);
        check(json!({}), None);
    }
}
