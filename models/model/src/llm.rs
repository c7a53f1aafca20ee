//! `Llm`: a chat model that streams.

use async_trait::async_trait;
use futures::stream::BoxStream;

use crate::{ChatRequest, Message, Price, Result, Usage};

/// What arrives while a model answers.
pub type DeltaStream = BoxStream<'static, Result<Delta>>;

/// A chat model.
#[async_trait]
pub trait Llm: Send + Sync {
    /// What it is and can do.
    fn info(&self) -> &LlmInfo;

    /// Starts an answer. The stream gives any number of text, reasoning and tool-call deltas, then exactly one
    /// `Usage` and one `Finish`, in any order, then ends; or an error, then ends. Dropping it stops the model.
    async fn stream(&self, request: ChatRequest) -> Result<DeltaStream>;

    /// Tokens that these messages occupy in the prompt, template included. Exact where the model's own tokenizer is
    /// at hand (`LlmInfo::exact_tokens`), else an estimate that errs on the high side.
    fn count_tokens(&self, messages: &[Message]) -> usize {
        // Four bytes a token holds for English; other scripts take more bytes a letter and about as many tokens.
        messages
            .iter()
            .map(|message| message.as_text().len() / 3 + 5)
            .sum()
    }
}

/// What a chat model is.
#[derive(Clone, Debug, PartialEq)]
pub struct LlmInfo {
    /// Such as `openai` or `local`.
    pub provider: String,
    /// As the provider names it.
    pub model: String,
    /// Prompt and answer together, in tokens. For a local model on a slow machine this is less than the
    /// architecture's window: what it can read in reasonable time.
    pub context_window: usize,
    /// Longest answer, in tokens.
    pub max_output_tokens: usize,
    /// `count_tokens` uses the model's own tokenizer.
    pub exact_tokens: bool,
    /// Takes images.
    pub vision: bool,
    /// Calls tools.
    pub tools: bool,
    /// Money, if it costs any.
    pub price: Option<Price>,
}

/// One step of an answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Delta {
    /// More of the answer.
    Text(String),
    /// More of the reasoning that precedes it.
    Reasoning(String),
    /// More of a tool call.
    ToolCall(ToolCallDelta),
    /// What it cost.
    Usage(Usage),
    /// Why it ended.
    Finish(Finish),
}

/// A piece of a tool call; pieces with the same index belong together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ToolCallDelta {
    /// Which call of this answer, from 0.
    pub index: usize,
    /// Given with the first piece.
    pub id: Option<String>,
    /// Given with the first piece.
    pub name: Option<String>,
    /// More of the arguments' JSON text.
    pub arguments: String,
}

/// Why an answer ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finish {
    /// The model was done, or met a stop sequence.
    Stop,
    /// `max_tokens` or the context window was reached.
    Length,
    /// It wants its tools called.
    ToolCalls,
    /// The provider's filter cut it.
    ContentFilter,
    /// Something else, in the provider's word.
    Other(String),
}
