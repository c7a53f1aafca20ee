//! Embedding, reranking and moderation against cassettes.

// A helper of a test fails its test by panicking.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use futures::executor::block_on;
use model::{EmbedderInfo, ModeratorInfo, Purpose, RerankerInfo};
use support::Player;

fn embed(tape: &str, dimension: usize, texts: &[&str]) -> Result<String, String> {
    let player = Player::load(tape);
    let info = EmbedderInfo {
        provider: "test".to_owned(),
        model: "e".to_owned(),
        dimension,
        max_input_tokens: 512,
        batch: 2,
    };
    let embedder = player.openai.embedder(&player.endpoint(), info).unwrap();
    let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
    let result = block_on(embedder.embed(&texts, Purpose::Document));
    player.check();
    result
        .map(|found| {
            let estimated = if found.usage.estimated { "~" } else { "" };
            format!(
                "{:?} {estimated}{}",
                found.vectors, found.usage.prompt_tokens
            )
        })
        .map_err(|error| error.to_string())
}

#[test]
fn embeddings() {
    let three = ["a", "b", "c"];
    let check = |tape, dimension, texts: &[&str], expect: Result<&str, &str>| {
        let expect = expect.map(str::to_owned).map_err(str::to_owned);
        assert_eq!(embed(tape, dimension, texts), expect, "{tape}");
    };
    // Two batches; the first out of order, the second in base64; lengths become 1.
    let vectors = "[[1.0, 0.0], [0.6, 0.8], [0.0, 1.0]]";
    check("embed", 2, &three, Ok(&format!("{vectors} ~5")));
    check("embed", 0, &three, Ok(&format!("{vectors} ~5")));
    check("embed_none", 2, &[], Ok("[] 0"));
    check(
        "embed_one",
        3,
        &["a"],
        Err("test/e: a vector has 2 numbers, 3 are expected"),
    );
    check(
        "embed_missing",
        2,
        &["a", "b"],
        Err("test/e: a text got no vector"),
    );
}

#[test]
fn reranking() {
    let player = Player::load("rerank");
    let info = RerankerInfo {
        provider: "test".to_owned(),
        model: "r".to_owned(),
    };
    let reranker = player.openai.reranker(&player.endpoint(), info).unwrap();
    let documents = ["cat".to_owned(), "dog".to_owned()];
    let scores = block_on(reranker.rerank("pet?", &documents)).unwrap();
    assert_eq!(scores, [0.25, 0.5]);
    assert!(block_on(reranker.rerank("pet?", &[])).unwrap().is_empty());
    player.check();
}

#[test]
fn moderation() {
    let player = Player::load("moderate");
    let info = ModeratorInfo {
        provider: "test".to_owned(),
        model: "omni".to_owned(),
    };
    let moderator = player.openai.moderator(&player.endpoint(), info).unwrap();
    let found = block_on(moderator.moderate("a rude text")).unwrap();
    assert!(found.flagged);
    assert_eq!(found.categories, ["harassment"]);
    let error = block_on(moderator.moderate("a kind text")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "test/omni: the service answered 400: no such model"
    );
    assert!(!block_on(moderator.moderate(" ")).unwrap().flagged);
    player.check();
}
