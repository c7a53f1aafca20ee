//! One call of a model.

use std::time::Duration;

use model::{ErrorKind, Price};
use ports::Timestamp;
use serde::{Deserialize, Serialize};

use super::Of;
use crate::chat::Usage;

/// Makes an enumeration of words that are the same in records, queries and answers.
macro_rules! words {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$doc])* #[serde(rename = $word)] $variant,)*
        }

        impl $name {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// Its word.
            pub fn word(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                }
            }

            /// What this word means.
            pub fn parse(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|it| it.word() == word)
            }
        }
    };
}

words! {
    /// What a model does.
    Kind {
        /// Writes.
        Chat = "chat",
        /// Makes vectors.
        Embedding = "embedding",
        /// Orders texts by relevance.
        Rerank = "rerank",
        /// Judges.
        Moderation = "moderation",
        /// Reads aloud.
        Tts = "tts",
        /// Writes down what it hears.
        Stt = "stt",
    }
}

words! {
    /// What it was asked for.
    Purpose {
        /// An answer to an end user.
        Answer = "answer",
        /// A round of an agent.
        AgentRound = "agent_round",
        /// A node of a workflow.
        Node = "node",
        /// The title of a conversation.
        Title = "title",
        /// The summary of a long conversation.
        Summary = "summary",
        /// Questions that might come next.
        Suggestions = "suggestions",
        /// The choice of a dataset, or of documents by what is known of them.
        Router = "router",
        /// The search in datasets and annotations.
        Query = "query",
        /// The index of a dataset or of annotations.
        Indexing = "indexing",
        /// A verdict on what is asked or answered.
        Moderation = "moderation",
        /// Sound.
        Speech = "speech",
        /// A program that calls `/openai/v1`.
        Gateway = "gateway",
        /// Anything else.
        Other = "other",
    }
}

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It was answered.
    Ok,
    /// Nobody wanted the rest.
    Stopped,
    /// It failed.
    Error {
        /// Such as `rate_limit`.
        kind: String,
        /// For people.
        message: String,
    },
}

impl Outcome {
    /// Its word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Stopped => "stopped",
            Self::Error { .. } => "error",
        }
    }
}

/// Characters of an error's message that are kept.
const MESSAGE: usize = 400;

impl From<&model::Error> for Outcome {
    fn from(error: &model::Error) -> Self {
        let kind = match error.kind() {
            ErrorKind::Authentication => "authentication",
            ErrorKind::Quota => "quota",
            ErrorKind::RateLimit => "rate_limit",
            ErrorKind::BadRequest => "bad_request",
            ErrorKind::ContextLength => "context_length",
            ErrorKind::NotFound => "not_found",
            ErrorKind::Unavailable => "unavailable",
            ErrorKind::Timeout => "timeout",
            ErrorKind::Protocol => "protocol",
            ErrorKind::Cancelled => return Self::Stopped,
            ErrorKind::Internal => "internal",
        };
        Self::Error {
            kind: kind.to_owned(),
            message: error.to_string().chars().take(MESSAGE).collect(),
        }
    }
}

/// One call of a model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// A UUID.
    pub id: String,
    /// When it began.
    pub at: Timestamp,
    /// What the model does.
    pub kind: Kind,
    /// What for.
    pub purpose: Purpose,
    /// Bare, such as `openai` or `local`.
    pub provider: String,
    /// As the provider names it.
    pub model: String,
    /// Whom it was for.
    #[serde(flatten)]
    pub of: Of,
    /// Tokens that were read.
    pub prompt_tokens: u64,
    /// Tokens that were written.
    pub completion_tokens: u64,
    /// The provider did not say: the tokens are counted here.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub estimated: bool,
    /// At that time; `None` for a model that costs nothing, or whose price nobody entered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Price>,
    /// To the end, in milliseconds.
    pub latency_ms: u64,
    /// To the first words, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_ms: Option<u64>,
    /// How it ended.
    pub outcome: Outcome,
}

impl Row {
    /// Tokens, money and times as answers say them.
    pub fn usage(&self) -> Usage {
        let tokens = model::Usage {
            prompt_tokens: self.prompt_tokens,
            completion_tokens: self.completion_tokens,
            estimated: self.estimated,
        };
        let first = self.first_ms.map(Duration::from_millis);
        let end = Duration::from_millis(self.latency_ms);
        Usage::new(tokens, self.price.as_ref(), first, end)
    }
}
