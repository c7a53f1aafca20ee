//! A `chat/completions` request, read.

use model::{
    ChatRequest, Detail, Message, Parameters, Part, ResponseFormat, Role, Tool, ToolCall,
    ToolChoice,
};
use serde::Deserialize;
use serde_json::{Map, Value};

/// What a caller wants.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) model: String,
    pub(super) request: ChatRequest,
    pub(super) stream: bool,
    /// A last chunk with the token counts.
    pub(super) usage: bool,
}

#[derive(Deserialize)]
struct Wire {
    model: String,
    messages: Vec<WireMessage>,
    #[serde(default)]
    stream: Option<bool>,
    #[serde(default)]
    stream_options: Option<StreamOptions>,
    temperature: Option<f32>,
    top_p: Option<f32>,
    max_tokens: Option<u32>,
    max_completion_tokens: Option<u32>,
    #[serde(default)]
    stop: Value,
    seed: Option<u64>,
    presence_penalty: Option<f32>,
    frequency_penalty: Option<f32>,
    #[serde(default)]
    tools: Option<Vec<WireTool>>,
    #[serde(default)]
    tool_choice: Value,
    #[serde(default)]
    response_format: Value,
    user: Option<String>,
    n: Option<u32>,
    #[serde(flatten)]
    extra: Map<String, Value>,
}

#[derive(Deserialize)]
struct StreamOptions {
    #[serde(default)]
    include_usage: bool,
}

#[derive(Deserialize)]
struct WireMessage {
    role: String,
    #[serde(default)]
    content: Value,
    #[serde(default)]
    tool_calls: Option<Vec<WireCall>>,
    tool_call_id: Option<String>,
}

#[derive(Deserialize)]
struct WireCall {
    id: String,
    function: WireFunction,
}

#[derive(Deserialize)]
struct WireFunction {
    name: String,
    #[serde(default)]
    arguments: String,
}

#[derive(Deserialize)]
struct WireTool {
    function: ToolFunction,
}

#[derive(Deserialize)]
struct ToolFunction {
    name: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    parameters: Value,
}

/// Reads a body; what is wrong names its field.
pub(super) fn parse(body: &[u8]) -> Result<Wanted, app::Error> {
    let wire: Wire = crate::extract::parse(body).map_err(|error| error.0)?;
    if wire.messages.is_empty() {
        return Err(app::Error::invalid(
            "messages",
            "messages must not be empty",
        ));
    }
    if wire.n.is_some_and(|n| n != 1) {
        return Err(app::Error::invalid("n", "only one answer is given"));
    }
    let parameters = Parameters {
        temperature: wire.temperature,
        top_p: wire.top_p,
        max_tokens: wire.max_completion_tokens.or(wire.max_tokens),
        stop: match wire.stop {
            Value::String(stop) => vec![stop],
            Value::Array(stops) => stops
                .iter()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect(),
            _ => Vec::new(),
        },
        seed: wire.seed,
        presence_penalty: wire.presence_penalty,
        frequency_penalty: wire.frequency_penalty,
        extra: wire.extra,
    };
    let tools = wire.tools.unwrap_or_default().into_iter().map(|tool| Tool {
        name: tool.function.name,
        description: tool.function.description,
        parameters: tool.function.parameters,
    });
    Ok(Wanted {
        model: wire.model,
        request: ChatRequest {
            messages: wire
                .messages
                .into_iter()
                .map(message)
                .collect::<Result<_, _>>()?,
            parameters,
            tools: tools.collect(),
            tool_choice: tool_choice(&wire.tool_choice),
            response_format: response_format(&wire.response_format),
            user: wire.user,
        },
        stream: wire.stream.unwrap_or_default(),
        usage: wire
            .stream_options
            .is_some_and(|options| options.include_usage),
    })
}

fn message(wire: WireMessage) -> Result<Message, app::Error> {
    let role = match wire.role.as_str() {
        "system" | "developer" => Role::System,
        "user" => Role::User,
        "assistant" => Role::Assistant,
        "tool" | "function" => Role::Tool,
        role => {
            return Err(app::Error::invalid(
                "messages",
                format!("unknown role `{role}`"),
            ));
        }
    };
    let content = match wire.content {
        Value::Null => Vec::new(),
        Value::String(text) => vec![Part::Text { text }],
        Value::Array(parts) => parts.iter().map(part).collect::<Result<_, _>>()?,
        _ => {
            return Err(app::Error::invalid(
                "messages",
                "content must be a string or a list of parts",
            ));
        }
    };
    let calls = wire
        .tool_calls
        .unwrap_or_default()
        .into_iter()
        .map(|call| ToolCall {
            id: call.id,
            name: call.function.name,
            arguments: call.function.arguments,
        });
    Ok(Message {
        role,
        content,
        tool_calls: calls.collect(),
        tool_call_id: wire.tool_call_id,
    })
}

fn part(part: &Value) -> Result<Part, app::Error> {
    let kind = part.get("type").and_then(Value::as_str).unwrap_or_default();
    let text = |pointer: &str| {
        part.pointer(pointer)
            .and_then(Value::as_str)
            .map(str::to_owned)
    };
    let found = match kind {
        "text" => text("/text").map(|text| Part::Text { text }),
        "image_url" => text("/image_url/url").map(|url| Part::Image {
            url,
            detail: match text("/image_url/detail").as_deref() {
                Some("low") => Detail::Low,
                Some("high") => Detail::High,
                _ => Detail::Auto,
            },
        }),
        _ => None,
    };
    found.ok_or_else(|| {
        app::Error::invalid(
            "messages",
            format!("a part of type `{kind}` is not understood"),
        )
    })
}

fn tool_choice(wire: &Value) -> ToolChoice {
    match wire {
        Value::String(word) if word == "none" => ToolChoice::None,
        Value::String(word) if word == "required" => ToolChoice::Required,
        Value::Object(_) => match wire.pointer("/function/name").and_then(Value::as_str) {
            Some(name) => ToolChoice::Named(name.to_owned()),
            None => ToolChoice::Auto,
        },
        _ => ToolChoice::Auto,
    }
}

fn response_format(wire: &Value) -> ResponseFormat {
    match wire.get("type").and_then(Value::as_str) {
        Some("json_object") => ResponseFormat::JsonObject,
        Some("json_schema") => {
            let name = wire.pointer("/json_schema/name").and_then(Value::as_str);
            ResponseFormat::JsonSchema {
                name: name.unwrap_or("answer").to_owned(),
                schema: wire
                    .pointer("/json_schema/schema")
                    .cloned()
                    .unwrap_or_default(),
            }
        }
        _ => ResponseFormat::Text,
    }
}
