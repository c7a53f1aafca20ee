//! `Transcriber` and `Speaker`: speech to text, and text to speech.

use async_trait::async_trait;

use crate::Result;

/// A model that writes down what it hears.
#[async_trait]
pub trait Transcriber: Send + Sync {
    /// The words of a recording.
    async fn transcribe(&self, audio: Audio) -> Result<String>;
}

/// A model that reads aloud.
#[async_trait]
pub trait Speaker: Send + Sync {
    /// A text in a voice, as the provider names it; `None` for whichever the model has.
    async fn speak(&self, text: &str, voice: Option<&str>) -> Result<Audio>;
}

/// What a speech model is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpeechInfo {
    /// Such as `openai`.
    pub provider: String,
    /// As the provider names it.
    pub model: String,
}

/// A recording.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Audio {
    /// With an extension that tells its format; empty for one that a model made.
    pub filename: String,
    /// Such as `audio/mpeg`.
    pub mime_type: String,
    /// All of it.
    pub bytes: Vec<u8>,
}
