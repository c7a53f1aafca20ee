//! `configs.rs`.

use app::Kind;
use schemars::JsonSchema;

use crate::openapi::{
    operation::Op,
    types::{Done, Object, Seconds, Success, Uuid},
};

const TAG: &str = "Apps";

pub(super) fn operations() -> Vec<Op> {
    let at = |path: &str| crate::routes::of_app(&format!("/model-config{path}"));
    vec![
        Op::new("post", at(""), "publishConfig")
            .says(TAG, "Publish a configuration")
            .about("The whole of it; a wrong field is named.")
            .body::<Object>()
            .json::<Done>(200)
            .fails(&[Kind::AppUnavailable]),
        Op::new("get", at("/draft"), "draft")
            .says(TAG, "The configuration that is being edited")
            .json::<Draft>(200)
            .fails(&[Kind::AppUnavailable]),
        Op::new("post", at("/draft"), "saveDraft")
            .says(TAG, "Save what is being edited")
            .about("With the `hash` of what was read, somebody else's change is not overwritten.")
            .body::<NewDraft>()
            .json::<Saved>(200)
            .fails(&[Kind::DraftWorkflowNotSync, Kind::AppUnavailable]),
        Op::new("delete", at("/draft"), "discardDraft")
            .says(TAG, "Throw away what is being edited")
            .nothing(),
        Op::new("get", at("/versions"), "versions")
            .says(TAG, "List published configurations")
            .json::<Versions>(200),
        Op::new("get", at("/versions/{version}"), "version")
            .says(TAG, "A published configuration")
            .json::<WholeVersion>(200),
        Op::new("post", at("/versions/{version}/restore"), "restoreVersion")
            .says(TAG, "Publish an earlier configuration again")
            .json::<Done>(200)
            .fails(&[Kind::InvalidParam]),
    ]
}

/// A configuration that is being edited.
#[derive(JsonSchema)]
struct Draft {
    model_config: Option<Object>,
    hash: String,
    updated_at: Option<Seconds>,
    updated_by: Option<String>,
    is_draft: bool,
}

/// A configuration to keep.
#[derive(JsonSchema)]
struct NewDraft {
    model_config: Object,
    hash: Option<String>,
}

/// What was kept.
#[derive(JsonSchema)]
struct Saved {
    result: Success,
    hash: String,
    updated_at: Option<Seconds>,
}

/// Published configurations, the newest first.
#[derive(JsonSchema)]
struct Versions {
    data: Vec<VersionRow>,
}

/// A published configuration among others.
#[derive(JsonSchema)]
struct VersionRow {
    id: Uuid,
    created_at: Seconds,
    created_by: Option<String>,
    author_name: Option<String>,
    is_current: bool,
}

/// A published configuration.
#[derive(JsonSchema)]
struct WholeVersion {
    #[serde(flatten)]
    row: VersionRow,
    model_config: Object,
}
