//! What the makers of an app see of its use, and how they try it out.

use futures::executor::block_on;
use model::fake::Reply;
use serde_json::{Value, json};

use super::{
    support::Bench,
    web::{Visitor, page},
};

fn said(text: &str) -> Reply {
    Reply::Text(text.to_owned())
}

async fn chats(bench: &Bench, id: &str, query: &str) -> Value {
    bench
        .get(&format!("/apps/{id}/chat-conversations{query}"))
        .await
}

#[test]
fn days_are_dropped_when_their_time_is_over() {
    let bench = Bench::new([said("one"), said("two"), said("three")]);
    let pass = |days: u64| {
        let time = std::time::Duration::from_secs(days * 86_400);
        bench.handles.clock.advance(time);
    };
    block_on(async {
        let (id, code) = page(&bench, "chat").await;
        let eve = Visitor::new(&bench, &code).await;
        let path = "/workspaces/current/log-retention";
        assert_eq!(
            bench.get(path).await,
            json!({ "days": null, "conversations": false })
        );
        let first = eve.ask("What is a house?", None).await;
        let conversation = first["conversation_id"].as_str().unwrap();
        pass(20);
        eve.ask("And a barn?", Some(conversation)).await;
        bench.settle().await;
        for (days, status) in [
            (json!(0), 400),
            (json!("x"), 400),
            (json!(4000), 400),
            (json!(10), 200),
        ] {
            let answer = bench.admin("PUT", path, json!({ "days": days })).await;
            assert_eq!(answer.status, status, "{days}: {}", answer.text);
        }
        bench.settle().await;
        // The day on which it began is gone, and with it the list's entry; the end user's conversation is not.
        assert_eq!(chats(&bench, &id, "").await["total"], 0);
        // Charts go back beyond it.
        let charted = async || {
            let path = format!("/apps/{id}/statistics/daily-messages");
            let days = bench.get(&path).await["data"].clone();
            let count = |day: &Value| day["message_count"].as_u64().unwrap();
            days.as_array()
                .unwrap()
                .iter()
                .map(count)
                .collect::<Vec<_>>()
        };
        assert_eq!(charted().await, [1, 1]);
        eve.ask("And a shed?", Some(conversation)).await;
        bench.settle().await;
        assert_eq!(chats(&bench, &id, "").await["data"][0]["message_count"], 3);

        // By itself, day after day; conversations too where that is wished, when nobody has written in them for so long.
        let body = json!({ "days": 10, "conversations": true });
        assert_eq!(bench.admin("PUT", path, body).await.status, 200);
        bench.settle().await;
        let detail = format!("/apps/{id}/chat-conversations/{conversation}");
        assert_eq!(bench.admin("GET", &detail, Value::Null).await.status, 200);
        for _ in 0..13 {
            pass(1);
            bench.settle().await;
        }
        assert_eq!(charted().await, [1, 2]);
        assert_eq!(chats(&bench, &id, "").await["total"], 0);
        assert_eq!(bench.admin("GET", &detail, Value::Null).await.status, 404);
    });
}

#[test]
fn makers_see_what_was_asked() {
    let bench = Bench::new([said("one"), said("two"), said("three"), said("four")]);
    block_on(async {
        let (id, code) = page(&bench, "chat").await;
        let eve = Visitor::new(&bench, &code).await;
        let first = eve.ask("What is a house?", None).await;
        let conversation = first["conversation_id"].as_str().unwrap();
        bench
            .handles
            .clock
            .advance(std::time::Duration::from_secs(86_400));
        eve.ask("And a barn?", Some(conversation)).await;
        eve.ask("=HYPERLINK(\"x\")", None).await;
        bench.settle().await;

        let all = chats(&bench, &id, "").await;
        assert_eq!(
            (&all["total"], &all["has_more"]),
            (&json!(2), &json!(false))
        );
        assert_eq!(all["data"][1]["message_count"], 2);
        assert_eq!(all["data"][1]["from_source"], "web-app");
        assert_eq!(all["data"][1]["summary"], "What is a house?");
        assert_eq!(
            chats(&bench, &id, "?sort_by=created_at").await["data"][0]["id"],
            conversation
        );
        for (query, total) in [
            ("?keyword=HOUSE", 1),
            ("?keyword=nothing", 0),
            ("?annotation_status=annotated", 0),
            ("?annotation_status=not_annotated", 2),
            ("?start=2000-01-01+00:00", 2),
            ("?end=2000-01-01%2000:00", 0),
            ("?limit=1&page=2", 2),
        ] {
            assert_eq!(chats(&bench, &id, query).await["total"], total, "{query}");
        }
        for (query, param) in [
            ("?start=today", "start"),
            ("?sort_by=odd", "sort_by"),
            ("?annotation_status=odd", "annotation_status"),
        ] {
            let path = format!("/apps/{id}/chat-conversations{query}");
            let refused = bench.admin("GET", &path, Value::Null).await;
            assert_eq!(
                (refused.status.as_u16(), &refused.json()["params"]),
                (400, &json!(param))
            );
        }

        let messages = format!("/apps/{id}/chat-messages?conversation_id={conversation}");
        let list = bench.get(&messages).await;
        assert_eq!(
            (&list["data"][0]["query"], &list["data"][1]["answer"]),
            (&json!("What is a house?"), &json!("two"))
        );
        let message = list["data"][0]["id"].as_str().unwrap();
        let like = json!({ "message_id": message, "rating": "like", "content": "good" });
        bench.post(&format!("/apps/{id}/feedbacks"), like).await;
        let dislike = json!({ "rating": "dislike" });
        let rate = format!("/messages/{message}/feedbacks");
        assert_eq!(eve.call("POST", &rate, dislike).await.status, 200);
        let annotation =
            json!({ "message_id": message, "question": "What is a house?", "answer": "A home." });
        let made = bench
            .post(&format!("/apps/{id}/annotations"), annotation.clone())
            .await;
        let again = bench
            .post(&format!("/apps/{id}/annotations"), annotation)
            .await;
        assert_eq!(made["id"], again["id"]);
        let shown = bench.get(&format!("/apps/{id}/messages/{message}")).await;
        assert_eq!(shown["annotation"]["content"], "A home.");
        assert_eq!(shown["feedbacks"][0]["from_source"], "user");
        assert_eq!(shown["feedbacks"][1]["rating"], "like");
        let row = bench
            .get(&format!("/apps/{id}/chat-conversations/{conversation}"))
            .await;
        assert_eq!(
            row["user_feedback_stats"],
            json!({ "like": 0, "dislike": 1 })
        );
        assert_eq!(
            row["admin_feedback_stats"],
            json!({ "like": 1, "dislike": 0 })
        );
        assert_eq!(
            chats(&bench, &id, "?annotation_status=annotated").await["total"],
            1
        );

        let file = bench
            .admin("GET", &format!("/apps/{id}/logs/export"), Value::Null)
            .await;
        assert_eq!(file.headers["content-type"], "text/csv; charset=utf-8");
        assert_eq!(file.text.lines().count(), 4);
        // What a spreadsheet would run stands as a text.
        assert!(
            file.text.contains("\"'=HYPERLINK(\"\"x\"\")\""),
            "{}",
            file.text
        );
        let feedback = format!("/apps/{id}/feedbacks/export");
        let feedback = bench.admin("GET", &feedback, Value::Null).await;
        assert!(
            feedback
                .text
                .contains(&format!("{message},{conversation},"))
        );

        let path = format!("/apps/{id}/chat-conversations/{conversation}");
        assert_eq!(bench.admin("DELETE", &path, Value::Null).await.status, 204);
        bench.settle().await;
        assert_eq!(chats(&bench, &id, "").await["total"], 1);
        assert_eq!(bench.admin("GET", &path, Value::Null).await.status, 404);
    });
}

#[test]
fn charts_add_up() {
    let fail = Reply::Fail(model::ErrorKind::Unavailable, "down".to_owned());
    let bench = Bench::new([said("one"), said("two"), fail]);
    block_on(async {
        let (id, code) = page(&bench, "chat").await;
        let (eve, bob) = (
            Visitor::new(&bench, &code).await,
            Visitor::new(&bench, &code).await,
        );
        let first = eve.ask("One?", None).await;
        bob.ask("Two?", None).await;
        bench
            .handles
            .clock
            .advance(std::time::Duration::from_secs(86_400));
        let body = json!({ "query": "Three?", "inputs": {}, "response_mode": "blocking" });
        assert_eq!(eve.call("POST", "/chat-messages", body).await.status, 400);
        let like = json!({ "rating": "like" });
        let rate = format!(
            "/messages/{}/feedbacks",
            first["message_id"].as_str().unwrap()
        );
        eve.call("POST", &rate, like).await;
        bench.settle().await;
        let chart = async |name: &str, query: &str| {
            let path = format!("/apps/{id}/statistics/{name}{query}");
            bench.get(&path).await["data"].clone()
        };
        let check = async |name: &str, key: &str, expect: [f64; 2]| {
            let data = chart(name, "").await;
            let values = data
                .as_array()
                .unwrap()
                .iter()
                .map(|day| day[key].as_f64().unwrap());
            assert_eq!(values.collect::<Vec<_>>(), expect, "{name}");
        };
        check("daily-messages", "message_count", [2.0, 1.0]).await;
        check("daily-conversations", "conversation_count", [2.0, 1.0]).await;
        check("daily-end-users", "terminal_count", [2.0, 1.0]).await;
        check("average-session-interactions", "interactions", [1.0, 1.0]).await;
        check("user-satisfaction-rate", "rate", [500.0, 0.0]).await;
        check("errors", "error_count", [0.0, 1.0]).await;
        let tokens = chart("token-costs", "").await;
        assert!(tokens[0]["token_count"].as_u64().unwrap() > 0);
        assert_eq!(tokens[0]["currency"], "USD");
        for name in [
            "average-response-time",
            "time-to-first-token",
            "tokens-per-second",
        ] {
            assert_eq!(chart(name, "").await.as_array().unwrap().len(), 2, "{name}");
        }
        let day = tokens[1]["date"].as_str().unwrap();
        let later = chart("daily-messages", &format!("?start={day}%2000:00")).await;
        assert_eq!(later.as_array().unwrap().len(), 1);
        let csv = format!("/apps/{id}/statistics/daily-messages?format=csv");
        let csv = bench.admin("GET", &csv, Value::Null).await;
        assert!(csv.text.contains("date,message_count\r\n"), "{}", csv.text);
        let odd = format!("/apps/{id}/statistics/odd");
        assert_eq!(bench.admin("GET", &odd, Value::Null).await.status, 404);
    });
}

#[test]
fn what_nobody_saved_can_be_tried_out() {
    let bench = Bench::new([said("one"), said("two"), said("three")]);
    block_on(async {
        let (id, _) = page(&bench, "chat").await;
        let config = json!({
            "model": { "provider": "local", "name": "tiny", "mode": "chat", "completion_params": { "temperature": 0.5 } },
            "pre_prompt": "Answer {{who}} like a pirate.",
            "user_input_form": [{ "text-input": { "variable": "who", "label": "Who", "required": true } }],
        });
        let path = format!("/apps/{id}/chat-messages");
        let ask = async |config: &Value, inputs: Value, conversation: &Value| {
            let body = json!({
                "query": "Hello?", "inputs": inputs, "model_config": config, "response_mode": "blocking",
                "conversation_id": conversation,
            });
            bench.admin("POST", &path, body).await
        };
        let who = json!({ "who": "Ada" });
        let answer = ask(&config, who.clone(), &Value::Null).await.json();
        assert_eq!(answer["answer"], "one");
        let more = ask(&config, who, &answer["conversation_id"]).await.json();
        let missing = ask(&config, json!({}), &Value::Null).await;
        assert_eq!(missing.status, 400);
        let wrong = ask(&json!("odd"), json!({}), &Value::Null).await;
        assert_eq!(wrong.json()["params"], "model_config");
        bench.settle().await;

        let trace = format!(
            "/apps/{id}/messages/{}/trace",
            more["message_id"].as_str().unwrap()
        );
        let trace = bench.get(&trace).await;
        let texts: Vec<&str> = trace["prompt"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| it["text"].as_str().unwrap())
            .collect();
        assert_eq!(
            texts,
            ["Answer Ada like a pirate.", "Hello?", "one", "Hello?"]
        );
        assert_eq!(
            (&trace["source"], &trace["history_rounds"]),
            (&json!("model"), &json!(1))
        );
        assert_eq!(
            trace["model"],
            json!({ "provider": "local", "name": "tiny" })
        );
        assert_eq!(trace["parameters"]["temperature"], 0.5);
        assert!(trace["total_tokens"].as_u64().unwrap() > 0);
        assert!(trace["timing"]["total_ms"].is_u64());
        let again = format!(
            "/apps/{id}/messages/{}/events",
            more["message_id"].as_str().unwrap()
        );
        let again = bench.admin("GET", &again, Value::Null).await;
        assert!(again.text.contains(r#""answer":"two""#), "{}", again.text);
        // Neither logged nor counted, and the app is as it was.
        assert_eq!(chats(&bench, &id, "").await["total"], 0);
        let counted = bench
            .get(&format!("/apps/{id}/statistics/daily-messages"))
            .await;
        assert_eq!(counted["data"], json!([]));
        assert_eq!(
            bench.get(&format!("/apps/{id}")).await["model_config"]["pre_prompt"],
            ""
        );
        let unknown = format!("/apps/{id}/messages/{}/trace", app::id::derived("x"));
        assert_eq!(bench.admin("GET", &unknown, Value::Null).await.status, 404);
    });
}
