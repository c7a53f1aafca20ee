//! `routes/workflows`: what a key of an app reaches.

use app::Kind;
use schemars::JsonSchema;
use serde_json::json;

use super::{
    chat::{ErrorEvent, Nil, TaskId},
    forms,
};
use crate::openapi::{
    operation::Op,
    types::{
        Any, ByUser, Done, FileMapping, Flag, Limit, Object, Page, PageNumber, ResponseMode,
        Seconds, Text, User, Uuid, one_of, scalar,
    },
};

pub(in crate::openapi) const RUNNING: [Kind; 8] = [
    Kind::AppUnavailable,
    Kind::NotWorkflowApp,
    Kind::TooManyRequests,
    Kind::FileNotFound,
    Kind::FileAccessDenied,
    Kind::ProviderNotInitialize,
    Kind::CompletionRequestError,
    Kind::NotFound,
];

pub(in crate::openapi) fn operations() -> Vec<Op> {
    let run = json!({"inputs": {"topic": "espresso"}, "user": "ada", "response_mode": "streaming"});
    let runs = |op: Op| {
        op.body::<RunRequest>()
            .example(run.clone())
            .json::<RunAnswer>(200)
            .events::<RunEvent>()
            .fails(&RUNNING)
    };
    vec![
        runs(
            Op::new("post", "/v1/workflows/run", "runWorkflow")
                .says("Workflows", "Run the published workflow")
                .about(
                    "A failed run is an answer with `status` `failed`. A run goes on when its caller leaves.",
                ),
        ),
        runs(
            Op::new("post", "/v1/workflows/{workflow_id}/run", "runVersion")
                .says("Workflows", "Run a published version")
                .part::<Text>("workflow_id")
                .fails(&[Kind::BadRequest]),
        ),
        Op::new("post", "/v1/workflows/run/{run_id}/fork", "forkRun")
            .says("Workflows", "Begin a run in the middle of another")
            .about("What does not depend on the node is taken from the first run.")
            .part::<Text>("run_id")
            .body::<ForkRequest>()
            .example(json!({"node_id": "llm", "user": "ada", "response_mode": "streaming"}))
            .json::<RunAnswer>(200)
            .events::<RunEvent>()
            .fails(&RUNNING),
        Op::new("get", "/v1/workflows/run/{run_id}", "getRun")
            .says("Workflows", "A run")
            .part::<Text>("run_id")
            .json::<Run>(200)
            .fails(&[Kind::NotWorkflowApp, Kind::NotFound]),
        Op::new("post", "/v1/workflows/tasks/{task_id}/stop", "stopRun")
            .says("Workflows", "Stop a run")
            .part::<TaskId>("task_id")
            .body::<ByUser>()
            .example(json!({"user": "ada"}))
            .json::<Done>(200)
            .fails(&[Kind::NotWorkflowApp]),
        Op::new("get", "/v1/workflows/logs", "listRuns")
            .says("Workflows", "List runs")
            .query::<RunsQuery>()
            .json::<Page<LoggedRun>>(200)
            .fails(&[Kind::NotWorkflowApp]),
        Op::new("get", "/v1/workflow/{run_id}/events", "followRun")
            .says("Workflows", "Rejoin the events of a run")
            .about("Events have numbers (`id:`); the header `Last-Event-ID` goes on after one.")
            .part::<Text>("run_id")
            .query::<FollowQuery>()
            .headers::<FollowHeaders>()
            .events::<RunEvent>()
            .fails(&[Kind::NotWorkflowApp, Kind::NotFound]),
    ]
}

scalar! {
    EventNumber = { "type": "integer", "minimum": 0 };
    Moment = { "anyOf": [{ "type": "string", "format": "date-time" }, { "const": "" }] };
    EndUserName = { "type": "string", "minLength": 1 };
}

one_of! {
    RunStatus: "running", "succeeded", "failed", "stopped", "partial-succeeded", "paused";
    NodeStatus: "succeeded", "failed", "exception", "retry", "stopped", "running";
    Listed: "succeeded", "failed", "stopped";
    Caller: "service-api", "web-app";
    EndUserWord: "end_user";
    Started: "workflow_started";
    Finished: "workflow_finished";
    NodeStartedWord: "node_started";
    NodeFinishedWord: "node_finished";
    NodeRetryWord: "node_retry";
    ContainerStartedWord: "iteration_started", "loop_started";
    ContainerNextWord: "iteration_next", "loop_next";
    ContainerCompletedWord: "iteration_completed", "loop_completed";
    TextChunkWord: "text_chunk";
    TextReplaceWord: "text_replace";
    ReasoningChunkWord: "reasoning_chunk";
    AgentLogWord: "agent_log";
    StepStatus: "start", "success", "error";
    ChatWord: "message";
    ChatEndWord: "message_end";
    ReplaceWord: "message_replace";
    Reason: "initial", "resumption";
}

/// Inputs of a workflow.
#[derive(JsonSchema)]
struct RunRequest {
    /// Values of the start node's variables.
    inputs: Object,
    user: User,
    files: Option<Vec<FileMapping>>,
    /// `blocking` where it is absent.
    response_mode: Option<ResponseMode>,
}

/// Where a run begins, and what is changed before it.
#[derive(JsonSchema)]
struct ForkRequest {
    /// The first node that runs again.
    #[schemars(regex(pattern = r"\S"))]
    node_id: String,
    user: User,
    /// New values of the start node's variables.
    inputs: Option<Object>,
    /// New outputs of earlier nodes, by node.
    outputs: Option<Object>,
    /// `blocking` where it is absent.
    response_mode: Option<ResponseMode>,
}

/// A run that has ended.
#[derive(JsonSchema)]
pub(in crate::openapi) struct RunAnswer {
    task_id: String,
    workflow_run_id: Uuid,
    data: RunResult,
}

/// What a run came to.
#[derive(JsonSchema)]
#[serde(untagged)]
enum RunResult {
    Ended(Box<RunEnd>),
    Paused(Box<forms::PausedResult>),
}

/// What a run came to that has ended.
#[derive(JsonSchema)]
struct RunEnd {
    id: Uuid,
    workflow_id: String,
    status: RunStatus,
    outputs: Option<Object>,
    error: Option<String>,
    /// Seconds.
    elapsed_time: f64,
    total_tokens: u64,
    total_steps: u64,
    created_at: Seconds,
    finished_at: Option<Seconds>,
}

/// A run.
#[derive(JsonSchema)]
pub(in crate::openapi) struct Run {
    id: Uuid,
    workflow_id: String,
    status: RunStatus,
    /// JSON as a text.
    inputs: String,
    outputs: Object,
    error: Option<String>,
    total_steps: u64,
    total_tokens: u64,
    created_at: Seconds,
    finished_at: Option<Seconds>,
    elapsed_time: f64,
}

/// Which runs.
#[derive(JsonSchema)]
pub(in crate::openapi) struct RunsQuery {
    keyword: Option<Text>,
    status: Option<Listed>,
    #[schemars(rename = "created_at__before")]
    before: Option<Moment>,
    #[schemars(rename = "created_at__after")]
    after: Option<Moment>,
    created_by_end_user_session_id: Option<Text>,
    page: Option<PageNumber>,
    limit: Option<Limit>,
}

/// A run as the log shows it.
#[derive(JsonSchema)]
#[schemars(rename = "LoggedRun")]
pub(in crate::openapi) struct LoggedRun {
    id: Uuid,
    workflow_run: LoggedRunState,
    details: Nil,
    created_from: Caller,
    created_by_role: EndUserWord,
    created_by_account: Nil,
    created_by_end_user: LoggedUser,
    created_at: Seconds,
}

/// What a run came to.
#[derive(JsonSchema)]
struct LoggedRunState {
    id: Uuid,
    version: String,
    status: RunStatus,
    triggered_from: String,
    error: Option<String>,
    elapsed_time: f64,
    total_tokens: u64,
    total_steps: u64,
    created_at: Seconds,
    finished_at: Option<Seconds>,
    exceptions_count: u64,
}

/// Who ran it.
#[derive(JsonSchema)]
pub(in crate::openapi) struct LoggedUser {
    id: Uuid,
    #[schemars(rename = "type")]
    kind: String,
    is_anonymous: bool,
    session_id: String,
}

/// Whose run it is, and where its stream begins.
#[derive(JsonSchema)]
struct FollowQuery {
    /// Who began it.
    user: EndUserName,
    /// From the first event.
    include_state_snapshot: Option<Flag>,
    /// Also while it waits for people.
    continue_on_pause: Option<Flag>,
}

/// Where a stream goes on.
#[derive(JsonSchema)]
pub(in crate::openapi) struct FollowHeaders {
    #[schemars(rename = "Last-Event-ID")]
    last: Option<EventNumber>,
}

/// One event of a run. In chatflows each also has `conversation_id`, `message_id` and `created_at`, and their answers come
/// as `message` and `message_end`.
#[derive(JsonSchema)]
#[serde(untagged)]
pub(in crate::openapi) enum RunEvent {
    Started(Event<Started, WorkflowStarted>),
    Finished(Event<Finished, WorkflowFinished>),
    NodeStarted(Event<NodeStartedWord, NodeStarted>),
    NodeFinished(Event<NodeFinishedWord, NodeFinished>),
    NodeRetry(Event<NodeRetryWord, NodeRetry>),
    ContainerStarted(Event<ContainerStartedWord, ContainerStarted>),
    ContainerNext(Event<ContainerNextWord, ContainerNext>),
    ContainerCompleted(Event<ContainerCompletedWord, ContainerCompleted>),
    TextChunk(Event<TextChunkWord, TextChunk>),
    TextReplace(Event<TextReplaceWord, TextReplace>),
    ReasoningChunk(Event<ReasoningChunkWord, ReasoningChunk>),
    AgentLog(Event<AgentLogWord, AgentLog>),
    FormRequired(forms::FormRequired),
    FormFilled(forms::FormFilled),
    FormTimeout(forms::FormTimeout),
    Paused(forms::RunPaused),
    Message(ChatflowMessage),
    MessageReplace(ChatflowReplace),
    MessageEnd(ChatflowEnd),
    Error(ErrorEvent),
}

/// What every event says.
#[derive(JsonSchema)]
#[schemars(rename = "{D}Event")]
pub(in crate::openapi) struct Event<W, D> {
    event: W,
    #[serde(skip_serializing_if = "absent")]
    conversation_id: Uuid,
    #[serde(skip_serializing_if = "absent")]
    message_id: Uuid,
    #[serde(skip_serializing_if = "absent")]
    created_at: Seconds,
    #[serde(skip_serializing_if = "absent")]
    workflow_run_id: Uuid,
    task_id: String,
    data: D,
}

/// More of a chatflow's answer.
#[derive(JsonSchema)]
pub(in crate::openapi) struct ChatflowMessage {
    event: ChatWord,
    conversation_id: Uuid,
    message_id: Uuid,
    created_at: Seconds,
    id: Uuid,
    task_id: String,
    answer: String,
    from_variable_selector: Option<Vec<String>>,
}

/// The whole of a chatflow's answer is this now.
#[derive(JsonSchema)]
pub(in crate::openapi) struct ChatflowReplace {
    event: ReplaceWord,
    conversation_id: Uuid,
    message_id: Uuid,
    created_at: Seconds,
    task_id: String,
    answer: String,
    reason: String,
}

/// A chatflow's answer is complete and stored.
#[derive(JsonSchema)]
pub(in crate::openapi) struct ChatflowEnd {
    event: ChatEndWord,
    conversation_id: Uuid,
    message_id: Uuid,
    created_at: Seconds,
    #[serde(skip_serializing_if = "absent")]
    id: Uuid,
    task_id: String,
    metadata: super::chat::AnswerMetadata,
    files: Option<Vec<Object>>,
}

/// The run begins.
#[derive(JsonSchema)]
pub(in crate::openapi) struct WorkflowStarted {
    id: Uuid,
    workflow_id: String,
    inputs: Object,
    created_at: Seconds,
    reason: Reason,
}

/// The run has ended.
#[derive(JsonSchema)]
pub(in crate::openapi) struct WorkflowFinished {
    id: Uuid,
    workflow_id: String,
    status: RunStatus,
    outputs: Option<Object>,
    error: Option<String>,
    elapsed_time: f64,
    total_tokens: u64,
    total_steps: u64,
    created_by: Object,
    created_at: Seconds,
    finished_at: Option<Seconds>,
    exceptions_count: u64,
    files: Vec<Object>,
}

/// A node begins.
#[derive(JsonSchema)]
pub(in crate::openapi) struct NodeStarted {
    id: Uuid,
    node_id: String,
    node_type: String,
    title: String,
    index: u64,
    predecessor_node_id: Option<String>,
    inputs: Option<Object>,
    inputs_truncated: bool,
    created_at: Seconds,
    extras: Object,
    iteration_id: Option<String>,
    loop_id: Option<String>,
    agent_strategy: Any,
}

/// A node has ended.
#[derive(JsonSchema)]
pub(in crate::openapi) struct NodeFinished {
    id: Uuid,
    node_id: String,
    node_type: String,
    title: String,
    index: u64,
    predecessor_node_id: Option<String>,
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
    created_at: Seconds,
    finished_at: Seconds,
    files: Vec<Object>,
    iteration_id: Option<String>,
    loop_id: Option<String>,
}

/// A node is tried again: the fields of `node_finished`, and which attempt it was.
#[derive(JsonSchema)]
pub(in crate::openapi) struct NodeRetry {
    #[serde(flatten)]
    attempt: NodeFinished,
    retry_index: u32,
}

/// What is known about an execution. Keys that say nothing are left out.
#[derive(JsonSchema)]
pub(in crate::openapi) struct ExecutionMetadata {
    #[serde(skip_serializing_if = "absent")]
    total_tokens: u64,
    #[serde(skip_serializing_if = "absent")]
    total_price: String,
    #[serde(skip_serializing_if = "absent")]
    currency: String,
    #[serde(skip_serializing_if = "absent")]
    iteration_id: String,
    #[serde(skip_serializing_if = "absent")]
    iteration_index: u64,
    #[serde(skip_serializing_if = "absent")]
    loop_id: String,
    #[serde(skip_serializing_if = "absent")]
    loop_index: u64,
    #[serde(skip_serializing_if = "absent")]
    error_strategy: String,
    #[serde(skip_serializing_if = "absent")]
    iteration_duration_map: Object,
    #[serde(skip_serializing_if = "absent")]
    loop_duration_map: Object,
    #[serde(skip_serializing_if = "absent")]
    loop_variable_map: Object,
    #[serde(skip_serializing_if = "absent")]
    completed_reason: String,
    #[serde(skip_serializing_if = "absent")]
    agent_log: Vec<AgentLog>,
}

/// An iteration or a loop begins.
#[derive(JsonSchema)]
pub(in crate::openapi) struct ContainerStarted {
    id: String,
    node_id: String,
    node_type: String,
    title: String,
    created_at: Seconds,
    extras: Object,
    /// How many rounds at most: `iteration_length` or `loop_length`.
    metadata: Object,
    inputs: Object,
    inputs_truncated: bool,
}

/// A round of an iteration or a loop begins.
#[derive(JsonSchema)]
pub(in crate::openapi) struct ContainerNext {
    id: String,
    node_id: String,
    node_type: String,
    title: String,
    /// From 0.
    index: u64,
    #[serde(skip_serializing_if = "absent")]
    pre_loop_output: Object,
    created_at: Seconds,
    extras: Object,
}

/// An iteration or a loop has ended.
#[derive(JsonSchema)]
pub(in crate::openapi) struct ContainerCompleted {
    id: String,
    node_id: String,
    node_type: String,
    title: String,
    outputs: Option<Object>,
    outputs_truncated: bool,
    created_at: Seconds,
    extras: Object,
    inputs: Object,
    inputs_truncated: bool,
    status: NodeStatus,
    error: Option<String>,
    elapsed_time: f64,
    total_tokens: u64,
    execution_metadata: ExecutionMetadata,
    finished_at: Seconds,
    steps: u64,
}

/// A piece of an end node's text.
#[derive(JsonSchema)]
pub(in crate::openapi) struct TextChunk {
    text: String,
    from_variable_selector: Vec<String>,
}

/// All text so far is this: a model that broke off is asked again, and what it had said does not count.
#[derive(JsonSchema)]
pub(in crate::openapi) struct TextReplace {
    text: String,
}

/// A piece of a model's thoughts.
#[derive(JsonSchema)]
pub(in crate::openapi) struct ReasoningChunk {
    message_id: Option<String>,
    reasoning: String,
    node_id: String,
    is_final: bool,
}

/// A step of an agent begins (`start`), or is over: then it comes again with the same `id`. A round has no parent; its
/// thought and its calls have the round.
#[derive(JsonSchema)]
pub(in crate::openapi) struct AgentLog {
    node_execution_id: Uuid,
    id: Uuid,
    label: String,
    parent_id: Option<Uuid>,
    error: Option<String>,
    status: StepStatus,
    data: Object,
    metadata: Object,
    node_id: String,
}
