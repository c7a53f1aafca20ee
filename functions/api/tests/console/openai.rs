use futures::executor::block_on;
use http::Method;
use model::{Detail, Part, ResponseFormat, Role, ToolChoice, fake::Reply};
use serde_json::{Value, json};

use super::support::{ADMIN, Answer, Bench};

async fn call(
    bench: &Bench,
    token: &str,
    method: Method,
    path: &str,
    body: Option<Value>,
) -> Answer {
    let bearer = format!("Bearer {token}");
    bench
        .send(
            method,
            &format!("/openai/v1{path}"),
            &[("authorization", &bearer)],
            body.as_ref(),
        )
        .await
}

async fn chat(bench: &Bench, body: Value) -> Answer {
    call(bench, ADMIN, Method::POST, "/chat/completions", Some(body)).await
}

fn hi(model: &str) -> Value {
    json!({ "model": model, "messages": [{ "role": "user", "content": "hi" }] })
}

#[test]
fn whole_answers() {
    let bench = Bench::new([Reply::Text("good day".to_owned())]);
    block_on(async {
        let answer = chat(&bench, hi("local/tiny")).await.json();
        assert_eq!(answer["object"], "chat.completion");
        assert_eq!(
            answer["choices"][0]["message"],
            json!({ "role": "assistant", "content": "good day" })
        );
        assert_eq!(answer["choices"][0]["finish_reason"], "stop");
        assert_eq!(
            answer["usage"]["total_tokens"],
            json!(answer["usage"]["prompt_tokens"].as_u64().unwrap() + 2)
        );
        // Those of the process may go without the provider.
        assert_eq!(
            chat(&bench, hi("tiny")).await.json()["choices"][0]["message"]["content"],
            "echo: hi"
        );
    });
}

#[test]
fn streamed_answers() {
    let bench = Bench::new([
        Reply::Text("good day".to_owned()),
        Reply::Text("x".to_owned()),
        Reply::Cut("good ".to_owned()),
    ]);
    block_on(async {
        let mut body = hi("local/tiny");
        body["stream"] = json!(true);
        body["stream_options"] = json!({ "include_usage": true });
        let answer = chat(&bench, body.clone()).await;
        assert_eq!(answer.headers["content-type"], "text/event-stream");
        let events: Vec<&str> = answer
            .text
            .split("\n\n")
            .filter(|event| !event.is_empty())
            .collect();
        assert_eq!(events.last(), Some(&"data: [DONE]"));
        let chunks: Vec<Value> = events[..events.len() - 1]
            .iter()
            .map(|event| serde_json::from_str(event.strip_prefix("data: ").unwrap()).unwrap())
            .collect();
        let said: String = chunks
            .iter()
            .filter_map(|chunk| chunk["choices"][0]["delta"]["content"].as_str())
            .collect();
        assert_eq!(
            (said.as_str(), &chunks[0]["choices"][0]["delta"]["role"]),
            ("good day", &json!("assistant"))
        );
        assert!(
            chunks
                .iter()
                .any(|chunk| chunk["usage"]["completion_tokens"] == 2)
        );
        assert!(
            chunks
                .iter()
                .any(|chunk| chunk["choices"][0]["finish_reason"] == "stop")
        );
        body["stream_options"] = Value::Null;
        assert!(!chat(&bench, body.clone()).await.text.contains("usage"));
        // A model that breaks off does so visibly, and without an end that looks like one.
        let cut = chat(&bench, body).await.text;
        assert!(
            cut.contains(r#""type":"server_error""#) && !cut.contains("[DONE]"),
            "{cut}"
        );
    });
}

#[test]
fn requests_are_read_whole() {
    let bench = Bench::new([]);
    block_on(async {
        let body = json!({
            "model": "tiny",
            "messages": [
                { "role": "developer", "content": "be brief" },
                { "role": "user", "content": [
                    { "type": "text", "text": "what?" },
                    { "type": "image_url", "image_url": { "url": "data:image/png;base64,AA==", "detail": "low" } },
                ] },
                { "role": "assistant", "content": null, "tool_calls": [{ "id": "c", "type": "function", "function": { "name": "f", "arguments": "{}" } }] },
                { "role": "tool", "tool_call_id": "c", "content": "a cat" },
            ],
            "temperature": 0.5, "max_tokens": 9, "stop": "X", "seed": 1, "user": "u", "top_k": 4,
            "tools": [{ "type": "function", "function": { "name": "f", "parameters": { "type": "object" } } }],
            "tool_choice": "required",
            "response_format": { "type": "json_schema", "json_schema": { "name": "s", "schema": {} } },
        });
        assert_eq!(chat(&bench, body).await.status, 200);
        let request = bench.llm.requests().pop().unwrap();
        let roles: Vec<Role> = request
            .messages
            .iter()
            .map(|message| message.role)
            .collect();
        assert_eq!(
            roles,
            [Role::System, Role::User, Role::Assistant, Role::Tool]
        );
        let image = Part::Image {
            url: "data:image/png;base64,AA==".to_owned(),
            detail: Detail::Low,
        };
        assert_eq!(request.messages[1].content[1], image);
        assert_eq!(request.messages[2].tool_calls[0].name, "f");
        assert_eq!(request.messages[3].tool_call_id.as_deref(), Some("c"));
        let parameters = &request.parameters;
        assert_eq!(
            (
                parameters.temperature,
                parameters.max_tokens,
                parameters.seed
            ),
            (Some(0.5), Some(9), Some(1))
        );
        assert_eq!(
            (parameters.stop.as_slice(), &parameters.extra["top_k"]),
            (&["X".to_owned()][..], &json!(4))
        );
        assert_eq!(
            (request.tools[0].name.as_str(), &request.tool_choice),
            ("f", &ToolChoice::Required)
        );
        assert!(matches!(
            request.response_format,
            ResponseFormat::JsonSchema { .. }
        ));
    });
}

#[test]
fn vectors_and_lists() {
    let bench = Bench::new([]);
    block_on(async {
        let embed = async |body| call(&bench, ADMIN, Method::POST, "/embeddings", Some(body)).await;
        let two = embed(json!({ "model": "local/mini", "input": ["a b", "b a"] }))
            .await
            .json();
        assert_eq!(two["data"][0]["embedding"].as_array().unwrap().len(), 64);
        assert_eq!(two["data"][0]["embedding"], two["data"][1]["embedding"]);
        let packed = embed(json!({ "model": "mini", "input": "a b", "encoding_format": "base64" }))
            .await
            .json();
        assert_eq!(
            packed["data"][0]["embedding"].as_str().unwrap().len(),
            (64 * 4usize).div_ceil(3) * 4
        );
        assert_eq!(
            embed(json!({ "model": "mini", "input": [] })).await.status,
            400
        );
        assert_eq!(
            embed(json!({ "model": "none", "input": "a" })).await.status,
            404
        );
        let models = call(&bench, ADMIN, Method::GET, "/models", None)
            .await
            .json();
        let ids: Vec<&str> = models["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|model| model["id"].as_str().unwrap())
            .collect();
        assert_eq!(ids, ["local/tiny", "local/mini"]);
    });
}

#[test]
fn only_model_keys_and_the_admin_token_open() {
    let bench = Bench::new([]);
    block_on(async {
        let key = bench
            .post("/workspaces/current/model-keys", json!({}))
            .await;
        let open = call(
            &bench,
            key["token"].as_str().unwrap(),
            Method::POST,
            "/chat/completions",
            Some(hi("tiny")),
        )
        .await;
        assert_eq!(open.status, 200);
        let dataset = bench.post("/datasets/api-keys", json!({})).await;
        for token in [dataset["token"].as_str().unwrap(), "nonsense"] {
            let shut = call(
                &bench,
                token,
                Method::POST,
                "/chat/completions",
                Some(hi("tiny")),
            )
            .await;
            assert_eq!(
                (shut.status.as_u16(), &shut.json()["error"]["code"]),
                (401, &json!("invalid_api_key"))
            );
        }
    });
}

#[test]
fn errors_have_the_shape_of_openai() {
    let fail = |kind, text: &str| Reply::Fail(kind, text.to_owned());
    let bench = Bench::new([
        fail(model::ErrorKind::Unavailable, "down"),
        fail(model::ErrorKind::Quota, "empty"),
        fail(model::ErrorKind::RateLimit, "slow"),
        fail(model::ErrorKind::Authentication, "our key"),
        fail(model::ErrorKind::ContextLength, "long"),
    ]);
    block_on(async {
        let check = async |body: Value, status: u16, kind: &str| {
            let answer = chat(&bench, body).await;
            assert_eq!(
                (
                    answer.status.as_u16(),
                    answer.json()["error"]["type"].as_str()
                ),
                (status, Some(kind)),
                "{}",
                answer.text
            );
        };
        check(hi("tiny"), 502, "server_error").await;
        check(hi("tiny"), 402, "insufficient_quota").await;
        check(hi("tiny"), 429, "rate_limit_error").await;
        check(hi("tiny"), 502, "server_error").await;
        check(hi("tiny"), 400, "invalid_request_error").await;
        check(hi("openai/gpt-4o"), 404, "invalid_request_error").await;
        check(
            json!({ "model": "tiny", "messages": [] }),
            400,
            "invalid_request_error",
        )
        .await;
        check(
            json!({ "model": "tiny", "messages": [{ "role": "king", "content": "x" }] }),
            400,
            "invalid_request_error",
        )
        .await;
        check(json!({ "messages": [] }), 400, "invalid_request_error").await;
    });
}
