//! Questions to chatflows.

use futures::executor::block_on;
use http::StatusCode;
use model::{ErrorKind, fake::Reply};
use serde_json::{Value, json};

use super::world::*;

pub fn flow() -> Value {
    let assign = node(
        "assign",
        "assigner",
        json!({ "version": "2", "items": [{
        "variable_selector": ["conversation", "last"], "input_type": "variable", "operation": "over-write",
        "value": ["sys", "query"] }] }),
    );
    let answer = node(
        "answer",
        "answer",
        json!({ "answer": "{{#llm.text#}}", "variables": [] }),
    );
    let mut start = start(&[]);
    start["data"]["variables"] = json!([]);
    let mut flow = chain(vec![
        start,
        assign,
        memory(llm("llm", "{{#sys.query#}}")),
        answer,
    ]);
    flow["conversation_variables"] =
        json!([{ "id": "v", "name": "last", "value_type": "string", "value": "" }]);
    flow["features"] =
        json!({ "opening_statement": "Hi", "retriever_resource": { "enabled": true } });
    flow
}

fn memory(mut llm: Value) -> Value {
    llm["data"]["memory"] = json!({ "window": { "enabled": false, "size": 10 } });
    llm
}

pub fn question(query: &str, conversation: &Value) -> Value {
    json!({ "inputs": {}, "query": query, "user": "ada", "conversation_id": conversation })
}

#[test]
fn a_turn_and_the_next() {
    block_on(async {
        let world = World::new([text("one two"), text("three")]);
        let app = world.app("advanced-chat", flow()).await;
        let events = world
            .stream("/v1/chat-messages", &app, question("first", &json!("")))
            .await;
        assert_eq!(
            lines(&events),
            [
                "workflow_started",
                "node_started start",
                "node_finished start succeeded",
                "node_started assign",
                "node_finished assign succeeded",
                "node_started llm",
                "message one ",
                "message two",
                "node_finished llm succeeded",
                "node_started answer",
                "node_finished answer succeeded",
                "message_end",
                "workflow_finished succeeded",
            ]
        );
        for event in &events {
            for key in ["conversation_id", "message_id", "created_at", "task_id"] {
                assert_eq!(event[key], events[0][key], "{event}");
            }
            let is_message = ["message", "message_end"].contains(&event["event"].as_str().unwrap());
            assert_eq!(
                event.get("workflow_run_id").is_none(),
                is_message,
                "{event}"
            );
        }
        let end = events
            .iter()
            .find(|event| event["event"] == "message_end")
            .unwrap();
        assert_eq!(end["id"], end["message_id"]);
        assert!(end["metadata"]["usage"]["total_tokens"].as_u64().unwrap() > 0);
        world.settle().await;

        let conversation = events[0]["conversation_id"].clone();
        let body = question("second", &conversation);
        let (status, answer) = world
            .call("POST", "/v1/chat-messages", &app.key, Some(&body))
            .await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        assert_eq!(
            (&answer["mode"], &answer["answer"]),
            (&json!("advanced-chat"), &json!("three"))
        );
        // The model was told of the first turn, behind the prompt that stands in the node.
        let asked = world.llm.requests();
        let told: Vec<String> = asked[1]
            .messages
            .iter()
            .map(model::Message::as_text)
            .collect();
        assert_eq!(told[1..3], ["first", "one two"]);

        let id = conversation.as_str().unwrap();
        let path = format!("/v1/messages?user=ada&conversation_id={id}");
        let (_, messages) = world.call("GET", &path, &app.key, None).await;
        let answers: Vec<&Value> = messages["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| &it["answer"])
            .collect();
        assert_eq!(answers, ["one two", "three"]);
        let path = format!("/v1/conversations/{id}/variables?user=ada");
        let (_, variables) = world.call("GET", &path, &app.key, None).await;
        assert_eq!(
            (
                &variables["data"][0]["name"],
                &variables["data"][0]["value"]
            ),
            (&json!("last"), &json!("second"))
        );
        let (_, list) = world
            .call("GET", "/v1/conversations?user=ada", &app.key, None)
            .await;
        assert_eq!(
            (&list["data"][0]["id"], &list["data"][0]["introduction"]),
            (&conversation, &json!("Hi"))
        );
    });
}

#[test]
fn a_failure_ends_with_an_error() {
    block_on(async {
        let fail = || Reply::Fail(ErrorKind::BadRequest, "no".to_owned());
        let world = World::new([fail(), fail()]);
        let app = world.app("advanced-chat", flow()).await;
        let events = world
            .stream("/v1/chat-messages", &app, question("x", &json!(null)))
            .await;
        let lines = lines(&events);
        assert_eq!(
            lines[lines.len() - 2..],
            ["workflow_finished failed", "error"]
        );
        assert!(!lines.contains(&"message_end".to_owned()));
        let error = events.last().unwrap();
        assert_eq!(
            (&error["code"], &error["status"]),
            (&json!("invalid_param"), &json!(400))
        );
        assert!(
            error["message"]
                .as_str()
                .unwrap()
                .starts_with("Run failed: "),
            "{error}"
        );
        assert!(error.get("task_id").is_none());
        let body = question("x", &json!(null));
        let (status, error) = world
            .call("POST", "/v1/chat-messages", &app.key, Some(&body))
            .await;
        assert_eq!(
            (status, &error["code"]),
            (StatusCode::BAD_REQUEST, &json!("invalid_param"))
        );
    });
}
