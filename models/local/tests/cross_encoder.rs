//! A tiny cross-encoder against reference scores (`golden/make_cross_encoder.py`).
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::HashMap;

use local::CrossEncoder;
use safetensors::{Dtype, tensor::TensorView};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct Golden {
    config: Value,
    shapes: Vec<(String, Vec<usize>)>,
    tokenizer: Value,
    rows: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    query: String,
    text: String,
    windows: usize,
    logit: f32,
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("golden/cross_encoder.json")).unwrap()
}

/// The numbers that the script makes, too.
fn weights(shapes: &[(String, Vec<usize>)]) -> Vec<u8> {
    let mut state = 42u64;
    let mut next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1 << 24) as f32 - 0.5
    };
    let tensors: Vec<(String, Vec<usize>, Vec<u8>)> = shapes
        .iter()
        .map(|(name, shape)| {
            let count = shape.iter().product();
            let bytes = (0..count).flat_map(|_| next().to_le_bytes()).collect();
            (name.clone(), shape.clone(), bytes)
        })
        .collect();
    let views: HashMap<&str, TensorView<'_>> = tensors
        .iter()
        .map(|(name, shape, bytes)| {
            let view = TensorView::new(Dtype::F32, shape.clone(), bytes).unwrap();
            (name.as_str(), view)
        })
        .collect();
    safetensors::serialize(views, None).unwrap()
}

fn load(golden: &Golden) -> Result<CrossEncoder, model::Error> {
    CrossEncoder::from_safetensors(
        "tiny",
        512,
        golden.config.to_string().as_bytes(),
        golden.tokenizer.to_string().as_bytes(),
        &weights(&golden.shapes),
    )
}

#[test]
fn logits_are_those_of_the_reference() {
    let golden = golden();
    let model = load(&golden).unwrap();
    for row in &golden.rows {
        let logits = model.logits(&row.query, std::slice::from_ref(&row.text));
        let logit = logits.unwrap()[0];
        let off = (logit - row.logit).abs();
        assert!(off < 2e-5, "{:?}: {logit}, not {}", row.text, row.logit);
    }
    assert!(golden.rows.iter().any(|row| row.windows > 2));
}

#[test]
fn several_texts_give_what_each_gives_alone() {
    let golden = golden();
    let model = load(&golden).unwrap();
    let query = &golden.rows[0].query;
    let rows = || golden.rows.iter().filter(|row| row.query == *query);
    let texts: Vec<String> = rows().map(|row| row.text.clone()).collect();
    let scores = pollster::block_on(model::Reranker::rerank(&model, query, &texts)).unwrap();
    assert_eq!(scores.len(), 4);
    for (score, row) in scores.iter().zip(rows()) {
        let expected = 1.0 / (1.0 + (-row.logit).exp());
        assert!((score - expected).abs() < 1e-5, "{score} {expected}");
    }
    assert!(model.rerank_sync(query, &[]).unwrap().is_empty());
}

#[test]
fn files_that_do_not_fit_are_refused() {
    let refused = |golden: &Golden, what: &str| {
        let error = load(golden).err().unwrap().to_string();
        assert!(error.contains(what), "{error}");
    };
    let mut two_labels = golden();
    for (name, shape) in &mut two_labels.shapes {
        if name.starts_with("classifier") {
            shape[0] = 2;
        }
    }
    refused(&two_labels, "classifier.weight has 64 numbers");
    let mut headless = golden();
    headless
        .shapes
        .retain(|(name, _)| !name.starts_with("bert.pooler"));
    refused(&headless, "bert.pooler.dense.weight");
    let mut short = golden();
    short.config["max_position_embeddings"] = 64.into();
    for (name, shape) in &mut short.shapes {
        if name.ends_with("position_embeddings.weight") {
            shape[0] = 64;
        }
    }
    refused(&short, "too short");
}
