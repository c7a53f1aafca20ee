//! `shelf.rs`.

use app::Kind;
use schemars::JsonSchema;

use crate::openapi::{
    operation::Op,
    types::{Text, one_of},
};

use super::providers::ModelKind;

const TAG: &str = "Providers";

pub(in crate::openapi) fn operations() -> Vec<Op> {
    let at = "/console/api/workspaces/current/models/local";
    vec![
        Op::new("get", at, "localModels")
            .says(TAG, "List the models that can run in the process")
            .json::<LocalModels>(200),
        Op::new("post", format!("{at}/{{model}}/download"), "downloadModel")
            .says(TAG, "Download a model that can run in the process")
            .about("Comes back at once; the list says how far it is. Again after a failure, what is here already is kept.")
            .part::<Text>("model")
            .json::<LocalModel>(202)
            .fails(&[Kind::NotFound]),
    ]
}

/// What can run in the process.
#[derive(JsonSchema)]
struct LocalModels {
    data: Vec<LocalModel>,
}

one_of! {
    LocalState: "ready", "restart", "absent", "downloading", "failed";
}

/// A model that can run in the process.
#[derive(JsonSchema)]
struct LocalModel {
    model: String,
    model_type: ModelKind,
    about: String,
    licence: String,
    /// Of all its files; 0 where that is learned at the download.
    bytes: u64,
    /// Whether a fresh installation uses it.
    default: bool,
    /// `restart`: it came while the server ran, which knows it from its next start on.
    state: LocalState,
    download: Option<LocalDownload>,
}

/// How far a download is.
#[derive(JsonSchema)]
struct LocalDownload {
    /// What is downloaded now; empty until a source has answered.
    file: String,
    /// Of that, bytes that are here.
    bytes: u64,
    /// Of that, bytes there are; 0: not known.
    total: u64,
    /// Over the last seconds.
    bytes_per_second: u64,
    /// Why it failed.
    error: Option<String>,
}
