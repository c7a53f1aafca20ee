//! Answers that rest on a knowledge base.

use std::sync::Arc;

use app::{apps::Mode, key::Access};
use futures::executor::block_on;
use http::{Method, StatusCode};
use model::{
    Models,
    fake::{HashEmbedder, Reply, ScriptedLlm},
};
use serde_json::{Value, json};

use super::support::*;

/// An app over one dataset with two short documents, and the dataset's id.
async fn with_dataset(config: Value) -> (Bench, String) {
    library(Mode::Chat, config, |_| Vec::new()).await
}

/// The same of any mode, with a model that says what the dataset's id makes it say.
pub async fn library(
    mode: Mode,
    config: Value,
    script: impl FnOnce(&str) -> Vec<Reply>,
) -> (Bench, String) {
    let (platform, handles) = ports::fake::platform();
    let llm = Arc::new(ScriptedLlm::new("scripted", []));
    let embedder = Arc::new(HashEmbedder::new("hash"));
    let models = Models {
        llms: vec![llm.clone()],
        embedders: vec![embedder],
        ..Models::default()
    };
    let mut app = app(mode, config);
    let bench = Bench::over(platform, handles, models, llm, app.clone()).await;
    let (_, key) = app::key::create(&bench.ctx, TENANT, Access::Dataset)
        .await
        .unwrap();
    let id = bench
        .post_with(&key, "/v1/datasets", json!({"name": "Animals"}))
        .await["id"]
        .clone();
    let id = id.as_str().unwrap().to_owned();
    for (name, text) in [
        ("cats.txt", "Cats sleep sixteen hours a day."),
        ("engines.txt", "Steam engines turn heat into motion."),
    ] {
        let path = format!("/v1/datasets/{id}/document/create-by-text");
        let body = json!({"name": name, "text": text, "indexing_technique": "high_quality"});
        bench.post_with(&key, &path, body).await;
    }
    bench.settle().await;
    let datasets = json!({"datasets": [{"dataset": {"enabled": true, "id": id}}]});
    let retrieval = json!({"retrieval_model": "multiple", "top_k": 1, "datasets": datasets});
    app.model_config.as_mut().unwrap()["dataset_configs"] = retrieval;
    bench.save(&app).await;
    bench.llm.play(script(&id));
    (bench, id)
}

#[test]
fn sources_are_named_in_full_and_kept() {
    block_on(async {
        let (bench, dataset) = with_dataset(config()).await;
        let events = bench
            .stream(question("How many hours do cats sleep a day?", None))
            .await;
        let end = events.last().unwrap();
        assert_eq!(end["event"], "message_end", "{end}");
        let resources = end["metadata"]["retriever_resources"].as_array().unwrap();
        assert_eq!(resources.len(), 1);
        let source = &resources[0];
        let mut keys: Vec<_> = source
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        keys.sort_unstable();
        let documented = "content data_source_type dataset_id dataset_name doc_metadata document_id document_name files \
                          hit_count index_node_hash page position retriever_from score segment_id segment_position \
                          summary title word_count";
        assert_eq!(keys, documented.split_whitespace().collect::<Vec<_>>());
        assert_eq!(source["position"], 1);
        assert_eq!(source["dataset_id"], dataset.as_str());
        assert_eq!(source["dataset_name"], "Animals");
        assert_eq!(source["document_name"], "cats.txt");
        assert_eq!(source["content"], "Cats sleep sixteen hours a day.");
        assert_eq!(source["retriever_from"], "dev");
        assert_eq!(source["segment_position"], 1);
        assert!(source["score"].as_f64() > Some(0.3) && source["score"].as_f64() <= Some(1.0));

        let asked = &bench.llm.requests()[0].messages;
        assert!(
            asked[0].as_text().contains("Cats sleep sixteen hours"),
            "{asked:?}"
        );
        assert!(!asked[0].as_text().contains("Steam"), "{asked:?}");

        let conversation = end["conversation_id"].as_str().unwrap();
        let (_, page) = bench
            .get(&format!(
                "/v1/messages?user=ada&conversation_id={conversation}"
            ))
            .await;
        let kept = &page["data"][0]["retriever_resources"][0];
        for key in [
            "position",
            "dataset_id",
            "document_id",
            "segment_id",
            "score",
            "content",
            "hit_count",
        ] {
            assert_eq!(kept[key], source[key], "{key}");
        }
        assert_eq!(kept["message_id"], end["message_id"]);
    });
}

#[test]
fn an_app_that_does_not_cite_still_reads() {
    block_on(async {
        let mut config = config();
        config["retriever_resource"] = json!({"enabled": false});
        let (bench, _) = with_dataset(config).await;
        let answer = bench.ask("How many hours do cats sleep a day?", None).await;
        assert_eq!(answer["metadata"]["retriever_resources"], json!([]));
        let asked = &bench.llm.requests()[0].messages;
        assert!(
            asked[0].as_text().contains("Cats sleep sixteen hours"),
            "{asked:?}"
        );
    });
}

/// Also with a search in between: what the process remembers of the key lets everything begin at once.
#[test]
fn round_trips_with_a_search() {
    block_on(async {
        let (bench, _) = with_dataset(config()).await;
        let conversation = bench.ask("What do cats do?", None).await["conversation_id"].clone();
        bench.settle().await;
        bench.handles.round_trips.reset();
        let request = bench.request(
            Method::POST,
            "/v1/chat-messages",
            Some(json!({
                "inputs": {}, "query": "And at night?", "user": "ada", "response_mode": "streaming",
                "conversation_id": conversation
            })),
        );
        // The head of a stream is sent when everything has been read; the model is asked with the first read.
        let response = bench.send(request).await;
        assert_eq!(response.status(), StatusCode::OK);
        let trips = &bench.handles.round_trips;
        assert!(
            trips.sequential() <= 2,
            "{} in a row: {:?}",
            trips.sequential(),
            trips.names()
        );
        let events = events(&bench.text(response).await);
        assert_eq!(events.last().unwrap()["event"], "message_end");
    });
}
