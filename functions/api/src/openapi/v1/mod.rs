//! The Service API, `/v1`.

pub(super) mod annotations;
pub(super) mod chat;
pub(super) mod conversations;
pub(super) mod datasets;
pub(super) mod documents;
pub(super) mod files;
pub(super) mod forms;
pub(super) mod info;
pub(super) mod knowledge;
pub(super) mod messages;
pub(super) mod workflows;

use schemars::JsonSchema;

use super::{operation::Op, types::one_of};

pub(super) fn operations() -> Vec<Op> {
    let mut all = vec![
        Op::new("get", "/healthz", "health")
            .says("Service", "Whether the server answers")
            .about("Says `ok` as soon as requests are taken.")
            .bytes(&["text/plain"]),
        Op::new("get", "/v1", "index")
            .says("Service", "Which API this is, and its version")
            .json::<Index>(200),
    ];
    all.extend(chat::operations());
    all.extend(conversations::operations());
    all.extend(messages::operations());
    all.extend(files::operations());
    all.extend(info::operations());
    all.extend(annotations::operations());
    all.extend(datasets::operations(
        "/v1/datasets",
        "Knowledge",
        str::to_owned,
    ));
    all.extend(documents::operations(
        "/v1/datasets",
        "Knowledge",
        str::to_owned,
    ));
    all
}

one_of! {
    Version: "v1";
}

/// What answers here.
#[derive(JsonSchema)]
struct Index {
    welcome: String,
    api_version: Version,
    server_version: String,
}
