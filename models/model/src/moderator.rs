//! `Moderator`: whether a provider objects to a text.

use async_trait::async_trait;

use crate::Result;

/// A moderation model.
#[async_trait]
pub trait Moderator: Send + Sync {
    /// What it is.
    fn info(&self) -> &ModeratorInfo;

    /// What it thinks of a text of any length.
    async fn moderate(&self, text: &str) -> Result<Moderation>;
}

/// What a moderation model is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModeratorInfo {
    /// Such as `openai`.
    pub provider: String,
    /// As the provider names it.
    pub model: String,
}

/// What a provider thinks of a text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Moderation {
    /// It objects.
    pub flagged: bool,
    /// In its own words, such as `violence`, in alphabetical order.
    pub categories: Vec<String>,
}
