//! The table of models that a root hands to the service.

use std::{collections::BTreeMap, fmt, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::{Embedder, Llm, LlmInfo, Moderator, Price, Reranker, Speaker, Transcriber};

/// All models of an installation: those that run inside it, and the dialects by which remote ones are reached.
#[derive(Clone, Default)]
pub struct Models {
    /// Chat models of provider `local`.
    pub llms: Vec<Arc<dyn Llm>>,
    /// Embedding models of provider `local`.
    pub embedders: Vec<Arc<dyn Embedder>>,
    /// Reranking models of provider `local`.
    pub rerankers: Vec<Arc<dyn Reranker>>,
    /// Remote services by the language they speak, such as `openai`.
    pub dialects: BTreeMap<&'static str, Arc<dyn Dialect>>,
    /// What is known of remote models by name: windows and prices.
    pub known: Arc<[KnownModel]>,
}

impl Models {
    /// The provider name of models that run in the process.
    pub const LOCAL: &'static str = "local";

    /// The local chat model of this name.
    pub fn local_llm(&self, model: &str) -> Option<Arc<dyn Llm>> {
        self.llms
            .iter()
            .find(|llm| llm.info().model == model)
            .cloned()
    }

    /// The local embedding model of this name.
    pub fn local_embedder(&self, model: &str) -> Option<Arc<dyn Embedder>> {
        self.embedders
            .iter()
            .find(|embedder| embedder.info().model == model)
            .cloned()
    }

    /// What is known of a remote model: the entry of this provider, else any entry of this name.
    pub fn known(&self, provider: &str, model: &str) -> Option<&KnownModel> {
        let named = || self.known.iter().filter(|known| known.model == model);
        named()
            .find(|known| known.provider == provider)
            .or_else(|| named().next())
    }
}

/// A way to talk to remote models; implemented by `gateway`.
pub trait Dialect: Send + Sync {
    /// A chat model. `info` carries the names and whatever is known.
    fn llm(&self, endpoint: &Endpoint, info: LlmInfo) -> Arc<dyn Llm>;

    /// An embedding model, if this dialect has them.
    fn embedder(&self, endpoint: &Endpoint, info: crate::EmbedderInfo)
    -> Option<Arc<dyn Embedder>>;

    /// A reranking model, if this dialect has them.
    fn reranker(&self, endpoint: &Endpoint, info: crate::RerankerInfo)
    -> Option<Arc<dyn Reranker>>;

    /// A moderation model, if this dialect has them.
    fn moderator(&self, _: &Endpoint, _: crate::ModeratorInfo) -> Option<Arc<dyn Moderator>> {
        None
    }

    /// A model that writes down what it hears, if this dialect has them.
    fn transcriber(&self, _: &Endpoint, _: crate::SpeechInfo) -> Option<Arc<dyn Transcriber>> {
        None
    }

    /// A model that reads aloud, if this dialect has them.
    fn speaker(&self, _: &Endpoint, _: crate::SpeechInfo) -> Option<Arc<dyn Speaker>> {
        None
    }
}

/// Where a remote service is and how to enter.
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Such as `https://api.openai.com/v1`, without a trailing slash.
    pub base_url: String,
    /// Sent as a bearer token; empty for services that want none.
    pub api_key: String,
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint")
            .field("base_url", &self.base_url)
            .finish_non_exhaustive()
    }
}

/// What a model is for, in Dify's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ModelKind {
    /// Chats.
    Llm,
    /// Makes vectors.
    TextEmbedding,
    /// Orders documents by relevance.
    Rerank,
}

/// A catalogue entry of a remote model.
#[derive(Clone, Debug, PartialEq)]
pub struct KnownModel {
    /// Such as `openai`.
    pub provider: String,
    /// As the provider names it.
    pub model: String,
    /// What it is for.
    pub kind: ModelKind,
    /// In tokens.
    pub context_window: usize,
    /// In tokens; 0 where it does not apply.
    pub max_output_tokens: usize,
    /// Takes images.
    pub vision: bool,
    /// Calls tools.
    pub tools: bool,
    /// Numbers in a vector, of an embedding model.
    pub dimension: usize,
    /// Money.
    pub price: Option<Price>,
}
