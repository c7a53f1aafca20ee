//! What a model is, whoever runs it: [`Llm`], [`Embedder`], [`Reranker`], [`Moderator`], and the words they share.
//!
//! This side owns the traits and the types that cross them; `gateway` (remote) and `local` (candle) implement them,
//! and only a composition root names those two. Everyone else gets a [`Models`] table.
//!
//! Must never: know a provider, a weight format or HTTP.

mod chat;
mod embedder;
mod error;
mod llm;
mod models;
mod moderator;
mod reranker;
mod speech;
mod usage;

#[cfg(feature = "fake")]
pub mod fake;

pub use chat::{
    ChatRequest, Detail, Message, Parameters, Part, ResponseFormat, Role, Tool, ToolCall,
    ToolChoice,
};
pub use embedder::{Embedder, EmbedderInfo, Embeddings, Purpose};
pub use error::{Error, ErrorKind, Result};
pub use llm::{Delta, DeltaStream, Finish, Llm, LlmInfo, ToolCallDelta};
pub use models::{Dialect, Endpoint, KnownModel, ModelKind, Models};
pub use moderator::{Moderation, Moderator, ModeratorInfo};
pub use reranker::{Ranking, Reranker, RerankerInfo};
pub use speech::{Audio, Speaker, SpeechInfo, Transcriber};
pub use usage::{Price, Usage};
