//! `routes/workflows`: drafting, publishing and trying workflows out.

use app::Kind;
use schemars::JsonSchema;
use serde_json::json;

use crate::openapi::{
    operation::Op,
    types::{Any, EmptyList, Limit, Object, PageNumber, Seconds, Success, Text, Uuid},
};

const TAG: &str = "Workflows";

pub(in crate::openapi) fn operations() -> Vec<Op> {
    let at = crate::routes::of_app;
    let kinds = [
        Kind::NotFound,
        Kind::AppUnavailable,
        Kind::NotWorkflowApp,
        Kind::InvalidParam,
    ];
    let all = vec![
        Op::new("get", at("/workflows/draft"), "draftWorkflow")
            .says(TAG, "The graph that is being drafted")
            .json::<Graph>(200)
            .fails(&[Kind::DraftWorkflowNotExist]),
        Op::new("post", at("/workflows/draft"), "saveDraftWorkflow")
            .says(TAG, "Save the graph that is being drafted")
            .about("With the `hash` of what was read, somebody else's change is not overwritten.")
            .body::<GraphDraft>()
            .json::<SavedGraph>(200)
            .fails(&[Kind::DraftWorkflowNotSync, Kind::DraftWorkflowNotExist]),
        Op::new("get", at("/workflows/publish"), "publishedWorkflow")
            .says(TAG, "The graph in force, or null")
            .json::<Option<Graph>>(200),
        Op::new("post", at("/workflows/publish"), "publishWorkflow")
            .says(TAG, "Publish the draft")
            .maybe_body::<Marks>()
            .example(json!({"marked_name": "Spring", "marked_comment": ""}))
            .json::<PublishedGraph>(200)
            .fails(&[Kind::DraftWorkflowNotExist]),
        Op::new("get", at("/workflows"), "workflowVersions")
            .says(TAG, "List published graphs")
            .query::<VersionsQuery>()
            .json::<GraphVersions>(200),
        Op::new("patch", at("/workflows/{version}"), "markWorkflow")
            .says(TAG, "Name a published graph")
            .body::<Marks>()
            .json::<Graph>(200),
        Op::new("delete", at("/workflows/{version}"), "deleteWorkflow")
            .says(TAG, "Delete a published graph")
            .nothing()
            .fails(&[Kind::BadRequest]),
        Op::new(
            "post",
            at("/workflows/{version}/restore"),
            "restoreWorkflow",
        )
        .says(TAG, "Make a published graph the draft again")
        .json::<SavedGraph>(200),
        Op::new(
            "get",
            at("/workflows/{version}/diff/{other}"),
            "diffWorkflows",
        )
        .says(TAG, "What differs between two graphs")
        .about("Each is `draft`, `published` or the id of a version. Secrets stay hidden.")
        .part::<Text>("version")
        .part::<Text>("other")
        .json::<Differences>(200)
        .fails(&[Kind::DraftWorkflowNotExist, Kind::BadRequest]),
    ];
    all.into_iter().map(|op| op.fails(&kinds)).collect()
}

/// A graph and what is said about it.
#[derive(JsonSchema)]
struct Graph {
    id: String,
    /// `draft`, or when it was published.
    version: String,
    hash: String,
    marked_name: String,
    marked_comment: String,
    created_by: Author,
    created_at: Seconds,
    updated_at: Seconds,
    graph: Object,
    features: Object,
    environment_variables: Vec<Object>,
    conversation_variables: Vec<Object>,
    rag_pipeline_variables: EmptyList,
    tool_published: bool,
}

/// Who made it.
#[derive(JsonSchema)]
struct Author {
    id: Option<String>,
    name: Option<String>,
    email: Any,
}

/// A graph to keep; what is absent stays.
#[derive(JsonSchema)]
struct GraphDraft {
    graph: Option<Object>,
    features: Option<Object>,
    hash: Option<String>,
    environment_variables: Option<Vec<Object>>,
    conversation_variables: Option<Vec<Object>>,
}

/// What was kept.
#[derive(JsonSchema)]
struct SavedGraph {
    result: Success,
    hash: String,
    updated_at: Seconds,
}

/// What was published.
#[derive(JsonSchema)]
struct PublishedGraph {
    result: Success,
    created_at: Seconds,
    id: String,
}

/// What people call a version.
#[derive(JsonSchema)]
#[schemars(rename = "VersionMarks")]
struct Marks {
    marked_name: Option<String>,
    marked_comment: Option<String>,
}

/// Which part of the list.
#[derive(JsonSchema)]
struct VersionsQuery {
    page: Option<PageNumber>,
    limit: Option<Limit>,
}

/// Published graphs, the newest first.
#[derive(JsonSchema)]
struct GraphVersions {
    items: Vec<Graph>,
    page: u32,
    limit: u32,
    has_more: bool,
}

/// What differs.
#[derive(JsonSchema)]
struct Differences {
    from: Compared,
    to: Compared,
    changes: Vec<Difference>,
}

/// One of two graphs.
#[derive(JsonSchema)]
struct Compared {
    id: Uuid,
    version: String,
    marked_name: String,
}

/// One difference; a side is null where there is nothing.
#[derive(JsonSchema)]
struct Difference {
    /// Null for features and declared variables.
    node_id: Option<String>,
    title: String,
    /// Such as `model.name`; `node` for all of one, `edges` for where it leads.
    field: String,
    before: Any,
    after: Any,
}
