//! Tools that reach outside, over a scripted network.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "helpers of tests may panic as tests do"
)]

use std::sync::Arc;

use agent::{Tool, tools};
use bytes::Bytes;
use futures::executor::block_on;
use http::Response;
use ports::{Body, Clock, Fetch, fake};
use serde_json::{Value, json};

fn call(tool: &dyn Tool, arguments: Value) -> Result<String, String> {
    block_on(tool.call(arguments.as_object().expect("an object")))
}

fn page(kind: &str, body: &str) -> ports::Result<Response<Body>> {
    let answer = Response::builder().header("content-type", kind);
    let body = Body::from(Bytes::from(body.to_owned()));
    Ok(answer.body(body).expect("a response"))
}

#[test]
fn pages_are_read_as_text() {
    let (platform, handles) = fake::platform();
    let html = "<html><head><title>T</title><script>x()</script></head><body><p>One</p><p>Two</p></body></html>";
    handles.fetch.route("https://a.example/", move |_| {
        page("text/html; charset=utf-8", html)
    });
    handles
        .fetch
        .route("https://b.example/", |_| page("image/png", "x"));
    let tool = tools::built_in(&platform, "webscraper", "webscraper").expect("it is there");
    let read = |url: &str| call(tool.as_ref(), json!({"url": url}));
    let text = read("https://a.example/").expect("a page");
    assert!(
        text.contains("One") && text.contains("Two") && !text.contains("x()"),
        "{text}"
    );
    assert_eq!(
        read("https://b.example/"),
        Err("a page of type image/png cannot be read".to_owned())
    );
    for inside in [
        "http://127.0.0.1/",
        "http://169.254.169.254/latest",
        "file:///etc/passwd",
    ] {
        assert!(read(inside).is_err(), "{inside}");
    }
    assert_eq!(
        call(tool.as_ref(), json!({})),
        Err("`url` is required".to_owned())
    );
    assert!(
        handles
            .fetch
            .sent()
            .iter()
            .all(|sent| !sent.head.uri().to_string().contains("127.0.0.1"))
    );
}

#[test]
fn built_in_tools_are_found_by_their_names() {
    let (platform, _) = fake::platform();
    for (provider, name, label) in tools::ALL {
        let tool = tools::built_in(&platform, provider, name).expect("a tool");
        assert_eq!(
            (tool.spec().name.as_str(), tool.label().as_str()),
            (name, label)
        );
    }
    assert!(tools::built_in(&platform, "langgenius/maths/maths", "eval_expression").is_some());
    assert!(tools::built_in(&platform, "google", "google_search").is_none());
}

fn document() -> Value {
    json!({
        "openapi": "3.0.0",
        "servers": [{"url": "https://api.example/v1/"}],
        "paths": {"/pets/{id}": {
            "parameters": [{"name": "id", "in": "path", "schema": {"type": "integer"}}],
            "get": {"operationId": "get pet", "summary": "A pet", "parameters": [{"$ref": "#/components/parameters/Lang"}]},
            "post": {"requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Pet"}}}}}
        }},
        "components": {
            "parameters": {"Lang": {"name": "lang", "in": "query", "required": true, "schema": {"type": "string"}}},
            "schemas": {"Pet": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}}
        }
    })
}

#[test]
fn an_openapi_document_gives_tools() {
    let (platform, handles) = fake::platform();
    handles.fetch.route("https://api.example/", |_| {
        page("application/json", "{\"ok\":true}")
    });
    let fetch: Arc<dyn Fetch> = platform.fetch.clone();
    let clock: Arc<dyn Clock> = platform.clock.clone();
    let keys = tools::open_api::Always {
        headers: vec![("authorization".to_owned(), "Bearer k".to_owned())],
        query: vec![("version".to_owned(), "2".to_owned())],
        idempotency_key: Some("once".to_owned()),
    };
    let tools = tools::open_api::tools(&document(), &keys, &fetch, &clock).expect("tools");
    let names: Vec<String> = tools.iter().map(|tool| tool.spec().name).collect();
    assert_eq!(names, ["get_pet", "post__pets__id_"]);
    assert_eq!(
        tools[0].spec().parameters["required"],
        json!(["id", "lang"])
    );
    assert_eq!(tools[0].label(), "A pet");

    assert_eq!(
        call(tools[0].as_ref(), json!({"id": 7})),
        Err("`lang` is required".to_owned())
    );
    let answer = call(tools[0].as_ref(), json!({"id": "../7", "lang": "d e"}));
    assert_eq!(answer.as_deref(), Ok("{\"ok\":true}"));
    assert_eq!(
        call(tools[1].as_ref(), json!({"id": 7, "name": "Rex"})).as_deref(),
        Ok("{\"ok\":true}")
    );
    let sent = handles.fetch.sent();
    assert_eq!(
        sent[0].head.uri().to_string(),
        "https://api.example/v1/pets/..%2F7?lang=d%20e&version=2"
    );
    assert_eq!(
        sent[0].head.headers().get("authorization").expect("a key"),
        "Bearer k"
    );
    let once = |place: usize| sent[place].head.headers().get("idempotency-key").is_some();
    assert!(!once(0) && once(1), "only what changes something");
    assert_eq!(sent[1].head.method().as_str(), "POST");
    assert_eq!(&sent[1].body[..], br#"{"name":"Rex"}"#);

    let wrong = |document: Value, expect: &str| {
        let found = tools::open_api::tools(&document, &Default::default(), &fetch, &clock);
        assert_eq!(found.err().as_deref(), Some(expect));
    };
    wrong(json!({}), "`servers[0].url` is missing");
    wrong(
        json!({"servers": [{"url": "https://a.example"}]}),
        "`paths` is missing",
    );
    wrong(
        json!({"servers": [{"url": "http://10.0.0.1"}], "paths": {}}),
        "`servers[0].url`: the address 10.0.0.1 is not allowed: it is not public",
    );
    wrong(
        json!({"servers": [{"url": "https://a.example"}], "paths": {"/x": {"get": {"parameters": [{"$ref": "#/no"}]}}}}),
        "`paths./x.get`: `#/no` is not in the document",
    );
}
