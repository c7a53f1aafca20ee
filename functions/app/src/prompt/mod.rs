//! The prompt engine: what an app says, what was found, what was said before and the question, as messages that fit
//! the model.
//!
//! Pure: no ports, no clock. Start at [`build`]; [`layout`] puts pieces together, [`budget`] chooses which.

mod budget;
mod inputs;
mod layout;
mod secrets;
pub mod template;
#[cfg(test)]
mod tests;

pub use inputs::validate;
pub(crate) use secrets::secrets;

use model::{LlmInfo, Message, Parameters, Part};
use serde_json::{Map, Value};

use crate::apps::ModelConfig;

/// What a prompt is made of.
#[derive(Clone, Debug)]
pub struct Pieces<'a> {
    /// The app.
    pub config: &'a ModelConfig,
    /// Values of its variables.
    pub inputs: &'a Map<String, Value>,
    /// The question.
    pub query: &'a str,
    /// Texts that were found for it, best first.
    pub passages: &'a [String],
    /// What was said before the rounds, in short.
    pub summary: Option<&'a str>,
    /// What was said before, oldest first.
    pub rounds: &'a [Round],
    /// Pictures that came with the question.
    pub images: &'a [Part],
    /// Said after the app's own words, above everything else.
    pub rules: Option<&'a str>,
}

/// A question and its answer; the opening statement is an answer without a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Round {
    /// What the person said.
    pub question: Option<String>,
    /// What the assistant said.
    pub answer: String,
}

/// A prompt that fits.
#[derive(Clone, Debug, PartialEq)]
pub struct Prompt {
    /// For the model.
    pub messages: Vec<Message>,
    /// The app's parameters, with an answer that fits and all stop sequences.
    pub parameters: Parameters,
    /// How many of the passages are in it: always the best ones.
    pub passages: usize,
    /// How many of the rounds are in it: always the last ones.
    pub rounds: usize,
    /// Tokens of the messages.
    pub tokens: usize,
}

/// The app's words and the question alone are more than the model reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "The question and its instructions take {tokens} tokens, but the model reads {window}. Shorten them, or choose a \
     model with a larger context window."
)]
pub struct TooLong {
    /// What they need.
    pub tokens: usize,
    /// What there is.
    pub window: usize,
}

/// Builds the prompt of one call. `count` tells the tokens of messages, as [`model::Llm::count_tokens`] does.
pub fn build(
    pieces: &Pieces,
    info: &LlmInfo,
    count: &dyn Fn(&[Message]) -> usize,
) -> Result<Prompt, TooLong> {
    budget::fit(pieces, info, count)
}

/// The opening statement with the inputs of the first call.
pub fn introduction(config: &ModelConfig, inputs: &Map<String, Value>) -> String {
    template::with_inputs(&config.opening_statement, inputs)
}
