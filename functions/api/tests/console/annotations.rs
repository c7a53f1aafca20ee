//! Annotations as an administrator keeps them.

use futures::executor::block_on;
use serde_json::{Value, json};

use super::support::Bench;

async fn app(bench: &Bench) -> String {
    let app = bench
        .post("/apps", json!({ "name": "House", "mode": "chat" }))
        .await;
    format!("/apps/{}", app["id"].as_str().unwrap())
}

#[test]
fn a_file_goes_in_and_comes_out() {
    let bench = Bench::new([]);
    block_on(async {
        let app = app(&bench).await;
        let path = format!("{app}/annotations/batch-import");
        let rows: String = (0..70)
            .map(|n| format!("Question {n}?,\"Answer, {n}\"\n"))
            .collect();
        let taken = bench
            .upload(
                &path,
                "rows.csv",
                "text/csv",
                &format!("question,answer\n{rows}"),
            )
            .await;
        assert_eq!(taken.status, 200, "{}", taken.text);
        let job = taken.json();
        assert_eq!(
            (&job["job_status"], &job["record_count"]),
            (&json!("waiting"), &json!(70))
        );
        let status = format!(
            "{app}/annotations/batch-import-status/{}",
            job["job_id"].as_str().unwrap()
        );
        assert_eq!(bench.get(&status).await["job_status"], "waiting");
        bench.settle().await;
        let expect = json!({ "job_id": job["job_id"], "job_status": "completed", "error_msg": "" });
        assert_eq!(bench.get(&status).await, expect);
        assert_eq!(
            bench.get(&format!("{app}/annotations/count")).await["count"],
            70
        );
        let exported = bench.get(&format!("{app}/annotations/export")).await;
        let mut answers: Vec<String> = exported["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["answer"].as_str().unwrap().to_owned())
            .collect();
        answers.sort();
        answers.dedup();
        assert_eq!((answers.len(), answers[0].as_str()), (70, "Answer, 0"));
        let gone = bench
            .admin("DELETE", &format!("{app}/annotations"), Value::Null)
            .await;
        assert_eq!(gone.status, 204);
        assert_eq!(bench.get(&format!("{app}/annotations")).await["total"], 0);
    });
}

#[test]
fn broken_rows_are_named_and_nothing_is_written() {
    let bench = Bench::new([]);
    block_on(async {
        let app = app(&bench).await;
        let path = format!("{app}/annotations/batch-import");
        let too_large = "a,b\n".repeat(600_000);
        for (name, content, status, code, message) in [
            (
                "rows.csv",
                "q,a\nalone\n,b\n",
                400,
                "invalid_param",
                "row 2 (line 2): it has 1 columns",
            ),
            (
                "rows.csv",
                "q,a\nalone\n,b\n",
                400,
                "invalid_param",
                "row 3 (line 3): question is required",
            ),
            ("rows.txt", "q,a\n", 400, "invalid_param", "Only CSV files"),
            ("rows.csv", "", 400, "invalid_param", "The file has 0 rows"),
            (
                "rows.csv",
                too_large.as_str(),
                413,
                "file_too_large",
                "2 MB",
            ),
        ] {
            let refused = bench.upload(&path, name, "text/csv", content).await;
            let body = refused.json();
            assert_eq!(
                (refused.status.as_u16(), body["code"].as_str()),
                (status, Some(code))
            );
            assert!(
                body["message"].as_str().unwrap().contains(message),
                "{body}"
            );
        }
        bench.settle().await;
        assert_eq!(bench.get(&format!("{app}/annotations")).await["total"], 0);
    });
}

#[test]
fn settings_and_history() {
    let bench = Bench::new([]);
    block_on(async {
        let app = app(&bench).await;
        let setting = format!("{app}/annotation-setting");
        assert_eq!(bench.get(&setting).await, json!({ "enabled": false }));
        let made = bench
            .post(
                &format!("{app}/annotations"),
                json!({ "question": "Open?", "answer": "Yes." }),
            )
            .await;
        let wish = json!({
            "score_threshold": 0.8, "embedding_provider_name": "local", "embedding_model_name": "mini"
        });
        let job = bench
            .post(&format!("{app}/annotation-reply/enable"), wish)
            .await;
        bench.settle().await;
        let status = format!(
            "{app}/annotation-reply/enable/status/{}",
            job["job_id"].as_str().unwrap()
        );
        assert_eq!(bench.get(&status).await["job_status"], "completed");
        let on = bench.get(&setting).await;
        assert_eq!(
            (
                &on["enabled"],
                &on["score_threshold"],
                &on["embedding_model"]["embedding_model_name"]
            ),
            (&json!(true), &json!(0.8), &json!("mini"))
        );
        // What an editor saves leaves it as it is.
        let mut config = bench.get(&app).await["model_config"].clone();
        assert_eq!(config["annotation_reply"], on);
        config["annotation_reply"] = json!({ "enabled": false });
        bench.post(&format!("{app}/model-config"), config).await;
        assert_eq!(bench.get(&setting).await, on);
        let path = format!("{app}/annotation-settings/{}", on["id"].as_str().unwrap());
        let changed = bench.post(&path, json!({ "score_threshold": 0.6 })).await;
        assert_eq!(changed["score_threshold"], 0.6);
        bench.settle().await;
        assert_eq!(bench.get(&setting).await["score_threshold"], 0.6);
        let other = bench
            .admin(
                "POST",
                &format!("{app}/annotation-settings/other"),
                json!({ "score_threshold": 0.6 }),
            )
            .await;
        assert_eq!(other.status, 404);

        let key = bench.post(&format!("{app}/api-keys"), json!({})).await;
        let bearer = format!("Bearer {}", key["token"].as_str().unwrap());
        let body = json!({ "inputs": {}, "query": "Open?", "user": "ada" });
        let asked = bench
            .send(
                http::Method::POST,
                "/v1/chat-messages",
                &[("authorization", &bearer)],
                Some(&body),
            )
            .await
            .json();
        assert_eq!(asked["answer"], "Yes.", "{asked}");
        let account = &asked["metadata"]["annotation_reply"]["account"];
        assert!(
            account["id"].is_string() && account["name"].is_string(),
            "{account}"
        );
        bench.settle().await;
        let history = bench
            .get(&format!(
                "{app}/annotations/{}/hit-histories",
                made["id"].as_str().unwrap()
            ))
            .await;
        assert_eq!(
            (&history["total"], &history["has_more"]),
            (&json!(1), &json!(false))
        );
        let hit = &history["data"][0];
        assert_eq!(
            (
                &hit["question"],
                &hit["match"],
                &hit["response"],
                &hit["source"],
                &hit["id"]
            ),
            (
                &json!("Open?"),
                &json!("Open?"),
                &json!("Yes."),
                &json!("api"),
                &asked["message_id"]
            )
        );
        assert!(hit["score"].as_f64().unwrap() > 0.99);
    });
}
