//! `routes/chat`.

use app::Kind;
use schemars::JsonSchema;
use serde_json::json;

use crate::openapi::{
    operation::Op,
    types::{
        Any, ByUser, Done, FileKind, FileMapping, Money, Null, Object, ResponseMode, Seconds,
        TransferMethod, User, Uuid, Words, one_of, scalar,
    },
};

/// What can be wrong with an app or its model when it is asked.
pub(in crate::openapi) const ASKING: [Kind; 11] = [
    Kind::AppUnavailable,
    Kind::NotChatApp,
    Kind::NotFound,
    Kind::ConversationCompleted,
    Kind::ProviderNotInitialize,
    Kind::ProviderQuotaExceeded,
    Kind::ModelCurrentlyNotSupport,
    Kind::CompletionRequestError,
    Kind::TooManyRequests,
    Kind::FileNotFound,
    Kind::FileAccessDenied,
];

pub(super) fn operations() -> Vec<Op> {
    let answer = json!({
        "event": "message", "task_id": "6b1a7b0e-2f0c-4d43-9d0b-6b6f7a5a5a01",
        "id": "0e4c1f8a-7c1d-4d9e-8a44-0a3f5b7f9d02", "message_id": "0e4c1f8a-7c1d-4d9e-8a44-0a3f5b7f9d02",
        "conversation_id": "b1e9b8a2-5a0f-4c0f-9c7e-3a9f2f6b1c03", "mode": "chat",
        "answer": "Every two months.",
        "metadata": {"annotation_reply": null, "retriever_resources": [], "usage": {
            "prompt_tokens": 812, "prompt_unit_price": "0.15", "prompt_price_unit": "0.000001", "prompt_price": "0.0001218",
            "completion_tokens": 5, "completion_unit_price": "0.6", "completion_price_unit": "0.000001",
            "completion_price": "0.000003", "total_tokens": 817, "total_price": "0.0001248", "currency": "USD",
            "latency": 0.84, "time_to_first_token": 0.31, "time_to_generate": 0.53}},
        "created_at": 1_767_225_600
    });
    vec![
        Op::new("post", "/v1/chat-messages", "ask")
            .says("Chat", "Ask")
            .about(
                "Asks a chat assistant, an agent or a chatflow. With `streaming` the answer comes as events while it is \
                 written; with `blocking`, which agents do not know, as one object. `conversation_id` goes on with a \
                 conversation; inputs are checked against the app's form on every call.",
            )
            .body::<ChatRequest>()
            .example(json!({"inputs": {}, "query": "How often must the filter be changed?", "user": "ada",
                "response_mode": "streaming"}))
            .json::<ChatReply>(200)
            .shows(answer)
            .events::<ChatEvent>()
            .fails(&ASKING),
        Op::new("post", "/v1/chat-messages/{task_id}/stop", "stopAnswer")
            .says("Chat", "Stop an answer")
            .about("What was written so far is kept. An unknown task, or that of another end user, is no error.")
            .part::<TaskId>("task_id")
            .body::<ByUser>()
            .example(json!({"user": "ada"}))
            .json::<Done>(200)
            .fails(&[Kind::NotChatApp]),
        Op::new("post", "/v1/completion-messages", "complete")
            .says("Completion", "Generate")
            .about("Generates a text from the app's inputs. `query` is for prompts that were made for one.")
            .body::<CompletionRequest>()
            .example(json!({"inputs": {"topic": "espresso"}, "user": "ada", "response_mode": "blocking"}))
            .json::<CompletionAnswer>(200)
            .events::<CompletionEvent>()
            .fails(&ASKING),
        Op::new("post", "/v1/completion-messages/{task_id}/stop", "stopCompletion")
            .says("Completion", "Stop a generation")
            .part::<TaskId>("task_id")
            .body::<ByUser>()
            .example(json!({"user": "ada"}))
            .json::<Done>(200)
            .fails(&[Kind::AppUnavailable]),
    ]
}

scalar! {
    /// As the events of a stream name it.
    TaskId = { "type": "string" };
    MaybeConversation = { "anyOf": [{ "type": "string", "format": "uuid" }, { "const": "" }, { "type": "null" }],
        "description": "The conversation to go on with; empty or absent: a new one" };
}

/// A question.
#[derive(JsonSchema)]
pub(in crate::openapi) struct ChatRequest {
    /// Values of the app's form, by variable.
    inputs: Object,
    query: Words,
    user: User,
    /// `blocking` where it is absent.
    response_mode: Option<ResponseMode>,
    #[serde(default)]
    conversation_id: MaybeConversation,
    files: Option<Vec<FileMapping>>,
    /// Whether a new conversation gets a title from its first question; true where it is absent.
    auto_generate_name: Option<bool>,
    /// Of chatflows: a published version that answers instead of the one in force.
    workflow_id: Option<String>,
    /// Echoed in citations.
    retriever_from: Option<String>,
}

/// Inputs of a text generator.
#[derive(JsonSchema)]
pub(in crate::openapi) struct CompletionRequest {
    /// Values of the app's form, by variable.
    inputs: Object,
    user: User,
    query: Option<String>,
    /// `blocking` where it is absent.
    response_mode: Option<ResponseMode>,
    files: Option<Vec<FileMapping>>,
    /// Echoed in citations.
    retriever_from: Option<String>,
}

one_of! {
    MessageWord: "message";
    AgentMessageWord: "agent_message";
    AgentThoughtWord: "agent_thought";
    MessageReplaceWord: "message_replace";
    MessageEndWord: "message_end";
    ErrorWord: "error";
    ChatMode: "chat", "agent-chat", "advanced-chat";
    CompletionMode: "completion";
    Moderated: "output_moderation";
}

/// A whole answer.
#[derive(JsonSchema)]
pub(in crate::openapi) struct ChatAnswer {
    event: MessageWord,
    task_id: String,
    /// The message.
    id: Uuid,
    /// The same.
    message_id: Uuid,
    conversation_id: Uuid,
    mode: ChatMode,
    answer: String,
    metadata: AnswerMetadata,
    created_at: Seconds,
}

/// A whole answer; a chatflow's, which can ask people, also one so far.
#[derive(JsonSchema)]
#[serde(untagged)]
pub(in crate::openapi) enum ChatReply {
    Whole(Box<ChatAnswer>),
    Paused(Box<super::forms::PausedChat>),
}

/// A whole text.
#[derive(JsonSchema)]
pub(in crate::openapi) struct CompletionAnswer {
    event: MessageWord,
    task_id: String,
    /// The message.
    id: Uuid,
    /// The same.
    message_id: Uuid,
    mode: CompletionMode,
    answer: String,
    metadata: AnswerMetadata,
    created_at: Seconds,
}

/// What an answer rests on, and what it cost.
#[derive(JsonSchema)]
pub(in crate::openapi) struct AnswerMetadata {
    /// The prepared answer that it is, if the model was not asked.
    annotation_reply: Option<AnnotationReply>,
    retriever_resources: Vec<Resource>,
    usage: Usage,
}

/// A prepared answer and who wrote it.
#[derive(JsonSchema)]
pub(in crate::openapi) struct AnnotationReply {
    id: Uuid,
    account: AnnotationAccount,
}

/// Who wrote a prepared answer.
#[derive(JsonSchema)]
pub(in crate::openapi) struct AnnotationAccount {
    id: Option<String>,
    name: Option<String>,
}

/// What an answer cost.
#[derive(JsonSchema)]
pub(in crate::openapi) struct Usage {
    prompt_tokens: u64,
    /// For `1 / prompt_price_unit` tokens.
    prompt_unit_price: Money,
    prompt_price_unit: Money,
    prompt_price: Money,
    completion_tokens: u64,
    completion_unit_price: Money,
    completion_price_unit: Money,
    completion_price: Money,
    total_tokens: u64,
    total_price: Money,
    /// ISO 4217.
    currency: String,
    /// Seconds from the request to the end.
    latency: f64,
    /// Seconds from the request to the first words.
    time_to_first_token: Option<f64>,
    /// Seconds from the first words to the end.
    time_to_generate: Option<f64>,
    /// There, and true, where the provider did not say and tokens were counted on this side.
    #[serde(skip_serializing_if = "absent")]
    estimated: bool,
}

/// A passage that an answer rests on.
#[derive(JsonSchema)]
pub(in crate::openapi) struct Resource {
    /// From 1.
    position: Option<u32>,
    dataset_id: Option<String>,
    dataset_name: Option<String>,
    document_id: Option<String>,
    document_name: Option<String>,
    data_source_type: Option<String>,
    segment_id: Option<String>,
    /// Echo of the request's `retriever_from`.
    retriever_from: Option<String>,
    /// How near, 0 to 1.
    score: Option<f64>,
    /// How often it was found before.
    hit_count: Option<u64>,
    word_count: Option<u64>,
    /// Which of its document's passages, from 1.
    segment_position: Option<u32>,
    index_node_hash: Option<String>,
    content: Option<String>,
    /// Of a PDF.
    page: Option<u32>,
    doc_metadata: Any,
    title: Option<String>,
    files: Any,
    summary: Option<String>,
}

/// A file of a question.
#[derive(JsonSchema)]
pub(in crate::openapi) struct AnswerFile {
    id: String,
    #[schemars(rename = "type")]
    kind: FileKind,
    transfer_method: TransferMethod,
    url: Option<String>,
    upload_file_id: Option<String>,
    filename: String,
    mime_type: String,
    /// Bytes; 0 for remote files, which nobody fetched.
    size: u64,
}

/// One event of an answer's stream.
#[derive(JsonSchema)]
#[serde(untagged)]
pub(in crate::openapi) enum ChatEvent {
    Message(MessageEvent),
    AgentMessage(AgentMessageEvent),
    AgentThought(AgentThoughtEvent),
    MessageReplace(MessageReplaceEvent),
    MessageEnd(MessageEndEvent),
    Error(ErrorEvent),
    Workflow(Box<super::workflows::RunEvent>),
}

/// One event of a generation's stream: those of a chat without `conversation_id`.
#[derive(JsonSchema)]
#[serde(untagged)]
pub(in crate::openapi) enum CompletionEvent {
    Message(MessageEvent),
    MessageReplace(MessageReplaceEvent),
    MessageEnd(MessageEndEvent),
    Error(ErrorEvent),
}

/// More of the answer.
#[derive(JsonSchema)]
pub(in crate::openapi) struct MessageEvent {
    event: MessageWord,
    message_id: Uuid,
    created_at: Seconds,
    #[serde(skip_serializing_if = "absent")]
    conversation_id: Uuid,
    task_id: String,
    id: Uuid,
    /// What comes next.
    answer: String,
    from_variable_selector: Option<Vec<String>>,
}

/// More of an agent's answer.
#[derive(JsonSchema)]
pub(in crate::openapi) struct AgentMessageEvent {
    event: AgentMessageWord,
    message_id: Uuid,
    created_at: Seconds,
    conversation_id: Uuid,
    task_id: String,
    id: Uuid,
    /// What comes next.
    answer: String,
}

/// What an agent thinks and does: sent when a thought begins, and again with the same `id` when its tool has answered.
#[derive(JsonSchema)]
pub(in crate::openapi) struct AgentThoughtEvent {
    event: AgentThoughtWord,
    message_id: Uuid,
    created_at: Seconds,
    conversation_id: Uuid,
    task_id: String,
    id: String,
    /// From 1.
    position: u32,
    thought: String,
    observation: String,
    /// Names, joined by `;`.
    tool: String,
    tool_labels: Object,
    /// JSON as a text.
    tool_input: String,
    message_files: Vec<String>,
}

/// The whole answer is this now.
#[derive(JsonSchema)]
pub(in crate::openapi) struct MessageReplaceEvent {
    event: MessageReplaceWord,
    message_id: Uuid,
    created_at: Seconds,
    #[serde(skip_serializing_if = "absent")]
    conversation_id: Uuid,
    task_id: String,
    answer: String,
    reason: Moderated,
}

/// The answer is complete and stored.
#[derive(JsonSchema)]
pub(in crate::openapi) struct MessageEndEvent {
    event: MessageEndWord,
    message_id: Uuid,
    created_at: Seconds,
    #[serde(skip_serializing_if = "absent")]
    conversation_id: Uuid,
    task_id: String,
    #[serde(skip_serializing_if = "absent")]
    id: Uuid,
    metadata: AnswerMetadata,
    files: Option<Vec<AnswerFile>>,
}

/// It failed; the stream ends.
#[derive(JsonSchema)]
pub(in crate::openapi) struct ErrorEvent {
    event: ErrorWord,
    #[serde(skip_serializing_if = "absent")]
    message_id: Option<Uuid>,
    #[serde(skip_serializing_if = "absent")]
    created_at: Seconds,
    #[serde(skip_serializing_if = "absent")]
    conversation_id: Uuid,
    #[serde(skip_serializing_if = "absent")]
    workflow_run_id: Option<Uuid>,
    #[serde(skip_serializing_if = "absent")]
    task_id: Option<String>,
    code: String,
    message: String,
    status: u16,
    /// The field that is to blame.
    #[serde(skip_serializing_if = "absent")]
    params: Option<String>,
}

/// Nothing is there.
pub(in crate::openapi) type Nil = Null;
