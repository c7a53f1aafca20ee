//! Messages, and what end users think of them.

use futures::executor::block_on;
use http::StatusCode;
use serde_json::{Value, json};

use super::support::*;

fn queries(page: &Value) -> Vec<&str> {
    page["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["query"].as_str().unwrap())
        .collect()
}

#[test]
fn pages_go_back_in_time() {
    block_on(async {
        let bench = Bench::new(config(), [text("Hi.")]).await;
        let first = bench.ask("1", None).await;
        let conversation = first["conversation_id"].as_str().unwrap();
        for query in ["2", "3", "4", "5"] {
            bench
                .handles
                .clock
                .advance(std::time::Duration::from_millis(5));
            bench.ask(query, Some(conversation)).await;
        }
        let path = format!("/v1/messages?user=ada&conversation_id={conversation}");
        let (_, page) = bench.get(&path).await;
        assert_eq!(queries(&page), ["1", "2", "3", "4", "5"]);
        assert_eq!(
            (&page["limit"], &page["has_more"]),
            (&json!(20), &json!(false))
        );
        let item = filtered(page["data"][0].clone());
        let expect = json!({
            "id": "<id>", "conversation_id": "<conversation_id>", "parent_message_id": null, "inputs": {}, "query": "1",
            "answer": "Hi.", "status": "normal", "error": null, "message_files": [], "feedback": null,
            "retriever_resources": [], "agent_thoughts": [], "created_at": "<time>", "extra_contents": [],
            "message_tokens": 14, "answer_tokens": 1, "total_tokens": 15, "provider_response_latency": 0.0,
            "total_price": "0.0", "currency": "USD"
        });
        assert_eq!(item, expect);
        assert_eq!(page["data"][1]["parent_message_id"], first["id"]);
        let (_, page) = bench.get(&format!("{path}&limit=2")).await;
        assert_eq!(
            (queries(&page), &page["has_more"]),
            (vec!["4", "5"], &json!(true))
        );
        let before = page["data"][0]["id"].as_str().unwrap();
        let (_, page) = bench
            .get(&format!("{path}&limit=3&first_id={before}"))
            .await;
        assert_eq!(
            (queries(&page), &page["has_more"]),
            (vec!["1", "2", "3"], &json!(false))
        );
        for (query, status, message) in [
            ("user=ada".to_owned(), 400, "conversation_id is required"),
            (
                "user=ada&conversation_id=x".to_owned(),
                400,
                "x is not a valid uuid.",
            ),
            (
                format!("user=bob&conversation_id={conversation}"),
                404,
                "Conversation Not Exists.",
            ),
            (
                format!("user=ada&conversation_id={conversation}&first_id={APP}"),
                404,
                "First Message Not Exists.",
            ),
        ] {
            let (got, error) = bench.get(&format!("/v1/messages?{query}")).await;
            assert_eq!(
                (got.as_u16(), &error["message"]),
                (status, &json!(message)),
                "{query}"
            );
        }
    });
}

#[test]
fn feedback_is_given_changed_and_taken_back() {
    block_on(async {
        let bench = Bench::new(config(), []).await;
        let answer = bench.ask("1", None).await;
        let id = answer["message_id"].as_str().unwrap();
        let path = format!("/v1/messages/{id}/feedbacks");
        let (status, error) = bench
            .post(&path, json!({"user": "ada", "rating": null}))
            .await;
        assert_eq!(
            (status, &error["code"]),
            (StatusCode::BAD_REQUEST, &json!("invalid_param"))
        );
        let success = (StatusCode::OK, json!({"result": "success"}));
        assert_eq!(
            bench
                .post(&path, json!({"user": "ada", "rating": "like"}))
                .await,
            success
        );
        let bad = json!({"user": "ada", "rating": "dislike", "content": "wrong"});
        assert_eq!(bench.post(&path, bad).await, success);
        bench.settle().await;
        let (_, list) = bench.get("/v1/app/feedbacks").await;
        let data = list["data"].as_array().unwrap();
        assert_eq!(data.len(), 1);
        let item = &data[0];
        assert_eq!(
            (&item["rating"], &item["content"], &item["message_id"]),
            (&json!("dislike"), &json!("wrong"), &json!(id))
        );
        assert_eq!(
            (&item["app_id"], &item["from_source"]),
            (&json!(APP), &json!("user"))
        );
        assert!(
            item["created_at"]
                .as_str()
                .unwrap()
                .starts_with("2026-01-01T00:00:"),
            "{item}"
        );
        let conversation = answer["conversation_id"].as_str().unwrap();
        let messages = format!("/v1/messages?user=ada&conversation_id={conversation}");
        assert_eq!(
            bench.get(&messages).await.1["data"][0]["feedback"],
            json!({"rating": "dislike"})
        );
        assert_eq!(
            bench.get("/v1/app/feedbacks?page=2").await.1,
            json!({"data": []})
        );
        assert_eq!(
            bench
                .post(&path, json!({"user": "ada", "rating": null}))
                .await,
            success
        );
        assert_eq!(bench.get("/v1/app/feedbacks").await.1, json!({"data": []}));
        assert_eq!(
            bench.get(&messages).await.1["data"][0]["feedback"],
            Value::Null
        );
        for (path, body, status, message) in [
            (
                path.clone(),
                json!({"rating": "like"}),
                400,
                "Arg user must be provided.",
            ),
            (
                path.clone(),
                json!({"user": "bob", "rating": "like"}),
                404,
                "Message Not Exists.",
            ),
            (
                format!("/v1/messages/{APP}/feedbacks"),
                json!({"user": "ada", "rating": "like"}),
                404,
                "Message Not Exists.",
            ),
            (
                path,
                json!({"user": "ada", "rating": "meh"}),
                400,
                "rating must be 'like', 'dislike' or null",
            ),
        ] {
            let (got, error) = bench.post(&path, body).await;
            assert_eq!((got.as_u16(), &error["message"]), (status, &json!(message)));
        }
    });
}

#[test]
fn questions_that_may_follow() {
    block_on(async {
        let bench = Bench::new(config(), []).await;
        let id = bench.ask("1", None).await["message_id"]
            .as_str()
            .unwrap()
            .to_owned();
        let path = format!("/v1/messages/{id}/suggested");
        let (status, error) = bench.get(&format!("{path}?user=ada")).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        let message = "Suggested Questions Is Disabled.";
        assert_eq!(
            error,
            json!({"code": "bad_request", "message": message, "status": 400})
        );
        let (_, error) = bench.get(&path).await;
        assert_eq!(error["message"], "Arg user must be provided.");

        let mut config = config();
        config["suggested_questions_after_answer"] = json!({"enabled": true});
        let bench = Bench::new(config, [text("42"), text("[\"Why?\", \"How?\"]")]).await;
        let id = bench.ask("The answer?", None).await["message_id"]
            .as_str()
            .unwrap()
            .to_owned();
        let (status, body) = bench
            .get(&format!("/v1/messages/{id}/suggested?user=ada"))
            .await;
        assert_eq!(
            (status, body),
            (
                StatusCode::OK,
                json!({"result": "success", "data": ["Why?", "How?"]})
            )
        );
        let asked = bench.llm.requests()[1].messages[0].as_text();
        assert!(
            asked.contains("The answer?") && asked.contains("42"),
            "{asked}"
        );
        let (status, _) = bench
            .get(&format!("/v1/messages/{id}/suggested?user=bob"))
            .await;
        assert_eq!(status, StatusCode::NOT_FOUND);
    });
}
