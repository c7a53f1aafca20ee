//! `routes/info.rs`.

use std::collections::BTreeMap;

use app::Kind;
use schemars::JsonSchema;
use serde_json::Value;

use super::chat::Nil;
use crate::openapi::{
    operation::Op,
    types::{EmptyList, Iso, Object, Uuid, one_of},
};

pub(super) fn operations() -> Vec<Op> {
    vec![
        Op::new("get", "/v1/info", "info")
            .says("App", "What the app is")
            .json::<Info>(200),
        Op::new("get", "/v1/parameters", "parameters")
            .says("App", "What a caller must know before it asks")
            .about("The form of the inputs, and which features are on.")
            .json::<Parameters>(200)
            .fails(&[Kind::AppUnavailable]),
        Op::new("get", "/v1/meta", "meta")
            .says("App", "Icons of the app's tools")
            .json::<Meta>(200),
        Op::new("get", "/v1/site", "site")
            .says("App", "How the app looks as a page")
            .json::<Site>(200),
        Op::new("get", "/v1/end-users/{id}", "endUser")
            .says("App", "An end user of the app")
            .json::<EndUser>(200)
            .fails(&[Kind::EndUserNotFound]),
    ]
}

one_of! {
    Mode: "chat", "agent-chat", "advanced-chat", "completion", "workflow";
}

/// An app.
#[derive(JsonSchema)]
struct Info {
    name: String,
    description: String,
    tags: EmptyList,
    mode: Mode,
    author_name: Option<String>,
}

/// Icons by tool.
#[derive(JsonSchema)]
pub(in crate::openapi) struct Meta {
    tool_icons: Object,
}

/// The page of an app.
#[derive(JsonSchema)]
pub(in crate::openapi) struct Site {
    title: String,
    chat_color_theme: Option<String>,
    chat_color_theme_inverted: Option<bool>,
    /// `emoji`, `image` or `link`.
    icon_type: String,
    icon: Option<String>,
    icon_background: Option<String>,
    icon_url: Option<String>,
    description: String,
    copyright: Option<String>,
    privacy_policy: Option<String>,
    custom_disclaimer: String,
    input_placeholder: Option<String>,
    default_language: String,
    show_workflow_steps: bool,
    use_icon_as_answer_icon: bool,
}

/// What a caller must know of an app.
#[derive(JsonSchema)]
pub(in crate::openapi) struct Parameters {
    opening_statement: Option<String>,
    suggested_questions: Vec<String>,
    suggested_questions_after_answer: Feature,
    speech_to_text: Feature,
    text_to_speech: Feature,
    retriever_resource: Feature,
    annotation_reply: Feature,
    more_like_this: Feature,
    /// Objects with one key, the type of the field: `text-input`, `paragraph`, `select`, `number`, `checkbox`, `file`,
    /// `file-list`, `json_object`, `external_data_tool`.
    user_input_form: Vec<Object>,
    sensitive_word_avoidance: Feature,
    file_upload: Object,
    system_parameters: SystemParameters,
}

/// Something that an app can have switched on, with its settings.
#[derive(JsonSchema)]
pub(in crate::openapi) struct Feature {
    enabled: bool,
    #[serde(flatten)]
    settings: BTreeMap<String, Value>,
}

/// Limits, in MB and in files.
#[derive(JsonSchema)]
struct SystemParameters {
    image_file_size_limit: u64,
    video_file_size_limit: u64,
    audio_file_size_limit: u64,
    file_size_limit: u64,
    workflow_file_upload_limit: u64,
}

/// Who asks.
#[derive(JsonSchema)]
struct EndUser {
    id: Uuid,
    tenant_id: Uuid,
    app_id: Uuid,
    /// How they came, such as `service-api`.
    #[schemars(rename = "type")]
    kind: String,
    external_user_id: Nil,
    name: Nil,
    is_anonymous: bool,
    /// As your system names them.
    session_id: String,
    created_at: Iso,
    updated_at: Iso,
}
