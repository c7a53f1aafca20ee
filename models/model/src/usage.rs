//! What an answer cost.

use serde::{Deserialize, Serialize};

/// Tokens of one call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Read.
    pub prompt_tokens: u64,
    /// Written.
    pub completion_tokens: u64,
    /// The provider did not say, and we counted.
    #[serde(default)]
    pub estimated: bool,
}

impl Usage {
    /// Read and written.
    pub fn total_tokens(&self) -> u64 {
        self.prompt_tokens + self.completion_tokens
    }
}

/// Money for tokens, in decimal text so that nothing is rounded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Price {
    /// For `unit` tokens read.
    pub input: String,
    /// For `unit` tokens written.
    pub output: String,
    /// How many tokens the prices are for, as a factor, such as `0.000001` for a million.
    pub unit: String,
    /// ISO 4217.
    pub currency: String,
}
