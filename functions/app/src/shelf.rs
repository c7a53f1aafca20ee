//! Models that can run in the process: which there are, which of them are here, and bringing the others.
//!
//! Where weights come from and lie is a root's business; one that has a folder for them implements [`Shelf`].

use model::ModelKind;
use serde::Serialize;

use crate::Result;

/// The local models of an installation.
pub trait Shelf: Send + Sync {
    /// All of them, those of a fresh installation first.
    fn rows(&self) -> Vec<Local>;

    /// Begins to bring one and comes back at once; does nothing where it is here or on its way. Fails for a name that
    /// nobody knows.
    fn fetch(&self, model: &str) -> Result<()>;
}

/// A model that can run in the process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Local {
    /// As users name it, with provider `local`.
    pub model: String,
    /// What it is for.
    pub model_type: ModelKind,
    /// A line for people who choose.
    pub about: String,
    /// SPDX identifier.
    pub licence: String,
    /// Of all its files; 0 where that is learned at the download.
    pub bytes: u64,
    /// Whether a fresh installation uses it.
    pub default: bool,
    /// Whether it is here.
    pub state: State,
    /// How far it is, from the first download of this process on.
    pub download: Option<Download>,
}

/// Whether a model is here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Can be used.
    Ready,
    /// Came while the process ran, which knows it from its next start on.
    Restart,
    /// Not here.
    Absent,
    /// On its way.
    Downloading,
    /// Did not come; `download` says why.
    Failed,
}

/// How far a download is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Download {
    /// What is downloaded now; empty until a source has answered.
    pub file: String,
    /// Of that, bytes that are here.
    pub bytes: u64,
    /// Of that, bytes there are; 0: not known.
    pub total: u64,
    /// Over the last seconds.
    pub bytes_per_second: u64,
    /// Why it failed.
    pub error: Option<String>,
}
