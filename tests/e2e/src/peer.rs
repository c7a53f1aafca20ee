//! A scripted language model behind OpenAI's API. It answers with the sentence of the prompt that shares the most words
//! with the question, so an answer shows that the right passage, the right history and nothing else arrived. A model's
//! name decides how it misbehaves. Given a calculator, it has a sum done before it answers with what came back.

use std::{
    convert::Infallible,
    sync::{Arc, Mutex},
};

use anyhow::Result;
use axum::{
    Json, Router,
    body::{Body, Bytes},
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use futures::{StreamExt, stream};
use serde_json::{Value, json};

/// The model that behaves.
pub const GOOD: &str = "scripted";
/// Sends a few words, then cuts the connection.
pub const CUTS: &str = "cuts";
/// Sends a few words, then nothing.
pub const HANGS: &str = "hangs";
/// Refuses with 429.
pub const BUSY: &str = "busy";
/// Fails with 500.
pub const FAILS: &str = "fails";
/// Answers a web page.
pub const HTML: &str = "html";
/// Has no credit left.
pub const BROKE: &str = "broke";
/// All of them.
pub const MODELS: [&str; 7] = [GOOD, CUTS, HANGS, BUSY, FAILS, HTML, BROKE];

/// The running peer.
pub struct Peer {
    /// Its base URL, such as `http://127.0.0.1:41234/v1`.
    pub url: String,
    asked: Asked,
}

type Asked = Arc<Mutex<Vec<Value>>>;

impl Peer {
    /// Starts it on a free port; it ends with the runtime.
    pub async fn start() -> Result<Self> {
        let asked = Asked::default();
        let app = Router::new()
            .route("/v1/chat/completions", post(chat))
            .route("/v1/models", get(models))
            .route("/v1/audio/transcriptions", post(transcribe))
            .route("/v1/audio/speech", post(speak))
            .with_state(Arc::clone(&asked));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}/v1", listener.local_addr()?);
        tokio::spawn(async move { axum::serve(listener, app).await });
        Ok(Self { url, asked })
    }

    /// The requests so far, as they came.
    pub fn requests(&self) -> Vec<Value> {
        self.asked
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
            .clone()
    }
}

async fn models() -> Json<Value> {
    let models: Vec<_> = MODELS
        .iter()
        .map(|id| json!({ "id": id, "object": "model", "owned_by": "e2e" }))
        .collect();
    Json(json!({ "object": "list", "data": models }))
}

async fn transcribe(form: Bytes) -> Json<Value> {
    Json(json!({ "text": format!("{} bytes were heard", form.len().min(1)) }))
}

/// Two times 20 kB: more than one event of a stream.
async fn speak(Json(request): Json<Value>) -> Response {
    let text = request.get("input").and_then(Value::as_str);
    let sound = [text.unwrap_or_default().as_bytes(), &[7; 40_000]].concat();
    ([(header::CONTENT_TYPE, "audio/mpeg")], sound).into_response()
}

async fn chat(State(asked): State<Asked>, Json(request): Json<Value>) -> Response {
    asked
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner())
        .push(request.clone());
    let model = request
        .get("model")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    let stream = request
        .get("stream")
        .and_then(Value::as_bool)
        .unwrap_or_default();
    match model.as_str() {
        BUSY => refuse(
            StatusCode::TOO_MANY_REQUESTS,
            "Too many requests, try later",
        ),
        BROKE => {
            let error = json!({ "message": "No credit", "type": "insufficient_quota", "code": "insufficient_quota" });
            (
                StatusCode::TOO_MANY_REQUESTS,
                Json(json!({ "error": error })),
            )
                .into_response()
        }
        FAILS => refuse(StatusCode::INTERNAL_SERVER_ERROR, "The model is broken"),
        HTML => (
            [(header::CONTENT_TYPE, "text/html")],
            "<html><body>Gateway page</body></html>",
        )
            .into_response(),
        _ if !stream => whole(&model, &request),
        _ => streamed(&model, &request),
    }
}

fn refuse(status: StatusCode, message: &str) -> Response {
    (
        status,
        Json(json!({ "error": { "message": message, "type": "peer", "code": null } })),
    )
        .into_response()
}

/// The calls of tools that it wants.
fn calls(request: &Value) -> Option<Value> {
    let tools = request.get("tools").and_then(Value::as_array)?;
    let name = |tool: &Value| tool.pointer("/function/name").cloned();
    let can = tools
        .iter()
        .any(|tool| name(tool) == Some(json!("eval_expression")));
    let is_done = messages(request).iter().any(|(role, _)| role == "tool");
    (can && !is_done).then(|| {
        let function =
            json!({ "name": "eval_expression", "arguments": "{\"expression\":\"6*7\"}" });
        json!([{ "index": 0, "id": "call_1", "type": "function", "function": function }])
    })
}

fn whole(model: &str, request: &Value) -> Response {
    let text = reply(request);
    let mut message = json!({ "role": "assistant", "content": text });
    let mut finish = "stop";
    if let (Some(calls), Some(message)) = (calls(request), message.as_object_mut()) {
        message.insert("tool_calls".to_owned(), calls);
        finish = "tool_calls";
    }
    Json(json!({
        "id": "chatcmpl-e2e", "object": "chat.completion", "created": 1, "model": model,
        "choices": [{ "index": 0, "message": message, "finish_reason": finish }],
        "usage": usage(request, &text),
    }))
    .into_response()
}

fn streamed(model: &str, request: &Value) -> Response {
    let text = reply(request);
    let chunk = |delta: Value, finish: Value| {
        json!({
            "id": "chatcmpl-e2e", "object": "chat.completion.chunk", "created": 1, "model": model,
            "choices": [{ "index": 0, "delta": delta, "finish_reason": finish }],
        })
    };
    let mut chunks: Vec<Value> = vec![chunk(
        json!({ "role": "assistant", "content": "" }),
        Value::Null,
    )];
    chunks.extend(
        text.split_inclusive(' ')
            .map(|word| chunk(json!({ "content": word }), Value::Null)),
    );
    let misbehaves = [CUTS, HANGS].contains(&model);
    if misbehaves {
        chunks.truncate(3);
    } else {
        let finish = match calls(request) {
            Some(calls) => {
                chunks.push(chunk(json!({ "tool_calls": calls }), Value::Null));
                "tool_calls"
            }
            None => "stop",
        };
        chunks.push(chunk(json!({}), json!(finish)));
        let mut last = json!({
            "id": "chatcmpl-e2e", "object": "chat.completion.chunk", "created": 1, "model": model, "choices": [],
        });
        if let Some(last) = last.as_object_mut() {
            last.insert("usage".to_owned(), usage(request, &text));
        }
        chunks.push(last);
    }
    let mut lines: Vec<String> = chunks
        .iter()
        .map(|chunk| format!("data: {chunk}\n\n"))
        .collect();
    if !misbehaves {
        lines.push("data: [DONE]\n\n".to_owned());
    }
    let lines = stream::iter(lines.into_iter().map(Ok::<_, std::io::Error>));
    let body = match model {
        CUTS => {
            let cut = std::io::Error::other("cut on purpose");
            Body::from_stream(lines.chain(stream::iter([Err(cut)])))
        }
        HANGS => Body::from_stream(lines.chain(stream::pending())),
        _ => Body::from_stream(lines.map(|line| Ok::<_, Infallible>(line.unwrap_or_default()))),
    };
    ([(header::CONTENT_TYPE, "text/event-stream")], body).into_response()
}

fn usage(request: &Value, text: &str) -> Value {
    let prompt: usize = messages(request)
        .iter()
        .map(|(_, text)| text.split_whitespace().count())
        .sum();
    let completion = text.split_whitespace().count();
    json!({ "prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion })
}

/// `[turn 2] The sentence that fits best.`
fn reply(request: &Value) -> String {
    let messages = messages(request);
    if let Some((role, result)) = messages.last()
        && role == "tool"
    {
        return format!("The tool says {result}.");
    }
    let turn = messages.iter().filter(|(role, _)| role == "user").count();
    let question = messages
        .last()
        .map(|(_, text)| text.as_str())
        .unwrap_or_default();
    let everything: Vec<&str> = messages
        .iter()
        .filter(|(role, _)| role != "assistant")
        .flat_map(|(_, text)| sentences(text))
        .collect();
    let wanted = words(question);
    // The first of the best: the order of passages decides, as it would with a model.
    let best = everything
        .iter()
        .filter(|sentence| !question.trim_end().ends_with(*sentence) && !sentence.ends_with('?'))
        .map(|sentence| {
            (
                words(sentence)
                    .iter()
                    .filter(|word| wanted.contains(word))
                    .count(),
                *sentence,
            )
        })
        .fold(
            (0, ""),
            |best, next| if next.0 > best.0 { next } else { best },
        );
    match best {
        (0 | 1, _) => format!("[turn {turn}] I do not know."),
        (_, sentence) => format!("[turn {turn}] {sentence}"),
    }
}

fn messages(request: &Value) -> Vec<(String, String)> {
    let text = |content: &Value| match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts
            .iter()
            .filter_map(|part| part.get("text")?.as_str())
            .collect(),
        _ => String::new(),
    };
    let messages = request.get("messages").and_then(Value::as_array);
    let message = |message: &Value| {
        let role = message
            .get("role")
            .and_then(Value::as_str)
            .unwrap_or_default();
        (
            role.to_owned(),
            text(message.get("content").unwrap_or(&Value::Null)),
        )
    };
    messages.into_iter().flatten().map(message).collect()
}

fn sentences(text: &str) -> Vec<&str> {
    let pieces = text.split('\n').flat_map(|line| line.split_inclusive(". "));
    pieces
        .map(str::trim)
        .filter(|sentence| !sentence.is_empty())
        .collect()
}

fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| word.len() > 3)
        .map(str::to_lowercase)
        .collect();
    words.sort();
    words.dedup();
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(messages: &[(&str, &str)], expect: &str) {
        let messages: Vec<_> = messages
            .iter()
            .map(|(role, content)| json!({ "role": role, "content": content }))
            .collect();
        assert_eq!(reply(&json!({ "messages": messages })), expect);
    }

    #[test]
    fn the_best_sentence_answers() {
        let context = "Use this.\nThe boiler holds two litres. The pump makes nine bar.\nCall us.";
        check(
            &[
                ("system", context),
                ("user", "How much does the boiler hold?"),
            ],
            "[turn 1] I do not know.",
        );
        check(
            &[
                ("system", context),
                ("user", "How many litres does the boiler take, two?"),
            ],
            "[turn 1] The boiler holds two litres.",
        );
        check(
            &[
                ("system", context),
                ("user", "a"),
                ("assistant", "b"),
                ("user", "Which pump makes pressure?"),
            ],
            "[turn 2] The pump makes nine bar.",
        );
        check(&[("user", "Anything?")], "[turn 1] I do not know.");
    }
}
