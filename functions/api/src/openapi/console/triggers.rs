//! `routes/workflows/triggers`, as the console sees it. What an address of a webhook takes and answers stands in the graph
//! of its app, so it is no operation of the document.

use app::Kind;
use schemars::JsonSchema;
use serde_json::json;

use crate::openapi::{
    operation::Op,
    types::{Object, Seconds, Success, Text, Uuid, one_of},
};

const TAG: &str = "Workflows";

pub(in crate::openapi) fn operations() -> Vec<Op> {
    let at = crate::routes::of_app;
    vec![
        Op::new("get", at("/triggers"), "listTriggers")
            .says(TAG, "What starts the published workflow")
            .json::<Triggers>(200),
        Op::new("post", at("/trigger-enable"), "enableTrigger")
            .says(TAG, "Switch a trigger on or off")
            .body::<Switch>()
            .example(json!({
                "trigger_id": "6a1f0f6e-2f0b-4b43-8d2e-9f7a51f1c001", "enable_trigger": false
            }))
            .json::<Trigger>(200),
        Op::new("get", at("/workflows/triggers/webhook"), "webhookAddress")
            .says(TAG, "The address of a webhook node")
            .query::<OfNode>()
            .json::<Address>(200),
        Op::new("get", at("/triggers/dead-letters"), "listDeadLetters")
            .says(TAG, "Deliveries that started nothing")
            .about("The last hundred, the oldest first: what came was well-formed, and its run could not begin.")
            .json::<Letters>(200),
        Op::new(
            "post",
            at("/triggers/dead-letters/{letter}/replay"),
            "replayDeadLetter",
        )
        .says(TAG, "Start the run of a delivery after all")
        .part::<Text>("letter")
        .json::<Replayed>(200)
        .fails(&[
            Kind::AppUnavailable,
            Kind::NotWorkflowApp,
            Kind::BadRequest,
            Kind::InvalidParam,
            Kind::TooManyRequests,
        ]),
    ]
}

one_of! {
    Sort: "trigger-webhook", "trigger-schedule";
    State: "enabled", "disabled";
}

/// Triggers of the version in force.
#[derive(JsonSchema)]
struct Triggers {
    data: Vec<Trigger>,
}

/// A node that starts runs.
#[derive(JsonSchema)]
struct Trigger {
    id: Uuid,
    node_id: String,
    title: String,
    trigger_type: Sort,
    status: State,
    /// Of webhooks: the path below the product's address.
    webhook_url: Option<String>,
    /// Of schedules that are on.
    next_run_at: Option<Seconds>,
    created_at: Seconds,
    updated_at: Seconds,
}

#[derive(JsonSchema)]
#[schemars(rename = "TriggerSwitch")]
struct Switch {
    trigger_id: Uuid,
    enable_trigger: Option<bool>,
}

#[derive(JsonSchema)]
struct OfNode {
    /// Of the published graph.
    node_id: Text,
}

/// Where a webhook is.
#[derive(JsonSchema)]
#[schemars(rename = "WebhookAddress")]
struct Address {
    id: Uuid,
    webhook_id: String,
    /// The path below the product's address.
    webhook_url: String,
    node_id: String,
    created_at: Seconds,
}

#[derive(JsonSchema)]
#[schemars(rename = "DeadLetters")]
struct Letters {
    data: Vec<Letter>,
}

/// A delivery that is kept.
#[derive(JsonSchema)]
#[schemars(rename = "DeadLetter")]
struct Letter {
    /// The id that its run gets.
    id: String,
    node_id: String,
    inputs: Object,
    /// Why nothing started.
    error: String,
    created_at: Seconds,
}

#[derive(JsonSchema)]
struct Replayed {
    result: Success,
    workflow_run_id: String,
}
