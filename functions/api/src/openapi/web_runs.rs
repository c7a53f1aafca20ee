//! `routes/workflows/web.rs`: what the page of a workflow app calls.

use app::Kind;
use schemars::JsonSchema;
use serde_json::json;

use super::{
    operation::Op,
    types::{Done, FileMapping, Flag, Object, ResponseMode, Text},
    v1::{
        chat::TaskId,
        workflows::{FollowHeaders, RUNNING, Run, RunAnswer, RunEvent},
    },
};

const TAG: &str = "Web app";

pub(super) fn operations() -> Vec<Op> {
    vec![
        Op::new("post", "/api/workflows/run", "runByVisitor")
            .says(TAG, "Run the workflow")
            .body::<VisitorRun>()
            .example(json!({"inputs": {"topic": "espresso"}, "response_mode": "streaming"}))
            .json::<RunAnswer>(200)
            .events::<RunEvent>()
            .fails(&RUNNING),
        Op::new(
            "post",
            "/api/workflows/tasks/{task_id}/stop",
            "stopByVisitor",
        )
        .says(TAG, "Stop a run")
        .part::<TaskId>("task_id")
        .json::<Done>(200)
        .fails(&[Kind::NotWorkflowApp]),
        Op::new("get", "/api/workflows/run/{run_id}", "visitorRun")
            .says(TAG, "A run of this visitor")
            .part::<Text>("run_id")
            .json::<Run>(200)
            .fails(&[Kind::NotWorkflowApp, Kind::NotFound]),
        Op::new("get", "/api/workflow/{run_id}/events", "followByVisitor")
            .says(TAG, "Rejoin the events of a run")
            .about("Events have numbers (`id:`); the header `Last-Event-ID` goes on after one.")
            .part::<Text>("run_id")
            .query::<Follow>()
            .headers::<FollowHeaders>()
            .events::<RunEvent>()
            .fails(&[Kind::NotWorkflowApp, Kind::NotFound, Kind::InvalidParam]),
    ]
}

/// Inputs of a workflow.
#[derive(JsonSchema)]
struct VisitorRun {
    /// Values of the start node's variables.
    inputs: Object,
    files: Option<Vec<FileMapping>>,
    /// `blocking` where it is absent.
    response_mode: Option<ResponseMode>,
}

/// Where a stream begins.
#[derive(JsonSchema)]
#[schemars(rename = "VisitorFollowQuery")]
struct Follow {
    /// From the first event.
    include_state_snapshot: Option<Flag>,
    /// Also while it waits for people.
    continue_on_pause: Option<Flag>,
}
