//! Passages changed by hand.

use futures::executor::block_on;
use http::Method;
use serde_json::{Value, json};

use crate::bench::Bench;

/// What is found for a query: contents, best first.
async fn contents(bench: &Bench, dataset: &str, query: &str) -> Vec<String> {
    let model = json!({
        "search_method": "semantic_search", "reranking_enable": false, "top_k": 5,
        "score_threshold_enabled": true, "score_threshold": 0.3,
    });
    let body = json!({ "query": query, "retrieval_model": model });
    let found = bench.post(&format!("{dataset}/retrieve"), body).await;
    let records = found["records"].as_array().unwrap().iter();
    let content = |it: &Value| it["segment"]["content"].as_str().unwrap().to_owned();
    records.map(content).collect()
}

#[test]
fn what_is_changed_is_found_by_its_new_words_only() {
    block_on(async {
        let bench = Bench::new().await;
        let dataset = bench.dataset("Things").await;
        let (document, _) = bench.add(&dataset, "cats", "cats hunt mice at night").await;
        bench.settle().await;
        let path = format!("{dataset}/documents/{document}/segments");
        let list = bench.get(&path).await;
        let id = list["data"][0]["id"].as_str().unwrap().to_owned();
        let one = format!("{path}/{id}");
        let cats = "cats hunt mice at night";
        let ships = "ships sail over the sea";
        assert_eq!(contents(&bench, &dataset, cats).await, [cats]);

        let edit = json!({ "segment": { "content": ships } });
        let changed = bench.post(&one, edit).await;
        assert_eq!(
            (&changed["data"]["content"], &changed["data"]["id"]),
            (&json!(ships), &json!(id))
        );
        assert_eq!(contents(&bench, &dataset, ships).await, [ships]);
        assert_eq!(contents(&bench, &dataset, cats).await, [""; 0]);
        // And back: its first rows must not lead to it a second time.
        bench
            .post(&one, json!({ "segment": { "content": cats } }))
            .await;
        assert_eq!(contents(&bench, &dataset, cats).await, [cats]);
        assert_eq!(contents(&bench, &dataset, ships).await, [""; 0]);

        bench
            .post(&one, json!({ "segment": { "enabled": false } }))
            .await;
        assert_eq!(contents(&bench, &dataset, cats).await, [""; 0]);
        bench
            .post(&one, json!({ "segment": { "enabled": true } }))
            .await;
        let more = json!({ "segments": [{ "content": ships }, { "content": "bread is baked from flour" }] });
        let added = bench.post(&path, more).await;
        assert_eq!(added["data"][1]["position"], 3);
        assert_eq!(contents(&bench, &dataset, "bread flour").await.len(), 1);
        assert_eq!(bench.get(&path).await["total"], 3);

        let second = format!("{path}/{}", added["data"][0]["id"].as_str().unwrap());
        bench.expect(Method::DELETE, &second, None, 204).await;
        bench.expect(Method::GET, &second, None, 404).await;
        bench.expect(Method::DELETE, &second, None, 404).await;
        assert_eq!(contents(&bench, &dataset, ships).await, [""; 0]);
        let rest = bench.get(&format!("{path}?limit=1&page=2")).await;
        assert_eq!(
            (&rest["total"], &rest["data"][0]["position"]),
            (&json!(2), &json!(3))
        );
        // Words are counted as they are now.
        let words =
            bench.get(&format!("{dataset}/documents")).await["data"][0]["word_count"].clone();
        assert_eq!(words, json!(cats.len() + "bread is baked from flour".len()));
    });
}

#[test]
fn what_is_wrong_is_named() {
    block_on(async {
        let bench = Bench::new().await;
        let dataset = bench.dataset("Things").await;
        let (document, _) = bench.add(&dataset, "cats", "cats hunt mice").await;
        let path = format!("{dataset}/documents/{document}/segments");
        let one = json!({ "segments": [{ "content": "x" }] });
        let refused = async |body: Value, status: u16, code: &str, words: &str| {
            bench
                .refused(Method::POST, &path, Some(body), status, code, words)
                .await;
        };
        refused(one.clone(), 404, "not_found", "not completed").await;
        bench.settle().await;
        refused(json!({}), 400, "invalid_param", "segments is required").await;
        refused(json!({ "segments": [] }), 400, "invalid_param", "1 to 32").await;
        refused(
            json!({ "segments": [{}] }),
            400,
            "invalid_param",
            "Content is required",
        )
        .await;
        refused(
            json!({ "segments": [{ "content": " " }] }),
            400,
            "invalid_param",
            "empty",
        )
        .await;
        let archive = json!({ "document_ids": [document] });
        let status = format!("{dataset}/documents/status/archive");
        bench
            .expect(Method::PATCH, &status, Some(archive), 200)
            .await;
        refused(one, 403, "archived_document_immutable", "archived").await;
    });
}
