//! Hits in a better order: by a model, by words and meaning, and what happens where the model is not there.

use std::sync::{Arc, Mutex};

use app::dataset::{Reranking, Settings};
use async_trait::async_trait;
use futures::executor::block_on;
use http::Method;
use model::{ErrorKind, Models, Reranker, RerankerInfo, fake::HashEmbedder};
use serde_json::{Value, json};

use crate::bench::{Bench, TENANT, retrieve};

/// Likes passages by their last digit; remembers how many it read. Knows no passage when it is broken.
struct ByDigit {
    info: RerankerInfo,
    read: Mutex<Vec<usize>>,
    broken: bool,
}

impl ByDigit {
    fn new(model: &str, broken: bool) -> Arc<Self> {
        Arc::new(Self {
            info: RerankerInfo {
                provider: Models::LOCAL.to_owned(),
                model: model.to_owned(),
            },
            read: Mutex::default(),
            broken,
        })
    }
}

#[async_trait]
impl Reranker for ByDigit {
    fn info(&self) -> &RerankerInfo {
        &self.info
    }

    async fn rerank(&self, _: &str, documents: &[String]) -> model::Result<Vec<f32>> {
        if self.broken {
            return Err(model::Error::new(
                ErrorKind::Unavailable,
                "the reranker sleeps",
            ));
        }
        self.read.lock().unwrap().push(documents.len());
        let digit = |text: &String| text.chars().last().and_then(|c| c.to_digit(10)).unwrap();
        Ok(documents
            .iter()
            .map(|text| digit(text) as f32 / 10.0)
            .collect())
    }
}

/// Ten passages: the nearer in meaning, the smaller the digit.
async fn bench(tenant: &str) -> (Bench, String, Arc<ByDigit>) {
    let good = ByDigit::new("digits", false);
    let models = Models {
        embedders: vec![Arc::new(HashEmbedder::new("hash"))],
        rerankers: vec![good.clone(), ByDigit::new("broken", true)],
        ..Models::default()
    };
    let bench = Bench::of_models(tenant, models).await;
    let dataset = bench.dataset("Digits").await;
    for digit in 0..10 {
        let other: String = (0..digit).map(|n| format!("word{digit}x{n} ")).collect();
        let text = format!("ships sail over the sea {other}{digit}");
        bench.add(&dataset, &digit.to_string(), &text).await;
    }
    bench.settle().await;
    (bench, dataset, good)
}

fn by_model(model: &str, top_k: usize) -> Value {
    json!({ "search_method": "semantic_search", "reranking_enable": true, "reranking_mode": "reranking_model",
        "reranking_model": { "reranking_provider_name": "local", "reranking_model_name": model },
        "top_k": top_k, "score_threshold_enabled": false })
}

async fn names(bench: &Bench, dataset: &str, model: Value) -> Vec<(String, f64)> {
    let body = json!({ "query": "ships sail over the sea", "retrieval_model": model });
    let found = bench.post(&format!("{dataset}/retrieve"), body).await;
    let records = found["records"].as_array().unwrap().iter();
    records
        .map(|record| {
            let name = record["segment"]["document"]["name"].as_str().unwrap();
            (name.to_owned(), record["score"].as_f64().unwrap())
        })
        .collect()
}

#[test]
fn a_model_decides_before_the_best_are_taken() {
    block_on(async {
        let (bench, dataset, model) = bench(TENANT).await;
        let plain = bench.search(&dataset, "ships sail over the sea", 2).await;
        assert_eq!(plain[0].0, "0");
        let found = names(&bench, &dataset, by_model("digits", 2)).await;
        let digits: Vec<_> = found.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(digits, ["9", "8"]);
        assert!((found[0].1 - 0.9).abs() < 1e-6);
        // More hits of the same order, and never more than there are.
        let more = names(&bench, &dataset, by_model("digits", 5)).await;
        assert_eq!(found, more[..2]);
        assert_eq!(*model.read.lock().unwrap(), [10, 10]);
        // The threshold is compared with the model's score.
        let mut limited = by_model("digits", 5);
        limited["score_threshold_enabled"] = true.into();
        limited["score_threshold"] = 0.75.into();
        assert_eq!(names(&bench, &dataset, limited.clone()).await.len(), 2);
        // The dataset's own settings do the same.
        bench
            .expect(
                Method::PATCH,
                &dataset,
                Some(json!({ "retrieval_model": limited })),
                200,
            )
            .await;
        let own = bench
            .post(
                &format!("{dataset}/retrieve"),
                json!({ "query": "ships sail" }),
            )
            .await;
        assert_eq!(own["records"].as_array().unwrap().len(), 2);
    });
}

#[test]
fn words_and_meaning_are_weighed() {
    block_on(async {
        let (bench, dataset, _) = bench("33333333-3333-4333-8333-333333333333").await;
        let weighted = |vector: f64, keyword: f64| {
            json!({ "search_method": "hybrid_search", "reranking_enable": false,
                "reranking_mode": "weighted_score", "top_k": 10, "score_threshold_enabled": false,
                "weights": { "vector_setting": { "vector_weight": vector },
                    "keyword_setting": { "keyword_weight": keyword } } })
        };
        let meaning = names(&bench, &dataset, weighted(1.0, 0.0)).await;
        assert_eq!(
            meaning,
            bench.search(&dataset, "ships sail over the sea", 10).await
        );
        let words = names(&bench, &dataset, weighted(0.0, 1.0)).await;
        assert_eq!((words.len(), words[0].0.as_str()), (10, "0"));
        let both = names(&bench, &dataset, weighted(0.5, 0.5)).await;
        for (name, score) in both {
            let of = |found: &[(String, f64)]| found.iter().find(|(n, _)| *n == name).unwrap().1;
            assert!((score - (of(&meaning) + of(&words)) / 2.0).abs() < 1e-6);
        }
    });
}

#[test]
fn a_model_that_is_not_there() {
    block_on(async {
        let (bench, dataset, _) = bench("44444444-4444-4444-8444-444444444444").await;
        let path = format!("{dataset}/retrieve");
        let refused = async |model: Value, status, code, message| {
            let body = json!({ "query": "ships", "retrieval_model": model });
            bench
                .refused(Method::POST, &path, Some(body), status, code, message)
                .await;
        };
        refused(
            by_model("missing", 2),
            400,
            "provider_not_initialize",
            "The rerank model local/missing is not configured.",
        )
        .await;
        refused(
            by_model("broken", 2),
            400,
            "completion_request_error",
            "sleeps",
        )
        .await;
        let mut odd = by_model("digits", 2);
        odd["reranking_mode"] = "best".into();
        refused(odd, 400, "invalid_param", "reranking_mode must be one of").await;
        // A chat goes on with the order that it has.
        let id = dataset.rsplit('/').next().unwrap().to_owned();
        for model in ["missing", "broken"] {
            let settings = Settings {
                top_k: 1,
                reranking: Reranking::Model {
                    provider: "local".to_owned(),
                    model: model.to_owned(),
                    needed: false,
                },
                ..Settings::default()
            };
            let tenant = "44444444-4444-4444-8444-444444444444";
            let ids = std::slice::from_ref(&id);
            let hits = retrieve(&bench.ctx, tenant, ids, "ships sail over the sea", settings).await;
            let hits = hits.unwrap();
            assert_eq!((hits.len(), hits[0].document.name.as_str()), (1, "0"));
        }
    });
}
