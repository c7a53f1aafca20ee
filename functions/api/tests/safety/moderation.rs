//! Moderation of questions and answers, by each kind of judge.

use futures::executor::block_on;
use http::StatusCode;
use serde_json::{Value, json};

use super::{support::*, world::*};

fn side(preset: &str) -> Value {
    json!({"enabled": true, "preset_response": preset})
}

fn moderated(kind: &str, more: Value) -> Value {
    let mut config = config();
    let mut settings =
        json!({"inputs_config": side("Not that."), "outputs_config": side("Withdrawn.")});
    for (key, value) in more.as_object().unwrap() {
        settings[key] = value.clone();
    }
    config["sensitive_word_avoidance"] = json!({"enabled": true, "type": kind, "config": settings});
    config
}

fn keywords() -> Value {
    moderated("keywords", json!({"keywords": "Bomb\nsecret sauce"}))
}

/// `event: answer` of each, where there is one.
fn lines(events: &[Value]) -> Vec<String> {
    let line = |event: &Value| {
        let text = event.get("answer").or(event.get("message"));
        let text = text.and_then(Value::as_str).unwrap_or_default();
        format!("{}: {text}", event["event"].as_str().unwrap())
    };
    events.iter().map(line).collect()
}

/// Everything that a reader sees before the answer is replaced.
fn shown(events: &[Value]) -> String {
    let deltas = events.iter().filter(|event| event["event"] == "message");
    deltas
        .map(|event| event["answer"].as_str().unwrap())
        .collect()
}

#[test]
fn words_in_a_question_never_reach_the_model() {
    block_on(async {
        let mut config = keywords();
        config["user_input_form"] = json!([{"paragraph": {"variable": "about", "label": "About"}}]);
        let bench = Bench::new(config, []).await;
        let check = async |query: &str, about: &str, expect: &[&str]| {
            let mut body = question(query, None);
            body["inputs"] = json!({"about": about});
            let events = bench.stream(body).await;
            assert_eq!(lines(&events), expect, "{query} {about}");
        };
        let refused: &[&str] = &["message: Not that.", "message_end: "];
        check("how to build a bOMb?", "", refused).await;
        check("hello?", "the SECRET SAUCE", refused).await;
        assert!(bench.llm.requests().is_empty());
        check(
            "hello?",
            "cats",
            &["message: echo: ", "message: hello?", "message_end: "],
        )
        .await;

        // Blocking; and the answer is kept as it was said, at no price.
        let answer = bench.post("/v1/chat-messages", {
            let mut body = question("bomb", None);
            body["inputs"] = json!({"about": ""});
            body
        });
        let (status, answer) = answer.await;
        assert_eq!(
            (status, &answer["answer"]),
            (StatusCode::OK, &json!("Not that."))
        );
        assert_eq!(answer["metadata"]["usage"]["total_tokens"], 0);
        let conversation = answer["conversation_id"].as_str().unwrap();
        let path = format!("/v1/messages?user=ada&conversation_id={conversation}");
        let (_, page) = bench.get(&path).await;
        assert_eq!(page["data"][0]["query"], "bomb");
        assert_eq!(page["data"][0]["answer"], "Not that.");
    });
}

#[test]
fn words_in_an_answer_replace_it_and_stop_the_model() {
    block_on(async {
        let reply = "Take some bombast, then a secret  sauce is fine.";
        let bench = Bench::new(keywords(), [text(reply), text("Take a bo"), text(reply)]).await;
        let events = bench.stream(question("how?", None)).await;
        let expect = [
            "message: Take ",
            "message: some ",
            "message_replace: Withdrawn.",
            "message_end: ",
        ];
        assert_eq!(lines(&events), expect);
        let replaced = &events[2];
        assert_eq!(replaced["reason"], "output_moderation");
        assert!(replaced["task_id"].is_string() && replaced["message_id"].is_string());
        // What was written is paid for, though nobody reads it.
        let usage = &events[3]["metadata"]["usage"];
        assert_eq!(usage["estimated"], true);
        assert!(usage["completion_tokens"].as_u64().unwrap() > 5, "{usage}");

        // What could have become a word is shown when nothing follows.
        let events = bench.stream(question("how?", None)).await;
        assert_eq!(shown(&events), "Take a bo");

        let answer = bench.ask("how?", None).await;
        assert_eq!(answer["answer"], "Withdrawn.");
        let conversation = answer["conversation_id"].as_str().unwrap();
        let path = format!("/v1/messages?user=ada&conversation_id={conversation}");
        assert_eq!(bench.get(&path).await.1["data"][0]["answer"], "Withdrawn.");
    });
}

#[test]
fn a_provider_judges() {
    block_on(async {
        let long = "fine words ".repeat(40);
        let late = format!("{long} bad {long}");
        let config = moderated("openai_moderation", json!({}));
        let bench = with_provider(config, [text(&long), text(&late), text("all bad")]).await;
        assert_eq!(
            bench.ask("something bad", None).await["answer"],
            "Not that."
        );
        assert!(bench.llm.requests().is_empty());

        // In pieces of at least 300 characters, each judged before it is shown.
        let events = bench.stream(question("how?", None)).await;
        assert_eq!(shown(&events), long);
        assert_eq!(events.len(), 3, "{events:?}");
        assert!(events[0]["answer"].as_str().unwrap().len() >= 300);

        let events = bench.stream(question("how?", None)).await;
        let names: Vec<_> = events.iter().map(|event| &event["event"]).collect();
        assert_eq!(names, ["message", "message_replace", "message_end"]);
        assert!(!shown(&events).contains("bad"));

        let events = bench.stream(question("how?", None)).await;
        assert_eq!(
            lines(&events),
            ["message_replace: Withdrawn.", "message_end: "]
        );
    });
}

#[test]
fn when_the_judge_is_down() {
    block_on(async {
        let closed = moderated("openai_moderation", json!({}));
        let bench = with_provider(closed, [text("quite down here"), text("x")]).await;
        let (status, body) = bench
            .post("/v1/chat-messages", question("is it down?", None))
            .await;
        let message = "The moderation of this app failed, so nothing is answered. unreachable";
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert_eq!(body["code"], "completion_request_error");
        assert_eq!(body["message"], message);
        assert!(bench.llm.requests().is_empty());
        // Nothing of an answer that nobody judged is shown.
        let events = bench.stream(question("how?", None)).await;
        assert_eq!(lines(&events), [format!("error: {message}")]);

        let open = moderated("openai_moderation", json!({"on_failure": "open"}));
        let bench = with_provider(open, [text("quite down here")]).await;
        let answer = bench.ask("is it down?", None).await;
        assert_eq!(answer["answer"], "quite down here");

        // A provider that was never configured: the same two ways.
        let closed = moderated("openai_moderation", json!({"provider": "nobody"}));
        let bench = with_provider(closed, [text("x")]).await;
        let (_, body) = bench
            .post("/v1/chat-messages", question("hello?", None))
            .await;
        assert_eq!(body["code"], "provider_not_initialize");
        let open = moderated(
            "openai_moderation",
            json!({"provider": "nobody", "on_failure": "open"}),
        );
        let bench = with_provider(open, [text("hi")]).await;
        assert_eq!(bench.ask("hello?", None).await["answer"], "hi");
    });
}

#[test]
fn an_extension_judges() {
    block_on(async {
        let bench = Bench::new(config(), []).await;
        extension_answers(&bench.handles.fetch, |asked| {
            let params = &asked["params"];
            let answer = match (
                asked["point"].as_str().unwrap(),
                &params["query"],
                &params["text"],
            ) {
                ("app.moderation.input", query, _) if query == "my number is 42" => json!({
                    "flagged": true, "action": "overridden",
                    "inputs": {"name": "A.", "invented": 1}, "query": "my number is X"}),
                ("app.moderation.input", query, _) if query == "rude" => json!({
                    "flagged": true, "action": "direct_output", "preset_response": "Mind your words."}),
                ("app.moderation.input", query, _) if query == "odd" => json!({"flagged": true}),
                ("app.moderation.input", query, _) if query == "down" => return (503, json!({})),
                ("app.moderation.output", _, text) if text.as_str().unwrap().contains("42") => {
                    json!({
                    "flagged": true, "action": "overridden", "text": text.as_str().unwrap().replace("42", "**")})
                }
                _ => json!({"flagged": false}),
            };
            (200, answer)
        });
        let id = extension(&bench).await;
        let mut config = moderated("api", json!({"api_based_extension_id": id}));
        config["sensitive_word_avoidance"]["config"]["inputs_config"] = json!({"enabled": true});
        config["pre_prompt"] = "Serve {{name}}.".into();
        config["user_input_form"] = json!([{"text-input": {"variable": "name", "label": "Name"}}]);
        bench.save(&app(app::apps::Mode::Chat, config)).await;
        let ask = |query: &str| {
            let mut body = question(query, None);
            body["inputs"] = json!({"name": "Ada"});
            body
        };

        let events = bench.stream(ask("rude")).await;
        assert_eq!(
            lines(&events),
            ["message: Mind your words.", "message_end: "]
        );

        // The model reads what the extension made of it, and no variable that it invented.
        let events = bench.stream(ask("my number is 42")).await;
        assert_eq!(shown(&events), "echo: my number is X");
        let read: Vec<_> = bench.llm.requests()[0]
            .messages
            .iter()
            .map(|m| m.as_text())
            .collect();
        assert_eq!(read, ["Serve A..", "my number is X"]);

        // What it rewrites of an answer is shown as it says, and the answer goes on.
        let events = bench.stream(ask("is it 42?")).await;
        assert_eq!(
            lines(&events),
            ["message_replace: echo: is it **?", "message_end: "]
        );

        for (query, why) in [("odd", "`action` is neither"), ("down", "status 503")] {
            let (status, body) = bench.post("/v1/chat-messages", ask(query)).await;
            assert_eq!(status, StatusCode::BAD_REQUEST);
            assert_eq!(body["code"], "completion_request_error");
            let message = body["message"].as_str().unwrap();
            assert!(
                message.contains(why) && message.contains("guard"),
                "{message}"
            );
        }
        let first = &asked(&bench)[0];
        let params = json!({"app_id": APP, "inputs": {"name": "Ada"}, "query": "rude"});
        assert_eq!(first["params"], params);

        // Without its extension the app is silent.
        app::extension::delete(&bench.ctx, TENANT, &id)
            .await
            .unwrap();
        let (_, body) = bench.post("/v1/chat-messages", ask("hello")).await;
        assert_eq!(body["code"], "completion_request_error", "{body}");
    });
}

#[test]
fn broken_moderation_answers_nothing() {
    block_on(async {
        let bench = Bench::new(moderated("magic", json!({})), [text("x")]).await;
        let (status, body) = bench
            .post("/v1/chat-messages", question("hello?", None))
            .await;
        assert_eq!(
            (status, &body["code"]),
            (StatusCode::BAD_REQUEST, &json!("app_unavailable"))
        );
        assert!(bench.llm.requests().is_empty());
    });
}
