//! Why a model did not answer: the kinds mirror what providers do.

use std::time::Duration;

/// The result of a model call.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What a caller may decide by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The key is missing, wrong or not allowed to use this model.
    Authentication,
    /// The account has no credit left.
    Quota,
    /// Too many requests or tokens in a short time.
    RateLimit,
    /// The provider refuses this request; repeating it does not help.
    BadRequest,
    /// Prompt and answer do not fit the model's context window.
    ContextLength,
    /// The model is not there: unknown name, or weights that are not loaded.
    NotFound,
    /// Could not be reached, broke off, or answered with its own failure.
    Unavailable,
    /// Did not answer in time.
    Timeout,
    /// The answer could not be understood.
    Protocol,
    /// Stopped because the caller asked for it.
    Cancelled,
    /// A fault on this side.
    Internal,
}

impl ErrorKind {
    /// Whether another attempt may succeed.
    pub fn is_retryable(self) -> bool {
        matches!(self, Self::RateLimit | Self::Unavailable | Self::Timeout)
    }
}

/// A failed model call.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    kind: ErrorKind,
    message: String,
    retry_after: Option<Duration>,
    #[source]
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// An error without a cause. The message is shown to users: it names the provider and the model, never a key.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            retry_after: None,
            source: None,
        }
    }

    /// Adds what caused it.
    pub fn with_source(
        mut self,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Adds the pause that the provider asked for.
    pub fn with_retry_after(mut self, pause: Duration) -> Self {
        self.retry_after = Some(pause);
        self
    }

    /// What to decide by.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The pause that the provider asked for.
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }
}
