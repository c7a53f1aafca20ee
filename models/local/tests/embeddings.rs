//! Ids and vectors of all-minilm-l6-v2 against reference values (`golden/make_embeddings.py`). The weights are pulled
//! where they are missing; without them these tests fail.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::{collections::BTreeMap, sync::LazyLock};

use bytes::Bytes;
use local::{Embedder, EmbedderOptions, Loader};
use model::Purpose;
use serde::Deserialize;
use weights::{Silent, Store};

#[derive(Deserialize)]
struct Row {
    text: String,
    ids: Vec<u32>,
    vector: Option<Vec<f32>>,
}

static GOLDEN: LazyLock<Vec<Row>> =
    LazyLock::new(|| serde_json::from_str(include_str!("golden/embeddings.json")).unwrap());

static FILES: LazyLock<BTreeMap<&str, Vec<u8>>> = LazyLock::new(|| {
    let store = Store::from_env();
    let model = catalog::default_embedder();
    weights::pull(&store, model.name, &mut Silent).unwrap();
    let read = |file: &catalog::File| (file.name, store.read(model, file.role).unwrap());
    model.files.iter().map(read).collect()
});

static F32: LazyLock<Embedder> = LazyLock::new(|| {
    let file = |name| FILES[name].as_slice();
    Embedder::from_safetensors(
        EmbedderOptions::all_minilm_l6_v2(),
        file("config.json"),
        file("tokenizer.json"),
        file("model.safetensors"),
    )
    .unwrap()
});

static Q8: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let file = |name| FILES[name].as_slice();
    local::quantize(
        EmbedderOptions::all_minilm_l6_v2(),
        file("config.json"),
        file("tokenizer.json"),
        file("model.safetensors"),
    )
    .unwrap()
});

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

fn embed(embedder: &Embedder, text: &str) -> Vec<f32> {
    let texts = [text.to_owned()];
    let found = embedder.embed_sync(&texts, Purpose::Document).unwrap();
    found.vectors.into_iter().next().unwrap()
}

/// The least cosine to the reference vectors.
fn worst(embedder: &Embedder) -> f32 {
    let rows = GOLDEN.iter().filter_map(|row| {
        let expected = row.vector.as_deref()?;
        Some(cosine(&embed(embedder, &row.text), expected))
    });
    rows.fold(1.0, f32::min)
}

#[test]
fn f32_vectors_are_those_of_the_reference() {
    let worst = worst(&F32);
    println!("least cosine, f32: {worst}");
    assert!(worst >= 0.9999, "{worst}");
}

#[test]
fn eight_bits_are_near_the_reference_and_fit_the_edge() {
    // One value of Workers KV holds 25 MiB.
    assert!(Q8.len() < 25 << 20, "{} bytes", Q8.len());
    let embedder = Embedder::from_q8(Bytes::from_static(&Q8)).unwrap();
    let worst = worst(&embedder);
    println!("least cosine, 8 bits: {worst}; {} bytes", Q8.len());
    assert!(worst >= 0.998, "{worst}");
}

#[test]
fn a_stream_gives_the_same_model_and_damage_is_seen() {
    let load = |file: &[u8], piece: usize| {
        let mut loader = Loader::new();
        file.chunks(piece)
            .try_for_each(|piece| loader.feed(piece))
            .and_then(|()| loader.finish())
    };
    let whole = Embedder::from_q8(Bytes::from_static(&Q8)).unwrap();
    let expected = embed(&whole, "pieces");
    for piece in [4096, 1_000_003] {
        assert_eq!(embed(&load(&Q8, piece).unwrap(), "pieces"), expected);
    }
    assert!(load(&Q8[..Q8.len() - 1], 1 << 20).is_err());
    for at in [0, 9, 40, Q8.len() / 2, Q8.len() - 1] {
        let mut damaged = Q8.clone();
        damaged[at] ^= 0x10;
        assert!(load(&damaged, 1 << 20).is_err(), "byte {at}");
    }
}

#[test]
fn ids_are_those_of_the_reference() {
    for row in GOLDEN.iter() {
        assert_eq!(F32.count_tokens(&row.text), row.ids.len(), "{:?}", row.text);
        assert_eq!(F32.token_ids(&row.text), row.ids, "{:?}", row.text);
    }
}

#[test]
fn a_batch_gives_what_its_texts_give_alone() {
    let texts: Vec<String> = GOLDEN.iter().map(|row| row.text.clone()).collect();
    let all = F32.embed_sync(&texts, Purpose::Document).unwrap();
    assert_eq!(all.vectors.len(), texts.len());
    let tokens: usize = GOLDEN.iter().map(|row| row.ids.len()).sum();
    assert_eq!(all.usage.prompt_tokens, tokens as u64);
    for (text, vector) in texts.iter().zip(&all.vectors) {
        let same = cosine(&embed(&F32, text), vector);
        assert!(same > 0.999_999, "{text:?}: {same}");
    }
}

#[test]
fn a_fact_at_the_end_of_a_long_text_is_found() {
    let filler =
        "The committee met on Tuesday and talked about the weather, the roads and the budget. ";
    let fact = "The capital of the island of Vesterland is the harbour town of Skarholm.";
    let mut long = filler.repeat(28);
    while F32.count_tokens(&long) > 470 {
        long.pop();
    }
    let with_fact = format!("{long} {fact}");
    assert!((450..=510).contains(&F32.count_tokens(&with_fact)));
    let query = embed(&F32, "Which town is the capital of Vesterland?");
    let plain = filler.repeat(28);
    let (with, without) = (embed(&F32, &with_fact), embed(&F32, &plain));
    let (with, without) = (cosine(&query, &with), cosine(&query, &without));
    println!("query to chunk with the fact {with}, without {without}");
    assert!(with > without + 0.15, "{with} {without}");
}

#[cfg(feature = "threads")]
#[test]
fn queries_that_come_together_get_their_own_vectors() {
    use std::sync::mpsc::channel;

    let (open, gate) = channel::<()>();
    let gate = std::sync::Mutex::new(gate);
    let info = Embedder::from_q8(Bytes::from_static(&Q8))
        .unwrap()
        .info()
        .clone();
    let threaded = local::threaded::ThreadedEmbedder::new(info, move || {
        // Loads only when every call waits.
        gate.lock().unwrap().recv().unwrap();
        Embedder::from_q8(Bytes::from_static(&Q8))
    });
    let texts: Vec<Vec<String>> = (0..40)
        .map(|i| (0..i % 3).map(|k| format!("query {i} and {k}")).collect())
        .collect();
    let mut calls: Vec<_> = texts
        .iter()
        .map(|texts| model::Embedder::embed(&threaded, texts, Purpose::Query))
        .collect();
    // Polling a call once puts it into the queue.
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    for call in &mut calls {
        assert!(call.as_mut().poll(&mut context).is_pending());
    }
    open.send(()).unwrap();
    let exact = Embedder::from_q8(Bytes::from_static(&Q8)).unwrap();
    for (call, texts) in calls.into_iter().zip(&texts) {
        let found = pollster::block_on(call).unwrap();
        let alone = exact.embed_sync(texts, Purpose::Query).unwrap();
        assert_eq!(found.usage, alone.usage);
        assert_eq!(found.vectors, alone.vectors);
    }
}
