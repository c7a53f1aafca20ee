//! `/v1/completion-messages`: a text out of inputs, through the same pipeline as a chat.

use app::apps::Mode;
use futures::executor::block_on;
use http::{Method, StatusCode};
use model::Role;
use serde_json::{Value, json};

use super::support::*;

fn writer() -> Value {
    json!({
        "model": {"provider": "local", "name": "scripted", "mode": "chat", "completion_params": {}},
        "pre_prompt": "Write a poem on {{topic}}.",
        "user_input_form": [{"paragraph": {"variable": "topic", "label": "Topic", "required": true}}],
        "more_like_this": {"enabled": true},
    })
}

async fn bench(reply: &str) -> Bench {
    Bench::with_app(app(Mode::Completion, writer()), [text(reply)]).await
}

const PATH: &str = "/v1/completion-messages";

#[test]
fn inputs_become_a_text() {
    block_on(async {
        let bench = bench("Waves.").await;
        let body = json!({"inputs": {"topic": "the sea"}, "user": "ada"});
        let (status, answer) = bench.post(PATH, body).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        assert_eq!(
            (&answer["event"], &answer["mode"], &answer["answer"]),
            (&json!("message"), &json!("completion"), &json!("Waves."))
        );
        assert_eq!(answer["id"], answer["message_id"]);
        assert_eq!(answer.get("conversation_id"), None);
        assert_eq!(answer["metadata"]["usage"]["completion_tokens"], 1);
        // Without a question the instructions are what is asked: services refuse a prompt of a system message alone.
        let asked = &bench.llm.requests()[0].messages;
        assert_eq!(asked.len(), 1);
        assert_eq!(
            (asked[0].role, asked[0].as_text().as_str()),
            (Role::User, "Write a poem on the sea.")
        );
    });
}

#[test]
fn a_question_beside_the_instructions() {
    block_on(async {
        let bench = bench("Waves.").await;
        let body =
            json!({"inputs": {"topic": "the sea"}, "query": "In one word, please.", "user": "ada"});
        bench.post(PATH, body).await;
        let asked: Vec<(Role, String)> = bench.llm.requests()[0]
            .messages
            .iter()
            .map(|message| (message.role, message.as_text()))
            .collect();
        let expect = [
            (Role::System, "Write a poem on the sea.".to_owned()),
            (Role::User, "In one word, please.".to_owned()),
        ];
        assert_eq!(asked, expect);
    });
}

#[test]
fn a_stream_names_no_conversation() {
    block_on(async {
        let bench = bench("Blue waves.").await;
        let body =
            json!({"inputs": {"topic": "the sea"}, "user": "ada", "response_mode": "streaming"});
        let response = bench
            .send(bench.request(Method::POST, PATH, Some(body)))
            .await;
        assert_eq!(response.status(), StatusCode::OK);
        let events = events(&bench.text(response).await);
        let names: Vec<&Value> = events.iter().map(|event| &event["event"]).collect();
        assert_eq!(names, ["message", "message", "message_end"]);
        for event in &events {
            assert_eq!(event.get("conversation_id"), None, "{event}");
            assert!(event["task_id"].is_string() && event["message_id"].is_string());
        }
        // What end users think of it is kept as of any message.
        let id = events[0]["message_id"].as_str().unwrap();
        let path = format!("/v1/messages/{id}/feedbacks");
        let verdict = json!({"rating": "like", "content": "Wet.", "user": "ada"});
        assert_eq!(bench.post(&path, verdict).await.0, StatusCode::OK);
        let (_, listed) = bench.get("/v1/app/feedbacks").await;
        assert_eq!(
            (
                &listed["data"][0]["message_id"],
                &listed["data"][0]["content"]
            ),
            (&json!(id), &json!("Wet."))
        );
        // Stopping what is over has no effect, and is answered alike.
        let task = events[0]["task_id"].as_str().unwrap();
        let stopped = bench
            .post(&format!("{PATH}/{task}/stop"), json!({"user": "ada"}))
            .await;
        assert_eq!(stopped, (StatusCode::OK, json!({"result": "success"})));
        let parameters = bench.get("/v1/parameters").await.1;
        assert_eq!(parameters["more_like_this"], json!({"enabled": true}));
    });
}

#[test]
fn what_is_refused() {
    block_on(async {
        let writer = bench("").await;
        for (body, param, message) in [
            (json!({"user": "ada"}), Some("inputs"), "inputs is required"),
            (
                json!({"inputs": {}, "user": "ada"}),
                None,
                "topic is required in input form",
            ),
            (
                json!({"inputs": {"topic": "x"}}),
                None,
                "Arg user must be provided.",
            ),
        ] {
            let (status, refused) = writer.post(PATH, body).await;
            assert_eq!(status, StatusCode::BAD_REQUEST);
            assert_eq!(refused["code"], "invalid_param");
            assert_eq!(refused["message"], message);
            assert_eq!(refused.get("params").and_then(Value::as_str), param);
        }
        let (status, refused) = writer.post("/v1/chat-messages", question("Hi", None)).await;
        assert_eq!(
            (status, &refused["code"]),
            (StatusCode::BAD_REQUEST, &json!("not_chat_app"))
        );
        let chat = Bench::new(config(), []).await;
        let ask = json!({"inputs": {}, "user": "ada"});
        for path in [PATH.to_owned(), format!("{PATH}/x/stop")] {
            let (status, refused) = chat.post(&path, ask.clone()).await;
            assert_eq!(
                (status, &refused["code"]),
                (StatusCode::BAD_REQUEST, &json!("app_unavailable"))
            );
        }
    });
}
