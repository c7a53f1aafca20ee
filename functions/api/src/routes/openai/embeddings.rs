//! `embeddings`.

use app::Context;
use axum::{Json, extract::State};
use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use model::{ModelKind, Purpose};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{ModelKey, failure::Failure, missing, split};

/// Texts of one call, as OpenAI limits them.
const TEXTS: usize = 2048;

#[derive(Deserialize)]
struct Wanted {
    model: String,
    input: Input,
    encoding_format: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Input {
    One(String),
    Many(Vec<String>),
}

pub(super) async fn embed(
    State(ctx): State<Context>,
    ModelKey(tenant): ModelKey,
    body: Bytes,
) -> Result<Json<Value>, Failure> {
    let wanted: Wanted = crate::extract::parse(&body).map_err(|error| Failure::from(error.0))?;
    let texts = match wanted.input {
        Input::One(text) => vec![text],
        Input::Many(texts) => texts,
    };
    if texts.is_empty() || texts.len() > TEXTS || texts.iter().any(String::is_empty) {
        let message = format!("input must be 1 to {TEXTS} texts, none of them empty");
        return Err(app::Error::invalid("input", message).into());
    }
    let providers = super::gateway(&ctx, &tenant).await?;
    let (provider, model) = split(&providers, ModelKind::TextEmbedding, &wanted.model);
    if !providers.has(ModelKind::TextEmbedding, provider, model) {
        return Err(missing(&wanted.model).into());
    }
    let embedder = providers.embedder(provider, model).await?;
    let found = embedder.embed(&texts, Purpose::Document).await?;
    let packed = wanted.encoding_format.as_deref() == Some("base64");
    let rows = found.vectors.iter().enumerate().map(|(index, vector)| {
        let embedding = match packed {
            true => {
                let bytes: Vec<u8> = vector
                    .iter()
                    .flat_map(|number| number.to_le_bytes())
                    .collect();
                json!(BASE64_STANDARD.encode(bytes))
            }
            false => json!(vector),
        };
        json!({ "object": "embedding", "index": index, "embedding": embedding })
    });
    Ok(Json(json!({
        "object": "list",
        "data": rows.collect::<Vec<_>>(),
        "model": wanted.model,
        "usage": { "prompt_tokens": found.usage.prompt_tokens, "total_tokens": found.usage.total_tokens() },
    })))
}
