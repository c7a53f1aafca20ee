//! `keys.rs`.

use schemars::JsonSchema;

use crate::openapi::{
    operation::Op,
    types::{Seconds, one_of},
};

pub(super) fn operations() -> Vec<Op> {
    let mut all = vec![
        Op::new("get", "/console/api/datasets/api-base-info", "apiBase")
            .says("Console knowledge", "Where the Service API is")
            .json::<ApiBase>(200),
    ];
    for (path, tag, list, make, delete) in [
        (
            "apps/{id}/api-keys",
            "Apps",
            "appKeys",
            "createAppKey",
            "deleteAppKey",
        ),
        (
            "datasets/api-keys",
            "Console knowledge",
            "datasetKeys",
            "createDatasetKey",
            "deleteDatasetKey",
        ),
        (
            "workspaces/current/model-keys",
            "Providers",
            "modelKeys",
            "createModelKey",
            "deleteModelKey",
        ),
    ] {
        let path = format!("/console/api/{path}");
        all.push(
            Op::new("get", path.clone(), list)
                .says(tag, "List keys")
                .json::<Keys>(200),
        );
        all.push(
            Op::new("post", path.clone(), make)
                .says(tag, "Make a key")
                .about("It is whole in this answer and never again.")
                .json::<Key>(201)
                .fails(&[app::Kind::InvalidParam]),
        );
        all.push(
            Op::new("delete", format!("{path}/{{key}}"), delete)
                .says(tag, "Revoke a key")
                .nothing(),
        );
    }
    all
}

one_of! {
    KeyKind: "app", "dataset", "model";
}

/// Keys.
#[derive(JsonSchema)]
struct Keys {
    data: Vec<Key>,
}

/// A key.
#[derive(JsonSchema)]
struct Key {
    id: String,
    #[schemars(rename = "type")]
    kind: KeyKind,
    /// Its end, where it was not just made.
    token: String,
    last_used_at: Option<Seconds>,
    created_at: Seconds,
}

/// Where the Service API is.
#[derive(JsonSchema)]
struct ApiBase {
    api_base_url: String,
}
