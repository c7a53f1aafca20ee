//! What a request says to a partition's object, and what it answers: postcard, so that values travel as they are.

use ports::{Alarm, Commit, Error, ErrorKind, Query, Revision, View};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// One call of a partition.
#[derive(Serialize, Deserialize)]
pub(crate) enum Call {
    /// `Kv::read`
    Read(Vec<Query>),
    /// `Kv::commit`
    Commit(Commit),
    /// `Kv::watch`
    Watch {
        /// The revision to get past.
        after: Revision,
        /// How long at most.
        milliseconds: u64,
    },
    /// `Kv::clear`
    Clear,
    /// `Timer::set`
    SetAlarm(Alarm),
    /// `Timer::cancel`
    CancelAlarm,
}

/// Its answer.
#[derive(Serialize, Deserialize)]
pub(crate) enum Reply {
    /// To `Read`.
    View(View),
    /// To `Commit` and `Watch`.
    Revision(Revision),
    /// To the others.
    Done,
    /// To any.
    Failed {
        /// See [`code`].
        code: u8,
        /// For people.
        message: String,
    },
}

/// Kinds that an object reports, by their position.
const KINDS: [ErrorKind; 6] = [
    ErrorKind::Internal,
    ErrorKind::Conflict,
    ErrorKind::TooLarge,
    ErrorKind::Invalid,
    ErrorKind::Full,
    ErrorKind::Corrupt,
];

impl From<Error> for Reply {
    fn from(error: Error) -> Self {
        let position = KINDS.iter().position(|kind| *kind == error.kind());
        Self::Failed {
            code: position.and_then(|at| u8::try_from(at).ok()).unwrap_or(0),
            message: error.to_string(),
        }
    }
}

impl Reply {
    /// The answer, or the error that it carries.
    pub(crate) fn into_result(self) -> ports::Result<Self> {
        match self {
            Self::Failed { code, message } => {
                let kind = KINDS.get(usize::from(code)).copied();
                Err(Error::new(kind.unwrap_or(ErrorKind::Internal), message))
            }
            answer => Ok(answer),
        }
    }
}

/// As bytes.
pub(crate) fn encode(value: &impl Serialize) -> ports::Result<Vec<u8>> {
    postcard::to_stdvec(value).map_err(|error| corrupt("cannot be encoded", error))
}

/// From bytes.
pub(crate) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> ports::Result<T> {
    postcard::from_bytes(bytes).map_err(|error| corrupt("cannot be decoded", error))
}

fn corrupt(what: &str, error: postcard::Error) -> Error {
    Error::new(ErrorKind::Corrupt, format!("a message {what}")).with_source(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(kind: ErrorKind, arrives_as: ErrorKind) {
        let reply = Reply::from(Error::new(kind, "why"));
        let reply: Reply = decode(&encode(&reply).unwrap()).unwrap();
        let Err(error) = reply.into_result() else {
            panic!("an error stays an error")
        };
        assert_eq!((error.kind(), error.message()), (arrives_as, "why"));
    }

    #[test]
    fn errors_keep_their_kind() {
        check(ErrorKind::Conflict, ErrorKind::Conflict);
        check(ErrorKind::TooLarge, ErrorKind::TooLarge);
        check(ErrorKind::Full, ErrorKind::Full);
        check(ErrorKind::Forbidden, ErrorKind::Internal);
    }

    #[test]
    fn values_travel_as_they_are() {
        let commit = Commit::new().put("k", vec![0u8, 255, 10]).if_absent("k");
        let bytes = encode(&Call::Commit(commit.clone())).unwrap();
        let Call::Commit(arrived) = decode(&bytes).unwrap() else {
            panic!("a commit stays a commit")
        };
        assert_eq!(arrived, commit);
    }
}
