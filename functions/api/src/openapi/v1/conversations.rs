//! `routes/conversations.rs`.

use app::Kind;
use schemars::JsonSchema;
use serde_json::json;

use crate::openapi::{
    operation::Op,
    types::{Any, Limit, MaybeUser, MaybeUuid, Object, Scroll, Seconds, Uuid, one_of, scalar},
};

pub(super) fn operations() -> Vec<Op> {
    vec![
        Op::new("get", "/v1/conversations", "listConversations")
            .says("Conversations", "List an end user's conversations")
            .query::<ConversationsQuery>()
            .json::<Scroll<Conversation>>(200)
            .fails(&[Kind::NotChatApp, Kind::NotFound]),
        Op::new("delete", "/v1/conversations/{id}", "deleteConversation")
            .says("Conversations", "Delete a conversation")
            .maybe_body::<MaybeUser>()
            .example(json!({"user": "ada"}))
            .nothing()
            .fails(&[Kind::NotChatApp]),
        Op::new("post", "/v1/conversations/{id}/name", "renameConversation")
            .says("Conversations", "Name a conversation")
            .about("With `auto_generate`, a model makes a title from the first question.")
            .body::<Rename>()
            .example(json!({"name": "Filters", "user": "ada"}))
            .json::<Conversation>(200)
            .fails(&[
                Kind::NotChatApp,
                Kind::ProviderNotInitialize,
                Kind::CompletionRequestError,
                Kind::ModelCurrentlyNotSupport,
                Kind::ProviderQuotaExceeded,
            ]),
        Op::new("get", "/v1/conversations/{id}/variables", "listVariables")
            .says("Conversations", "List a conversation's variables")
            .about("Chatflows make them; conversations of other apps have none.")
            .query::<VariablesQuery>()
            .json::<Scroll<Variable>>(200)
            .fails(&[Kind::NotChatApp]),
        Op::new(
            "put",
            "/v1/conversations/{id}/variables/{variable_id}",
            "setVariable",
        )
        .says("Conversations", "Set a conversation's variable")
        .body::<SetVariable>()
        .example(json!({"value": "en", "user": "ada"}))
        .json::<Variable>(200)
        .fails(&[Kind::NotChatApp]),
    ]
}

one_of! {
    SortBy: "created_at", "-created_at", "updated_at", "-updated_at";
    Status: "normal", "completed";
}

scalar! {
    VariableName = { "type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[A-Za-z0-9._-]+$" };
    Name = { "type": "string", "pattern": "\\S" };
}

/// Which conversations.
#[derive(JsonSchema)]
pub(in crate::openapi) struct ConversationsQuery {
    /// The end user; without it, the one that stands for nobody.
    user: Option<String>,
    /// Goes on after this one.
    last_id: Option<MaybeUuid>,
    limit: Option<Limit>,
    sort_by: Option<SortBy>,
}

/// A conversation of an end user.
#[derive(JsonSchema)]
pub(in crate::openapi) struct Conversation {
    id: Uuid,
    name: String,
    /// Of the first question.
    inputs: Object,
    status: Status,
    /// What the app opened it with.
    introduction: Option<String>,
    created_at: Seconds,
    updated_at: Seconds,
}

/// A new name.
#[derive(JsonSchema)]
#[serde(untagged)]
pub(in crate::openapi) enum Rename {
    /// A title from the first question.
    Generated {
        auto_generate: True,
        name: Option<String>,
        user: Option<String>,
    },
    Given {
        name: Name,
        auto_generate: Option<bool>,
        user: Option<String>,
    },
}

scalar! {
    True = { "const": true };
}

/// Which variables.
#[derive(JsonSchema)]
struct VariablesQuery {
    /// The end user; without it, the one that stands for nobody.
    user: Option<String>,
    /// Goes on after this one.
    last_id: Option<MaybeUuid>,
    limit: Option<Limit>,
    variable_name: Option<VariableName>,
}

/// A variable of a conversation.
#[derive(JsonSchema)]
struct Variable {
    id: Uuid,
    name: String,
    /// Such as `string` or `array[object]`.
    value_type: String,
    /// As a text; objects and lists as JSON.
    value: String,
    description: String,
    created_at: Seconds,
    updated_at: Seconds,
}

/// A new value, of the variable's type.
#[derive(JsonSchema)]
struct SetVariable {
    value: Any,
    user: Option<String>,
}
