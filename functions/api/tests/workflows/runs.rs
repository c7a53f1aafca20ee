//! Running, stopping and listing.

use futures::executor::block_on;
use http::StatusCode;
use model::{ErrorKind, fake::Reply};
use serde_json::{Value, json};

use super::world::*;

fn greeting() -> Value {
    chain(vec![
        start(&["name"]),
        llm("llm", "Greet {{#start.name#}}"),
        end(["llm", "text"]),
    ])
}

#[test]
fn a_stream_in_its_order_and_with_its_fields() {
    block_on(async {
        let world = World::new([text("Hello Ada")]);
        let app = world.app("workflow", greeting()).await;
        let body = json!({ "inputs": { "name": "Ada", "more": 1 } });
        let events = world.stream("/v1/workflows/run", &app, body).await;
        assert_eq!(
            lines(&events),
            [
                "workflow_started",
                "node_started start",
                "node_finished start succeeded",
                "node_started llm",
                "text_chunk Hello ",
                "text_chunk Ada",
                "node_finished llm succeeded",
                "node_started end",
                "node_finished end succeeded",
                "workflow_finished succeeded",
            ]
        );
        for event in &events {
            let keys: Vec<&str> = event
                .as_object()
                .unwrap()
                .keys()
                .map(String::as_str)
                .collect();
            assert_eq!(keys, ["event", "workflow_run_id", "task_id", "data"]);
            assert_eq!(event["task_id"], events[0]["task_id"]);
        }
        let inputs = &events[0]["data"]["inputs"];
        assert_eq!(
            (&inputs["name"], &inputs["sys.user_id"]),
            (&json!("Ada"), &json!("ada"))
        );
        assert!(inputs.get("more").is_none());
        let finished = &events.last().unwrap()["data"];
        assert_eq!(finished["outputs"], json!({ "out": "Hello Ada" }));
        assert_eq!(
            (&finished["total_steps"], &finished["created_by"]["user"]),
            (&json!(3), &json!("ada"))
        );
        assert!(finished["total_tokens"].as_u64().unwrap() > 0);
        assert_eq!(world.llm.requests()[0].messages[0].as_text(), "Greet Ada");
    });
}

#[test]
fn blocking_detail_and_list() {
    block_on(async {
        let world = World::new([
            text("Hello Ada"),
            Reply::Fail(ErrorKind::BadRequest, "no such model".to_owned()),
        ]);
        let app = world.app("workflow", greeting()).await;
        let (status, answer) = world.run(&app, json!({ "name": "Ada" })).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        let data = &answer["data"];
        assert_eq!(
            (&data["status"], &data["error"]),
            (&json!("succeeded"), &Value::Null)
        );
        assert_eq!(data["outputs"], json!({ "out": "Hello Ada" }));
        let run = answer["workflow_run_id"].as_str().unwrap();
        let (_, detail) = world
            .call("GET", &format!("/v1/workflows/run/{run}"), &app.key, None)
            .await;
        assert_eq!(detail["outputs"], data["outputs"]);
        let inputs: Value = serde_json::from_str(detail["inputs"].as_str().unwrap()).unwrap();
        assert_eq!(inputs["name"], "Ada");

        // A failed run is an answer too.
        let (status, failed) = world.run(&app, json!({ "name": "Bob" })).await;
        assert_eq!(
            (status, &failed["data"]["status"]),
            (StatusCode::OK, &json!("failed"))
        );
        assert!(
            failed["data"]["error"]
                .as_str()
                .unwrap()
                .contains("no such model"),
            "{failed}"
        );

        let listed = |query: &str| {
            let path = format!("/v1/workflows/logs{query}");
            let (world, key) = (&world, &app.key);
            async move { world.call("GET", &path, key, None).await.1 }
        };
        let all = listed("").await;
        assert_eq!(
            (&all["total"], &all["has_more"]),
            (&json!(2), &json!(false))
        );
        assert_eq!(all["data"][0]["created_by_end_user"]["session_id"], "ada");
        for (query, expect) in [
            ("?status=succeeded", 1),
            ("?status=failed", 1),
            ("?keyword=hello", 1),
            ("?keyword=nobody", 0),
            ("?created_by_end_user_session_id=bob", 0),
            ("?created_at__before=2020-01-01T00:00:00Z", 0),
            ("?limit=1", 2),
        ] {
            assert_eq!(listed(query).await["total"], expect, "{query}");
        }
        let missing = "/v1/workflows/run/00000000-0000-4000-8000-000000000000";
        let (status, error) = world.call("GET", missing, &app.key, None).await;
        assert_eq!(
            (status, &error["message"]),
            (StatusCode::NOT_FOUND, &json!("Workflow run not found."))
        );
    });
}

#[test]
fn what_is_refused_before_a_run_begins() {
    block_on(async {
        let world = World::new([]);
        let app = world.app("workflow", greeting()).await;
        let check = async |path: &str, body: Value, code: &str, words: &str| {
            let (status, error) = world.call("POST", path, &app.key, Some(&body)).await;
            assert!(status.is_client_error(), "{path} {body}: {status} {error}");
            assert_eq!(error["code"], code, "{path} {body}: {error}");
            assert!(
                error["message"].as_str().unwrap().contains(words),
                "{error}"
            );
        };
        let run = "/v1/workflows/run";
        check(
            run,
            json!({ "inputs": {}, "user": "ada" }),
            "invalid_param",
            "name is required in input form",
        )
        .await;
        check(
            run,
            json!({ "inputs": { "name": 1 }, "user": "ada" }),
            "invalid_param",
            "must be a string",
        )
        .await;
        check(
            run,
            json!({ "inputs": { "name": "x".repeat(51) }, "user": "ada" }),
            "invalid_param",
            "less than 50",
        )
        .await;
        check(
            run,
            json!({ "inputs": { "name": "x" } }),
            "invalid_param",
            "user",
        )
        .await;
        check(
            run,
            json!({ "user": "ada" }),
            "invalid_param",
            "inputs is required",
        )
        .await;
        let body = json!({ "inputs": { "name": "x" }, "user": "ada" });
        check(
            "/v1/workflows/nonsense/run",
            body.clone(),
            "bad_request",
            "workflow_id",
        )
        .await;
        let nobody = "/v1/workflows/00000000-0000-4000-8000-000000000000/run";
        check(
            nobody,
            body.clone(),
            "not_found",
            "Workflow not found with id",
        )
        .await;
        check(
            "/v1/chat-messages",
            json!({ "inputs": {}, "query": "x", "user": "ada" }),
            "not_chat_app",
            "",
        )
        .await;
        assert!(world.llm.requests().is_empty());
    });
}

#[test]
fn a_run_is_stopped_by_its_task() {
    block_on(async {
        // The address never answers before the stop: the clock stands still.
        let world = World::new([]);
        world.handles.clock.manual();
        let wait = node(
            "wait",
            "http-request",
            json!({ "method": "get", "url": "https://slow.test/", "headers": "",
            "params": "", "authorization": { "type": "no-auth", "config": null }, "body": { "type": "none", "data": "" },
            "retry_config": { "retry_enabled": true, "max_retries": 3, "retry_interval": 60000 } }),
        );
        let flow = chain(vec![start(&["name"]), wait, end(["wait", "body"])]);
        let app = world.app("workflow", flow).await;
        let body =
            json!({ "inputs": { "name": "x" }, "user": "ada", "response_mode": "streaming" });
        let response = world
            .send("POST", "/v1/workflows/run", &app.key, Some(&body))
            .await;
        let run = response.headers()["x-workflow-run-id"]
            .to_str()
            .unwrap()
            .to_owned();
        let mut body = response.into_body();
        // The first frames hold the task.
        let mut seen = String::new();
        while !seen.contains("node_retry") {
            let frame = world.drive(http_body_frame(&mut body)).await;
            seen.push_str(&frame);
        }
        let task = seen
            .split("\"task_id\":\"")
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap()
            .to_owned();
        let path = format!("/v1/workflows/tasks/{task}/stop");
        let (status, answer) = world
            .call("POST", &path, &app.key, Some(&json!({ "user": "bob" })))
            .await;
        assert_eq!(
            (status, answer),
            (StatusCode::OK, json!({ "result": "success" }))
        );
        let rest = axum::body::to_bytes(body, usize::MAX);
        let rest = String::from_utf8(world.drive(rest).await.unwrap().to_vec()).unwrap();
        assert!(
            rest.contains("\"status\":\"stopped\"") && rest.contains("Stopped by user."),
            "{rest}"
        );
        let (_, detail) = world
            .call("GET", &format!("/v1/workflows/run/{run}"), &app.key, None)
            .await;
        assert_eq!(
            (&detail["status"], &detail["error"]),
            (&json!("stopped"), &json!("Stopped by user."))
        );
    });
}

async fn http_body_frame(body: &mut axum::body::Body) -> String {
    use axum::body::HttpBody;
    let frame = std::future::poll_fn(|task| std::pin::Pin::new(&mut *body).poll_frame(task)).await;
    let bytes = frame
        .expect("more")
        .expect("a frame")
        .into_data()
        .expect("data");
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn http_nodes_reach_public_addresses_only() {
    block_on(async {
        let world = World::new([]);
        world.handles.fetch.route(
            "https://a.test/x?q=1%202",
            |request: http::Request<bytes::Bytes>| {
                assert!(request.headers().contains_key("idempotency-key"));
                assert_eq!(request.headers()["authorization"], "Bearer k");
                assert_eq!(request.body(), "{\"a\": \"Ada\"}");
                Ok(http::Response::builder()
                    .status(201)
                    .body(ports::Body::Full("made".into()))
                    .unwrap())
            },
        );
        world
            .handles
            .fetch
            .route("https://a.test/inside", |_: http::Request<bytes::Bytes>| {
                let moved = http::Response::builder()
                    .status(302)
                    .header("location", "http://169.254.169.254/latest");
                Ok(moved.body(ports::Body::Empty).unwrap())
            });
        let http = |url: &str, method: &str| {
            let call = node(
                "call",
                "http-request",
                json!({ "method": method, "url": url, "headers": "", "params": "q:1 2",
                "authorization": { "type": "api-key", "config": { "type": "bearer", "api_key": "k" } },
                "body": { "type": "json", "data": [{ "type": "text", "key": "", "value": "{\"a\": \"{{#start.name#}}\"}" }] } }),
            );
            chain(vec![start(&["name"]), call, end(["call", "body"])])
        };
        let app = world
            .app("workflow", http("https://a.test/x", "post"))
            .await;
        let (_, answer) = world.run(&app, json!({ "name": "Ada" })).await;
        assert_eq!(
            answer["data"]["outputs"],
            json!({ "out": "made" }),
            "{answer}"
        );
        for url in ["http://127.0.0.1:1/", "http://metadata.internal/"] {
            let app = world.app("workflow", http(url, "get")).await;
            let (_, answer) = world.run(&app, json!({ "name": "Ada" })).await;
            assert_eq!(answer["data"]["status"], "failed");
            assert!(
                answer["data"]["error"]
                    .as_str()
                    .unwrap()
                    .contains("not public"),
                "{answer}"
            );
        }
    });
}
