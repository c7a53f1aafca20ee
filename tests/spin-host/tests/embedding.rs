//! The embedder that is baked into the component, asked as a user asks it, against the reference vectors.

// Helpers of tests are tests too.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod common;

use std::{sync::atomic::Ordering::Relaxed, time::Instant};

use common::{ADMIN_TOKEN, Folder, component, fastest, options, request, send};
use http_body_util::BodyExt;
use serde::Deserialize;
use serde_json::{Value, json};
use spin_host::Host;

#[derive(Deserialize)]
struct Row {
    text: String,
    vector: Option<Vec<f32>>,
}

fn golden() -> Vec<(String, Vec<f32>)> {
    let path = common::root().join("models/local/tests/golden/embeddings.json");
    let rows: Vec<Row> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let with_vector = |row: Row| Some((row.text, row.vector?));
    rows.into_iter().filter_map(with_vector).collect()
}

async fn start(state: &Folder) -> Host {
    Host::start(options("edgewise", state)).await.unwrap()
}

async fn embed(host: &Host, texts: &[&str]) -> Vec<Vec<f32>> {
    let body = json!({ "model": "local/all-minilm-l6-v2", "input": texts }).to_string();
    let mut request = request("POST", "/openai/v1/embeddings", &body);
    let bearer = format!("Bearer {ADMIN_TOKEN}").parse().unwrap();
    request.headers_mut().insert("authorization", bearer);
    let response = send(host, request).await;
    let status = response.status();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(status, 200, "{}", String::from_utf8_lossy(&body));
    let answer: Value = serde_json::from_slice(&body).unwrap();
    let data = answer["data"].as_array().unwrap();
    let vector = |it: &Value| serde_json::from_value(it["embedding"].clone()).unwrap();
    data.iter().map(vector).collect()
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

#[tokio::test(flavor = "multi_thread")]
async fn vectors_are_those_of_the_reference() {
    let state = Folder::new();
    let host = start(&state).await;
    let golden = golden();
    assert!(golden.len() > 3);
    let mut lowest = f32::MAX;
    for (text, expected) in &golden {
        if text.is_empty() {
            continue;
        }
        let found = embed(&host, &[text]).await;
        assert_eq!(found[0].len(), 384);
        let similar = cosine(&found[0], expected);
        assert!(similar >= 0.997, "{similar} for {text:?}");
        lowest = lowest.min(similar);
    }
    eprintln!("lowest cosine of {}: {lowest}", golden.len());
    assert_eq!(host.stats["edgewise"].traps.load(Relaxed), 0);
}

/// What a user waits for: the first embedding of a fresh instance, and a later one.
#[tokio::test(flavor = "multi_thread")]
async fn the_first_embedding_loads_quickly() {
    let state = Folder::new();
    let host = start(&state).await;
    let query = ["How do I reset my password?"];
    let begin = Instant::now();
    embed(&host, &query).await;
    let first = begin.elapsed();
    let later = fastest(10, || async {
        embed(&host, &query).await;
    })
    .await;
    eprintln!("first {first:?}, later {later:?}");
    assert!(first.as_secs() < 5, "{first:?}");
}

/// What a registry and a node have to fetch beside the weights.
const BUDGET: usize = 6_000_000;

/// The weights are 24 MB; the program around them must stay small.
#[test]
fn the_program_around_the_weights_is_small() {
    let weights = common::root().join("build/weights/all-minilm-l6-v2.q8");
    let weights = common::gzipped(&weights);
    let size = common::gzipped(&component("edgewise"));
    let program = size.saturating_sub(weights);
    eprintln!("{size} bytes gzipped, {program} without weights");
    assert!(program <= BUDGET, "{program} bytes gzipped");
}
