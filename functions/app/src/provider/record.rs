//! What is kept of a provider, in the partition `tenant`: `provider/{name}`, and `default-model/{kind}`.

use model::{EmbedderInfo, LlmInfo, ModelKind, Models, Price, RerankerInfo};
use ports::Timestamp;
use serde::{Deserialize, Serialize};

/// A remote service with models.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provider {
    /// Letters, digits, `.`, `_` and `-`; apps name it.
    pub name: String,
    /// The language it speaks: a key of `Models::dialects`.
    pub dialect: String,
    /// Such as `https://api.openai.com/v1`.
    pub base_url: String,
    /// Sealed by [`super::Vault`]; empty when the service wants none.
    pub key: String,
    /// What it offers.
    pub models: Vec<Offer>,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// One model of a provider. What is not said here is looked up in the catalogue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// As the provider names it.
    pub model: String,
    /// What it is for.
    #[serde(rename = "model_type")]
    pub kind: ModelKind,
    /// In tokens; of an embedding model the longest input.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context_window: Option<usize>,
    /// In tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_output_tokens: Option<usize>,
    /// Takes images.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vision: Option<bool>,
    /// Calls tools.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tools: Option<bool>,
    /// Numbers in a vector.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dimension: Option<usize>,
    /// Texts of one embedding call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch: Option<usize>,
    /// What it costs, for a model that the catalogue does not know or has at another price.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "super::pricing::read"
    )]
    pub pricing: Option<Price>,
}

/// A model by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chosen {
    /// Bare, such as `openai` or `local`.
    pub provider: String,
    /// As the provider names it.
    pub model: String,
}

/// Window of a chat model that nobody knows: small enough to be true of what is served today.
const CONTEXT_WINDOW: usize = 8192;
const MAX_OUTPUT_TOKENS: usize = 2048;
/// Longest input of an unknown embedding model: that of the BERT family.
const MAX_INPUT_TOKENS: usize = 512;
/// Texts of an embedding call: the smallest limit among the large services.
const BATCH: usize = 10;

impl Offer {
    /// A model of which nothing but its name is said.
    pub fn new(kind: ModelKind, model: impl Into<String>) -> Self {
        Self {
            model: model.into(),
            kind,
            context_window: None,
            max_output_tokens: None,
            vision: None,
            tools: None,
            dimension: None,
            batch: None,
            pricing: None,
        }
    }

    pub(super) fn llm(&self, models: &Models, provider: &str) -> LlmInfo {
        let known = models.known(provider, &self.model);
        let output = known
            .map(|known| known.max_output_tokens)
            .filter(|tokens| *tokens > 0);
        LlmInfo {
            provider: provider.to_owned(),
            model: self.model.clone(),
            context_window: self
                .context_window
                .or(known.map(|known| known.context_window))
                .unwrap_or(CONTEXT_WINDOW),
            max_output_tokens: self
                .max_output_tokens
                .or(output)
                .unwrap_or(MAX_OUTPUT_TOKENS),
            exact_tokens: false,
            // Of an unknown model we assume that it can: its own refusal is clearer than a silent omission.
            vision: self
                .vision
                .or(known.map(|known| known.vision))
                .unwrap_or(true),
            tools: self
                .tools
                .or(known.map(|known| known.tools))
                .unwrap_or(true),
            price: self.pricing.clone().or_else(|| known?.price.clone()),
        }
    }

    pub(super) fn embedder(&self, models: &Models, provider: &str) -> EmbedderInfo {
        let known = models.known(provider, &self.model);
        let window = known
            .map(|known| known.context_window)
            .filter(|tokens| *tokens > 0);
        EmbedderInfo {
            provider: provider.to_owned(),
            model: self.model.clone(),
            dimension: self
                .dimension
                .or(known.map(|known| known.dimension))
                .unwrap_or(0),
            max_input_tokens: self.context_window.or(window).unwrap_or(MAX_INPUT_TOKENS),
            batch: self.batch.unwrap_or(BATCH),
        }
    }

    pub(super) fn reranker(&self, provider: &str) -> RerankerInfo {
        RerankerInfo {
            provider: provider.to_owned(),
            model: self.model.clone(),
        }
    }
}

/// The bare name of a provider: `openai` of `langgenius/openai/openai`.
pub fn normalize(provider: &str) -> &str {
    provider.rsplit('/').next().unwrap_or(provider).trim()
}

/// The word for a kind in paths, records and files.
pub fn kind_name(kind: ModelKind) -> &'static str {
    match kind {
        ModelKind::Llm => "llm",
        ModelKind::TextEmbedding => "text-embedding",
        ModelKind::Rerank => "rerank",
    }
}

/// The kind of this name; Dify's older words are taken too.
pub fn parse_kind(name: &str) -> Option<ModelKind> {
    match name {
        "llm" | "text-generation" => Some(ModelKind::Llm),
        "text-embedding" | "embeddings" => Some(ModelKind::TextEmbedding),
        "rerank" | "reranking" => Some(ModelKind::Rerank),
        _ => None,
    }
}
