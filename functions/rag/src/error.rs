//! One error for the crate.

use std::error::Error as StdError;

/// The result of this crate's calls.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What a caller may decide by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// There is no text in it.
    Empty,
    /// Over a declared limit.
    TooLarge,
    /// Protected by a password.
    Encrypted,
    /// Damaged, or not what its format asks for.
    Broken,
    /// A kind of file that is not read, or one whose name says something else than its content.
    Unsupported,
    /// The argument can never work.
    Invalid,
    /// What was read back from a store is not what was written.
    Corrupt,
    /// A store failed, in this way.
    Store(ports::ErrorKind),
}

impl ErrorKind {
    /// Whether the same call may succeed later without a change.
    pub fn is_retryable(self) -> bool {
        matches!(self, Self::Store(kind) if kind.is_retryable())
    }
}

/// Why a document was not read, or an index not searched. The message is shown to users.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    kind: ErrorKind,
    message: String,
    #[source]
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    /// An error without a cause.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        let message = message.into();
        Self {
            kind,
            message,
            source: None,
        }
    }

    /// What to decide by.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }
}

impl From<ports::Error> for Error {
    fn from(error: ports::Error) -> Self {
        Self {
            kind: ErrorKind::Store(error.kind()),
            message: error.to_string(),
            source: Some(Box::new(error)),
        }
    }
}
