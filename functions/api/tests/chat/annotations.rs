//! Prepared answers: written by the app's key, and given instead of the model's.

use std::sync::Arc;

use app::apps::Mode;
use futures::executor::block_on;
use http::{Method, StatusCode};
use model::{
    Models,
    fake::{HashEmbedder, ScriptedLlm},
};
use serde_json::{Value, json};

use super::support::*;

const PATH: &str = "/v1/apps/annotations";

async fn bench() -> Bench {
    let (platform, handles) = ports::fake::platform();
    let llm = Arc::new(ScriptedLlm::new("scripted", []));
    let models = Models {
        llms: vec![llm.clone()],
        embedders: vec![Arc::new(HashEmbedder::new("hash"))],
        ..Models::default()
    };
    let app = app(Mode::Chat, config());
    Bench::over(platform, handles, models, llm, app).await
}

fn setting(threshold: f64) -> Value {
    json!({
        "score_threshold": threshold, "embedding_provider_name": "local", "embedding_model_name": "hash"
    })
}

async fn switch(bench: &Bench, action: &str, threshold: f64) {
    let path = format!("/v1/apps/annotation-reply/{action}");
    let (status, job) = bench.post(&path, setting(threshold)).await;
    assert_eq!(status, StatusCode::OK, "{job}");
    assert_eq!(job["job_status"], "waiting");
    bench.settle().await;
    let path = format!("{path}/status/{}", job["job_id"].as_str().unwrap());
    let expect = json!({"job_id": job["job_id"], "job_status": "completed", "error_msg": ""});
    assert_eq!(bench.get(&path).await, (StatusCode::OK, expect));
}

async fn write(bench: &Bench, question: &str, answer: &str) -> String {
    let body = json!({"question": question, "answer": answer});
    let (status, made) = bench.post(PATH, body).await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    made["id"].as_str().unwrap().to_owned()
}

async fn put(bench: &Bench, id: &str, body: Value) -> StatusCode {
    let request = bench.request(Method::PUT, &format!("{PATH}/{id}"), Some(body));
    bench.send(request).await.status()
}

/// The answer, and the id of the annotation that gave it.
async fn ask(bench: &Bench, query: &str) -> (String, Value) {
    let answer = bench.ask(query, None).await;
    let reply = &answer["metadata"]["annotation_reply"];
    (
        answer["answer"].as_str().unwrap().to_owned(),
        reply["id"].clone(),
    )
}

#[test]
fn an_annotation_from_birth_to_death() {
    block_on(async {
        let bench = bench().await;
        let first = write(&bench, "When do you open?", "At nine.").await;
        let second = write(&bench, "Where are you?", "In Kiel.").await;
        let (status, page) = bench.get(&format!("{PATH}?limit=1")).await;
        assert_eq!(status, StatusCode::OK);
        for (key, expect) in [
            ("has_more", json!(true)),
            ("limit", json!(1)),
            ("total", json!(2)),
            ("page", json!(1)),
        ] {
            assert_eq!(page[key], expect, "{key}");
        }
        let fields: Vec<&String> = page["data"][0].as_object().unwrap().keys().collect();
        assert_eq!(
            fields,
            ["id", "question", "answer", "hit_count", "created_at"]
        );
        let found = bench.get(&format!("{PATH}?keyword=KIEL")).await.1;
        assert_eq!(
            (&found["total"], &found["data"][0]["id"]),
            (&json!(1), &json!(second))
        );
        let changed = json!({"question": "Where?", "answer": "In Bonn."});
        assert_eq!(put(&bench, &second, changed).await, StatusCode::OK);
        let found = bench.get(&format!("{PATH}?keyword=bonn")).await.1;
        assert_eq!(found["data"][0]["question"], "Where?");
        let path = format!("{PATH}/{first}");
        assert_eq!(
            bench.delete(&path, json!({})).await.0,
            StatusCode::NO_CONTENT
        );
        assert_eq!(
            bench.delete(&path, json!({})).await.0,
            StatusCode::NOT_FOUND
        );
        assert_eq!(bench.get(PATH).await.1["total"], 1);
    });
}

#[test]
fn what_is_near_enough_answers() {
    block_on(async {
        let bench = bench().await;
        let before = write(&bench, "When do you open on Sunday?", "Never on Sundays.").await;
        assert_eq!(
            ask(&bench, "When do you open on Sunday?").await.1,
            Value::Null
        );
        switch(&bench, "enable", 0.9).await;
        let after = write(&bench, "Where is your shop?", "In Kiel.").await;
        let model = "scripted answer";
        for (query, expect, by) in [
            (
                "When do you open on Sunday?",
                "Never on Sundays.",
                json!(before),
            ),
            ("Where is your shop?", "In Kiel.", json!(after)),
            ("Tell me a story.", model, Value::Null),
        ] {
            let (answer, id) = ask(&bench, query).await;
            assert_eq!(id, by, "{query}");
            assert_eq!(answer == expect, id != Value::Null, "{answer}");
        }
        // The model was asked for what no annotation answers, and for nothing else.
        assert_eq!(bench.llm.requests().len(), 2);
        let events = bench.stream(question("Where is your shop?", None)).await;
        let end = events.last().unwrap();
        let text: String = events
            .iter()
            .filter_map(|event| event["answer"].as_str())
            .collect();
        assert_eq!(
            (&end["event"], text.as_str()),
            (&json!("message_end"), "In Kiel.")
        );
        assert_eq!(
            end["metadata"]["annotation_reply"],
            json!({"id": after, "account": {"id": null, "name": ""}})
        );
        assert_eq!(end["metadata"]["usage"]["total_tokens"], 0);
        let parameters = bench.get("/v1/parameters").await.1;
        let feature = &parameters["annotation_reply"];
        assert_eq!(
            (&feature["enabled"], &feature["score_threshold"]),
            (&json!(true), &json!(0.9))
        );
        // What is told of a hit is written down behind the answer, once.
        bench.settle().await;
        let found = bench.get(&format!("{PATH}?keyword=kiel")).await.1;
        assert_eq!(found["data"][0]["hit_count"], 2);

        // A new question is found, the old one no longer; a removed annotation is not found at all.
        let changed = json!({"question": "Which street is it?", "answer": "Dock Street."});
        assert_eq!(put(&bench, &after, changed).await, StatusCode::OK);
        assert_eq!(ask(&bench, "Which street is it?").await.0, "Dock Street.");
        assert_eq!(ask(&bench, "Where is your shop?").await.1, Value::Null);
        let gone = bench.delete(&format!("{PATH}/{before}"), json!({})).await.0;
        assert_eq!(gone, StatusCode::NO_CONTENT);
        assert_eq!(
            ask(&bench, "When do you open on Sunday?").await.1,
            Value::Null
        );

        switch(&bench, "disable", 0.9).await;
        assert_eq!(ask(&bench, "Which street is it?").await.1, Value::Null);
        assert_eq!(
            bench.get("/v1/parameters").await.1["annotation_reply"],
            json!({"enabled": false})
        );
        switch(&bench, "enable", 0.9).await;
        assert_eq!(ask(&bench, "Which street is it?").await.1, json!(after));
    });
}

#[test]
fn many_are_indexed_in_steps_and_merged() {
    block_on(async {
        let bench = bench().await;
        for n in 0..40 {
            write(
                &bench,
                &format!("alpha{n} beta{n}?"),
                &format!("Answer {n}."),
            )
            .await;
        }
        switch(&bench, "enable", 0.95).await;
        for n in 40..80 {
            write(
                &bench,
                &format!("alpha{n} beta{n}?"),
                &format!("Answer {n}."),
            )
            .await;
        }
        bench.settle().await;
        for n in [0, 31, 39, 40, 79] {
            let (answer, id) = ask(&bench, &format!("alpha{n} beta{n}?")).await;
            assert_ne!(id, Value::Null, "{n}");
            // Texts of hashed words may collide; the answer is one of those that were written.
            assert!(answer.starts_with("Answer "), "{answer}");
        }
    });
}

#[test]
fn what_is_refused() {
    block_on(async {
        let bench = bench().await;
        for (path, body, param) in [
            (PATH, json!({"answer": "a"}), "question"),
            (PATH, json!({"question": "q", "answer": " "}), "answer"),
            (
                "/v1/apps/annotation-reply/enable",
                json!({}),
                "score_threshold",
            ),
            (
                "/v1/apps/annotation-reply/disable",
                json!({"score_threshold": 0.5}),
                "embedding_provider_name",
            ),
            (
                "/v1/apps/annotation-reply/enable",
                setting(1.5),
                "score_threshold",
            ),
            ("/v1/apps/annotation-reply/toggle", setting(0.5), "action"),
        ] {
            let (status, refused) = bench.post(path, body).await;
            assert_eq!(
                (status, &refused["code"], &refused["params"]),
                (
                    StatusCode::BAD_REQUEST,
                    &json!("invalid_param"),
                    &json!(param)
                ),
                "{path}"
            );
        }
        let unknown = json!({
            "score_threshold": 0.5, "embedding_provider_name": "nobody", "embedding_model_name": "none"
        });
        let (status, refused) = bench
            .post("/v1/apps/annotation-reply/enable", unknown)
            .await;
        assert_eq!(
            (status, &refused["code"]),
            (StatusCode::BAD_REQUEST, &json!("provider_not_initialize"))
        );
        let (status, refused) = bench
            .get("/v1/apps/annotation-reply/enable/status/nothing")
            .await;
        assert_eq!(
            (status, &refused["message"]),
            (StatusCode::BAD_REQUEST, &json!("The job does not exist."))
        );
        let writer = Bench::with_app(app(Mode::Completion, config()), []).await;
        let (status, refused) = writer.get(PATH).await;
        assert_eq!(
            (status, &refused["code"]),
            (StatusCode::BAD_REQUEST, &json!("not_chat_app"))
        );
    });
}
