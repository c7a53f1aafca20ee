//! `routes/messages.rs`.

use app::Kind;
use schemars::JsonSchema;
use serde_json::json;

use super::{
    chat::{ChatEvent, Nil},
    forms::MessageForm,
};
use crate::openapi::{
    operation::Op,
    types::{
        Done, FileKind, Iso, Limit, MaybeUuid, Object, Rated, Scroll, Seconds, Success,
        TransferMethod, User, Uuid, one_of, scalar,
    },
};

/// What can be wrong where a model writes titles or questions.
pub(in crate::openapi) const SUGGESTING: [Kind; 7] = [
    Kind::NotChatApp,
    Kind::BadRequest,
    Kind::AppUnavailable,
    Kind::ProviderNotInitialize,
    Kind::ProviderQuotaExceeded,
    Kind::ModelCurrentlyNotSupport,
    Kind::CompletionRequestError,
];

/// What rejoining an answer does.
pub(in crate::openapi) const REJOIN: &str = "The answer from its beginning, or after what `Last-Event-ID` says that \
     the reader has: an event's `id:`, or the number of characters of the answer that came. `{id}` is a message, or a \
     conversation: then its last message. An answer goes on for a grace window after its reader left (30 seconds, unless \
     the operator says otherwise) and as long as somebody reads it here; one that has ended is given the same way. What \
     the reader has and is not the answer any more is replaced by a `message_replace`. Answers of chatflows are rejoined \
     by their runs.";

pub(super) fn operations() -> Vec<Op> {
    vec![
        Op::new("get", "/v1/messages", "listMessages")
            .says("Conversations", "List a conversation's messages")
            .about("The newest first; `first_id` goes on to the older ones.")
            .query::<MessagesQuery>()
            .json::<Scroll<Message>>(200)
            .fails(&[Kind::NotChatApp, Kind::NotFound]),
        Op::new("post", "/v1/messages/{id}/feedbacks", "rateMessage")
            .says("Conversations", "Say what an end user thinks of an answer")
            .about("`null` takes back what was said before; where nothing was, it is an error.")
            .body::<Feedback>()
            .example(json!({"rating": "like", "user": "ada", "content": "Just right"}))
            .json::<Done>(200),
        Op::new("get", "/v1/messages/{id}/suggested", "suggestQuestions")
            .says("Conversations", "Suggest questions that could come next")
            .query::<NamedUser>()
            .json::<Questions>(200)
            .fails(&SUGGESTING),
        Op::new("get", "/v1/messages/{id}/events", "followAnswer")
            .says("Conversations", "Rejoin an answer")
            .about(REJOIN)
            .query::<NamedUser>()
            .headers::<RejoinHeaders>()
            .events::<ChatEvent>()
            .fails(&[Kind::NotChatApp, Kind::InvalidParam]),
        Op::new("get", "/v1/app/feedbacks", "listFeedback")
            .says("App", "List what end users thought of answers")
            .query::<FeedbackQuery>()
            .json::<FeedbackList>(200),
    ]
}

scalar! {
    FeedbackPage = { "type": "integer", "minimum": 1, "maximum": 1000, "default": 1 };
    FeedbackLimit = { "type": "integer", "minimum": 1, "maximum": 101, "default": 20 };
    UserName = { "type": "string", "minLength": 1 };
    AnswerPosition = { "type": "string", "pattern": "^([0-9]{1,9}(-[0-9a-f]{8})?)?$" };
}

one_of! {
    MessageStatus: "normal", "error", "paused";
    Sender: "user", "assistant";
    FromUser: "user";
}

/// Which messages.
#[derive(JsonSchema)]
pub(in crate::openapi) struct MessagesQuery {
    conversation_id: Uuid,
    /// The end user; without it, the one that stands for nobody.
    user: Option<String>,
    /// Goes on before this one.
    first_id: Option<MaybeUuid>,
    limit: Option<Limit>,
}

/// How much of the answer the reader has.
#[derive(JsonSchema)]
pub(in crate::openapi) struct RejoinHeaders {
    #[schemars(rename = "Last-Event-ID")]
    last: Option<AnswerPosition>,
}

/// An end user.
#[derive(JsonSchema)]
struct NamedUser {
    user: UserName,
}

/// A question and its answer.
#[derive(JsonSchema)]
pub(in crate::openapi) struct Message {
    id: Uuid,
    conversation_id: Uuid,
    parent_message_id: Option<Uuid>,
    inputs: Object,
    query: String,
    answer: String,
    status: MessageStatus,
    error: Option<String>,
    message_files: Vec<MessageFile>,
    feedback: Option<Rating>,
    retriever_resources: Vec<MessageResource>,
    agent_thoughts: Vec<AgentThought>,
    created_at: Seconds,
    extra_contents: Vec<MessageForm>,
    message_tokens: u64,
    answer_tokens: u64,
    total_tokens: u64,
    /// Seconds.
    provider_response_latency: f64,
    total_price: Option<String>,
    currency: Option<String>,
}

/// What an end user thinks of an answer.
#[derive(JsonSchema)]
pub(in crate::openapi) struct Rating {
    rating: Rated,
}

/// A file of a message.
#[derive(JsonSchema)]
pub(in crate::openapi) struct MessageFile {
    id: String,
    filename: String,
    #[schemars(rename = "type")]
    kind: FileKind,
    /// Signed: it needs no key.
    url: Option<String>,
    mime_type: String,
    size: u64,
    transfer_method: TransferMethod,
    belongs_to: Sender,
    upload_file_id: Option<String>,
}

/// A passage that a message rests on.
#[derive(JsonSchema)]
pub(in crate::openapi) struct MessageResource {
    id: Uuid,
    message_id: Uuid,
    position: Option<u32>,
    dataset_id: Option<String>,
    dataset_name: Option<String>,
    document_id: Option<String>,
    document_name: Option<String>,
    data_source_type: Option<String>,
    segment_id: Option<String>,
    score: Option<f64>,
    hit_count: Option<u64>,
    word_count: Option<u64>,
    segment_position: Option<u32>,
    index_node_hash: Option<String>,
    content: Option<String>,
    summary: Option<String>,
    created_at: Seconds,
}

/// What an agent thought and did.
#[derive(JsonSchema)]
pub(in crate::openapi) struct AgentThought {
    id: String,
    chain_id: Option<String>,
    message_id: Uuid,
    position: u32,
    thought: String,
    tool: String,
    tool_labels: Object,
    tool_input: String,
    observation: String,
    files: Vec<String>,
    created_at: Seconds,
}

/// What an end user thinks.
#[derive(JsonSchema)]
struct Feedback {
    user: User,
    rating: Option<Rated>,
    content: Option<String>,
}

/// Questions.
#[derive(JsonSchema)]
pub(in crate::openapi) struct Questions {
    result: Success,
    data: Vec<String>,
}

/// Which part of the list.
#[derive(JsonSchema)]
struct FeedbackQuery {
    page: Option<FeedbackPage>,
    limit: Option<FeedbackLimit>,
}

/// What end users thought.
#[derive(JsonSchema)]
struct FeedbackList {
    data: Vec<FeedbackItem>,
}

/// What one end user thought of one answer.
#[derive(JsonSchema)]
struct FeedbackItem {
    id: Uuid,
    app_id: Uuid,
    conversation_id: Uuid,
    message_id: Uuid,
    rating: Option<Rated>,
    content: Option<String>,
    from_source: FromUser,
    from_end_user_id: Uuid,
    from_account_id: Nil,
    created_at: Iso,
    updated_at: Iso,
}
