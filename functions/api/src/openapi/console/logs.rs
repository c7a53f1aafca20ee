//! `logs.rs` and `statistics.rs`.

use app::Kind;
use schemars::JsonSchema;
use serde_json::json;

use crate::openapi::{
    operation::Op,
    types::{
        Any, Done, Limit, MaybeUuid, Object, Page, PageNumber, Rated, Scroll, Seconds, Text, Uuid,
        one_of, scalar,
    },
    v1::{
        chat::Nil,
        messages::{AgentThought, MessageFile, MessageResource, MessageStatus},
    },
};

const TAG: &str = "Logs";
const CSV: &[&str] = &["text/csv"];

pub(super) fn operations() -> Vec<Op> {
    let at = crate::routes::of_app;
    let one = |method, kind: &str, id, summary| {
        Op::new(method, at(&format!("/{kind}-conversations/{{it}}")), id).says(TAG, summary)
    };
    vec![
        Op::new("get", at("/chat-conversations"), "loggedChats")
            .says(TAG, "List conversations")
            .query::<LogQuery>()
            .json::<Page<LoggedConversation>>(200)
            .fails(&[Kind::NotChatApp]),
        one("get", "chat", "loggedChat", "A conversation").json::<LoggedConversation>(200),
        one(
            "delete",
            "chat",
            "deleteLoggedChat",
            "Delete a conversation",
        )
        .nothing(),
        Op::new("get", at("/completion-conversations"), "loggedCompletions")
            .says(TAG, "List generated texts")
            .query::<LogQuery>()
            .json::<Page<LoggedCompletion>>(200)
            .fails(&[Kind::AppUnavailable]),
        one("get", "completion", "loggedCompletion", "A generated text")
            .json::<LoggedConversation>(200),
        one(
            "delete",
            "completion",
            "deleteLoggedCompletion",
            "Delete a generated text",
        )
        .nothing(),
        Op::new("get", at("/chat-messages"), "loggedMessages")
            .says(TAG, "List a conversation's messages")
            .query::<LoggedMessagesQuery>()
            .json::<Scroll<LoggedMessage>>(200),
        Op::new("get", at("/messages/{message_id}"), "loggedMessage")
            .says(TAG, "A message")
            .json::<LoggedMessage>(200),
        Op::new("post", at("/feedbacks"), "rateLogged")
            .says(TAG, "Say what you think of an answer")
            .body::<Verdict>()
            .example(
                json!({"message_id": "0e4c1f8a-7c1d-4d9e-8a44-0a3f5b7f9d02", "rating": "like"}),
            )
            .json::<Done>(200),
        Op::new("get", at("/feedbacks/export"), "exportFeedback")
            .says(TAG, "What end users thought, as a table")
            .query::<FormatQuery>()
            .json::<FeedbackFile>(200)
            .bytes(CSV),
        Op::new("get", at("/logs/export"), "exportLog")
            .says(TAG, "Questions and answers, as a table")
            .query::<LogQuery>()
            .bytes(CSV),
        Op::new("get", at("/statistics/{chart}"), "chart")
            .says(TAG, "A chart, by day")
            .part::<Chart>("chart")
            .query::<ChartQuery>()
            .json::<ChartPoints>(200)
            .bytes(CSV),
    ]
}

one_of! {
    AnnotationStatus: "all", "annotated", "not_annotated";
    SortBy: "created_at", "-created_at", "updated_at", "-updated_at";
    Origin: "api", "web-app", "console";
    Format: "csv", "json";
    Source: "user", "admin";
    Chart: "daily-messages", "daily-conversations", "daily-end-users", "token-costs", "average-session-interactions",
        "user-satisfaction-rate", "average-response-time", "time-to-first-token", "tokens-per-second", "errors";
}

scalar! {
    Minute = { "type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}$",
        "description": "Such as 2026-07-22 06:00, in UTC" };
}

/// Which conversations.
#[derive(JsonSchema)]
struct LogQuery {
    page: Option<PageNumber>,
    limit: Option<Limit>,
    keyword: Option<Text>,
    start: Option<Minute>,
    end: Option<Minute>,
    annotation_status: Option<AnnotationStatus>,
    sort_by: Option<SortBy>,
}

/// Which messages.
#[derive(JsonSchema)]
struct LoggedMessagesQuery {
    conversation_id: Uuid,
    first_id: Option<MaybeUuid>,
    limit: Option<Limit>,
}

/// A conversation of the log.
#[derive(JsonSchema)]
struct LoggedConversation {
    id: Uuid,
    name: String,
    summary: String,
    status: String,
    from_source: Origin,
    from_end_user_id: String,
    from_end_user_session_id: String,
    from_account_id: Nil,
    inputs: Object,
    message_count: u64,
    annotated: bool,
    user_feedback_stats: Verdicts,
    admin_feedback_stats: Verdicts,
    status_count: StatusCount,
    model_config: Object,
    created_at: Seconds,
    updated_at: Seconds,
}

/// The same with its message.
#[derive(JsonSchema)]
struct LoggedCompletion {
    #[serde(flatten)]
    conversation: LoggedConversation,
    message: Option<PlainMessage>,
}

/// How many.
#[derive(JsonSchema)]
struct Verdicts {
    like: u64,
    dislike: u64,
}

/// How many.
#[derive(JsonSchema)]
struct StatusCount {
    success: u64,
    failed: u64,
    partial_success: u64,
}

/// A message of the log.
#[derive(JsonSchema)]
struct PlainMessage {
    id: Uuid,
    conversation_id: Uuid,
    parent_message_id: Option<Uuid>,
    inputs: Object,
    query: String,
    answer: String,
    status: MessageStatus,
    error: Option<String>,
    message_files: Vec<MessageFile>,
    agent_thoughts: Vec<AgentThought>,
    message_tokens: u64,
    answer_tokens: u64,
    total_price: String,
    currency: String,
    provider_response_latency: f64,
    time_to_first_token: Option<f64>,
    model: String,
    from_end_user_id: String,
    from_account_id: Nil,
    created_at: Seconds,
}

/// A message of the log with what is known of it.
#[derive(JsonSchema)]
struct LoggedMessage {
    #[serde(flatten)]
    message: PlainMessage,
    feedbacks: Vec<GivenFeedback>,
    annotation: Option<LinkedAnnotation>,
    annotation_hit_history: Nil,
    retriever_resources: Vec<MessageResource>,
    from_source: Origin,
}

/// What somebody thinks.
#[derive(JsonSchema)]
struct GivenFeedback {
    rating: Rated,
    content: Option<String>,
    from_source: Source,
    from_end_user_id: Option<String>,
    from_account: Option<Person>,
}

/// A member.
#[derive(JsonSchema)]
struct Person {
    id: Option<String>,
    name: Option<String>,
}

/// The prepared answer that was made of a message.
#[derive(JsonSchema)]
struct LinkedAnnotation {
    id: Uuid,
    question: String,
    content: String,
    account: Person,
    created_at: Seconds,
}

/// What you think; null takes it back.
#[derive(JsonSchema)]
struct Verdict {
    message_id: Uuid,
    rating: Option<Rated>,
    content: Option<String>,
}

/// How.
#[derive(JsonSchema)]
struct FormatQuery {
    format: Option<Format>,
}

/// What end users thought.
#[derive(JsonSchema)]
struct FeedbackFile {
    data: Vec<Any>,
}

/// From when to when, and how.
#[derive(JsonSchema)]
struct ChartQuery {
    start: Option<Minute>,
    end: Option<Minute>,
    format: Option<Format>,
}

/// Days: each has its date and the chart's own numbers.
#[derive(JsonSchema)]
struct ChartPoints {
    data: Vec<Object>,
}
