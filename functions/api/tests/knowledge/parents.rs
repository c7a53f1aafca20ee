//! Parents and children: small pieces are found, and the passage around them is what is given.

use futures::executor::block_on;
use http::Method;
use serde_json::{Value, json};

use crate::bench::Bench;

const TEXT: &str = "cats hunt mice at night\ncats sleep on warm roofs\n\nships sail over the sea\nships carry heavy cargo";

fn rule(more: Value) -> Value {
    let mut rules = json!({
        "pre_processing_rules": [], "parent_mode": "paragraph",
        "segmentation": { "separator": "\n\n", "max_tokens": 100 },
        "subchunk_segmentation": { "separator": "\n", "max_tokens": 50 },
    });
    for (key, value) in more.as_object().unwrap() {
        rules[key] = value.clone();
    }
    json!({ "mode": "hierarchical", "rules": rules })
}

fn body(name: &str, rule: &Value) -> Value {
    json!({ "name": name, "text": TEXT, "doc_form": "hierarchical_model", "process_rule": rule })
}

/// The document's path.
async fn add(bench: &Bench, dataset: &str, rule: &Value) -> String {
    let path = format!("{dataset}/document/create-by-text");
    let made = bench.post(&path, body("things", rule)).await;
    bench.settle().await;
    let id = made["document"]["id"].as_str().unwrap();
    format!("{dataset}/documents/{id}")
}

async fn records(bench: &Bench, dataset: &str, query: &str) -> Vec<Value> {
    let model = json!({
        "search_method": "semantic_search", "reranking_enable": false, "top_k": 3,
        "score_threshold_enabled": true, "score_threshold": 0.4,
    });
    let body = json!({ "query": query, "retrieval_model": model });
    let found = bench.post(&format!("{dataset}/retrieve"), body).await;
    found["records"].as_array().unwrap().clone()
}

fn texts(chunks: &Value) -> Vec<&str> {
    let chunks = chunks.as_array().unwrap().iter();
    chunks
        .map(|chunk| chunk["content"].as_str().unwrap())
        .collect()
}

#[test]
fn a_child_is_found_and_its_parent_given() {
    block_on(async {
        let bench = Bench::new().await;
        let dataset = bench.dataset("Things").await;
        let document = add(&bench, &dataset, &rule(json!({}))).await;
        let shown = bench.get(&document).await;
        assert_eq!(
            (&shown["doc_form"], &shown["indexing_status"]),
            (&json!("hierarchical_model"), &json!("completed"))
        );
        assert_eq!(
            shown["dataset_process_rule"]["rules"]["subchunk_segmentation"]["max_tokens"],
            50
        );
        let listed = bench.get(&format!("{document}/segments")).await;
        assert_eq!(
            (&listed["doc_form"], &listed["total"]),
            (&json!("hierarchical_model"), &json!(2))
        );
        let ships = &listed["data"][1];
        assert_eq!(
            texts(&ships["child_chunks"]),
            ["ships sail over the sea", "ships carry heavy cargo"]
        );
        let found = records(&bench, &dataset, "carry heavy cargo").await;
        assert_eq!(found[0]["segment"]["id"], ships["id"]);
        let parent = "ships sail over the sea\nships carry heavy cargo";
        assert_eq!(found[0]["segment"]["content"], parent);
        let near = &found[0]["child_chunks"][0];
        assert_eq!(
            (&near["id"], &near["position"], &near["score"]),
            (
                &ships["child_chunks"][1]["id"],
                &json!(2),
                &found[0]["score"]
            )
        );
        assert_eq!(near["content"], "ships carry heavy cargo");
        // Each parent once, however many of its children are near.
        let found = records(&bench, &dataset, "cats hunt and sleep").await;
        assert_eq!(found[0]["segment"]["id"], listed["data"][0]["id"]);
        assert_eq!(found[0]["child_chunks"].as_array().unwrap().len(), 2);
        let cats = |it: &&Value| it["segment"]["id"] == listed["data"][0]["id"];
        assert_eq!(found.iter().filter(cats).count(), 1, "{found:?}");
    });
}

#[test]
fn a_whole_document_may_be_one_parent() {
    block_on(async {
        let bench = Bench::new().await;
        let dataset = bench.dataset("Things").await;
        let whole = rule(json!({ "parent_mode": "full-doc", "segmentation": null }));
        add(&bench, &dataset, &whole).await;
        let found = records(&bench, &dataset, "sleep on warm roofs").await;
        assert_eq!(found.len(), 1);
        assert_eq!(found[0]["segment"]["content"], TEXT);
        assert_eq!(found[0]["child_chunks"][0]["position"], 2);
    });
}

#[test]
fn a_parent_that_is_changed_keeps_its_children_or_gets_others() {
    block_on(async {
        let bench = Bench::new().await;
        let dataset = bench.dataset("Things").await;
        let document = add(&bench, &dataset, &rule(json!({}))).await;
        let listed = bench.get(&format!("{document}/segments")).await;
        let id = listed["data"][0]["id"].as_str().unwrap();
        let one = format!("{document}/segments/{id}");
        let bread = "bread is baked from flour\nbread is eaten";
        let kept = bench
            .post(&one, json!({ "segment": { "content": bread } }))
            .await;
        assert_eq!(
            texts(&kept["data"]["child_chunks"])[0],
            "cats hunt mice at night"
        );
        let found = records(&bench, &dataset, "cats hunt mice at night").await;
        assert_eq!(found[0]["segment"]["content"], bread);
        let again = json!({ "segment": { "content": format!("{bread} warm"), "regenerate_child_chunks": true } });
        let changed = bench.post(&one, again).await;
        assert_eq!(
            texts(&changed["data"]["child_chunks"]),
            ["bread is baked from flour", "bread is eaten warm"]
        );
        assert!(
            records(&bench, &dataset, "cats hunt mice at night")
                .await
                .is_empty()
        );
        let found = records(&bench, &dataset, "baked from flour").await;
        assert_eq!(found[0]["segment"]["id"], id);
        // One that is added by hand has children too.
        let more = json!({ "segments": [{ "content": "stars shine at night\nstars are far" }] });
        let added = bench.post(&format!("{document}/segments"), more).await;
        assert_eq!(
            texts(&added["data"][0]["child_chunks"]),
            ["stars shine at night", "stars are far"]
        );
    });
}

#[test]
fn what_cannot_be_is_named() {
    block_on(async {
        let bench = Bench::new().await;
        let dataset = bench.dataset("Things").await;
        let path = format!("{dataset}/document/create-by-text");
        let refused = async |body: Value, message: &str| {
            bench
                .refused(
                    Method::POST,
                    &path,
                    Some(body),
                    400,
                    "invalid_param",
                    message,
                )
                .await;
        };
        let overlap = json!({ "max_tokens": 50, "chunk_overlap": 40 });
        let wide = rule(json!({ "subchunk_segmentation": overlap }));
        refused(body("a", &wide), "half of its max_tokens").await;
        let mut form = body("a", &rule(json!({})));
        form["doc_form"] = json!("text_model");
        refused(form, "needs hierarchical_model").await;
        let plain = json!({ "mode": "automatic" });
        refused(body("a", &plain), "mode hierarchical").await;
        add(&bench, &dataset, &rule(json!({}))).await;
        let mut other = body("b", &plain);
        other["doc_form"] = Value::Null;
        refused(other, "doc_form is different").await;
    });
}
