//! The OpenAI dialect, as the many services speak it that call themselves compatible.

mod answer;
mod audio;
mod chat;
mod embed;
mod moderate;
mod request;
mod rerank;

use std::sync::Arc;

use model::{
    Dialect, Embedder, EmbedderInfo, Endpoint, Llm, LlmInfo, Moderator, ModeratorInfo, Reranker,
    RerankerInfo, Speaker, SpeechInfo, Transcriber,
};

use crate::client::Client;

/// The key of this dialect in `Models::dialects`.
pub(crate) const NAME: &str = "openai";

/// `chat/completions`, `embeddings`, `rerank`, `moderations`, `audio/transcriptions` and `audio/speech` below any base URL.
pub(crate) struct OpenAi(Client);

impl OpenAi {
    pub(crate) fn new(client: Client) -> Self {
        Self(client)
    }
}

impl Dialect for OpenAi {
    fn llm(&self, endpoint: &Endpoint, info: LlmInfo) -> Arc<dyn Llm> {
        Arc::new(chat::Chat::new(self.0.clone(), endpoint.clone(), info))
    }

    fn embedder(&self, endpoint: &Endpoint, info: EmbedderInfo) -> Option<Arc<dyn Embedder>> {
        Some(Arc::new(embed::Embed::new(
            self.0.clone(),
            endpoint.clone(),
            info,
        )))
    }

    fn reranker(&self, endpoint: &Endpoint, info: RerankerInfo) -> Option<Arc<dyn Reranker>> {
        Some(Arc::new(rerank::Rerank::new(
            self.0.clone(),
            endpoint.clone(),
            info,
        )))
    }

    fn moderator(&self, endpoint: &Endpoint, info: ModeratorInfo) -> Option<Arc<dyn Moderator>> {
        Some(Arc::new(moderate::Moderate::new(
            self.0.clone(),
            endpoint.clone(),
            info,
        )))
    }

    fn transcriber(&self, endpoint: &Endpoint, info: SpeechInfo) -> Option<Arc<dyn Transcriber>> {
        Some(Arc::new(audio::Speech::new(
            self.0.clone(),
            endpoint.clone(),
            info,
        )))
    }

    fn speaker(&self, endpoint: &Endpoint, info: SpeechInfo) -> Option<Arc<dyn Speaker>> {
        Some(Arc::new(audio::Speech::new(
            self.0.clone(),
            endpoint.clone(),
            info,
        )))
    }
}

/// `provider/model`, as messages name it.
fn who(provider: &str, model: &str) -> String {
    format!("{provider}/{model}")
}
