//! `routes/workflows`: trying drafts out, the values that trials leave, and the runs that the console lists.

use app::Kind;
use schemars::JsonSchema;
use serde_json::json;

use crate::openapi::{
    operation::Op,
    types::{
        Any, Done, FileMapping, Limit, MaybeUuid, Never, Null, Object, Page, PageNumber, Seconds,
        Text, Uuid, one_of,
    },
    v1::{
        chat::{MaybeConversation, TaskId},
        workflows::{
            ExecutionMetadata, LoggedRun, LoggedUser, NodeStatus, RUNNING, Run, RunEvent,
            RunStatus, RunsQuery,
        },
    },
};

const TAG: &str = "Workflows";

pub(in crate::openapi) fn operations() -> Vec<Op> {
    let at = crate::routes::of_app;
    let kinds = [
        Kind::NotFound,
        Kind::AppUnavailable,
        Kind::NotWorkflowApp,
        Kind::InvalidParam,
        Kind::BadRequest,
        Kind::DraftWorkflowNotExist,
    ];
    let trial = |path: &str, id: &str, summary| {
        Op::new("post", at(path), id)
            .says(TAG, summary)
            .about(PART)
            .part::<Text>("node_id")
            .body::<PartTrial>()
            .example(json!({"inputs": {"#start.topic#": "espresso"}}))
            .fails(&RUNNING)
    };
    let rounds = |path: &str, id: &str, summary| trial(path, id, summary).events::<RunEvent>();
    let draft = |path: &str| at(&format!("/workflows/draft{path}"));
    let runs = |path: &str, id: &str, summary| {
        Op::new("get", at(path), id)
            .says(TAG, summary)
            .query::<TriedQuery>()
            .json::<TriedRuns>(200)
    };
    let items = |path: &str, id: &str, summary| {
        Op::new("get", draft(path), id)
            .says(TAG, summary)
            .json::<Variables>(200)
    };
    let all = vec![
        Op::new("post", draft("/run"), "tryWorkflow")
            .says(TAG, "Run the draft")
            .body::<TrialRun>()
            .example(json!({"inputs": {}}))
            .events::<RunEvent>()
            .fails(&RUNNING),
        Op::new(
            "post",
            at("/advanced-chat/workflows/draft/run"),
            "tryChatflow",
        )
        .says(TAG, "Ask the draft of a chatflow")
        .body::<ChatTrial>()
        .example(json!({"query": "Hello"}))
        .events::<RunEvent>()
        .fails(&RUNNING)
        .fails(&[Kind::NotChatApp, Kind::ConversationCompleted]),
        trial(
            "/workflows/draft/nodes/{node_id}/run",
            "tryNode",
            "Run one node",
        )
        .json::<Execution>(200),
        Op::new(
            "post",
            draft("/nodes/{node_id}/trigger/run"),
            "listenForWebhook",
        )
        .says(TAG, "Listen for a call of a webhook node")
        .about(
            "Asked again every `retry_in` milliseconds until a call has come to `webhook_debug_url`, which is open for a minute \
             after each request. The node is tried with what the call brought, and that is the answer.",
        )
        .part::<Text>("node_id")
        .json::<Heard>(200)
        .fails(&RUNNING),
        rounds(
            "/workflows/draft/iteration/nodes/{node_id}/run",
            "tryIteration",
            "Run an iteration",
        ),
        rounds(
            "/workflows/draft/loop/nodes/{node_id}/run",
            "tryLoop",
            "Run a loop",
        ),
        rounds(
            "/advanced-chat/workflows/draft/iteration/nodes/{node_id}/run",
            "tryChatflowIteration",
            "Run an iteration of a chatflow",
        ),
        rounds(
            "/advanced-chat/workflows/draft/loop/nodes/{node_id}/run",
            "tryChatflowLoop",
            "Run a loop of a chatflow",
        ),
        Op::new("get", draft("/nodes/{node_id}/last-run"), "lastRun")
            .says(TAG, "How a node went the last time")
            .part::<Text>("node_id")
            .json::<Execution>(200),
        Op::new("get", draft("/variables"), "draftVariables")
            .says(
                TAG,
                "The values that trials left, without the values themselves",
            )
            .query::<ListQuery>()
            .json::<VariableList>(200),
        Op::new("delete", draft("/variables"), "clearDraftVariables")
            .says(TAG, "Forget all values")
            .nothing(),
        Op::new("get", draft("/variables/{variable_id}"), "draftVariable")
            .says(TAG, "One value")
            .json::<Variable>(200),
        Op::new(
            "patch",
            draft("/variables/{variable_id}"),
            "setDraftVariable",
        )
        .says(TAG, "Put another value there")
        .about("It must be of the type that stands there; what is tried next reads it.")
        .body::<NewValue>()
        .example(json!({"value": "espresso"}))
        .json::<Variable>(200),
        Op::new(
            "delete",
            draft("/variables/{variable_id}"),
            "deleteDraftVariable",
        )
        .says(TAG, "Forget one value")
        .nothing(),
        Op::new(
            "put",
            draft("/variables/{variable_id}/reset"),
            "resetDraftVariable",
        )
        .says(TAG, "Put back what the last run left there")
        .about("204 where it left nothing.")
        .json::<Variable>(200)
        .nothing(),
        items(
            "/nodes/{node_id}/variables",
            "nodeVariables",
            "The values of a node",
        )
        .part::<Text>("node_id"),
        Op::new(
            "delete",
            draft("/nodes/{node_id}/variables"),
            "clearNodeVariables",
        )
        .says(TAG, "Forget the values of a node")
        .part::<Text>("node_id")
        .nothing(),
        items(
            "/conversation-variables",
            "draftConversationVariables",
            "The values of conversation variables",
        ),
        items(
            "/system-variables",
            "draftSystemVariables",
            "The values of system variables",
        ),
        items(
            "/environment-variables",
            "draftEnvironmentVariables",
            "Environment variables, without secrets",
        ),
        runs(
            "/workflow-runs",
            "triedRuns",
            "List runs of the draft, or of callers",
        ),
        runs(
            "/advanced-chat/workflow-runs",
            "triedChatflowRuns",
            "List runs of a chatflow's draft, or of callers",
        ),
        Op::new("get", at("/workflow-runs/{run_id}"), "workflowRun")
            .says(TAG, "A run")
            .part::<Text>("run_id")
            .json::<Run>(200),
        Op::new(
            "get",
            at("/workflow-runs/{run_id}/node-executions"),
            "nodeExecutions",
        )
        .says(TAG, "How the nodes of a run went")
        .part::<Text>("run_id")
        .json::<Executions>(200),
        Op::new(
            "post",
            at("/workflow-runs/tasks/{task_id}/stop"),
            "stopTrialRun",
        )
        .says(TAG, "Stop a run")
        .part::<TaskId>("task_id")
        .json::<Done>(200),
        Op::new("get", at("/workflow-app-logs"), "workflowLogs")
            .says(TAG, "List what callers ran")
            .query::<RunsQuery>()
            .json::<Page<LoggedRun>>(200),
    ];
    all.into_iter().map(|op| op.fails(&kinds)).collect()
}

const PART: &str = "What stands before it is taken from earlier trials, or from `inputs`, by selector \
                    (`#node.variable#`) or by a name that the node declares.";

one_of! {
    Role: "account", "end_user";
    WaitingWord: "waiting";
    VariableKind: "node", "sys", "conversation", "env";
    From: "debugging", "app-run", "";
}

/// Inputs of a run.
#[derive(JsonSchema)]
struct TrialRun {
    inputs: Object,
    files: Option<Vec<FileMapping>>,
}

/// A question.
#[derive(JsonSchema)]
struct ChatTrial {
    query: String,
    inputs: Option<Object>,
    #[serde(default)]
    conversation_id: MaybeConversation,
    files: Option<Vec<FileMapping>>,
}

/// What stands before a node.
#[derive(JsonSchema)]
struct PartTrial {
    inputs: Option<Object>,
    /// `sys.query`.
    query: Option<String>,
    files: Option<Vec<FileMapping>>,
}

/// What listening for a call comes to.
#[derive(JsonSchema)]
#[schemars(rename = "Listened")]
#[serde(untagged)]
enum Heard {
    Waiting(Waiting),
    Tried(Box<Execution>),
}

/// Nobody has called yet.
#[derive(JsonSchema)]
#[schemars(rename = "WaitingForCall")]
struct Waiting {
    status: WaitingWord,
    /// Milliseconds.
    retry_in: u64,
    /// The path below the product's address.
    webhook_debug_url: String,
}

/// How a node went.
#[derive(JsonSchema)]
struct Execution {
    /// Of a container, the node's.
    id: String,
    index: u64,
    predecessor_node_id: Option<String>,
    node_id: String,
    node_type: String,
    title: String,
    inputs: Option<Object>,
    inputs_truncated: bool,
    process_data: Option<Object>,
    process_data_truncated: bool,
    outputs: Option<Object>,
    outputs_truncated: bool,
    status: NodeStatus,
    error: Option<String>,
    elapsed_time: f64,
    execution_metadata: ExecutionMetadata,
    extras: Object,
    created_at: Seconds,
    finished_at: Option<Seconds>,
    iteration_id: Option<String>,
    loop_id: Option<String>,
    created_by_role: Role,
    created_by_account: Option<TriedBy>,
    created_by_end_user: Option<LoggedUser>,
}

/// How the nodes of a run went, in their order.
#[derive(JsonSchema)]
struct Executions {
    data: Vec<Execution>,
}

/// A member.
#[derive(JsonSchema)]
struct TriedBy {
    id: String,
    name: String,
    email: Option<String>,
}

/// Which part of the list.
#[derive(JsonSchema)]
#[schemars(rename = "DraftVariablesQuery")]
struct ListQuery {
    page: Option<PageNumber>,
    limit: Option<Limit>,
}

/// A value and what is said about it.
#[derive(JsonSchema)]
#[schemars(rename = "DraftVariable")]
struct Variable {
    #[serde(flatten)]
    about: About,
    value: Any,
    full_content: Null,
}

/// What is said about a value.
#[derive(JsonSchema)]
#[schemars(rename = "DraftVariableAbout")]
struct About {
    id: String,
    #[schemars(rename = "type")]
    kind: VariableKind,
    name: String,
    description: String,
    selector: Vec<String>,
    value_type: String,
    /// Whether somebody changed it since the last run.
    edited: bool,
    visible: bool,
    editable: bool,
    is_truncated: Never,
}

/// Values.
#[derive(JsonSchema)]
#[schemars(rename = "DraftVariables")]
struct Variables {
    items: Vec<Variable>,
}

/// What is said about values.
#[derive(JsonSchema)]
#[schemars(rename = "DraftVariableList")]
struct VariableList {
    items: Vec<About>,
    total: u64,
}

/// Another value.
#[derive(JsonSchema)]
#[schemars(rename = "NewDraftValue")]
struct NewValue {
    /// As it is called now, or absent.
    name: Option<String>,
    #[serde(default)]
    value: Any,
}

/// Which runs.
#[derive(JsonSchema)]
#[schemars(rename = "TriedRunsQuery")]
struct TriedQuery {
    last_id: Option<MaybeUuid>,
    limit: Option<Limit>,
    status: Option<RunStatus>,
    /// `debugging` where it is absent: of the draft.
    triggered_from: Option<From>,
}

/// Runs, the newest first.
#[derive(JsonSchema)]
struct TriedRuns {
    limit: u32,
    has_more: bool,
    data: Vec<TriedRun>,
}

/// A run.
#[derive(JsonSchema)]
struct TriedRun {
    id: Uuid,
    version: String,
    status: RunStatus,
    triggered_from: String,
    error: Option<String>,
    elapsed_time: f64,
    total_tokens: u64,
    total_steps: u64,
    created_by_account: Option<TriedBy>,
    created_by_end_user: Option<LoggedUser>,
    created_at: Seconds,
    finished_at: Option<Seconds>,
    exceptions_count: u64,
    retry_index: u64,
    conversation_id: Option<Uuid>,
    message_id: Option<Uuid>,
}
