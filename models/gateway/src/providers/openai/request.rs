//! The body of a `chat/completions` request.

use model::{ChatRequest, Message, Parameters, Part, ResponseFormat, Role, ToolChoice};
use serde_json::{Map, Value, json};

/// The body for a streamed answer. `usage`: ask for the token counts, which a few services refuse to be asked.
pub(super) fn body(model: &str, request: &ChatRequest, usage: bool) -> Value {
    // What only some services know goes first: nothing of it may replace what follows.
    let mut body = request.parameters.extra.clone();
    body.insert("model".to_owned(), model.into());
    let messages = request.messages.iter().map(message).collect();
    body.insert("messages".to_owned(), Value::Array(messages));
    body.insert("stream".to_owned(), true.into());
    if usage {
        let options = json!({ "include_usage": true });
        body.insert("stream_options".to_owned(), options);
    }
    parameters(&mut body, model, &request.parameters);
    if !request.tools.is_empty() {
        tools(&mut body, request);
    }
    match &request.response_format {
        ResponseFormat::Text => {}
        ResponseFormat::JsonObject => {
            let format = json!({ "type": "json_object" });
            body.insert("response_format".to_owned(), format);
        }
        ResponseFormat::JsonSchema { name, schema } => {
            let format = json!({
                "type": "json_schema",
                "json_schema": { "name": name, "schema": schema, "strict": true },
            });
            body.insert("response_format".to_owned(), format);
        }
    }
    if let Some(user) = &request.user {
        body.insert("user".to_owned(), user.as_str().into());
    }
    Value::Object(body)
}

fn parameters(body: &mut Map<String, Value>, model: &str, parameters: &Parameters) {
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            body.insert(name.to_owned(), value);
        }
    };
    put("temperature", parameters.temperature.map(number));
    put("top_p", parameters.top_p.map(number));
    let limit = if counts_reasoning(model) {
        "max_completion_tokens"
    } else {
        "max_tokens"
    };
    put(limit, parameters.max_tokens.map(Value::from));
    put(
        "stop",
        (!parameters.stop.is_empty()).then(|| json!(parameters.stop)),
    );
    put("seed", parameters.seed.map(Value::from));
    put("presence_penalty", parameters.presence_penalty.map(number));
    put(
        "frequency_penalty",
        parameters.frequency_penalty.map(number),
    );
}

/// OpenAI's reasoning families take `max_completion_tokens` only; most other services know `max_tokens` only.
fn counts_reasoning(model: &str) -> bool {
    let name = model.rsplit('/').next().unwrap_or(model);
    ["o1", "o3", "o4", "gpt-5"]
        .iter()
        .any(|family| name.starts_with(family))
}

/// An `f32` with the digits that it was written with: 0.7, not 0.699999988079071.
fn number(value: f32) -> Value {
    let exact: f64 = value.to_string().parse().unwrap_or(f64::from(value));
    json!(exact)
}

fn tools(body: &mut Map<String, Value>, request: &ChatRequest) {
    let tools = request.tools.iter().map(|tool| {
        json!({
            "type": "function",
            "function": {
                "name": tool.name,
                "description": tool.description,
                "parameters": tool.parameters,
            },
        })
    });
    body.insert("tools".to_owned(), tools.collect());
    let choice = match &request.tool_choice {
        ToolChoice::Auto => return,
        ToolChoice::None => "none".into(),
        ToolChoice::Required => "required".into(),
        ToolChoice::Named(name) => json!({ "type": "function", "function": { "name": name } }),
    };
    body.insert("tool_choice".to_owned(), choice);
}

fn message(message: &Message) -> Value {
    let mut wire = Map::new();
    wire.insert("role".to_owned(), json!(message.role));
    let only_text = message
        .content
        .iter()
        .all(|part| matches!(part, Part::Text { .. }));
    let calls = !message.tool_calls.is_empty();
    let content = if only_text {
        match message.as_text() {
            // A call without words has no content; an empty one is refused by some services.
            text if text.is_empty() && calls && message.role == Role::Assistant => Value::Null,
            text => text.into(),
        }
    } else {
        message.content.iter().map(part).collect()
    };
    wire.insert("content".to_owned(), content);
    if calls {
        let calls = message.tool_calls.iter().map(|call| {
            json!({
                "id": call.id,
                "type": "function",
                "function": { "name": call.name, "arguments": call.arguments },
            })
        });
        wire.insert("tool_calls".to_owned(), calls.collect());
    }
    if let Some(id) = &message.tool_call_id {
        wire.insert("tool_call_id".to_owned(), id.as_str().into());
    }
    Value::Object(wire)
}

fn part(part: &Part) -> Value {
    match part {
        Part::Text { text } => json!({ "type": "text", "text": text }),
        Part::Image { url, detail } => {
            json!({ "type": "image_url", "image_url": { "url": url, "detail": detail } })
        }
    }
}

#[cfg(test)]
mod tests {
    use model::{Detail, Tool, ToolCall};

    use super::*;

    fn check(model: &str, request: ChatRequest, usage: bool, expect: Value) {
        assert_eq!(body(model, &request, usage), expect);
    }

    fn says(text: &str) -> Vec<Message> {
        vec![Message::text(Role::User, text)]
    }

    #[test]
    fn plain_text() {
        let request = ChatRequest {
            messages: says("hi"),
            ..Default::default()
        };
        let messages = json!([{ "role": "user", "content": "hi" }]);
        check(
            "m",
            request.clone(),
            true,
            json!({
                "model": "m", "messages": messages, "stream": true,
                "stream_options": { "include_usage": true },
            }),
        );
        check(
            "m",
            request,
            false,
            json!({ "model": "m", "messages": messages, "stream": true }),
        );
    }

    #[test]
    fn every_parameter() {
        let parameters = Parameters {
            temperature: Some(0.7),
            top_p: Some(0.1),
            max_tokens: Some(5),
            stop: vec!["\n".to_owned()],
            seed: Some(7),
            presence_penalty: Some(-0.5),
            frequency_penalty: Some(2.0),
            extra: [
                ("top_k".to_owned(), json!(3)),
                ("stream".to_owned(), json!(false)),
            ]
            .into_iter()
            .collect(),
        };
        let request = ChatRequest {
            messages: says("hi"),
            parameters,
            response_format: ResponseFormat::JsonObject,
            user: Some("u".to_owned()),
            ..Default::default()
        };
        let mut expect = json!({
            "top_k": 3, "stream": true, "model": "m",
            "messages": [{ "role": "user", "content": "hi" }],
            "temperature": 0.7, "top_p": 0.1, "max_tokens": 5, "stop": ["\n"], "seed": 7,
            "presence_penalty": -0.5, "frequency_penalty": 2.0,
            "response_format": { "type": "json_object" }, "user": "u",
        });
        check("m", request.clone(), false, expect.clone());
        let fields = expect.as_object_mut().unwrap();
        fields.remove("max_tokens");
        fields.insert("max_completion_tokens".to_owned(), json!(5));
        fields.insert("model".to_owned(), json!("openai/o3-mini"));
        check("openai/o3-mini", request, false, expect);
    }

    #[test]
    fn pictures_tools_and_a_schema() {
        let call = ToolCall {
            id: "c1".to_owned(),
            name: "look".to_owned(),
            arguments: "{}".to_owned(),
        };
        let messages = vec![
            Message {
                role: Role::User,
                content: vec![
                    Part::Text {
                        text: "what?".to_owned(),
                    },
                    Part::Image {
                        url: "https://h/p.png".to_owned(),
                        detail: Detail::Low,
                    },
                ],
                tool_calls: Vec::new(),
                tool_call_id: None,
            },
            Message {
                tool_calls: vec![call],
                ..Message::text(Role::Assistant, "")
            },
            Message {
                tool_call_id: Some("c1".to_owned()),
                ..Message::text(Role::Tool, "a cat")
            },
        ];
        let request = ChatRequest {
            messages,
            tools: vec![Tool {
                name: "look".to_owned(),
                description: "Looks.".to_owned(),
                parameters: json!({ "type": "object" }),
            }],
            tool_choice: ToolChoice::Named("look".to_owned()),
            response_format: ResponseFormat::JsonSchema {
                name: "answer".to_owned(),
                schema: json!({ "type": "object" }),
            },
            ..Default::default()
        };
        check(
            "m",
            request,
            false,
            json!({
                "model": "m",
                "messages": [
                    { "role": "user", "content": [
                        { "type": "text", "text": "what?" },
                        { "type": "image_url", "image_url": { "url": "https://h/p.png", "detail": "low" } },
                    ] },
                    { "role": "assistant", "content": null, "tool_calls": [
                        { "id": "c1", "type": "function", "function": { "name": "look", "arguments": "{}" } },
                    ] },
                    { "role": "tool", "content": "a cat", "tool_call_id": "c1" },
                ],
                "stream": true,
                "tools": [{ "type": "function", "function": {
                    "name": "look", "description": "Looks.", "parameters": { "type": "object" },
                } }],
                "tool_choice": { "type": "function", "function": { "name": "look" } },
                "response_format": { "type": "json_schema", "json_schema": {
                    "name": "answer", "schema": { "type": "object" }, "strict": true,
                } },
            }),
        );
    }
}
