//! Knowledge nodes whose model says in which documents they look.

use futures::executor::block_on;
use http::StatusCode;
use serde_json::{Value, json};

use super::world::*;

/// A dataset of two documents, by an API key for datasets.
async fn shelf(world: &World, rule: Value) -> String {
    let made = world
        .console("POST", "/datasets/api-keys", Value::Null)
        .await;
    let key = made["token"].as_str().unwrap();
    let body = json!({ "name": "Animals" });
    let (_, dataset) = world.call("POST", "/v1/datasets", key, Some(&body)).await;
    let id = dataset["id"].as_str().unwrap().to_owned();
    for (name, text) in [
        ("cats.txt", "Cats sleep all day."),
        ("dogs.txt", "Dogs sleep at night."),
    ] {
        let path = format!("/v1/datasets/{id}/document/create-by-text");
        let body = json!({ "name": name, "text": text, "indexing_technique": "high_quality",
            "process_rule": rule });
        let (status, answer) = world.call("POST", &path, key, Some(&body)).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
    }
    world.settle().await;
    id
}

fn flow(dataset_id: &str, fields: Value) -> Value {
    let mut search = json!({ "query_variable_selector": ["start", "x"], "dataset_ids": [dataset_id],
        "retrieval_mode": "multiple", "multiple_retrieval_config": { "top_k": 4, "reranking_enable": false } });
    for (key, value) in fields.as_object().unwrap() {
        search[key] = value.clone();
    }
    chain(vec![
        start(&["x"]),
        node("search", "knowledge-retrieval", search),
        end(["search", "result"]),
    ])
}

fn model() -> Value {
    json!({ "provider": "local", "name": "scripted", "mode": "chat", "completion_params": {} })
}

#[test]
fn a_model_says_in_which_documents_a_node_looks() {
    block_on(async {
        let check = async |said: &str, expect: &[&str]| {
            let world = World::new([text(said)]);
            let dataset = shelf(&world, json!({ "mode": "automatic" })).await;
            let automatic =
                json!({ "metadata_filtering_mode": "automatic", "metadata_model_config": model() });
            let app = world.app("workflow", flow(&dataset, automatic)).await;
            let (status, answer) = world.run(&app, json!({ "x": "Who sleeps?" })).await;
            assert_eq!(status, StatusCode::OK, "{answer}");
            let found = answer["data"]["outputs"]["out"].as_array().unwrap();
            let mut names: Vec<&str> = found
                .iter()
                .map(|it| it["title"].as_str().unwrap())
                .collect();
            names.sort_unstable();
            assert_eq!(names, expect, "{said}: {answer}");
            // The run pays for it, whatever the model said.
            assert!(
                answer["data"]["total_tokens"].as_u64().unwrap() > 0,
                "{answer}"
            );
        };
        let cats = json!({ "conditions": [
            { "name": "document_name", "comparison_operator": "start with", "value": "cats" }] });
        let nothing = json!({ "conditions": [] });
        check(&cats.to_string(), &["cats.txt"]).await;
        check(&nothing.to_string(), &["cats.txt", "dogs.txt"]).await;
        check("Whatever you like.", &["cats.txt", "dogs.txt"]).await;
    });
}

#[test]
fn what_it_needs_for_that_is_named() {
    block_on(async {
        let world = World::new([]);
        let dataset = shelf(&world, json!({ "mode": "automatic" })).await;
        for (fields, named) in [
            (
                json!({ "metadata_filtering_mode": "automatic" }),
                "metadata_model_config",
            ),
            (
                json!({ "metadata_filtering_mode": "often" }),
                "metadata_filtering_mode",
            ),
        ] {
            let app = world.app("workflow", flow(&dataset, fields)).await;
            let (_, answer) = world.run(&app, json!({ "x": "Who sleeps?" })).await;
            assert_eq!(answer["data"]["status"], "failed", "{answer}");
            let error = answer["data"]["error"].as_str().unwrap();
            assert!(error.contains(named), "{error}");
        }
    });
}

#[test]
fn a_parent_comes_with_the_children_that_led_to_it() {
    block_on(async {
        let world = World::new([]);
        let rules = json!({ "pre_processing_rules": [], "parent_mode": "full-doc",
            "subchunk_segmentation": { "separator": " all ", "max_tokens": 50 } });
        let rule = json!({ "mode": "hierarchical", "rules": rules });
        let dataset = shelf(&world, rule).await;
        let app = world.app("workflow", flow(&dataset, json!({}))).await;
        let (_, answer) = world.run(&app, json!({ "x": "Cats sleep" })).await;
        let found = &answer["data"]["outputs"]["out"][0];
        assert_eq!(found["content"], "Cats sleep all day.", "{answer}");
        let near = &found["metadata"]["child_chunks"];
        assert_eq!(
            (&near[0]["content"], &near[0]["position"]),
            (&json!("Cats sleep"), &json!(1)),
            "{near}"
        );
        assert_eq!(near[0]["score"], found["metadata"]["score"]);
    });
}
