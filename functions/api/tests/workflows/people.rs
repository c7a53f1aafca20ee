//! Runs that ask people.

use std::time::Duration;

use futures::executor::block_on;
use http::StatusCode;
use serde_json::{Value, json};

use super::world::*;

pub fn asks(more: Value) -> Value {
    let mut data = json!({
        "form_content": "Send to {{#start.name#}}? {{#$output.note#}}",
        "inputs": [
            { "type": "paragraph", "output_variable_name": "note", "default": { "type": "variable", "selector": ["start", "name"] } },
            { "type": "select", "output_variable_name": "size", "option_source": { "type": "constant", "value": ["small", "large"] } },
        ],
        "user_actions": [
            { "id": "yes", "title": "Send it", "button_style": "primary" },
            { "id": "no", "title": "Do not", "button_style": "default" },
        ],
        "timeout": 2, "timeout_unit": "hour",
        "delivery_methods": [{ "id": "m1", "type": "webapp", "enabled": true, "config": {} }],
    });
    for (key, value) in more.as_object().unwrap() {
        data[key] = value.clone();
    }
    let outputs = |name: &str, selector: [&str; 2]| {
        let output = json!([{ "variable": "out", "value_selector": selector }]);
        node(name, "end", json!({ "outputs": output }))
    };
    let edge = |source: &str, handle: &str, target: &str| json!({ "source": source, "sourceHandle": handle, "target": target, "targetHandle": "target" });
    json!({ "features": {}, "graph": {
        "nodes": [
            start(&["name"]), node("ask", "human-input", data), outputs("sent", ["ask", "note"]),
            outputs("kept", ["ask", "__action_value"]), outputs("late", ["start", "name"]),
        ],
        "edges": [
            edge("start", "source", "ask"), edge("ask", "yes", "sent"), edge("ask", "no", "kept"),
            edge("ask", "__timeout", "late"),
        ],
    }})
}

/// Runs until it waits: the run's id, the form's token, and what was shown.
pub async fn paused(world: &World, app: &Made) -> (String, String, Vec<Value>) {
    let body = json!({ "inputs": { "name": "Ada" } });
    let events = world.stream("/v1/workflows/run", app, body).await;
    let required = events
        .iter()
        .find(|event| event["event"] == "human_input_required");
    let token = required.unwrap()["data"]["form_token"].as_str().unwrap();
    let run = events[0]["workflow_run_id"].as_str().unwrap();
    (run.to_owned(), token.to_owned(), events.clone())
}

async fn form(
    world: &World,
    app: &Made,
    method: &str,
    token: &str,
    body: Option<Value>,
) -> (StatusCode, Value) {
    let path = format!("/v1/form/human_input/{token}");
    world.call(method, &path, &app.key, body.as_ref()).await
}

pub fn yes() -> Value {
    json!({ "inputs": { "note": "by post", "size": "small" }, "action": "yes", "user": "bob" })
}

async fn status(world: &World, app: &Made, run: &str) -> Value {
    let path = format!("/v1/workflows/run/{run}");
    world.call("GET", &path, &app.key, None).await.1
}

#[test]
fn a_run_waits_for_a_person_and_goes_on() {
    block_on(async {
        let world = World::new([]);
        let app = world.app("workflow", asks(json!({}))).await;
        let (run, token, events) = paused(&world, &app).await;
        assert_eq!(
            lines(&events),
            [
                "workflow_started",
                "node_started start",
                "node_finished start succeeded",
                "node_started ask",
                "human_input_required ask",
                "workflow_paused",
            ]
        );
        let last = &events[5]["data"];
        assert_eq!(last["reasons"][0]["form_token"], token.as_str());
        assert_eq!(last["status"], "paused");
        assert_eq!(status(&world, &app, &run).await["status"], "paused");

        let (code, shown) = form(&world, &app, "GET", &token, None).await;
        assert_eq!(code, StatusCode::OK, "{shown}");
        assert_eq!(shown["form_content"], "Send to Ada? {{#$output.note#}}");
        assert_eq!(shown["resolved_default_values"], json!({ "note": "Ada" }));
        assert_eq!(shown["user_actions"][1]["id"], "no");

        let (code, answer) = form(&world, &app, "POST", &token, Some(yes())).await;
        assert_eq!((code, answer), (StatusCode::OK, json!({})));
        world.due().await;
        let ended = status(&world, &app, &run).await;
        assert_eq!(ended["status"], "succeeded", "{ended}");
        assert_eq!(ended["outputs"], json!({ "out": "by post" }));

        let rest = world.rejoin(&app, &run, Some(6)).await;
        let rest: Vec<Value> = rest.into_iter().map(|(_, event)| event).collect();
        assert_eq!(
            lines(&rest),
            [
                "workflow_started",
                "human_input_form_filled ask",
                "node_finished ask succeeded",
                "node_started sent",
                "node_finished sent succeeded",
                "workflow_finished succeeded",
            ]
        );
        assert_eq!(rest[1]["data"]["rendered_content"], "Send to Ada? by post");
        let (code, answer) = form(&world, &app, "POST", &token, Some(yes())).await;
        assert_eq!(code, StatusCode::PRECONDITION_FAILED);
        assert_eq!(answer["code"], "human_input_form_submitted");
    });
}

#[test]
fn nobody_answers_in_time() {
    block_on(async {
        let world = World::new([]);
        let app = world.app("workflow", asks(json!({}))).await;
        let (run, token, _) = paused(&world, &app).await;
        world
            .handles
            .clock
            .advance(Duration::from_secs(2 * 3600 + 5));
        let (code, answer) = form(&world, &app, "GET", &token, None).await;
        assert_eq!(code, StatusCode::PRECONDITION_FAILED);
        assert_eq!(answer["code"], "human_input_form_expired");
        world.due().await;
        let ended = status(&world, &app, &run).await;
        assert_eq!(ended["status"], "succeeded", "{ended}");
        assert_eq!(ended["outputs"], json!({ "out": "Ada" }));
    });
}

#[test]
fn what_is_wrong_is_named() {
    block_on(async {
        let world = World::new([]);
        let app = world.app("workflow", asks(json!({}))).await;
        let other = world.app("workflow", asks(json!({}))).await;
        let (run, token, _) = paused(&world, &app).await;
        for (change, field) in [
            (json!({ "action": "maybe" }), "action"),
            (json!({ "inputs": { "note": "x" } }), "inputs.size"),
            (
                json!({ "inputs": { "note": 7, "size": "small" } }),
                "inputs.note",
            ),
            (
                json!({ "inputs": { "note": "x", "size": "huge" } }),
                "inputs.size",
            ),
            (json!({ "inputs": [] }), "inputs"),
            (json!({ "action": null }), "action"),
        ] {
            let mut body = yes();
            for (key, value) in change.as_object().unwrap() {
                body[key] = value.clone();
            }
            let (code, answer) = form(&world, &app, "POST", &token, Some(body)).await;
            assert_eq!(code, StatusCode::BAD_REQUEST, "{answer}");
            assert_eq!(answer["params"], field, "{answer}");
        }
        let (code, _) = form(&world, &other, "GET", &token, None).await;
        assert_eq!(code, StatusCode::NOT_FOUND);
        let (code, _) = form(&world, &app, "GET", "nosuchform", None).await;
        assert_eq!(code, StatusCode::NOT_FOUND);
        assert_eq!(status(&world, &app, &run).await["status"], "paused");
    });
}

#[test]
fn a_paused_run_is_stopped() {
    block_on(async {
        let world = World::new([]);
        let app = world.app("workflow", asks(json!({}))).await;
        let (run, _, events) = paused(&world, &app).await;
        let task = events[0]["task_id"].as_str().unwrap();
        let path = format!("/v1/workflows/tasks/{task}/stop");
        let body = json!({ "user": "ada" });
        let (code, _) = world.call("POST", &path, &app.key, Some(&body)).await;
        assert_eq!(code, StatusCode::OK);
        world.due().await;
        assert_eq!(status(&world, &app, &run).await["status"], "stopped");
    });
}

#[test]
fn blocking_calls_hear_of_the_pause() {
    block_on(async {
        let world = World::new([]);
        let app = world.app("workflow", asks(json!({}))).await;
        let (code, answer) = world.run(&app, json!({ "name": "Ada" })).await;
        assert_eq!(code, StatusCode::OK, "{answer}");
        assert_eq!(answer["data"]["status"], "paused");
        assert_eq!(answer["data"]["paused_nodes"], json!(["ask"]));
    });
}

#[test]
fn e_mails_lead_to_a_form_of_their_own_address() {
    block_on(async {
        let world = World::new([]);
        world
            .handles
            .secrets
            .set("EDGEWISE_EMAIL_HOOK", "https://mail.example/send");
        world
            .handles
            .secrets
            .set("EDGEWISE_URL", "https://apps.example/");
        let method = json!([{ "id": "m2", "type": "email", "enabled": true, "config": {
            "recipients": { "include_bound_group": false, "items": [{ "type": "external", "email": "bob@example.com" }] },
            "subject": "A question", "body": "Please answer: {{#url#}}",
        } }]);
        let app = world
            .app("workflow", asks(json!({ "delivery_methods": method })))
            .await;
        let body = json!({ "inputs": { "name": "Ada" } });
        let events = world.stream("/v1/workflows/run", &app, body).await;
        assert_eq!(events[4]["data"]["form_token"], Value::Null, "{events:?}");
        let run = events[0]["workflow_run_id"].as_str().unwrap();
        world.handles.fetch.route(
            "https://mail.example/send",
            |_: http::Request<bytes::Bytes>| {
                Ok(http::Response::new(ports::Body::Full("{}".into())))
            },
        );
        world.due().await;
        let sent = world.handles.fetch.sent();
        let mail: Value = serde_json::from_slice(&sent[0].body).unwrap();
        assert_eq!(mail["to"], json!(["bob@example.com"]));
        let url = mail["url"].as_str().unwrap();
        assert_eq!(mail["body"], format!("Please answer: {url}"));
        let token = url.strip_prefix("https://apps.example/form/").unwrap();
        let (code, _) = form(&world, &app, "GET", token, None).await;
        assert_eq!(
            code,
            StatusCode::NOT_FOUND,
            "an e-mail's address is not the app's"
        );
        let path = format!("/api/form/human_input/{token}");
        let (code, shown) = world.call("GET", &path, "", None).await;
        assert_eq!(code, StatusCode::OK, "{shown}");
        let body = json!({ "inputs": { "note": "n", "size": "large" }, "action": "no" });
        let (code, answer) = world.call("POST", &path, "", Some(&body)).await;
        assert_eq!(code, StatusCode::OK, "{answer}");
        world.due().await;
        let ended = status(&world, &app, run).await;
        assert_eq!(ended["outputs"], json!({ "out": "Do not" }), "{ended}");
    });
}

#[test]
fn a_message_shows_the_forms_of_its_run() {
    block_on(async {
        let world = World::new([]);
        let mut flow = asks(json!({}));
        for end in ["sent", "kept", "late"] {
            let said = json!({ "answer": "It is {{#ask.note#}}." });
            let nodes = flow["graph"]["nodes"].as_array_mut().unwrap();
            let node = nodes.iter_mut().find(|it| it["id"] == end).unwrap();
            *node = crate::world::node(end, "answer", said);
        }
        let app = world.app("advanced-chat", flow).await;
        let body = json!({ "inputs": { "name": "Ada" }, "query": "Send it" });
        let events = world.stream("/v1/chat-messages", &app, body).await;
        let conversation = events[0]["conversation_id"].as_str().unwrap();
        let asked = events
            .iter()
            .find(|event| event["event"] == "human_input_required");
        let asked = &asked.unwrap()["data"];
        let shown = async || {
            let path = format!("/v1/messages?conversation_id={conversation}&user=ada");
            let (_, page) = world.call("GET", &path, &app.key, None).await;
            page["data"][0]["extra_contents"].clone()
        };
        let before = shown().await;
        let expect = json!([{ "type": "human_input", "workflow_run_id": events[0]["workflow_run_id"],
            "submitted": false, "form_definition": asked, "form_submission_data": null }]);
        assert_eq!(before, expect);
        let token = asked["form_token"].as_str().unwrap();
        let (code, answer) = form(&world, &app, "POST", token, Some(yes())).await;
        assert_eq!(code, StatusCode::OK, "{answer}");
        world.due().await;
        let after = shown().await;
        assert_eq!(
            (&after[0]["submitted"], &after[0]["form_submission_data"]),
            (
                &json!(true),
                &json!({ "node_id": "ask", "node_title": "ask", "rendered_content": "Send to Ada? by post",
                    "action_id": "yes", "action_text": "Send it",
                    "submitted_data": { "note": "by post", "size": "small" } })
            )
        );
    });
}

#[test]
fn files_are_uploaded_for_a_form() {
    block_on(async {
        let world = World::new([]);
        let field = json!({ "type": "file-list", "output_variable_name": "papers", "number_limits": 2,
            "allowed_file_types": ["document"], "allowed_file_upload_methods": ["local_file"] });
        let app = world
            .app("workflow", asks(json!({ "inputs": [field] })))
            .await;
        let (run, token, _) = paused(&world, &app).await;
        let at = format!("/api/form/human_input/{token}");
        let upload = async |at: &str, name: &str| {
            let body = format!(
                "--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
                 Content-Type: text/plain\r\n\r\nhello\r\n--B--\r\n"
            );
            let kind = [("content-type", "multipart/form-data; boundary=B")];
            world.hook(at, &kind, body).await
        };
        let (code, file) = upload(&format!("{at}/files"), "paper.txt").await;
        assert_eq!(code, StatusCode::CREATED, "{file}");
        let paper = json!({ "type": "document", "transfer_method": "local_file", "upload_file_id": file["id"] });
        let linked = json!({ "type": "document", "transfer_method": "remote_url", "url": "https://x.test/a.txt" });
        let image = json!({ "type": "image", "transfer_method": "local_file", "upload_file_id": file["id"] });
        let fill = async |papers: Value| {
            let body = json!({ "inputs": { "papers": papers }, "action": "yes" });
            world.hook(&at, &[], body.to_string()).await
        };
        for (papers, expect) in [
            (json!([paper, paper, paper]), "takes 2 files at most"),
            (json!([linked]), "Invalid file transfer method"),
            (json!([image]), "Invalid file type"),
        ] {
            let (code, error) = fill(papers).await;
            assert_eq!(
                (code, &error["params"]),
                (StatusCode::BAD_REQUEST, &json!("inputs.papers")),
                "{error}"
            );
            assert!(
                error["message"].as_str().unwrap().contains(expect),
                "{error}"
            );
        }
        let (code, answer) = fill(json!([paper])).await;
        assert_eq!((code, answer), (StatusCode::OK, json!({})));
        world.due().await;
        assert_eq!(status(&world, &app, &run).await["status"], "succeeded");
        // Nothing more is taken by a form that was filled in, or by one without such a field.
        let (code, _) = upload(&format!("{at}/files"), "late.txt").await;
        assert_eq!(code, StatusCode::PRECONDITION_FAILED);
        let app = world.app("workflow", asks(json!({}))).await;
        let (_, token, _) = paused(&world, &app).await;
        let (code, _) = upload(&format!("/api/form/human_input/{token}/files"), "x.txt").await;
        assert_eq!(code, StatusCode::BAD_REQUEST);
    });
}
