//! `routes/web`: what the page of an app calls.

use app::Kind;
use schemars::JsonSchema;
use serde_json::json;

use super::{
    operation::{Op, Who},
    types::{
        Any, Done, FileMapping, Flag, Limit, MaybeUuid, Object, Rated, ResponseMode, Scroll,
        Seconds, Text, Uuid, Words, one_of,
    },
    v1::{
        chat::{
            ASKING, ChatEvent, ChatReply, CompletionAnswer, CompletionEvent, MaybeConversation,
            Nil, TaskId,
        },
        conversations::{Conversation, Rename, SortBy},
        files::{FileForm, HEARING, Heard, SPEAKING, Speech, UPLOADING, Upload},
        info::{Meta, Mode, Parameters, Site},
        messages::{Message, MessageFile, REJOIN, Rating, RejoinHeaders, SUGGESTING, UserName},
    },
};

pub(super) fn operations() -> Vec<Op> {
    const TAG: &str = "Web app";
    let pin = |method, path: &str, id, summary| {
        Op::new(method, format!("/api/conversations/{{id}}/{path}"), id)
            .says(TAG, summary)
            .json::<Done>(200)
    };
    let stop = |path: &str, id, kind| {
        Op::new("post", format!("/api/{path}/{{task_id}}/stop"), id)
            .says(TAG, "Stop an answer")
            .part::<TaskId>("task_id")
            .json::<Done>(200)
            .fails(&[kind])
    };
    vec![
        Op::new("get", "/api/passport", "passport")
            .says(TAG, "Get the passport of a page")
            .about("Whoever knows the page's code gets one; an earlier passport keeps its visitor.")
            .by(Who::Anybody)
            .headers::<Code>()
            .query::<PassportQuery>()
            .json::<Passport>(200)
            .fails(&[Kind::Unauthorized, Kind::Forbidden, Kind::NotFound]),
        Op::new("get", "/api/login/status", "visitorStatus")
            .says(TAG, "Whether a passport holds")
            .by(Who::Anybody)
            .json::<VisitorStatus>(200),
        Op::new("get", "/api/webapp/access-mode", "accessMode")
            .says(TAG, "Who may look at a page")
            .by(Who::Anybody)
            .json::<AccessMode>(200),
        Op::new("get", "/api/site", "webSite")
            .says(TAG, "How the page looks")
            .json::<WebSite>(200),
        Op::new("get", "/api/parameters", "webParameters")
            .says(TAG, "The form, and which features are on")
            .json::<Parameters>(200)
            .fails(&[Kind::AppUnavailable]),
        Op::new("get", "/api/meta", "webMeta")
            .says(TAG, "Icons of the app's tools")
            .json::<Meta>(200),
        Op::new("post", "/api/chat-messages", "webAsk")
            .says(TAG, "Ask")
            .body::<WebQuestion>()
            .example(
                json!({"inputs": {}, "query": "When are you open?", "response_mode": "streaming"}),
            )
            .json::<ChatReply>(200)
            .events::<ChatEvent>()
            .fails(&ASKING),
        Op::new("post", "/api/completion-messages", "webComplete")
            .says(TAG, "Generate")
            .body::<WebInputs>()
            .example(json!({"inputs": {"topic": "espresso"}, "response_mode": "streaming"}))
            .json::<CompletionAnswer>(200)
            .events::<CompletionEvent>()
            .fails(&ASKING),
        stop("chat-messages", "webStop", Kind::NotChatApp),
        stop(
            "completion-messages",
            "webStopCompletion",
            Kind::AppUnavailable,
        ),
        Op::new("post", "/api/files/upload", "webUpload")
            .says(TAG, "Upload a file")
            .form::<FileForm>()
            .json::<Upload>(201)
            .fails(&UPLOADING),
        Op::new("post", "/api/audio-to-text", "webHear")
            .says(TAG, "Speech to text")
            .form::<FileForm>()
            .json::<Heard>(200)
            .fails(&HEARING),
        Op::new("post", "/api/text-to-audio", "webSpeak")
            .says(TAG, "Text to speech")
            .body::<Speech>()
            .bytes(&["audio/*"])
            .fails(&SPEAKING),
        Op::new("get", "/api/conversations", "webConversations")
            .says(TAG, "List the visitor's conversations")
            .query::<WebConversationsQuery>()
            .json::<Scroll<WebConversation>>(200)
            .fails(&[Kind::NotChatApp, Kind::NotFound]),
        Op::new("delete", "/api/conversations/{id}", "webDeleteConversation")
            .says(TAG, "Delete a conversation")
            .nothing()
            .fails(&[Kind::NotChatApp]),
        Op::new("post", "/api/conversations/{id}/name", "webRename")
            .says(TAG, "Name a conversation")
            .body::<Rename>()
            .json::<Conversation>(200)
            .fails(&SUGGESTING),
        pin("patch", "pin", "webPin", "Pin a conversation"),
        pin("post", "pin", "webPinByPost", "Pin a conversation"),
        pin("patch", "unpin", "webUnpin", "Unpin a conversation"),
        pin("post", "unpin", "webUnpinByPost", "Unpin a conversation"),
        Op::new("get", "/api/messages", "webMessages")
            .says(TAG, "List a conversation's messages")
            .query::<WebMessagesQuery>()
            .json::<Scroll<Message>>(200)
            .fails(&[Kind::NotChatApp, Kind::NotFound]),
        Op::new("get", "/api/messages/{id}/events", "webFollow")
            .says(TAG, "Rejoin an answer")
            .about(REJOIN)
            .headers::<RejoinHeaders>()
            .events::<ChatEvent>()
            .fails(&[Kind::NotChatApp, Kind::InvalidParam]),
        Op::new("post", "/api/messages/{id}/feedbacks", "webRate")
            .says(TAG, "Say what the visitor thinks of an answer")
            .body::<WebRating>()
            .example(json!({"rating": "like"}))
            .json::<Done>(200),
        Op::new(
            "get",
            "/api/messages/{id}/suggested-questions",
            "webSuggest",
        )
        .says(TAG, "Suggest questions that could come next")
        .json::<Suggestions>(200)
        .fails(&SUGGESTING),
        Op::new("get", "/api/saved-messages", "webSaved")
            .says(TAG, "List the texts that the visitor kept")
            .query::<SavedQuery>()
            .json::<Scroll<SavedMessage>>(200)
            .fails(&[Kind::NotFound, Kind::AppUnavailable]),
        Op::new("post", "/api/saved-messages", "webSave")
            .says(TAG, "Keep a text")
            .body::<Save>()
            .json::<Done>(200)
            .fails(&[Kind::NotFound, Kind::AppUnavailable]),
        Op::new("delete", "/api/saved-messages/{id}", "webUnsave")
            .says(TAG, "Keep a text no longer")
            .nothing(),
    ]
}

one_of! {
    Public: "public";
    Plan: "basic";
}

/// Which page.
#[derive(JsonSchema)]
struct Code {
    #[schemars(rename = "X-App-Code")]
    code: UserName,
}

/// Who visits, as a page that embeds this one says.
#[derive(JsonSchema)]
struct PassportQuery {
    user_id: Option<Text>,
}

/// A passport.
#[derive(JsonSchema)]
struct Passport {
    access_token: String,
}

/// Whether a passport holds.
#[derive(JsonSchema)]
struct VisitorStatus {
    logged_in: bool,
    app_logged_in: bool,
}

/// Who may look.
#[derive(JsonSchema)]
struct AccessMode {
    #[schemars(rename = "accessMode")]
    mode: Public,
}

/// A page and its visitor.
#[derive(JsonSchema)]
struct WebSite {
    app_id: Uuid,
    end_user_id: Uuid,
    enable_site: bool,
    site: SiteWithCode,
    mode: Mode,
    model_config: Nil,
    plan: Plan,
    can_replace_logo: bool,
    custom_config: Nil,
}

/// A page, as it is reached.
#[derive(JsonSchema)]
struct SiteWithCode {
    #[serde(flatten)]
    site: Site,
    code: String,
    prompt_public: bool,
}

/// A question of a visitor.
#[derive(JsonSchema)]
struct WebQuestion {
    inputs: Object,
    query: Words,
    /// `blocking` where it is absent.
    response_mode: Option<ResponseMode>,
    #[serde(default)]
    conversation_id: MaybeConversation,
    files: Option<Vec<FileMapping>>,
    auto_generate_name: Option<bool>,
    workflow_id: Option<String>,
    retriever_from: Option<String>,
}

/// Inputs of a visitor.
#[derive(JsonSchema)]
struct WebInputs {
    inputs: Object,
    query: Option<String>,
    /// `blocking` where it is absent.
    response_mode: Option<ResponseMode>,
    files: Option<Vec<FileMapping>>,
    retriever_from: Option<String>,
}

/// Which conversations.
#[derive(JsonSchema)]
struct WebConversationsQuery {
    last_id: Option<MaybeUuid>,
    limit: Option<Limit>,
    sort_by: Option<SortBy>,
    /// Only those that are pinned, or only those that are not.
    pinned: Option<Flag>,
}

/// A conversation of the visitor.
#[derive(JsonSchema)]
struct WebConversation {
    #[serde(flatten)]
    conversation: Conversation,
    pinned: bool,
}

/// Which messages.
#[derive(JsonSchema)]
struct WebMessagesQuery {
    conversation_id: Uuid,
    /// Goes on before this one.
    first_id: Option<MaybeUuid>,
    limit: Option<Limit>,
}

/// What the visitor thinks; null takes it back.
#[derive(JsonSchema)]
struct WebRating {
    rating: Option<Rated>,
    content: Option<String>,
}

/// Questions.
#[derive(JsonSchema)]
pub(super) struct Suggestions {
    data: Vec<String>,
}

/// Which texts.
#[derive(JsonSchema)]
struct SavedQuery {
    last_id: Option<MaybeUuid>,
    limit: Option<Limit>,
}

/// A text that was kept.
#[derive(JsonSchema)]
struct SavedMessage {
    id: Uuid,
    inputs: Any,
    query: String,
    answer: String,
    message_files: Vec<MessageFile>,
    feedback: Option<Rating>,
    created_at: Seconds,
}

/// A text to keep.
#[derive(JsonSchema)]
struct Save {
    message_id: Uuid,
}
