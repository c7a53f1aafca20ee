//! Knowledge pipelines: a file of their own kind becomes a workflow that writes into a dataset.

use futures::executor::block_on;
use http::StatusCode;
use serde_json::{Value, json};

use super::world::*;

fn pipeline(dataset_id: &Value) -> String {
    let code = "def main(text):\n    return {\"result\": {\"general_chunks\": text.split(\". \")}}";
    let flow = chain(vec![
        node(
            "page",
            "datasource",
            json!({ "provider_type": "website_crawl" }),
        ),
        node(
            "cut",
            "code",
            json!({ "code_language": "python3", "code": code,
            "variables": [{ "variable": "text", "value_selector": ["page", "content"] }],
            "outputs": { "result": { "type": "object", "children": null } } }),
        ),
        node(
            "keep",
            "knowledge-index",
            json!({ "chunk_structure": "text_model", "indexing_technique": "high_quality",
            "index_chunk_variable_selector": ["cut", "result"], "dataset_id": dataset_id }),
        ),
    ]);
    let file = json!({ "version": "0.1.0", "kind": "rag_pipeline", "rag_pipeline": { "name": "Pages" },
        "workflow": flow });
    file.to_string()
}

/// A published pipeline into this dataset, and what its import said.
async fn imported(world: &World, dataset_id: &Value) -> (Made, Value) {
    let body = json!({ "mode": "yaml-content", "yaml_content": pipeline(dataset_id) });
    let report = world.console("POST", "/apps/imports", body).await;
    let id = report["app_id"].as_str().unwrap().to_owned();
    world.publish(&id).await;
    let key = world
        .console("POST", &format!("/apps/{id}/api-keys"), Value::Null)
        .await;
    let key = key["token"].as_str().unwrap().to_owned();
    (Made { id, key }, report)
}

#[test]
fn a_pipeline_reads_a_page_and_writes_its_chunks_once() {
    block_on(async {
        let world = World::new([]);
        world
            .handles
            .fetch
            .route("https://cats.example/", |_: http::Request<bytes::Bytes>| {
                let page =
                    "<html><title>Cats</title><body>Cats sleep. Cats eat. Cats purr</body></html>";
                let answer = http::Response::builder().header("content-type", "text/html");
                Ok(answer.body(ports::Body::Full(page.into())).unwrap())
            });
        let made = world
            .console("POST", "/datasets/api-keys", Value::Null)
            .await;
        let shelf = made["token"].as_str().unwrap();
        let body = json!({ "name": "Animals" });
        let (_, dataset) = world.call("POST", "/v1/datasets", shelf, Some(&body)).await;
        let (app, report) = imported(&world, &dataset["id"]).await;
        let warnings = report["warnings"].as_array().unwrap();
        assert_eq!(warnings.len(), 1, "{report}");
        assert!(
            warnings[0].as_str().unwrap().contains("knowledge pipeline"),
            "{report}"
        );

        let (status, answer) = world
            .run(&app, json!({ "url": "https://cats.example/" }))
            .await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        let outputs = &answer["data"]["outputs"];
        assert_eq!(
            (&outputs["document_name"], &outputs["chunks"]),
            (&json!("https://cats.example/"), &json!(3)),
            "{answer}"
        );
        world.settle().await;
        let at = format!(
            "/v1/datasets/{}/documents/{}/segments",
            dataset["id"].as_str().unwrap(),
            outputs["document_id"].as_str().unwrap()
        );
        let (_, segments) = world.call("GET", &at, shelf, None).await;
        let texts: Vec<&str> = segments["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| it["content"].as_str().unwrap())
            .collect();
        assert_eq!(texts.len(), 3, "{segments}");
        assert!(
            texts[0].ends_with("Cats sleep") && texts[1..] == ["Cats eat", "Cats purr"],
            "{texts:?}"
        );
        let at = format!("/v1/datasets/{}/retrieve", dataset["id"].as_str().unwrap());
        let body = json!({ "query": "Cats purr", "retrieval_model": {
            "search_method": "semantic_search", "reranking_enable": false, "top_k": 1,
            "score_threshold_enabled": false } });
        let (_, found) = world.call("POST", &at, shelf, Some(&body)).await;
        assert_eq!(
            found["records"][0]["segment"]["content"], "Cats purr",
            "{found}"
        );
    });
}

#[test]
fn what_a_pipeline_lacks_is_named() {
    block_on(async {
        let world = World::new([]);
        let (app, report) = imported(&world, &Value::Null).await;
        let warnings = report["warnings"].to_string();
        assert!(warnings.contains("names no dataset"), "{warnings}");
        let (_, answer) = world.run(&app, json!({})).await;
        let error = answer["data"]["error"].as_str().unwrap();
        assert!(
            error.contains("`page`") && error.contains("field `datasource_parameters.url`"),
            "{error}"
        );
        world
            .handles
            .fetch
            .route("https://cats.example/", |_: http::Request<bytes::Bytes>| {
                let answer = http::Response::builder().header("content-type", "text/plain");
                Ok(answer.body(ports::Body::Full("Cats".into())).unwrap())
            });
        for (dataset, expect) in [
            (Value::Null, "field `dataset_id`: names no dataset"),
            (
                json!("11111111-1111-4111-8111-111111111111"),
                "field `dataset_id`: there is no dataset",
            ),
        ] {
            let (app, _) = imported(&world, &dataset).await;
            let (_, answer) = world
                .run(&app, json!({ "url": "https://cats.example/" }))
                .await;
            let error = answer["data"]["error"].as_str().unwrap();
            assert!(
                error.contains("`keep`") && error.contains(expect),
                "{error}"
            );
        }
        // A page inside the network is not read.
        let (_, answer) = world.run(&app, json!({ "url": "http://10.0.0.1/" })).await;
        assert_eq!(answer["data"]["status"], "failed", "{answer}");
    });
}
