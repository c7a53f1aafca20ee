//! Answers as they are seen on the wire.

use futures::executor::block_on;
use http::{Method, StatusCode};
use model::{Role, fake::Reply};
use serde_json::{Value, json};

use super::support::*;

fn usage(prompt: u64, completion: u64) -> Value {
    json!({
        "prompt_tokens": prompt, "prompt_unit_price": "0.0", "prompt_price_unit": "0.0", "prompt_price": "0.0",
        "completion_tokens": completion, "completion_unit_price": "0.0", "completion_price_unit": "0.0",
        "completion_price": "0.0", "total_tokens": prompt + completion, "total_price": "0.0", "currency": "USD",
        "latency": "<seconds>", "time_to_first_token": "<seconds>", "time_to_generate": "<seconds>"
    })
}

fn event(name: &str, more: Value) -> Value {
    let mut event = json!({
        "event": name, "conversation_id": "<conversation_id>", "message_id": "<message_id>", "created_at": "<time>"
    });
    for (key, value) in more.as_object().unwrap() {
        event[key] = value.clone();
    }
    event
}

fn word(answer: &str) -> Value {
    let more = json!({"task_id": "<task_id>", "id": "<id>", "answer": answer, "from_variable_selector": null});
    event("message", more)
}

#[test]
fn a_stream_word_for_word() {
    block_on(async {
        let bench = Bench::new(config(), [text("Grüße, Welt!")]).await;
        let events = bench.stream(question("Hallo?", None)).await;
        let metadata =
            json!({"annotation_reply": null, "retriever_resources": [], "usage": usage(16, 2)});
        let end = json!({"task_id": "<task_id>", "id": "<id>", "metadata": metadata, "files": []});
        let expect = vec![word("Grüße, "), word("Welt!"), event("message_end", end)];
        assert_eq!(
            events.iter().cloned().map(filtered).collect::<Vec<_>>(),
            expect
        );
        for key in [
            "conversation_id",
            "message_id",
            "task_id",
            "created_at",
            "id",
        ] {
            let first = events[0].get(key).unwrap();
            assert!(
                events.iter().all(|event| event.get(key) == Some(first)),
                "{key}"
            );
        }
        assert_eq!(events[0]["id"], events[0]["message_id"]);
    });
}

#[test]
fn blocking_is_the_same_in_one_piece() {
    block_on(async {
        let bench = Bench::new(config(), [text("Grüße, Welt!")]).await;
        let request = bench.request(
            Method::POST,
            "/v1/chat-messages",
            Some(question("Hallo?", None)),
        );
        let response = bench.send(request).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(
            response.headers()["content-type"],
            "application/json; charset=utf-8"
        );
        let answer: Value = serde_json::from_str(&bench.text(response).await).unwrap();
        let expect = json!({
            "event": "message", "task_id": "<task_id>", "id": "<id>", "message_id": "<message_id>",
            "conversation_id": "<conversation_id>", "mode": "chat", "answer": "Grüße, Welt!",
            "metadata": {"annotation_reply": null, "retriever_resources": [], "usage": usage(16, 2)},
            "created_at": "<time>"
        });
        assert_eq!(filtered(answer), expect);
    });
}

#[test]
fn a_conversation_goes_on() {
    block_on(async {
        let mut config = config();
        config["opening_statement"] = "Hello {{name}}.".into();
        config["user_input_form"] =
            json!([{"text-input": {"variable": "name", "label": "Name", "required": true}}]);
        config["pre_prompt"] = "Serve {{name}}.".into();
        let bench = Bench::new(config, [text("one"), text("two")]).await;
        let mut body = question("first?", None);
        body["inputs"] = json!({"name": "Ada", "other": 1});
        let (_, first) = bench.post("/v1/chat-messages", body.clone()).await;
        body["query"] = "second?".into();
        body["conversation_id"] = first["conversation_id"].clone();
        let (_, second) = bench.post("/v1/chat-messages", body).await;
        assert_eq!(first["conversation_id"], second["conversation_id"]);
        assert_ne!(first["id"], second["id"]);
        let requests = bench.llm.requests();
        let said = |index: usize| -> Vec<(Role, String)> {
            requests[index]
                .messages
                .iter()
                .map(|message| (message.role, message.as_text()))
                .collect()
        };
        let line = |role: Role, text: &str| (role, text.to_owned());
        let opening = [
            line(Role::System, "Serve Ada."),
            line(Role::Assistant, "Hello Ada."),
        ];
        let asked = [line(Role::User, "first?")];
        assert_eq!(said(0), [&opening[..], &asked[..]].concat());
        let went_on = [line(Role::Assistant, "one"), line(Role::User, "second?")];
        assert_eq!(said(1), [&opening[..], &asked[..], &went_on[..]].concat());
    });
}

#[test]
fn a_provider_that_fails_or_breaks_off() {
    block_on(async {
        let quota = Reply::Fail(model::ErrorKind::Quota, "no credit".to_owned());
        let bench = Bench::new(config(), [quota, Reply::Cut("half an ".to_owned())]).await;
        let events = bench.stream(question("first?", None)).await;
        let failed =
            json!({"status": 400, "code": "provider_quota_exceeded", "message": "no credit"});
        assert_eq!(
            events.iter().cloned().map(filtered).collect::<Vec<_>>(),
            [event("error", failed)]
        );

        let conversation = events[0]["conversation_id"].as_str().unwrap();
        let events = bench.stream(question("second?", Some(conversation))).await;
        let message = "the scripted model broke off";
        let cut = json!({"status": 400, "code": "completion_request_error", "message": message});
        let expect = vec![word("half "), word("an "), event("error", cut)];
        assert_eq!(
            events.iter().cloned().map(filtered).collect::<Vec<_>>(),
            expect
        );

        let (_, page) = bench
            .get(&format!(
                "/v1/messages?user=ada&conversation_id={conversation}"
            ))
            .await;
        let kept: Vec<_> = page["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|m| [&m["status"], &m["answer"], &m["error"]])
            .collect();
        assert_eq!(
            json!(kept),
            json!([["error", "", "no credit"], ["error", "half an ", message]])
        );

        let (status, body) = bench
            .post("/v1/chat-messages", question("third?", Some(conversation)))
            .await;
        assert_eq!(
            (status, &body["answer"]),
            (StatusCode::OK, &json!("echo: third?"))
        );
    });
}

#[test]
fn agent_chat_says_agent_message() {
    block_on(async {
        let app = app(app::apps::Mode::AgentChat, config());
        let bench = Bench::with_app(app, [text("hi")]).await;
        let events = bench.stream(question("Hello?", None)).await;
        // Where agents run, they also say what they thought.
        let names: Vec<_> = events
            .iter()
            .map(|event| event["event"].as_str().unwrap())
            .filter(|name| *name != "agent_thought")
            .collect();
        assert_eq!(names, ["agent_message", "message_end"]);
    });
}
