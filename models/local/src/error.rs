//! This crate's faults, in `model`'s kinds.

use model::{Error, ErrorKind};

/// A weights file that cannot be used.
pub(crate) fn broken(what: &str) -> Error {
    Error::new(
        ErrorKind::Internal,
        format!("a file of the local model cannot be read: {what}"),
    )
}
