//! The MCP client against a scripted server.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "helpers of tests may panic as tests do"
)]

use std::sync::Arc;

use agent::{Tool, tools::mcp::Server};
use futures::executor::block_on;
use ports::{Body, fake::platform};
use serde_json::{Map, Value, json};

/// What a server answers to a method.
fn result(message: &Value) -> Value {
    let params = &message["params"];
    match message["method"].as_str().expect("a method") {
        "initialize" => json!({ "protocolVersion": "2025-03-26", "capabilities": { "tools": {} } }),
        "tools/list" if params["cursor"].is_null() => json!({ "nextCursor": "2", "tools": [
            { "name": "pets.find", "title": "Find pets", "description": "Finds.", "inputSchema": { "type": "object",
              "properties": { "kind": { "type": "string" } } } }] }),
        "tools/list" => {
            json!({ "tools": [{ "name": "fail", "inputSchema": { "type": "object" } }] })
        }
        _ if params["name"] == "fail" => {
            json!({ "isError": true, "content": [{ "type": "text", "text": "no such pet" }] })
        }
        _ => json!({ "content": [
            { "type": "text", "text": params["arguments"]["kind"] }, { "type": "image", "mimeType": "image/png", "data": "" }] }),
    }
}

/// A server, and the requests that it got: their method with the session and the protocol that they named.
fn server(streams: bool) -> (Arc<Server>, impl Fn() -> Vec<String>) {
    let (platform, handles) = platform();
    handles.fetch.route("https://mcp.example/", move |request: http::Request<bytes::Bytes>| {
        let answer = http::Response::builder().header("mcp-session-id", "s1");
        if request.method() == "DELETE" {
            return Ok(answer.body(Body::Empty).expect("an answer"));
        }
        assert_eq!(request.headers()["authorization"], "Bearer k");
        let message: Value = serde_json::from_slice(request.body()).expect("JSON");
        let Some(id) = message.get("id") else {
            return Ok(answer.status(202).body(Body::Empty).expect("an answer"));
        };
        let told = json!({ "jsonrpc": "2.0", "id": id, "result": result(&message) }).to_string();
        Ok(match streams {
            true => {
                let noise = json!({ "jsonrpc": "2.0", "method": "notifications/message", "params": {} });
                let body = format!(": hello\n\ndata: {noise}\n\nevent: message\r\ndata: {told}\r\n\r\n");
                let answer = answer.header("content-type", "text/event-stream");
                answer.body(Body::Full(body.into())).expect("an answer")
            }
            false => {
                let answer = answer.header("content-type", "application/json");
                answer.body(Body::Full(told.into())).expect("an answer")
            }
        })
    });
    let server = Server {
        address: "https://mcp.example/mcp".to_owned(),
        headers: vec![("authorization".to_owned(), "Bearer k".to_owned())],
        fetch: platform.fetch.clone(),
        clock: platform.clock.clone(),
    };
    let seen = move || {
        let sent = handles.fetch.sent();
        let line = |sent: &ports::fake::Recorded| {
            let message: Value = serde_json::from_slice(&sent.body).unwrap_or_default();
            let header = |name: &str| {
                let value = sent.head.headers().get(name);
                value
                    .and_then(|it| it.to_str().ok())
                    .unwrap_or("-")
                    .to_owned()
            };
            let method = message["method"]
                .as_str()
                .unwrap_or(sent.head.method().as_str());
            format!(
                "{method} {} {}",
                header("mcp-session-id"),
                header("mcp-protocol-version")
            )
        };
        sent.iter().map(line).collect()
    };
    (Arc::new(server), seen)
}

#[test]
fn tools_are_listed_and_called() {
    for streams in [false, true] {
        let (server, seen) = server(streams);
        let listed = block_on(server.list()).expect("tools");
        let tools: Vec<_> = listed.iter().filter_map(|it| server.offer(it)).collect();
        let shown: Vec<(String, &str, String)> = tools
            .iter()
            .map(|it| (it.spec().name, it.name(), it.label()))
            .collect();
        assert_eq!(
            shown,
            [
                ("pets_find".to_owned(), "pets.find", "Find pets".to_owned()),
                ("fail".to_owned(), "fail", "fail".to_owned()),
            ]
        );
        assert_eq!(
            seen(),
            [
                "initialize - 2025-06-18",
                "notifications/initialized s1 2025-03-26",
                "tools/list s1 2025-03-26",
                "tools/list s1 2025-03-26",
                "DELETE s1 2025-03-26",
            ]
        );
        let mut arguments = Map::new();
        arguments.insert("kind".to_owned(), json!("cat"));
        let said = block_on(tools[0].call(&arguments));
        assert_eq!(
            said.as_deref(),
            Ok("cat\n[image of type image/png was left out]")
        );
        assert_eq!(
            block_on(tools[1].call(&arguments)),
            Err("no such pet".to_owned())
        );
    }
}

#[test]
fn a_server_that_is_none_is_said_to_be() {
    let (platform, handles) = platform();
    handles
        .fetch
        .route("https://html.example/", |_: http::Request<bytes::Bytes>| {
            Ok(http::Response::new(Body::Full("<html>".into())))
        });
    handles
        .fetch
        .route("https://gone.example/", |_: http::Request<bytes::Bytes>| {
            let answer = http::Response::builder().status(404);
            Ok(answer.body(Body::Empty).expect("an answer"))
        });
    for (address, expect) in [
        ("https://html.example/", "did not answer `initialize`"),
        ("https://gone.example/", "status 404"),
        ("http://127.0.0.1/mcp", ""),
        ("nothing", ""),
    ] {
        let server = Arc::new(Server {
            address: address.to_owned(),
            headers: Vec::new(),
            fetch: platform.fetch.clone(),
            clock: platform.clock.clone(),
        });
        let error = block_on(server.list()).expect_err("an error");
        assert!(error.contains(expect), "{address}: {error}");
    }
}
