//! What models were asked, as an administrator sees it.

use futures::executor::block_on;
use model::fake::Reply;
use serde_json::{Value, json};

use super::{
    support::{ADMIN, Bench},
    web::{Visitor, page},
};

const REQUESTS: &str = "/workspaces/current/requests";

/// Purpose, status and tokens of the rows, sorted.
async fn rows(bench: &Bench, query: &str) -> Vec<String> {
    bench.settle().await;
    let page = bench.get(&format!("{REQUESTS}{query}")).await;
    let rows = page["data"].as_array().unwrap().iter();
    let text = |row: &Value| {
        let text = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
        format!("{} {} {}", text("purpose"), text("model"), text("status"))
    };
    let mut rows: Vec<String> = rows.map(text).collect();
    rows.sort();
    rows
}

#[test]
fn an_answer_leaves_its_rows_in_the_commit_of_its_figures() {
    let fail = Reply::Fail(model::ErrorKind::RateLimit, "slowly, please".to_owned());
    let bench = Bench::new([Reply::Text("At nine.".to_owned()), fail]);
    block_on(async {
        let (id, code) = page(&bench, "chat").await;
        let eve = Visitor::new(&bench, &code).await;
        let first = eve.ask("When do you open?", None).await;
        assert_eq!(rows(&bench, "").await, ["answer tiny ok"]);
        let names = bench.handles.kv.partitions();
        assert!(
            !names.iter().any(|name| name.contains("/requests")),
            "{names:?}"
        );
        let row = &bench.get(REQUESTS).await["data"][0];
        let usage = &first["metadata"]["usage"];
        for same in [
            "prompt_tokens",
            "completion_tokens",
            "total_price",
            "currency",
        ] {
            assert_eq!(row[same], usage[same], "{same}");
        }
        assert!(row["prompt_tokens"].as_u64() > Some(0));
        for (name, expect) in [
            ("app_id", json!(id)),
            ("app_name", json!("House")),
            ("conversation_id", first["conversation_id"].clone()),
            ("message_id", first["message_id"].clone()),
            ("estimated", json!(false)),
            ("priced", json!(false)),
        ] {
            assert_eq!(row[name], expect, "{name}");
        }

        let body = json!({ "query": "And?", "inputs": {}, "response_mode": "blocking" });
        assert_eq!(eve.call("POST", "/chat-messages", body).await.status, 400);
        assert_eq!(rows(&bench, "?status=error").await, ["answer tiny error"]);
        let failed = &bench.get(&format!("{REQUESTS}?status=error")).await["data"][0];
        assert_eq!(
            (&failed["error_kind"], &failed["error"]),
            (&json!("rate_limit"), &json!("slowly, please"))
        );
        assert!(rows(&bench, "?kind=embedding").await.is_empty());
        let other = "00000000-0000-4000-8000-000000000000";
        assert!(rows(&bench, &format!("?app_id={other}")).await.is_empty());
        assert_eq!(rows(&bench, &format!("?app_id={id}")).await.len(), 2);
        let page = bench.get(&format!("{REQUESTS}?totals=true&limit=1")).await;
        assert_eq!(
            (&page["has_more"], &page["totals_complete"]),
            (&json!(true), &json!(true))
        );
        let total = &page["totals"][0];
        assert_eq!(
            (&total["requests"], &total["errors"]),
            (&json!(2), &json!(1))
        );
        let cursor = page["next_cursor"].as_str().unwrap();
        let next = bench
            .get(&format!("{REQUESTS}?limit=1&cursor={cursor}"))
            .await;
        assert_eq!(
            (&next["has_more"], &next["data"][0]["message_id"]),
            (&json!(false), &first["message_id"])
        );
        let file = bench
            .admin("GET", &format!("{REQUESTS}/export"), Value::Null)
            .await;
        assert_eq!(file.headers["content-type"], "text/csv; charset=utf-8");
        assert_eq!(file.text.lines().count(), 3, "{}", file.text);
        assert!(
            file.text.contains(",rate_limit,\"slowly, please\","),
            "{}",
            file.text
        );
        for wrong in [
            "kind=x",
            "status=x",
            "purpose=x",
            "start=x",
            "cursor=x",
            "limit=0",
        ] {
            let path = format!("{REQUESTS}?{wrong}");
            let answer = bench.admin("GET", &path, Value::Null).await;
            assert_eq!(answer.status, 400, "{wrong}");
        }
    });
}

#[test]
fn other_calls_leave_rows_too_and_old_days_go() {
    let bench = Bench::new([Reply::Text("one".to_owned())]);
    block_on(async {
        let path = "/workspaces/current/model-providers/mine/credentials";
        let price = json!({ "input": "2", "output": 4, "currency": "EUR" });
        let service = |pricing: &Value| {
            json!({
                "credentials": { "base_url": "http://127.0.0.1:9/v1", "api_key": "" },
                "models": [{ "model": "big", "model_type": "llm", "pricing": pricing },
                    { "model": "vectors", "model_type": "text-embedding", "pricing": price }],
            })
        };
        let wrong = bench
            .admin("POST", path, service(&json!({ "input": "free" })))
            .await;
        assert_eq!(
            (wrong.status.as_u16(), &wrong.json()["params"]),
            (400, &json!("models"))
        );
        bench.post(path, service(&price)).await;
        let shown = bench.get("/workspaces/current/model-providers").await["data"][1].clone();
        assert_eq!(
            shown["models"][0]["pricing"],
            json!({ "input": "2", "output": "4", "unit": "0.000001", "currency": "EUR" })
        );
        let bearer = format!("Bearer {ADMIN}");
        let call = async |path: &str, body: Value| {
            let headers = [("authorization", bearer.as_str())];
            let answer = bench
                .send(http::Method::POST, path, &headers, Some(&body))
                .await;
            assert_eq!(answer.status, 200, "{}", answer.text);
        };
        let chat = json!({ "model": "tiny", "messages": [{ "role": "user", "content": "Hello" }] });
        call("/openai/v1/chat/completions", chat).await;
        let vectors = json!({ "model": "mine/vectors", "input": ["a house", "a barn"] });
        call("/openai/v1/embeddings", vectors).await;
        assert_eq!(
            rows(&bench, "").await,
            ["gateway tiny ok", "gateway vectors ok"]
        );
        let row = &bench.get(&format!("{REQUESTS}?model=vectors")).await["data"][0];
        let tokens = row["prompt_tokens"].as_u64().unwrap();
        assert!(tokens > 0);
        assert_eq!(row["total_price"], format!("0.{:07}", tokens * 20));
        assert_eq!(
            (&row["currency"], &row["priced"]),
            (&json!("EUR"), &json!(true))
        );

        // Whole days go when their time is over.
        let days = std::time::Duration::from_secs(12 * 86_400);
        bench.handles.clock.advance(days);
        let body = json!({ "days": 10 });
        let path = "/workspaces/current/log-retention";
        assert_eq!(bench.admin("PUT", path, body).await.status, 200);
        assert!(rows(&bench, "").await.is_empty());
    });
}
