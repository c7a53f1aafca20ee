//! `embeddings`, in batches.

use async_trait::async_trait;
use base64::{Engine, prelude::BASE64_STANDARD};
use model::{
    Embedder, EmbedderInfo, Embeddings, Endpoint, Error, ErrorKind, Purpose, Result, Usage,
};
use serde_json::{Value, json};

use super::who;
use crate::client::{Call, Client};

/// Texts of a call when nothing is known of the service.
const BATCH: usize = 32;

/// Bytes of the answer to one batch: 64 vectors of 4096 numbers as text.
const ANSWER_BYTES: usize = 8 << 20;

/// A remote embedding model.
pub(super) struct Embed {
    client: Client,
    endpoint: Endpoint,
    info: EmbedderInfo,
    who: String,
}

impl Embed {
    pub(super) fn new(client: Client, endpoint: Endpoint, info: EmbedderInfo) -> Self {
        Self {
            who: who(&info.provider, &info.model),
            client,
            endpoint,
            info,
        }
    }

    async fn batch(&self, texts: &[String]) -> Result<(Vec<Vec<f32>>, Usage)> {
        // Lists of numbers are asked for: not every service knows base64, although all are read that answer with it.
        let body = json!({ "model": self.info.model, "input": texts, "encoding_format": "float" });
        let call = Call {
            endpoint: &self.endpoint,
            path: "/embeddings",
            who: &self.who,
            body: (&body).into(),
            deadline: self.client.deadline(),
        };
        let answer = self.client.json(&call, ANSWER_BYTES).await?;
        let protocol = |what: String| {
            let message = format!("{}: {what}", self.who);
            Error::new(ErrorKind::Protocol, message)
        };
        let rows = answer.get("data").and_then(Value::as_array);
        let rows = rows.ok_or_else(|| protocol("the answer has no `data`".to_owned()))?;
        let mut vectors = vec![Vec::new(); texts.len()];
        for (position, row) in rows.iter().enumerate() {
            let index = row.get("index").and_then(Value::as_u64);
            let index = index.map_or(position, |index| index as usize);
            let vector = row.get("embedding").and_then(numbers);
            let vector = vector.ok_or_else(|| protocol("a vector is not numbers".to_owned()))?;
            if let Some(slot) = vectors.get_mut(index) {
                *slot = unit(vector);
            }
        }
        let dimension = match self.info.dimension {
            0 => vectors.first().map_or(0, Vec::len),
            dimension => dimension,
        };
        for vector in &vectors {
            if vector.is_empty() {
                return Err(protocol("a text got no vector".to_owned()));
            }
            if vector.len() != dimension {
                let found = vector.len();
                let message = format!("a vector has {found} numbers, {dimension} are expected");
                return Err(protocol(message));
            }
            if !vector.iter().all(|number| number.is_finite()) {
                return Err(protocol("a vector is not finite".to_owned()));
            }
        }
        let counted = answer.pointer("/usage/prompt_tokens");
        let usage = match counted.and_then(Value::as_u64) {
            Some(prompt_tokens) => Usage {
                prompt_tokens,
                ..Usage::default()
            },
            None => Usage {
                prompt_tokens: texts
                    .iter()
                    .map(|text| self.count_tokens(text) as u64)
                    .sum(),
                completion_tokens: 0,
                estimated: true,
            },
        };
        Ok((vectors, usage))
    }
}

#[async_trait]
impl Embedder for Embed {
    fn info(&self) -> &EmbedderInfo {
        &self.info
    }

    async fn embed(&self, texts: &[String], _: Purpose) -> Result<Embeddings> {
        let size = match self.info.batch {
            0 => BATCH,
            size => size,
        };
        let mut all = Embeddings {
            vectors: Vec::with_capacity(texts.len()),
            usage: Usage::default(),
        };
        for texts in texts.chunks(size) {
            let (vectors, usage) = self.batch(texts).await?;
            let first = all.vectors.first().map(Vec::len);
            if first.is_some() && first != vectors.first().map(Vec::len) {
                let message = format!("{}: the vectors differ in length", self.who);
                return Err(Error::new(ErrorKind::Protocol, message));
            }
            all.vectors.extend(vectors);
            all.usage.prompt_tokens += usage.prompt_tokens;
            all.usage.estimated |= usage.estimated;
        }
        Ok(all)
    }
}

/// A list of numbers, or little-endian `f32` in base64.
fn numbers(value: &Value) -> Option<Vec<f32>> {
    match value {
        Value::Array(numbers) => numbers
            .iter()
            .map(|number| number.as_f64().map(|number| number as f32))
            .collect(),
        Value::String(text) => {
            let bytes = BASE64_STANDARD.decode(text).ok()?;
            let (numbers, rest) = bytes.as_chunks::<4>();
            rest.is_empty().then(|| {
                numbers
                    .iter()
                    .map(|bytes| f32::from_le_bytes(*bytes))
                    .collect()
            })
        }
        _ => None,
    }
}

/// Scaled to length 1, as `Embedder` promises; most services do so already.
fn unit(mut vector: Vec<f32>) -> Vec<f32> {
    let norm = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
    if norm > 0.0 && (norm - 1.0).abs() > 1e-4 {
        vector.iter_mut().for_each(|x| *x /= norm);
    }
    vector
}
