//! `debug.rs`.

use app::Kind;
use schemars::JsonSchema;
use serde_json::json;

use crate::openapi::{
    operation::Op,
    types::{Done, FileMapping, Object, ResponseMode, Uuid, Words},
    v1::{
        chat::{
            ASKING, ChatEvent, ChatReply, CompletionAnswer, CompletionEvent, MaybeConversation,
            TaskId,
        },
        files::{FileForm, UPLOADING, Upload},
        messages::{REJOIN, RejoinHeaders, SUGGESTING},
    },
    web::Suggestions,
};

const TAG: &str = "Trying out";

pub(super) fn operations() -> Vec<Op> {
    let at = crate::routes::of_app;
    let stop = |kind: &str, id| {
        Op::new(
            "post",
            at(&format!("/{kind}-messages/{{task_id}}/stop")),
            id,
        )
        .says(TAG, "Stop an answer")
        .part::<TaskId>("task_id")
        .json::<Done>(200)
        .fails(&[Kind::NotFound])
    };
    vec![
        Op::new("post", at("/chat-messages"), "tryChat")
            .says(TAG, "Ask with a configuration that nobody published")
            .about("Neither logged nor counted.")
            .body::<Trial>()
            .example(
                json!({"query": "When are you open?", "response_mode": "streaming",
                "model_config": {"pre_prompt": "You are terse."}}),
            )
            .json::<ChatReply>(200)
            .events::<ChatEvent>()
            .fails(&ASKING),
        Op::new("post", at("/completion-messages"), "tryCompletion")
            .says(TAG, "Generate with a configuration that nobody published")
            .body::<CompletionTrial>()
            .json::<CompletionAnswer>(200)
            .events::<CompletionEvent>()
            .fails(&ASKING),
        stop("chat", "stopTrial"),
        stop("completion", "stopCompletionTrial"),
        Op::new(
            "get",
            at("/chat-messages/{task_id}/suggested-questions"),
            "suggestInTrial",
        )
        .says(TAG, "Suggest questions that could come next")
        .about("The parameter is a message's id.")
        .json::<Suggestions>(200)
        .fails(&SUGGESTING),
        Op::new("get", at("/messages/{message_id}/trace"), "trace")
            .says(TAG, "What the model saw")
            .json::<Trace>(200),
        Op::new("get", at("/messages/{message_id}/events"), "followTrial")
            .says(TAG, "Rejoin an answer")
            .about(REJOIN)
            .headers::<RejoinHeaders>()
            .events::<ChatEvent>()
            .fails(&[Kind::NotChatApp, Kind::InvalidParam, Kind::NotFound]),
        Op::new("post", at("/files/upload"), "tryUpload")
            .says(TAG, "Upload a file")
            .form::<FileForm>()
            .json::<Upload>(201)
            .fails(&UPLOADING),
    ]
}

/// A question.
#[derive(JsonSchema)]
struct Trial {
    query: Words,
    #[serde(default)]
    inputs: Object,
    /// The published one where it is absent.
    model_config: Option<Object>,
    response_mode: Option<ResponseMode>,
    #[serde(default)]
    conversation_id: MaybeConversation,
    files: Option<Vec<FileMapping>>,
    auto_generate_name: Option<bool>,
    workflow_id: Option<String>,
    retriever_from: Option<String>,
}

/// Inputs.
#[derive(JsonSchema)]
struct CompletionTrial {
    query: Option<String>,
    #[serde(default)]
    inputs: Object,
    /// The published one where it is absent.
    model_config: Option<Object>,
    response_mode: Option<ResponseMode>,
    files: Option<Vec<FileMapping>>,
    retriever_from: Option<String>,
}

/// What the model saw.
#[derive(JsonSchema)]
struct Trace {
    message_id: Uuid,
    /// `model`, `annotation` or `moderation`.
    source: String,
    model: TracedModel,
    /// Null where no model was asked, or where there was no room to keep them.
    parameters: Option<Object>,
    /// Tokens that the model reads at most.
    context_window: u64,
    prompt: Vec<Said>,
    /// As the provider counted.
    prompt_tokens: u64,
    /// As they were counted here.
    assembled_tokens: u64,
    completion_tokens: u64,
    total_tokens: u64,
    estimated: bool,
    history_rounds: u64,
    passages_used: u64,
    retrieval: TracedRetrieval,
    timing: Timing,
    /// Whether texts were cut.
    truncated: bool,
}

/// A model.
#[derive(JsonSchema)]
struct TracedModel {
    provider: String,
    name: String,
}

/// A message of the prompt.
#[derive(JsonSchema)]
struct Said {
    role: String,
    text: String,
}

/// What was searched for and found.
#[derive(JsonSchema)]
struct TracedRetrieval {
    query: String,
    hits: Vec<TracedHit>,
}

/// A passage that was found.
#[derive(JsonSchema)]
struct TracedHit {
    position: u64,
    score: Option<f64>,
    /// Whether it is in the prompt.
    used: bool,
    dataset_id: Option<String>,
    dataset_name: Option<String>,
    document_id: Option<String>,
    document_name: Option<String>,
    segment_id: Option<String>,
    segment_position: Option<u32>,
    content: Option<String>,
}

/// Milliseconds.
#[derive(JsonSchema)]
struct Timing {
    gather_ms: u64,
    retrieval_ms: Option<u64>,
    first_token_ms: Option<u64>,
    generate_ms: Option<u64>,
    total_ms: u64,
}
