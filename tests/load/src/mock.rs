//! A language model behind the OpenAI dialect that answers the same text at once, so that what is measured is the server.

#![allow(
    clippy::indexing_slicing,
    reason = "JSON values answer null for what they lack"
)]

use std::{convert::Infallible, net::TcpListener};

use anyhow::Result;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Request, Response, body::Incoming, header::CONTENT_TYPE, service::service_fn};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};

/// The name of the model.
pub const MODEL: &str = "mock";

/// A word that every answer holds.
pub const WORD: &str = "alpha";

/// The answer: 32 words, a token each.
const WORDS: [&str; 8] = [
    "alpha ", "bravo ", "charlie ", "delta ", "echo ", "foxtrot ", "golf ", "hotel ",
];
const TOKENS: usize = 32;

/// Serves it on a thread of its own until the process ends; answers its base URL.
pub fn start() -> Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    let url = format!("http://{}/v1", listener.local_addr()?);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    std::thread::Builder::new()
        .name("mock".to_owned())
        .spawn(move || runtime.block_on(serve(listener)))?;
    Ok(url)
}

async fn serve(listener: TcpListener) -> Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            continue;
        };
        stream.set_nodelay(true)?;
        tokio::spawn(async move {
            // A connection that the server drops is no error here.
            let _ = hyper::server::conn::http1::Builder::new()
                .pipeline_flush(true)
                .serve_connection(TokioIo::new(stream), service_fn(answer))
                .await;
        });
    }
}

async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let body = match request.into_body().collect().await {
        Ok(body) => body.to_bytes(),
        Err(_) => Bytes::new(),
    };
    let asked: Value = serde_json::from_slice(&body).unwrap_or_default();
    let prompt = body.len() / 4;
    let usage = json!({
        "prompt_tokens": prompt, "completion_tokens": TOKENS, "total_tokens": prompt + TOKENS,
    });
    let streams = asked.get("stream").and_then(Value::as_bool) == Some(true);
    let (kind, text) = match streams {
        true => ("text/event-stream", streamed(&usage)),
        false => ("application/json", whole(&usage)),
    };
    let mut response = Response::new(Full::new(Bytes::from(text)));
    let kind = hyper::header::HeaderValue::from_static(kind);
    response.headers_mut().insert(CONTENT_TYPE, kind);
    Ok(response)
}

fn words() -> impl Iterator<Item = &'static str> {
    WORDS.iter().copied().cycle().take(TOKENS)
}

fn whole(usage: &Value) -> String {
    let text: String = words().collect();
    json!({
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1_700_000_000, "model": MODEL, "usage": usage,
        "choices": [{ "index": 0, "finish_reason": "stop", "message": { "role": "assistant", "content": text } }],
    })
    .to_string()
}

fn streamed(usage: &Value) -> String {
    let event = |choices: Value, usage: Option<&Value>| {
        let mut chunk = json!({
            "id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1_700_000_000, "model": MODEL,
            "choices": choices,
        });
        if let Some(usage) = usage {
            chunk["usage"] = usage.clone();
        }
        format!("data: {chunk}\n\n")
    };
    let mut text: String = words()
        .map(|word| event(json!([{ "index": 0, "delta": { "content": word } }]), None))
        .collect();
    text += &event(
        json!([{ "index": 0, "delta": {}, "finish_reason": "stop" }]),
        None,
    );
    text += &event(json!([]), Some(usage));
    text += "data: [DONE]\n\n";
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_end_with_the_usage() {
        let text = streamed(&json!({ "total_tokens": 3 }));
        assert_eq!(text.matches("data: ").count(), TOKENS + 3);
        let usage = text.lines().rev().find(|line| line.contains("usage"));
        assert!(usage.is_some_and(|line| line.contains(r#""total_tokens":3"#)));
        assert!(whole(&json!({})).contains(WORD));
    }
}
