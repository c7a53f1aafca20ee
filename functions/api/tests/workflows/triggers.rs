//! Webhooks and schedules.

use std::time::Duration;

use futures::executor::block_on;
use http::StatusCode;
use serde_json::{Value, json};

use super::world::*;

fn hook(more: Value) -> Value {
    let mut data = json!({
        "method": "post", "content_type": "application/json", "status_code": 201, "response_body": "{\"taken\":true}",
        "headers": [{ "name": "X-Kind", "type": "string", "required": true }],
        "params": [{ "name": "page", "type": "number" }],
        "body": [
            { "name": "name", "type": "string", "required": true },
            { "name": "tags", "type": "array[string]" },
        ],
    });
    for (key, value) in more.as_object().unwrap() {
        data[key] = value.clone();
    }
    chain(vec![
        node("hook", "trigger-webhook", data),
        llm("ask", "{{#hook.X_Kind#}} {{#hook.name#}} {{#hook.page#}}"),
        end(["ask", "text"]),
    ])
}

fn schedule(more: Value) -> Value {
    chain(vec![
        node("clock", "trigger-schedule", more),
        llm("ask", "{{#sys.timestamp#}}"),
        end(["ask", "text"]),
    ])
}

async fn path(world: &World, app: &Made) -> String {
    let found = world
        .console(
            "GET",
            &format!("/apps/{}/workflows/triggers/webhook?node_id=hook", app.id),
            Value::Null,
        )
        .await;
    found["webhook_url"].as_str().unwrap().to_owned()
}

/// The runs of an app, the newest first: who started them, and how they ended.
async fn runs(world: &World, app: &Made) -> Vec<(String, String)> {
    let (status, page) = world
        .call("GET", "/v1/workflows/logs?limit=50", &app.key, None)
        .await;
    assert_eq!(status, StatusCode::OK, "{page}");
    let run = |item: &Value| {
        let text = |name: &str| item["workflow_run"][name].as_str().unwrap().to_owned();
        (text("triggered_from"), text("status"))
    };
    page["data"].as_array().unwrap().iter().map(run).collect()
}

fn succeeded(by: &str, times: usize) -> Vec<(String, String)> {
    vec![(by.to_owned(), "succeeded".to_owned()); times]
}

#[test]
fn a_request_starts_a_run() {
    block_on(async {
        let world = World::new([]);
        let app = world.app("workflow", hook(json!({}))).await;
        let path = path(&world, &app).await;
        let body = json!({ "name": "Ada", "tags": ["a"], "more": 1 });
        let (status, said) = world
            .hook(
                &format!("{path}?page=7"),
                &[("x-kind", "order")],
                body.to_string(),
            )
            .await;
        assert_eq!(
            (status, &said),
            (StatusCode::CREATED, &json!({ "taken": true }))
        );
        world.settle().await;
        assert_eq!(runs(&world, &app).await, succeeded("webhook", 1));
        let asked = world.llm.requests()[0].messages.last().unwrap().as_text();
        assert_eq!(asked, "order Ada 7");
    });
}

#[test]
fn what_does_not_fit_is_refused_by_name() {
    block_on(async {
        let world = World::new([]);
        let app = world.app("workflow", hook(json!({}))).await;
        let path = path(&world, &app).await;
        let kind = [("x-kind", "order")];
        for (query, headers, body, expect) in [
            ("", &kind[..], "{", "The body is not JSON"),
            ("", &kind, "{}", "Required body parameter missing: name"),
            (
                "",
                &[],
                r#"{"name":"Ada"}"#,
                "Required header missing: X-Kind",
            ),
            (
                "?page=x",
                &kind,
                r#"{"name":"Ada"}"#,
                "Query parameter page must be a number",
            ),
            (
                "",
                &kind,
                r#"{"name":7}"#,
                "Body parameter name must be of type string",
            ),
            (
                "",
                &kind,
                r#"{"name":"a","tags":[1]}"#,
                "must be of type array[string]",
            ),
            ("", &kind, "[1]", "The body must be an object"),
            (
                "",
                &[("x-kind", "a"), ("content-type", "text/plain")],
                "Ada",
                "Content-type mismatch",
            ),
        ] {
            let (status, said) = world
                .hook(&format!("{path}{query}"), headers, body.to_owned())
                .await;
            assert_eq!(status, StatusCode::BAD_REQUEST, "{said}");
            assert_eq!(said["error"], "Bad Request");
            let message = said["message"].as_str().unwrap();
            assert!(message.contains(expect), "{message} instead of {expect}");
        }
        let huge = "x".repeat((10 << 20) + 1);
        let (status, _) = world.hook(&path, &kind, huge).await;
        assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
        let (status, said) = world
            .hook("/triggers/webhook/nobody", &kind, "{}".to_owned())
            .await;
        assert_eq!(
            (status, &said["error"]),
            (StatusCode::NOT_FOUND, &json!("Not Found"))
        );
        world.settle().await;
        assert_eq!(runs(&world, &app).await, []);
    });
}

#[test]
fn a_signature_is_asked_for_and_a_delivery_counts_once() {
    block_on(async {
        let world = World::new([]);
        world.handles.clock.manual();
        let signature = json!({
            "secret": "{{#env.HOOK#}}", "header": "X-Signature", "timestamp_header": "X-Time", "tolerance": 60,
        });
        let mut flow = hook(json!({ "signature": signature }));
        flow["environment_variables"] = json!([{ "id": "v", "name": "HOOK", "value_type": "secret", "value": "s3cret", "selector": ["env", "HOOK"] }]);
        let app = world.app("workflow", flow).await;
        let path = path(&world, &app).await;
        let body = r#"{"name":"Ada"}"#;
        // HMAC-SHA256 of `{time}.{body}`, by another implementation.
        let now = 1_767_225_600;
        let good = "7a53096117b7566a3fd749769b6fcf4ffad6555e421978fc4b54d3aed38950ea";
        let of_old = "305cb9c021694f5a61bdc7b8e72d2ea62e6eadd6c0809c53e672a3fc2740ac7e";
        let of_next = "848032c6737531572e9a3e098e208f94f7019e98c81e1d5a41c9afb7eb560c61";
        let check = async |time: u64, signed: &str, key: &str, expect: StatusCode| {
            let time = time.to_string();
            let headers = [
                ("x-kind", "o"),
                ("x-time", &time),
                ("x-signature", signed),
                ("idempotency-key", key),
            ];
            let (status, said) = world.hook(&path, &headers, body.to_owned()).await;
            assert_eq!(status, expect, "{said}");
        };
        check(now, good, "1", StatusCode::CREATED).await;
        check(
            now,
            &format!("sha256={}", good.to_uppercase()),
            "1",
            StatusCode::CREATED,
        )
        .await;
        check(now, of_next, "2", StatusCode::UNAUTHORIZED).await;
        check(now - 61, of_old, "3", StatusCode::UNAUTHORIZED).await;
        let (status, said) = world.hook(&path, &[("x-kind", "o")], body.to_owned()).await;
        assert_eq!(
            (status, &said["error"]),
            (StatusCode::UNAUTHORIZED, &json!("Unauthorized"))
        );
        check(now, good, "4", StatusCode::CREATED).await;
        world.settle().await;
        assert_eq!(runs(&world, &app).await, succeeded("webhook", 2));
    });
}

#[test]
fn an_answer_may_wait_for_the_end() {
    block_on(async {
        let world = World::new([text("done")]);
        world.handles.clock.manual();
        let app = world
            .app(
                "workflow",
                hook(json!({ "async_mode": false, "response_body": "" })),
            )
            .await;
        let path = path(&world, &app).await;
        let (status, said) = world
            .hook(&path, &[("x-kind", "o")], r#"{"name":"Ada"}"#.to_owned())
            .await;
        assert_eq!(status, StatusCode::CREATED, "{said}");
        assert_eq!(
            (&said["status"], &said["data"]["out"]),
            (&json!("succeeded"), &json!("done"))
        );
    });
}

#[test]
fn what_cannot_begin_is_kept_and_replayed() {
    block_on(async {
        let world = World::new([]);
        world.handles.clock.manual();
        let mut nodes = hook(json!({}))["graph"]["nodes"]
            .as_array()
            .unwrap()
            .clone();
        nodes.insert(1, wait());
        let app = world.app("workflow", chain(nodes)).await;
        let path = path(&world, &app).await;
        let one = json!({ "name": "Flow", "max_active_requests": 1 });
        world
            .console("PUT", &format!("/apps/{}", app.id), one)
            .await;
        // The first run waits for its second attempt and holds the only place.
        let send = async |name: &str| {
            let body = json!({ "name": name }).to_string();
            world.hook(&path, &[("x-kind", "o")], body).await.0
        };
        assert_eq!(send("Ada").await, StatusCode::CREATED);
        assert_eq!(send("Bob").await, StatusCode::TOO_MANY_REQUESTS);
        let of = format!("/apps/{}/triggers/dead-letters", app.id);
        let kept = world.console("GET", &of, Value::Null).await;
        assert_eq!(kept["data"][0]["inputs"]["name"], "Bob");
        assert_eq!(kept["data"].as_array().unwrap().len(), 1);
        world
            .handles
            .fetch
            .route("https://slow.test/", |_: http::Request<bytes::Bytes>| {
                Ok(http::Response::new(ports::Body::Full("waited".into())))
            });
        world.handles.clock.advance(Duration::from_secs(121));
        world.settle().await;
        let id = kept["data"][0]["id"].as_str().unwrap();
        world
            .console("POST", &format!("{of}/{id}/replay"), json!({}))
            .await;
        world.settle().await;
        assert_eq!(runs(&world, &app).await, succeeded("webhook", 2));
        let kept = world.console("GET", &of, Value::Null).await;
        assert_eq!(kept["data"], json!([]));
    });
}

/// A request that fails until its address answers, two minutes later.
fn wait() -> Value {
    node(
        "wait",
        "http-request",
        json!({
            "method": "post", "url": "https://slow.test/", "headers": "", "params": "",
            "authorization": { "type": "no-auth", "config": null }, "body": { "type": "none", "data": [] },
            "retry_config": { "retry_enabled": true, "max_retries": 1, "retry_interval": 120000 },
        }),
    )
}

#[test]
fn time_starts_a_run() {
    block_on(async {
        let world = World::new([]);
        world.handles.clock.manual();
        let hourly =
            json!({ "mode": "cron", "cron_expression": "0 * * * *", "timezone": "Europe/Berlin" });
        let app = world.app("workflow", schedule(hourly)).await;
        let list = format!("/apps/{}/triggers", app.id);
        let first = world.console("GET", &list, Value::Null).await["data"][0].clone();
        let due = first["next_run_at"].as_u64().unwrap();
        assert_eq!(due % 3_600, 0);
        let wait = async |seconds: u64| {
            world.handles.clock.advance(Duration::from_secs(seconds));
            world.settle().await;
        };
        wait(3_600).await;
        assert_eq!(runs(&world, &app).await, succeeded("schedule", 1));
        wait(3_600).await;
        assert_eq!(runs(&world, &app).await, succeeded("schedule", 2));
        // Nothing was served for a day: one run for all of it.
        wait(86_400).await;
        assert_eq!(runs(&world, &app).await, succeeded("schedule", 3));
        let body = json!({ "trigger_id": first["id"], "enable_trigger": false });
        world
            .console("POST", &format!("/apps/{}/trigger-enable", app.id), body)
            .await;
        wait(86_400).await;
        assert_eq!(runs(&world, &app).await, succeeded("schedule", 3));
        // A version without it has no alarm either.
        let body = json!({ "trigger_id": first["id"], "enable_trigger": true });
        world
            .console("POST", &format!("/apps/{}/trigger-enable", app.id), body)
            .await;
        world
            .console(
                "POST",
                &format!("/apps/{}/workflows/draft", app.id),
                hook(json!({})),
            )
            .await;
        world.publish(&app.id).await;
        wait(86_400).await;
        assert_eq!(runs(&world, &app).await, succeeded("schedule", 3));
    });
}

#[test]
fn an_impossible_date_is_not_published() {
    block_on(async {
        let world = World::new([]);
        let app = world
            .app(
                "workflow",
                schedule(json!({ "mode": "cron", "cron_expression": "0 0 1 1 *" })),
            )
            .await;
        let never = schedule(json!({ "mode": "cron", "cron_expression": "0 0 31 2 *" }));
        world
            .console("POST", &format!("/apps/{}/workflows/draft", app.id), never)
            .await;
        let path = format!("/apps/{}/workflows/publish", app.id);
        let (status, error) = world.try_console("POST", &path, json!({})).await;
        assert_eq!(
            (status, &error["code"]),
            (StatusCode::BAD_REQUEST, &json!("bad_request"))
        );
        let message = error["message"].as_str().unwrap();
        assert!(
            message.contains("node clock, cron_expression: `0 0 31 2 *`"),
            "{message}"
        );
    });
}

#[test]
fn an_editor_listens_for_one_call() {
    block_on(async {
        let world = World::new([]);
        let app = world.app("workflow", hook(json!({}))).await;
        let at = format!("/apps/{}/workflows/draft/nodes/hook/trigger/run", app.id);
        let listen = async || world.console("POST", &at, json!({})).await;
        let kind = [("x-kind", "order")];
        let waiting = listen().await;
        assert_eq!(
            (&waiting["status"], &waiting["retry_in"]),
            (&json!("waiting"), &json!(2000))
        );
        let url = waiting["webhook_debug_url"].as_str().unwrap().to_owned();
        assert_eq!(
            listen().await["webhook_debug_url"],
            url,
            "the address stays"
        );
        let call = async |body: &str| {
            world
                .hook(&format!("{url}?page=7"), &kind, body.to_owned())
                .await
        };
        let (status, said) = call("{}").await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{said}");
        let (status, said) = call(r#"{"name": "Ada"}"#).await;
        assert_eq!(
            (status, said),
            (StatusCode::CREATED, json!({ "taken": true }))
        );
        let (status, said) = call(r#"{"name": "Bob"}"#).await;
        assert_eq!(status, StatusCode::CONFLICT, "one call for each: {said}");

        let tried = listen().await;
        assert_eq!(
            (&tried["node_id"], &tried["status"]),
            (&json!("hook"), &json!("succeeded")),
            "{tried}"
        );
        let outputs = &tried["outputs"];
        assert_eq!(
            (&outputs["name"], &outputs["page"], &outputs["X_Kind"]),
            (&json!("Ada"), &json!(7), &json!("order"))
        );
        let kept = format!("/apps/{}/workflows/draft/nodes/hook/variables", app.id);
        let kept = world.console("GET", &kept, Value::Null).await;
        let kept = kept["items"].as_array().unwrap();
        assert!(kept.iter().any(|it| it["name"] == "name"), "{kept:?}");
        assert!(
            runs(&world, &app).await.is_empty(),
            "a trial is no run of callers"
        );

        assert_eq!(listen().await["status"], "waiting");
        world.handles.clock.advance(Duration::from_secs(61));
        let (status, _) = call(r#"{"name": "Ada"}"#).await;
        assert_eq!(status, StatusCode::CONFLICT, "nobody listens any more");
        let (status, _) = world
            .hook("/triggers/webhook-debug/nobody", &kind, "{}".to_owned())
            .await;
        assert_eq!(status, StatusCode::CONFLICT);
        let other = at.replace("hook", "ask");
        let (status, error) = world.try_console("POST", &other, json!({})).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert!(
            error["message"].as_str().unwrap().contains("`ask`"),
            "{error}"
        );
        let large = format!(r#"{{"name": "{}"}}"#, "x".repeat(300 << 10));
        let url = listen().await["webhook_debug_url"]
            .as_str()
            .unwrap()
            .to_owned();
        let (status, _) = world.hook(&format!("{url}?page=7"), &kind, large).await;
        assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    });
}
