//! `model_config`: what a chat, agent-chat or completion app does. A tolerant reader: unknown keys are ignored here
//! (the record keeps them), missing ones get Dify's defaults.

use model::{Parameters, ResponseFormat};
use serde::{Deserialize, Deserializer, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

/// The typed view of `model_config`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ModelConfig {
    /// Which model, and how to sample.
    #[serde(deserialize_with = "lenient")]
    pub model: ModelChoice,
    /// `simple` or `advanced`.
    #[serde(deserialize_with = "lenient")]
    pub prompt_type: Option<String>,
    /// The simple prompt, with `{{name}}` and `{{#context#}}`.
    #[serde(deserialize_with = "lenient")]
    pub pre_prompt: String,
    /// The advanced prompt of a chat model: `{prompt: [{role, text}]}`.
    #[serde(deserialize_with = "lenient")]
    pub chat_prompt_config: Map<String, Value>,
    /// The advanced prompt of a completion model.
    #[serde(deserialize_with = "lenient")]
    pub completion_prompt_config: Map<String, Value>,
    /// The variables that a caller gives.
    #[serde(deserialize_with = "form")]
    pub user_input_form: Vec<InputField>,
    /// Of completion apps: the input that is the query.
    #[serde(deserialize_with = "lenient")]
    pub dataset_query_variable: String,
    /// Said before the first question.
    #[serde(deserialize_with = "lenient")]
    pub opening_statement: String,
    /// Offered with the opening statement.
    #[serde(deserialize_with = "lenient")]
    pub suggested_questions: Vec<String>,
    /// Offered after an answer.
    #[serde(deserialize_with = "lenient")]
    pub suggested_questions_after_answer: Feature,
    /// Citations; on unless it says otherwise.
    #[serde(deserialize_with = "lenient_on", default = "Feature::on")]
    pub retriever_resource: Feature,
    /// Spoken questions.
    #[serde(deserialize_with = "lenient")]
    pub speech_to_text: Feature,
    /// Spoken answers.
    #[serde(deserialize_with = "lenient")]
    pub text_to_speech: Feature,
    /// More of the same, of completion apps.
    #[serde(deserialize_with = "lenient")]
    pub more_like_this: Feature,
    /// Prepared answers.
    #[serde(deserialize_with = "lenient")]
    pub annotation_reply: Feature,
    /// Moderation.
    #[serde(deserialize_with = "lenient")]
    pub sensitive_word_avoidance: Feature,
    /// What is remembered of a conversation: `window: {enabled, size}`, `summary: {enabled, keep, model}`. A key of our
    /// own, which others ignore.
    #[serde(deserialize_with = "lenient")]
    pub memory: Map<String, Value>,
    /// Variables that extensions of the workspace fill in.
    #[serde(deserialize_with = "lenient")]
    pub external_data_tools: Vec<Value>,
    /// Rules against injected instructions, and a watch over answers that repeat the prompt. A key of our own, which
    /// others ignore.
    #[serde(deserialize_with = "lenient")]
    pub prompt_guard: Feature,
    /// Which datasets, and how to search them.
    #[serde(deserialize_with = "lenient")]
    pub dataset_configs: Retrieval,
    /// Attachments, as the file says.
    #[serde(deserialize_with = "lenient")]
    pub file_upload: Map<String, Value>,
    /// Tools and strategy of agent-chat.
    #[serde(deserialize_with = "lenient")]
    pub agent_mode: Map<String, Value>,
}

impl ModelConfig {
    /// Reads it; fails only when it is no object.
    pub fn parse(value: &Value) -> Result<Self, serde_json::Error> {
        Self::deserialize(value)
    }
}

/// A model and its parameters.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ModelChoice {
    /// Bare (`openai`) or as a plugin (`langgenius/openai/openai`).
    #[serde(deserialize_with = "lenient")]
    pub provider: String,
    /// As the provider names it.
    #[serde(deserialize_with = "lenient")]
    pub name: String,
    /// `chat` or `completion`.
    #[serde(deserialize_with = "lenient")]
    pub mode: String,
    /// Passed through.
    #[serde(deserialize_with = "lenient")]
    pub completion_params: Parameters,
}

/// Takes what the text must look like out of an app's parameters, where files keep it as words: `response_format` is
/// `text`, `json_object` or `json_schema`, and `json_schema` is JSON text, `{"name": ..., "schema": {...}}`.
pub fn response_format(parameters: &mut Parameters) -> ResponseFormat {
    let format = parameters.extra.shift_remove("response_format");
    let schema = parameters.extra.shift_remove("json_schema");
    let word = match &format {
        Some(Value::String(word)) => word.as_str(),
        Some(format) => format
            .get("type")
            .and_then(Value::as_str)
            .unwrap_or_default(),
        None => return ResponseFormat::Text,
    };
    let schema = match schema {
        Some(Value::String(text)) => serde_json::from_str(&text).ok(),
        Some(value @ Value::Object(_)) => Some(value),
        _ => format
            .as_ref()
            .and_then(|format| format.get("json_schema"))
            .cloned(),
    };
    match (word.to_lowercase().as_str(), schema) {
        ("json_schema", Some(described)) => ResponseFormat::JsonSchema {
            name: described
                .get("name")
                .and_then(Value::as_str)
                .unwrap_or("answer")
                .to_owned(),
            schema: described.get("schema").cloned().unwrap_or(described),
        },
        ("json_object" | "json" | "json_schema", _) => ResponseFormat::JsonObject,
        _ => ResponseFormat::Text,
    }
}

/// A switch with settings.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Feature {
    /// Whether it is on.
    #[serde(default, deserialize_with = "lenient")]
    pub enabled: bool,
    /// Whatever else it says.
    #[serde(flatten)]
    pub settings: Map<String, Value>,
}

impl Feature {
    fn on() -> Self {
        Self {
            enabled: true,
            settings: Map::new(),
        }
    }
}

/// One variable of the input form: `{"<type>": {label, variable, required, …}}`.
#[derive(Clone, Debug, PartialEq)]
pub struct InputField {
    /// `text-input`, `paragraph`, `select`, `number`, `checkbox`, `file`, `file-list`, `json_object`,
    /// `external_data_tool`.
    pub kind: String,
    /// The name in prompts and in `inputs`.
    pub variable: String,
    /// For people.
    pub label: String,
    /// Whether a call without it fails.
    pub required: bool,
    /// Used when it is missing.
    pub default: Value,
    /// Characters of a text, files of a list.
    pub max_length: Option<usize>,
    /// Of a `select`.
    pub options: Vec<String>,
    /// The inner object, as it was written.
    pub raw: Map<String, Value>,
}

impl InputField {
    fn parse(entry: &Value) -> Option<Self> {
        let (kind, inner) = entry.as_object()?.iter().next()?;
        let raw = inner.as_object()?.clone();
        let text = |key: &str| {
            raw.get(key)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        Some(Self {
            kind: kind.clone(),
            variable: text("variable"),
            label: text("label"),
            required: raw
                .get("required")
                .and_then(Value::as_bool)
                .unwrap_or_default(),
            default: raw.get("default").cloned().unwrap_or_default(),
            max_length: raw
                .get("max_length")
                .and_then(Value::as_u64)
                .map(|length| length as usize),
            options: raw
                .get("options")
                .and_then(Value::as_array)
                .map(|options| {
                    options
                        .iter()
                        .filter_map(Value::as_str)
                        .map(str::to_owned)
                        .collect()
                })
                .unwrap_or_default(),
            raw,
        })
    }
}

impl Serialize for InputField {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map([(&self.kind, &self.raw)])
    }
}

/// `dataset_configs`: which datasets, and how to search them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Retrieval {
    /// `multiple` or `single`.
    #[serde(deserialize_with = "lenient")]
    pub retrieval_model: Option<String>,
    /// `{datasets: [{dataset: {enabled, id}}]}`.
    #[serde(deserialize_with = "lenient")]
    pub datasets: Map<String, Value>,
    /// Most hits.
    #[serde(deserialize_with = "lenient")]
    pub top_k: Option<usize>,
    /// Least score, 0 to 1.
    #[serde(deserialize_with = "lenient")]
    pub score_threshold: Option<f32>,
    /// Whether that counts.
    #[serde(deserialize_with = "lenient")]
    pub score_threshold_enabled: bool,
    /// Whether hits are ordered anew.
    #[serde(deserialize_with = "lenient")]
    pub reranking_enable: bool,
    /// Whatever else it says.
    #[serde(flatten)]
    pub settings: Map<String, Value>,
}

impl Retrieval {
    /// The ids of the datasets that are switched on.
    pub fn dataset_ids(&self) -> Vec<String> {
        let entries = self.datasets.get("datasets").and_then(Value::as_array);
        let enabled = |dataset: &&Value| {
            dataset
                .get("enabled")
                .and_then(Value::as_bool)
                .unwrap_or(true)
        };
        entries
            .into_iter()
            .flatten()
            .filter_map(|entry| entry.get("dataset"))
            .filter(enabled)
            .filter_map(|dataset| dataset.get("id").and_then(Value::as_str).map(str::to_owned))
            .collect()
    }
}

/// A value of the wrong type, or null, counts as missing: real files have both.
fn lenient<'de, D: Deserializer<'de>, T: DeserializeOwned + Default>(
    deserializer: D,
) -> Result<T, D::Error> {
    let value = Value::deserialize(deserializer)?;
    Ok(serde_json::from_value(value).unwrap_or_default())
}

fn lenient_on<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Feature, D::Error> {
    let value = Value::deserialize(deserializer)?;
    Ok(serde_json::from_value(value).unwrap_or_else(|_| Feature::on()))
}

/// The form is a list, or in very old files a JSON text of one.
fn form<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<InputField>, D::Error> {
    let value = match Value::deserialize(deserializer)? {
        Value::String(text) => serde_json::from_str(&text).unwrap_or_default(),
        value => value,
    };
    Ok(value
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(InputField::parse)
        .collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn reads_what_files_hold() {
        let config = ModelConfig::parse(&json!({
            "model": {"provider": "openai", "name": "gpt-4o", "completion_params": {"temperature": 0.2, "stop": ["x"], "odd": 1}},
            "opening_statement": null,
            "retriever_resource": null,
            "user_input_form": [{"text-input": {"variable": "city", "label": "City", "required": true, "max_length": 48}}],
            "dataset_configs": {"top_k": 3, "datasets": {"datasets": [
                {"dataset": {"enabled": true, "id": "a"}}, {"dataset": {"enabled": false, "id": "b"}}]}},
            "unknown": {}
        }))
        .unwrap();
        assert_eq!(config.model.completion_params.temperature, Some(0.2));
        assert_eq!(
            config.model.completion_params.extra.get("odd"),
            Some(&json!(1))
        );
        assert!(config.retriever_resource.enabled);
        assert_eq!(config.dataset_configs.dataset_ids(), ["a"]);
        assert_eq!(
            config
                .user_input_form
                .first()
                .map(|field| field.variable.as_str()),
            Some("city")
        );
    }

    #[test]
    fn what_the_text_must_look_like() {
        let check = |extra: Value, expect: ResponseFormat| {
            let mut parameters: Parameters = serde_json::from_value(extra).unwrap();
            assert_eq!(response_format(&mut parameters), expect);
            assert_eq!(parameters.extra.keys().collect::<Vec<_>>(), ["top_k"]);
        };
        let schema = ResponseFormat::JsonSchema {
            name: "n".to_owned(),
            schema: json!({"type": "object"}),
        };
        check(json!({"top_k": 1}), ResponseFormat::Text);
        check(
            json!({"top_k": 1, "response_format": "text"}),
            ResponseFormat::Text,
        );
        check(
            json!({"top_k": 1, "response_format": "json_object"}),
            ResponseFormat::JsonObject,
        );
        check(
            json!({"top_k": 1, "response_format": {"type": "json_object"}}),
            ResponseFormat::JsonObject,
        );
        let text = r#"{"name": "n", "schema": {"type": "object"}}"#;
        check(
            json!({"top_k": 1, "response_format": "json_schema", "json_schema": text}),
            schema,
        );
        check(
            json!({"top_k": 1, "response_format": "json_schema", "json_schema": "{"}),
            ResponseFormat::JsonObject,
        );
    }
}
