use std::sync::Arc;

use app::dataset::Settings;
use futures::executor::block_on;
use http::Method;
use model::fake::HashEmbedder;
use serde_json::{Value, json};

use crate::bench::{Bench, TENANT, retrieve};

const TEXTS: [(&str, &str); 5] = [
    ("cats", "cats sleep on warm roofs and hunt mice at night"),
    ("dogs", "dogs guard the house and bark at strangers"),
    ("ships", "ships sail over the sea with heavy cargo"),
    ("bread", "bread is baked from flour water salt and yeast"),
    ("stars", "stars shine at night over the sea"),
];

async fn filled(bench: &Bench) -> String {
    let dataset = bench.dataset("Things").await;
    for (name, text) in TEXTS {
        bench.add(&dataset, name, text).await;
    }
    bench.settle().await;
    dataset
}

#[test]
fn what_is_near_is_found_first() {
    block_on(async {
        let bench = Bench::new().await;
        let dataset = filled(&bench).await;
        let found = bench
            .search(&dataset, "which animals hunt mice at night", 3)
            .await;
        assert_eq!((found.len(), found[0].0.as_str()), (3, "cats"), "{found:?}");
        assert!(
            found[0].1 > found[1].1 && found[1].1 >= found[2].1,
            "{found:?}"
        );
        // Raising top_k changes nothing above.
        let more = bench
            .search(&dataset, "which animals hunt mice at night", 5)
            .await;
        assert_eq!(found, more[..3]);
        // The threshold is applied last, and the dataset's own settings hold where a request says nothing.
        let limit = (found[0].1 + found[1].1) / 2.0;
        let model = json!({ "search_method": "semantic_search", "reranking_enable": false, "top_k": 5,
            "score_threshold_enabled": true, "score_threshold": limit });
        bench
            .expect(
                Method::PATCH,
                &dataset,
                Some(json!({ "retrieval_model": model })),
                200,
            )
            .await;
        let answer = bench
            .post(
                &format!("{dataset}/hit-testing"),
                json!({ "query": "which animals hunt mice at night" }),
            )
            .await;
        assert_eq!(
            answer["query"]["content"],
            "which animals hunt mice at night"
        );
        let records = answer["records"].as_array().unwrap();
        assert_eq!(records.len(), 1);
        let segment = &records[0]["segment"];
        assert_eq!(
            (&segment["document"]["name"], &segment["position"]),
            (&json!("cats"), &json!(1))
        );
        assert_eq!(segment["document"]["data_source_type"], "upload_file");
        assert_eq!(segment["index_node_hash"].as_str().map(str::len), Some(64));
        for absent in ["updated_at", "child_chunks", "summary"] {
            assert_eq!(segment.get(absent), None);
        }
        assert_eq!(records[0]["child_chunks"], json!([]));
    });
}

#[test]
fn hits_are_counted_and_carry_what_citations_need() {
    block_on(async {
        let bench = Bench::new().await;
        let dataset = filled(&bench).await;
        let id = dataset.rsplit('/').next().unwrap().to_owned();
        let settings = Settings {
            top_k: 2,
            ..Settings::default()
        };
        for round in 0..3u64 {
            let hits = retrieve(
                &bench.ctx,
                TENANT,
                std::slice::from_ref(&id),
                "bread flour",
                settings.clone(),
            )
            .await
            .unwrap();
            assert_eq!((hits[0].position, hits[1].position), (1, 2));
            let hit = &hits[0];
            assert_eq!(
                (hit.dataset_name.as_str(), hit.document.name.as_str()),
                ("Things", "bread")
            );
            assert_eq!(
                (hit.segment.hit_count, hit.document.hit_count),
                (round, round)
            );
            assert_eq!(hit.segment.word_count, TEXTS[3].1.len() as u64);
            assert_eq!(hit.scores.semantic, Some(hit.score));
            bench.settle().await;
        }
        let none = retrieve(
            &bench.ctx,
            TENANT,
            &["00000000-0000-4000-8000-000000000000".to_owned()],
            "x",
            settings.clone(),
        )
        .await;
        assert!(
            none.unwrap().is_empty(),
            "a dataset that is gone is left out"
        );
        let foreign = retrieve(
            &bench.ctx,
            "22222222-2222-4222-8222-222222222222",
            &[id],
            "bread",
            settings.clone(),
        )
        .await;
        assert!(
            foreign.unwrap().is_empty(),
            "another workspace sees nothing"
        );
    });
}

#[test]
fn a_search_sees_the_latest_state() {
    block_on(async {
        let bench = Bench::new().await;
        let dataset = filled(&bench).await;
        let first = async || bench.search(&dataset, "ships sail over the sea", 9).await;
        assert_eq!(first().await.len(), 5);
        // Each change comes between two searches that could rest on what was remembered.
        let (id, _) = bench
            .add(&dataset, "boats", "boats and ships sail over the sea")
            .await;
        bench.settle().await;
        assert_eq!(first().await.len(), 6);
        let change = json!({ "name": "Renamed" });
        bench
            .expect(Method::PATCH, &dataset, Some(change), 200)
            .await;
        assert_eq!(first().await.len(), 6);
        bench
            .expect(
                Method::DELETE,
                &format!("{dataset}/documents/{id}"),
                None,
                204,
            )
            .await;
        assert_eq!(first().await.len(), 5);
        let id = dataset.rsplit('/').next().unwrap().to_owned();
        bench.expect(Method::DELETE, &dataset, None, 204).await;
        let settings = Settings {
            top_k: 2,
            ..Settings::default()
        };
        assert!(
            retrieve(&bench.ctx, TENANT, &[id], "ships", settings)
                .await
                .unwrap()
                .is_empty()
        );
    });
}

#[test]
fn several_datasets_are_searched_together() {
    block_on(async {
        let bench = Bench::new().await;
        let mut ids = Vec::new();
        for (name, text) in TEXTS {
            let dataset = bench.dataset(name).await;
            bench.add(&dataset, name, text).await;
            ids.push(dataset.rsplit('/').next().unwrap().to_owned());
        }
        bench.settle().await;
        let settings = Settings {
            top_k: 3,
            score_threshold: Some(0.2),
            ..Settings::default()
        };
        let hits = retrieve(&bench.ctx, TENANT, &ids, "night over the sea", settings)
            .await
            .unwrap();
        let names: Vec<_> = hits.iter().map(|hit| hit.dataset_name.as_str()).collect();
        assert_eq!(names[0], "stars", "{names:?}");
        assert!(hits.len() > 1 && hits.iter().all(|hit| hit.score >= 0.2));
    });
}

#[test]
fn a_search_takes_one_round_trip_when_it_is_warm() {
    block_on(async {
        let tenant = "44444444-4444-4444-8444-444444444444";
        let bench = Bench::of(tenant, Arc::new(HashEmbedder::new("hash"))).await;
        let dataset = filled(&bench).await;
        let ids = [dataset.rsplit('/').next().unwrap().to_owned()];
        let settings = Settings {
            top_k: 3,
            ..Settings::default()
        };
        let trips = &bench.handles.round_trips;
        for most in [9, 1, 1] {
            bench.settle().await;
            trips.reset();
            retrieve(&bench.ctx, tenant, &ids, "ships at sea", settings.clone())
                .await
                .unwrap();
            assert!(trips.sequential() <= most, "{:?}", trips.names());
        }
    });
}

#[test]
fn many_documents_are_compacted_and_still_found() {
    block_on(async {
        let bench = Bench::new().await;
        let dataset = bench.dataset("Many").await;
        for n in 0..30 {
            bench
                .add(
                    &dataset,
                    &format!("doc{n}"),
                    &format!("unique{n} words about topic{n}"),
                )
                .await;
        }
        bench.settle().await;
        // Replaced segments are deleted when no search reads them any more.
        bench
            .handles
            .clock
            .advance(std::time::Duration::from_secs(61));
        bench.settle().await;
        let id = dataset.rsplit('/').next().unwrap();
        let blobs = bench
            .ctx
            .tenant(TENANT)
            .list_blobs(&format!("dataset/{id}/index/"), None, 100)
            .await
            .unwrap();
        assert!(blobs.len() < 10, "{} segments", blobs.len());
        for n in [0, 13, 29] {
            let found = bench
                .search(&dataset, &format!("unique{n} topic{n}"), 1)
                .await;
            assert_eq!(found[0].0, format!("doc{n}"), "{found:?}");
        }
        assert_eq!(bench.search(&dataset, "words about", 100).await.len(), 30);
    });
}

#[test]
fn bad_searches() {
    block_on(async {
        let bench = Bench::new().await;
        let dataset = bench.dataset("Empty").await;
        let path = format!("{dataset}/retrieve");
        let check = async |body: Value, status: u16, code: &str, message: &str| {
            bench
                .refused(Method::POST, &path, Some(body), status, code, message)
                .await;
        };
        check(json!({}), 400, "invalid_param", "Query is required").await;
        check(
            json!({ "query": "" }),
            400,
            "invalid_param",
            "Query is required",
        )
        .await;
        check(
            json!({ "query": "x".repeat(251) }),
            400,
            "invalid_param",
            "cannot exceed 250 characters",
        )
        .await;
        check(
            json!({ "query": "x", "retrieval_model": { "top_k": 0 } }),
            400,
            "invalid_param",
            "top_k",
        )
        .await;
        check(
            json!({ "query": "x", "retrieval_model": { "top_k": "many" } }),
            400,
            "invalid_param",
            "",
        )
        .await;
        let long = "é".repeat(250);
        assert_eq!(
            bench.post(&path, json!({ "query": long })).await["records"],
            json!([])
        );
        bench.add(&dataset, "a", "text").await;
        check(
            json!({ "query": "x" }),
            400,
            "dataset_not_initialized",
            "still being initialized",
        )
        .await;
        bench.settle().await;
        assert_eq!(
            bench.post(&path, json!({ "query": "text" })).await["records"]
                .as_array()
                .map(Vec::len),
            Some(1)
        );
    });
}
