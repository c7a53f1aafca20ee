//! Bad input: each gets its documented error, before anything streams.

use app::apps::Mode;
use futures::executor::block_on;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::support::*;

async fn refused(bench: &Bench, body: Value, status: u16, code: &str, message: &str) {
    for mode in ["blocking", "streaming"] {
        let mut body = body.clone();
        if body.is_object() && body.get("response_mode").is_none() {
            body["response_mode"] = mode.into();
        }
        let (got, error) = bench.post("/v1/chat-messages", body.clone()).await;
        assert_eq!(
            (got.as_u16(), &error["code"]),
            (status, &json!(code)),
            "{error}"
        );
        assert_eq!(error["message"], message);
        assert_eq!(error["status"], status);
    }
}

#[test]
fn bodies() {
    block_on(async {
        let mut config = config();
        config["user_input_form"] =
            json!([{"select": {"variable": "x", "required": false, "options": ["a"]}}]);
        let bench = Bench::new(config, []).await;
        let body = |change: Value| {
            let mut body = question("Hello?", None);
            for (key, value) in change.as_object().unwrap() {
                body[key] = value.clone();
            }
            body
        };
        let bad = "invalid_param";
        refused(
            &bench,
            json!({"inputs": {}, "query": "q"}),
            400,
            bad,
            "Arg user must be provided.",
        )
        .await;
        refused(
            &bench,
            body(json!({"user": ""})),
            400,
            bad,
            "Arg user must be provided.",
        )
        .await;
        refused(
            &bench,
            json!({"user": "ada", "query": "q"}),
            400,
            bad,
            "inputs is required",
        )
        .await;
        refused(
            &bench,
            body(json!({"inputs": []})),
            400,
            bad,
            "inputs must be an object",
        )
        .await;
        refused(
            &bench,
            json!({"user": "ada", "inputs": {}}),
            400,
            bad,
            "query is required",
        )
        .await;
        refused(
            &bench,
            body(json!({"query": " "})),
            400,
            bad,
            "query is required",
        )
        .await;
        refused(
            &bench,
            body(json!({"query": 7})),
            400,
            bad,
            "query must be a string",
        )
        .await;
        let message = "response_mode must be 'streaming' or 'blocking'";
        refused(
            &bench,
            body(json!({"response_mode": "slow"})),
            400,
            bad,
            message,
        )
        .await;
        let message = "conversation_id must be a valid UUID";
        refused(
            &bench,
            body(json!({"conversation_id": "abc"})),
            400,
            bad,
            message,
        )
        .await;
        let message = "Conversation Not Exists.";
        refused(
            &bench,
            body(json!({"conversation_id": APP})),
            404,
            "not_found",
            message,
        )
        .await;
        let message = "x in input form must be one of the following: ['a']";
        refused(
            &bench,
            body(json!({"inputs": {"x": "b"}})),
            400,
            bad,
            message,
        )
        .await;
        let long = "w ".repeat(20_000);
        let message = "The question and its instructions take 13347 tokens, but the model reads 8192. Shorten them, or \
                       choose a model with a larger context window.";
        refused(
            &bench,
            body(json!({"query": long})),
            400,
            "completion_request_error",
            message,
        )
        .await;
        let huge = "w".repeat(300_000);
        let message = "query is too long: it has 300000 bytes, and 262144 are allowed";
        refused(&bench, body(json!({"query": huge})), 400, bad, message).await;
        assert!(bench.llm.requests().is_empty());
    });
}

#[test]
fn malformed_json() {
    block_on(async {
        let bench = Bench::new(config(), []).await;
        for body in ["", "{", "nonsense"] {
            let mut request = bench.request(Method::POST, "/v1/chat-messages", None);
            *request.body_mut() = axum::body::Body::from(body);
            let response = bench.send(request).await;
            assert_eq!(response.status(), StatusCode::BAD_REQUEST);
            let error: Value = serde_json::from_str(&bench.text(response).await).unwrap();
            let message = "Invalid JSON payload received or JSON payload is empty.";
            assert_eq!(
                error,
                json!({"code": "bad_request", "message": message, "status": 400})
            );
        }
    });
}

#[test]
fn keys() {
    block_on(async {
        let bench = Bench::new(config(), []).await;
        let access = app::key::Access::Dataset;
        let (_, dataset) = app::key::create(&bench.ctx, TENANT, access).await.unwrap();
        let begins = "Authorization header must be provided and start with 'Bearer'";
        for (header, message) in [
            (None, begins),
            (Some(bench.key.clone()), begins),
            (
                Some(format!("Basic {}", bench.key)),
                "Authorization scheme must be 'Bearer'",
            ),
            (
                Some("Bearer app-nobody".to_owned()),
                "Access token is invalid",
            ),
            (Some(format!("Bearer {dataset}")), "Access token is invalid"),
        ] {
            for (method, path) in [
                (Method::POST, "/v1/chat-messages"),
                (Method::GET, "/v1/info"),
            ] {
                let mut request = bench.request(method, path, None);
                request.headers_mut().remove("authorization");
                if let Some(header) = &header {
                    request
                        .headers_mut()
                        .insert("authorization", header.parse().unwrap());
                }
                let response = bench.send(request).await;
                assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
                assert_eq!(
                    response.headers()["www-authenticate"],
                    "Bearer realm=\"api\""
                );
                let error: Value = serde_json::from_str(&bench.text(response).await).unwrap();
                assert_eq!(
                    error,
                    json!({"code": "unauthorized", "message": message, "status": 401})
                );
            }
        }
    });
}

#[test]
fn apps() {
    block_on(async {
        let wrong = "Please check if your app mode matches the right API route.";
        for mode in [Mode::Workflow, Mode::Completion] {
            let bench = Bench::with_app(app(mode, config()), []).await;
            refused(&bench, question("q", None), 400, "not_chat_app", wrong).await;
            refused(&bench, json!({"user": "ada"}), 400, "not_chat_app", wrong).await;
        }
        let mut disabled = app(Mode::Chat, config());
        disabled.enable_api = false;
        let bench = Bench::with_app(disabled, []).await;
        let message = "The app's API service has been disabled.";
        refused(&bench, question("q", None), 403, "forbidden", message).await;
        refused(&bench, json!({}), 403, "forbidden", message).await;

        let bench = Bench::with_app(app(Mode::AgentChat, config()), []).await;
        let message = "Agent Chat App does not support blocking mode";
        let (status, error) = bench.post("/v1/chat-messages", question("q", None)).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert_eq!(
            error,
            json!({"code": "invalid_param", "message": message, "status": 400})
        );

        let mut tools = config();
        let tool = json!({"enabled": true, "provider_id": "sky", "tool_name": "look_up"});
        tools["agent_mode"] = json!({"enabled": true, "tools": [tool]});
        let bench = Bench::with_app(app(Mode::AgentChat, tools), []).await;
        let mut body = question("q", None);
        body["response_mode"] = "streaming".into();
        let (status, error) = bench.post("/v1/chat-messages", body).await;
        assert_eq!(
            (status, &error["code"]),
            (StatusCode::BAD_REQUEST, &json!("app_unavailable"))
        );

        let mut broken = app(Mode::Chat, config());
        broken.model_config = None;
        let bench = Bench::with_app(broken, []).await;
        let message = "App unavailable, please check your app configurations.";
        refused(&bench, question("q", None), 400, "app_unavailable", message).await;

        let mut unknown = config();
        unknown["model"] = json!({"provider": "langgenius/openai/openai", "name": "gpt-4o"});
        let bench = Bench::without_models(app(Mode::Chat, unknown)).await;
        let message =
            "The model openai/gpt-4o is not configured, and the workspace has no default model.";
        refused(
            &bench,
            question("q", None),
            400,
            "provider_not_initialize",
            message,
        )
        .await;
    });
}

#[test]
fn an_app_changed_between_two_calls_is_seen_at_once() {
    block_on(async {
        let bench = Bench::new(config(), []).await;
        bench.ask("warms the cache", None).await;
        bench.settle().await;
        let mut changed = app(Mode::Chat, config());
        changed.model_config.as_mut().unwrap()["pre_prompt"] = "Changed.".into();
        bench.save(&changed).await;
        bench.ask("again", None).await;
        assert_eq!(bench.llm.requests()[1].messages[0].as_text(), "Changed.");
        changed.enable_api = false;
        bench.save(&changed).await;
        let message = "The app's API service has been disabled.";
        refused(&bench, question("q", None), 403, "forbidden", message).await;
    });
}
