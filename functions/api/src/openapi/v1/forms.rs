//! `routes/workflows/forms`, and what runs and chatflows say that wait for people.

use app::Kind;
use schemars::JsonSchema;
use serde_json::json;

use super::{
    chat::ChatMode,
    files::{FileForm, UPLOADING, Upload},
    workflows::Event,
};
use crate::openapi::{
    operation::Op,
    types::{Object, Seconds, User, Uuid, one_of, scalar},
};

pub(in crate::openapi) fn operations() -> Vec<Op> {
    let fails = [
        Kind::NotFound,
        Kind::HumanInputFormSubmitted,
        Kind::HumanInputFormExpired,
    ];
    let both = |place: &str, look, fill| {
        let at = format!("/{place}/form/human_input/{{token}}");
        [
            Op::new("get", at.as_str(), look)
                .says("Workflows", "The form that a run asks people to fill in")
                .about("Whoever fills one in twice, or too late, hears so by 412.")
                .part::<FormToken>("token")
                .json::<Form>(200)
                .fails(&fails),
            Op::new("post", at.as_str(), fill)
                .says("Workflows", "Fill in a form")
                .about("The run goes on by the way of the button that was pressed.")
                .part::<FormToken>("token")
                .example(json!({"inputs": {"note": "by post"}, "action": "yes", "user": "bob"}))
                .json::<Nothing>(200)
                .fails(&fails)
                .fails(&[Kind::FileNotFound, Kind::FileAccessDenied]),
        ]
    };
    let anybody = |op: Op| op.by(crate::openapi::operation::Who::Anybody);
    let [look, fill] = both("v1", "getForm", "fillForm");
    let [visit, answer] = both("api", "webForm", "webFillForm");
    vec![
        look,
        fill.body::<Filled>(),
        anybody(visit),
        anybody(answer.body::<FilledByPage>()),
        anybody(
            Op::new("post", "/api/form/human_input/{token}/files", "webFormFile")
                .says("Workflows", "Upload a file for a form")
                .about("The answer's `id` is the `upload_file_id` of a file mapping in `inputs`.")
                .part::<FormToken>("token")
                .form::<FileForm>()
                .json::<Upload>(201)
                .fails(&fails)
                .fails(&UPLOADING),
        ),
    ]
}

scalar! {
    FormToken = { "type": "string", "pattern": "^[A-Za-z0-9]+$" };
    ActionId = { "type": "string", "minLength": 1 };
}

one_of! {
    RequiredWord: "human_input_required";
    FilledWord: "human_input_form_filled";
    TimeoutWord: "human_input_form_timeout";
    FormWord: "human_input";
    PausedWord: "workflow_paused";
    Paused: "paused";
}

/// What is asked.
#[derive(JsonSchema)]
#[schemars(rename = "HumanInputForm")]
struct Form {
    /// Markdown; `{{#$output.name#}}` marks the place of a field.
    form_content: String,
    inputs: Vec<Object>,
    resolved_default_values: Object,
    user_actions: Vec<Object>,
    expiration_time: Seconds,
}

/// What was entered, and by whom.
#[derive(JsonSchema)]
#[schemars(rename = "HumanInputAnswer")]
struct Filled {
    /// Texts, file mappings, or lists of them, by the fields' names.
    inputs: Object,
    /// The button's id.
    action: ActionId,
    user: User,
}

/// What was entered on a page.
#[derive(JsonSchema)]
#[schemars(rename = "HumanInputPageAnswer")]
struct FilledByPage {
    inputs: Object,
    action: ActionId,
}

#[derive(JsonSchema)]
struct Nothing {}

pub(super) type FormRequired = Event<RequiredWord, Required>;
pub(super) type FormFilled = Event<FilledWord, FilledIn>;
pub(super) type FormTimeout = Event<TimeoutWord, TimedOut>;
pub(super) type RunPaused = Event<PausedWord, PausedRun>;

/// A node asks people.
#[derive(JsonSchema)]
#[schemars(rename = "HumanInputRequired")]
pub(in crate::openapi) struct Required {
    form_id: Uuid,
    node_id: String,
    node_title: String,
    form_content: String,
    inputs: Vec<Object>,
    actions: Vec<Object>,
    display_in_ui: bool,
    /// None where the form reaches people by e-mail alone.
    form_token: Option<String>,
    resolved_default_values: Object,
    expiration_time: Seconds,
}

/// Somebody pressed a button.
#[derive(JsonSchema)]
#[schemars(rename = "HumanInputFormFilled")]
pub(in crate::openapi) struct FilledIn {
    node_id: String,
    node_title: String,
    rendered_content: String,
    action_id: String,
    action_text: String,
    submitted_data: Option<Object>,
}

/// What a message shows of a form that its run asked people to fill in.
#[derive(JsonSchema)]
#[schemars(rename = "MessageForm")]
pub(in crate::openapi) struct MessageForm {
    r#type: FormWord,
    workflow_run_id: Uuid,
    submitted: bool,
    form_definition: Option<Required>,
    form_submission_data: Option<FilledIn>,
}

/// Nobody did in time.
#[derive(JsonSchema)]
#[schemars(rename = "HumanInputFormTimeout")]
pub(in crate::openapi) struct TimedOut {
    node_id: String,
    node_title: String,
    expiration_time: Seconds,
}

/// Nothing is left but forms.
#[derive(JsonSchema)]
#[schemars(rename = "WorkflowPaused")]
pub(in crate::openapi) struct PausedRun {
    workflow_run_id: Uuid,
    paused_nodes: Vec<String>,
    outputs: Object,
    reasons: Vec<Object>,
    status: Paused,
    created_at: Seconds,
    elapsed_time: f64,
    total_tokens: u64,
    total_steps: u64,
}

/// What a run came to that waits for people.
#[derive(JsonSchema)]
pub(in crate::openapi) struct PausedResult {
    id: Uuid,
    workflow_id: String,
    status: Paused,
    outputs: Option<Object>,
    error: Option<String>,
    elapsed_time: f64,
    total_tokens: u64,
    total_steps: u64,
    created_at: Seconds,
    finished_at: Option<Seconds>,
    paused_nodes: Vec<String>,
    reasons: Vec<Object>,
}

/// A chatflow's answer so far, which waits for people.
#[derive(JsonSchema)]
pub(in crate::openapi) struct PausedChat {
    event: PausedWord,
    task_id: String,
    id: Uuid,
    message_id: Uuid,
    conversation_id: Uuid,
    mode: ChatMode,
    answer: String,
    metadata: Object,
    created_at: Seconds,
    workflow_run_id: Uuid,
    data: PausedTurn,
}

/// The same, and why.
#[derive(JsonSchema)]
pub(in crate::openapi) struct PausedTurn {
    id: Uuid,
    mode: ChatMode,
    conversation_id: Uuid,
    message_id: Uuid,
    workflow_run_id: Uuid,
    answer: String,
    metadata: Object,
    created_at: Seconds,
    paused_nodes: Vec<String>,
    reasons: Vec<Object>,
    status: Paused,
    elapsed_time: f64,
    total_tokens: u64,
    total_steps: u64,
}
