//! What a run asks of its host, and what the host answers. Values only: nothing here touches the world.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{AgentCallRequest, AgentRequest, AgentResult, AgentRound, Failure, Map, Value};

/// Names a task of a run. Numbers are not used twice in a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TaskId(pub u64);

/// Something the host is to do, in its own time; the answer goes to [`crate::Run::handle`].
#[derive(Debug, Clone)]
pub struct Task {
    /// To answer with.
    pub id: TaskId,
    /// The node that asks.
    pub node_id: Arc<str>,
    /// The node's type.
    pub node_type: Arc<str>,
    /// Where in the run, such as `1712[3]/llm#1`: the node with the steps of the containers around it, and the attempt.
    pub key: Arc<str>,
    /// The same for every execution of this step of this run and no other: for services that drop repetitions.
    pub idempotency_key: Arc<str>,
    /// SHA-256 of what is asked, in hex.
    pub inputs_hash: Arc<str>,
    /// Whether somebody waits for the text while it is written; then [`crate::Input::Delta`] is worth sending.
    pub streams: bool,
    /// What to do.
    pub effect: Arc<Effect>,
}

/// Kinds of things to do.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Ask a language model. Question classifier and parameter extractor ask this way too.
    Llm(Box<LlmRequest>),
    /// Search datasets.
    Retrieve(Box<RetrieveRequest>),
    /// Send an HTTP request.
    Http(Box<HttpRequest>),
    /// Call a tool.
    Tool(Box<ToolRequest>),
    /// Let an agent take its next round.
    Agent(Box<AgentRequest>),
    /// Call what an agent wants called.
    AgentCall(Box<AgentCallRequest>),
    /// Run code in the sandbox.
    Code(Box<CodeRequest>),
    /// Read the text of files.
    Extract(ExtractRequest),
    /// Show a form and wait for a person.
    Human(Box<HumanForm>),
    /// Cut text into a dataset's index, at the end of a knowledge pipeline.
    Index(Box<IndexRequest>),
}

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names say it")]
pub enum Role {
    System,
    User,
    Assistant,
}

/// A message of a prompt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// What is said.
    pub text: Arc<str>,
    /// Files that go with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<Value>,
}

/// A model as app files name it.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Model {
    /// `openai`, or `langgenius/openai/openai`.
    pub provider: Arc<str>,
    /// The model's name.
    pub name: Arc<str>,
    /// `chat` or `completion`.
    pub mode: Arc<str>,
    /// Parameters such as `temperature`, passed through.
    pub parameters: Arc<Map>,
}

/// A prompt, ready to send.
#[derive(Debug, Clone, Serialize)]
pub struct LlmRequest {
    /// Which model.
    pub model: Model,
    /// The messages in order. For a completion model a single one.
    pub messages: Vec<Message>,
    /// Which of them are memory, from and until: those may be dropped, oldest first, when the prompt is too long.
    pub memory: (usize, usize),
    /// A JSON schema that the answer must follow.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schema: Option<Value>,
    /// `high` or `low`, when images are sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<Arc<str>>,
}

/// What the model said.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LlmReply {
    /// The whole text.
    pub text: Arc<str>,
    /// Thoughts, when the provider gives them apart from the text.
    pub reasoning: Arc<str>,
    /// Tokens and price.
    pub usage: Usage,
    /// Why it ended: `stop`, `length`...
    pub finish_reason: Option<Arc<str>>,
    /// Files it made.
    pub files: Vec<Value>,
}

/// Tokens and price of a call, in the fields of the API. Prices are decimal numbers as text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs, reason = "the names are those of the API")]
pub struct Usage {
    pub prompt_tokens: u64,
    pub prompt_unit_price: Arc<str>,
    pub prompt_price_unit: Arc<str>,
    pub prompt_price: Arc<str>,
    pub completion_tokens: u64,
    pub completion_unit_price: Arc<str>,
    pub completion_price_unit: Arc<str>,
    pub completion_price: Arc<str>,
    pub total_tokens: u64,
    pub total_price: Arc<str>,
    pub currency: Arc<str>,
    pub latency: f64,
    pub time_to_first_token: Option<f64>,
    pub time_to_generate: Option<f64>,
}

impl Default for Usage {
    fn default() -> Self {
        let zero: Arc<str> = "0".into();
        Self {
            prompt_tokens: 0,
            prompt_unit_price: zero.clone(),
            prompt_price_unit: zero.clone(),
            prompt_price: zero.clone(),
            completion_tokens: 0,
            completion_unit_price: zero.clone(),
            completion_price_unit: zero.clone(),
            completion_price: zero.clone(),
            total_tokens: 0,
            total_price: zero,
            currency: "USD".into(),
            latency: 0.0,
            time_to_first_token: None,
            time_to_generate: None,
        }
    }
}

impl Usage {
    /// As a value that selectors can reach into.
    pub fn value(&self) -> Value {
        serde_json::to_value(self)
            .map(|json| Value::from(&json))
            .unwrap_or_default()
    }
}

/// A search in datasets.
#[derive(Debug, Clone, Serialize)]
pub struct RetrieveRequest {
    /// What to look for.
    pub query: Arc<str>,
    /// Images to look for.
    pub attachments: Vec<Value>,
    /// Where.
    pub dataset_ids: Vec<Arc<str>>,
    /// How: `retrieval_mode`, `single_retrieval_config`, `multiple_retrieval_config`, as in the app file.
    pub settings: Value,
    /// Which documents: `metadata_filtering_mode`, `metadata_model_config`, `metadata_filtering_conditions`, with the
    /// conditions' templates filled in.
    pub filter: Value,
}

/// An outgoing request. The host refuses private addresses and enforces the time-outs.
#[derive(Debug, Clone, Serialize)]
pub struct HttpRequest {
    /// In capitals.
    pub method: Arc<str>,
    /// Without the parameters.
    pub url: Arc<str>,
    /// Query parameters in order, doubles kept, not escaped.
    pub params: Vec<(Arc<str>, Arc<str>)>,
    /// Headers, the authorization among them.
    pub headers: Vec<(Arc<str>, Arc<str>)>,
    /// What is sent.
    pub body: HttpBody,
    /// Seconds to connect, read and write.
    pub timeout: (u64, u64, u64),
    /// Whether certificates are checked.
    pub verify_tls: bool,
}

/// A request's body.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names are those of the app files")]
pub enum HttpBody {
    None,
    Text(Arc<str>),
    Json(Arc<str>),
    UrlEncoded(Vec<(Arc<str>, Arc<str>)>),
    FormData(Vec<(Arc<str>, FormField)>),
    Binary(Value),
}

/// A part of a form.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FormField {
    /// Text.
    Text(Arc<str>),
    /// A file or several, by reference.
    File(Value),
}

/// An answer over HTTP.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct HttpReply {
    /// The status.
    pub status: u16,
    /// Names and values.
    pub headers: Map,
    /// Text; empty when the answer is a file.
    pub body: Arc<str>,
    /// The answer as a file, when it is one.
    pub files: Vec<Value>,
}

/// A call of a tool.
#[derive(Debug, Clone, Serialize)]
pub struct ToolRequest {
    /// `builtin`, `plugin`, `api`, `workflow`, `mcp`...
    pub provider_type: Arc<str>,
    /// Whose tool.
    pub provider_id: Arc<str>,
    /// Its name.
    pub tool_name: Arc<str>,
    /// The credential to use.
    pub credential_id: Option<Arc<str>>,
    /// What the author configured.
    pub configuration: Arc<Map>,
    /// What the run gives.
    pub parameters: Arc<Map>,
}

/// What a tool or an agent gave.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ToolReply {
    /// Its text.
    pub text: Arc<str>,
    /// Files it made.
    pub files: Vec<Value>,
    /// Objects it gave.
    pub json: Vec<Value>,
    /// Further outputs by name.
    pub variables: Map,
    /// What it cost, for agents.
    pub usage: Option<Usage>,
}

/// Code to run.
#[derive(Debug, Clone, Serialize)]
pub struct CodeRequest {
    /// `python3` or `javascript`.
    pub language: Arc<str>,
    /// The source; its entry point is `main`.
    pub source: Arc<str>,
    /// Arguments by name.
    pub arguments: Arc<Map>,
}

/// Files to read.
#[derive(Debug, Clone, Serialize)]
pub struct ExtractRequest {
    /// The files; the answer holds one text for each.
    pub files: Vec<Value>,
}

/// A form for a person.
#[derive(Debug, Clone, Serialize)]
pub struct HumanForm {
    /// The node's title.
    pub title: Arc<str>,
    /// Markdown; `{{#$output.name#}}` marks the place of a field.
    pub content: Arc<str>,
    /// The fields, as in the app file.
    pub inputs: Value,
    /// The buttons, as in the app file.
    pub actions: Value,
    /// Values of fields whose default is a variable.
    pub defaults: Arc<Map>,
    /// How it reaches the person, as in the app file.
    pub delivery: Value,
    /// Until when (milliseconds since 1970).
    pub expires_at: i64,
}

/// Chunks for a dataset.
#[derive(Debug, Clone, Serialize)]
pub struct IndexRequest {
    /// Where.
    pub dataset_id: Arc<str>,
    /// What the document is called.
    pub name: Arc<str>,
    /// What to index.
    pub chunks: Value,
    /// The node's settings, as in the app file.
    pub settings: Value,
}

/// The host's answer to a task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// To [`Effect::Llm`].
    Llm(Box<LlmReply>),
    /// To [`Effect::Retrieve`]: the passages, as `result` shows them.
    Retrieved(Vec<Value>),
    /// To [`Effect::Retrieve`] too, when a model was asked where to look.
    Searched(Box<Searched>),
    /// To [`Effect::Http`].
    Http(Box<HttpReply>),
    /// To [`Effect::Tool`].
    Tool(Box<ToolReply>),
    /// To [`Effect::Agent`].
    Round(Box<AgentRound>),
    /// To [`Effect::AgentCall`].
    Called(AgentResult),
    /// To [`Effect::Code`]: what `main` returned.
    Code(Value),
    /// To [`Effect::Extract`]: one text for each file.
    Texts(Vec<Arc<str>>),
    /// To [`Effect::Human`].
    Form(FormReply),
    /// To [`Effect::Index`]: outputs of the node.
    Indexed(Map),
    /// To any: it failed. The node's retries and error strategy decide what follows.
    Failed(Failure),
}

/// Passages, and what it cost to choose where they were looked for.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Searched {
    /// As `result` shows them.
    pub passages: Vec<Value>,
    /// Tokens and price.
    pub usage: Usage,
}

/// A form, filled in.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct FormReply {
    /// The button's id.
    pub action: Arc<str>,
    /// The fields by name.
    pub inputs: Map,
}
