//! One error for all use cases.

use std::fmt;

/// The result of a use case.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, in the words of the public API; `api` maps each to its code and status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A field of the request is missing or wrong.
    InvalidParam,
    /// The request makes no sense here.
    BadRequest,
    /// No key, or not a valid one.
    Unauthorized,
    /// Known, but not allowed.
    Forbidden,
    /// It does not exist, or not for this caller.
    NotFound,
    /// The path exists, but not with this method.
    MethodNotAllowed,
    /// Somebody else changed it first.
    Conflict,
    /// The app is of another kind, or is not configured.
    AppUnavailable,
    /// A chat route on another kind of app.
    NotChatApp,
    /// A workflow route on another kind of app.
    NotWorkflowApp,
    /// The app answers by its graph: see `workflow::chat`.
    IsChatflow,
    /// Nothing was drafted so far.
    DraftWorkflowNotExist,
    /// Somebody else saved the draft meanwhile.
    DraftWorkflowNotSync,
    /// A form that somebody has answered.
    HumanInputFormSubmitted,
    /// A form whose time is over.
    HumanInputFormExpired,
    /// The conversation has ended.
    ConversationCompleted,
    /// No usable model or credentials.
    ProviderNotInitialize,
    /// The provider's credit is used up.
    ProviderQuotaExceeded,
    /// The model cannot be used.
    ModelCurrentlyNotSupport,
    /// The provider failed.
    CompletionRequestError,
    /// The app's ceiling of parallel requests is reached.
    TooManyRequests,
    /// The form has no `file` part.
    NoFileUploaded,
    /// The form has more than one `file` part.
    TooManyFiles,
    /// The `file` part has no name.
    FilenameNotExists,
    /// The form has no recording, or an empty one.
    NoAudioUploaded,
    /// The recording is too long.
    AudioTooLarge,
    /// Not a recording, or not of a kind that is taken.
    UnsupportedAudioType,
    /// No provider turns speech into text.
    ProviderNotSupportSpeechToText,
    /// The app takes no spoken questions.
    SpeechToTextDisabled,
    /// Over the limit of its category.
    FileTooLarge,
    /// Not a type that is taken here.
    UnsupportedFileType,
    /// The file is attached to nothing that this caller may see.
    FileNotFound,
    /// The file belongs to another app.
    FileAccessDenied,
    /// No such end user of this app.
    EndUserNotFound,
    /// Retrieval before anything is indexed.
    DatasetNotInitialized,
    /// The name is taken.
    DatasetNameDuplicate,
    /// An app uses it.
    DatasetInUse,
    /// The document is archived.
    ArchivedDocumentImmutable,
    /// The document is being indexed.
    DocumentIndexing,
    /// The change is impossible in this state.
    InvalidAction,
    /// A bad `metadata` value.
    InvalidMetadata,
    /// Login refused.
    AuthenticationFailed,
    /// Too many failed logins.
    TooManyAttempts,
    /// Nothing can be stored any more.
    StorageFull,
    /// A store or another part did not answer; the same call may work later.
    Unavailable,
    /// A fault on this side.
    Internal,
}

/// A use case that did not happen.
#[derive(Debug)]
pub struct Error {
    kind: Kind,
    message: String,
    param: Option<String>,
}

impl Error {
    /// An error with a message for the caller.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            param: None,
        }
    }

    /// `InvalidParam`, naming the field.
    pub fn invalid(param: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            kind: Kind::InvalidParam,
            message: message.into(),
            param: Some(param.into()),
        }
    }

    /// `NotFound`.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(Kind::NotFound, message)
    }

    /// What to decide by.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// For the caller.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The field that is wrong.
    pub fn param(&self) -> Option<&str> {
        self.param.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

impl From<ports::Error> for Error {
    fn from(error: ports::Error) -> Self {
        let kind = match error.kind() {
            ports::ErrorKind::Conflict => Kind::Conflict,
            ports::ErrorKind::TooLarge | ports::ErrorKind::Invalid => Kind::InvalidParam,
            ports::ErrorKind::Full => Kind::StorageFull,
            ports::ErrorKind::Unavailable | ports::ErrorKind::Timeout => Kind::Unavailable,
            ports::ErrorKind::Forbidden => Kind::Forbidden,
            ports::ErrorKind::Corrupt | ports::ErrorKind::Internal => Kind::Internal,
        };
        if kind == Kind::Internal {
            tracing::error!(%error, "a port failed");
        }
        Self::new(kind, error.to_string())
    }
}

impl From<rag::Error> for Error {
    fn from(error: rag::Error) -> Self {
        let kind = match error.kind() {
            rag::ErrorKind::Store(kind) => {
                return ports::Error::new(kind, error.to_string()).into();
            }
            rag::ErrorKind::Corrupt => Kind::Internal,
            _ => Kind::InvalidParam,
        };
        if kind == Kind::Internal {
            tracing::error!(%error, "an index is damaged");
        }
        Self::new(kind, error.to_string())
    }
}

impl From<model::Error> for Error {
    fn from(error: model::Error) -> Self {
        let kind = match error.kind() {
            model::ErrorKind::Authentication | model::ErrorKind::NotFound => {
                Kind::ProviderNotInitialize
            }
            model::ErrorKind::Quota => Kind::ProviderQuotaExceeded,
            model::ErrorKind::RateLimit
            | model::ErrorKind::BadRequest
            | model::ErrorKind::ContextLength
            | model::ErrorKind::Unavailable
            | model::ErrorKind::Timeout
            | model::ErrorKind::Protocol
            | model::ErrorKind::Cancelled => Kind::CompletionRequestError,
            model::ErrorKind::Internal => Kind::Internal,
        };
        Self::new(kind, error.to_string())
    }
}
