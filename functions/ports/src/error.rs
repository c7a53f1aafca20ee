//! One error for all ports: a kind to decide by, a message for people, a source.

use std::{error::Error as StdError, fmt};

/// The result of a port call.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What a caller may decide by. Never look at the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// A condition of a commit did not hold: read again and retry.
    Conflict,
    /// Over a declared limit (value, commit, blob, message).
    TooLarge,
    /// The argument can never work.
    Invalid,
    /// The other side could not be reached, or broke off. Worth a retry.
    Unavailable,
    /// The other side did not answer in time. Worth a retry.
    Timeout,
    /// No room left on the device or in the quota.
    Full,
    /// Not allowed: an address, a capability, a secret.
    Forbidden,
    /// What was read back is not what was written.
    Corrupt,
    /// Anything else.
    Internal,
}

impl ErrorKind {
    /// Whether the same call may succeed later without a change.
    pub fn is_retryable(self) -> bool {
        matches!(self, Self::Conflict | Self::Unavailable | Self::Timeout)
    }
}

/// A failed port call.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    message: String,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    /// An error without a cause.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            source: None,
        }
    }

    /// Adds what caused it.
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// What to decide by.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The message, without its causes.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match &self.source {
            Some(source) => write!(f, ": {source}"),
            None => Ok(()),
        }
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}
