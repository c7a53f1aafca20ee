//! How fast the models are here. Prints a table; asserts only what a slow and busy machine reaches too.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]
#![cfg(all(feature = "chat", feature = "threads"))]

use std::{ops::ControlFlow, time::Instant};

use local::{ChatModel, Embedder, EmbedderOptions};
use model::{ChatRequest, Message, Parameters, Purpose, Role};
use weights::{Silent, Store};

#[test]
fn chunks_and_prompts_a_second() {
    let store = Store::from_env();
    let (small, chat) = (catalog::default_embedder(), catalog::default_llm());
    for entry in [small, chat] {
        weights::pull(&store, entry.name, &mut Silent).unwrap();
    }
    let read = |entry, role| store.read(entry, role).unwrap();
    let embedder = Embedder::from_safetensors(
        EmbedderOptions::all_minilm_l6_v2(),
        &read(small, catalog::Role::Config),
        &read(small, catalog::Role::Tokenizer),
        &read(small, catalog::Role::Weights),
    )
    .unwrap();
    let chunk = "The depot in the third row holds crates of pears, and the clerk counts them. ";
    let text = |tokens: usize| {
        let mut text = chunk.repeat(tokens / 14);
        while embedder.count_tokens(&text) + 2 > tokens {
            text.pop();
        }
        text
    };
    let time = |n: usize, work: &mut dyn FnMut()| {
        let best = (0..n).map(|_| {
            let start = Instant::now();
            work();
            start.elapsed()
        });
        best.min().unwrap().as_secs_f64() * 1000.0
    };
    for tokens in [14, 128, 256] {
        let texts = [text(tokens)];
        let best = time(8, &mut || drop(embedder.embed_sync(&texts, Purpose::Query)));
        println!("embed 1 x {tokens} tokens: {best:.1} ms");
    }
    let texts = vec![text(128); 32];
    let best = time(3, &mut || {
        drop(embedder.embed_sync(&texts, Purpose::Document))
    });
    println!(
        "embed 32 x 128 tokens: {best:.0} ms, {:.0} chunks/s",
        32_000.0 / best
    );
    assert!(best < 30_000.0);

    let model = ChatModel::from_gguf(chat.name, &read(chat, catalog::Role::Weights)).unwrap();
    let question = |n: usize| ChatRequest {
        // The front differs each time, so that nothing comes from the cache.
        messages: vec![Message::text(
            Role::User,
            format!("{n} {}", chunk.repeat(100)),
        )],
        parameters: Parameters {
            max_tokens: Some(33),
            temperature: Some(0.0),
            ..Parameters::default()
        },
        ..ChatRequest::default()
    };
    for n in 0..2 {
        let request = question(n);
        let tokens = model.count_tokens(&request.messages);
        let start = Instant::now();
        let (mut first, mut texts) = (None, 0);
        model
            .generate(&request, &mut |delta| {
                if matches!(&delta, model::Delta::Text(text) if !text.is_empty()) {
                    first.get_or_insert_with(|| start.elapsed());
                    texts += 1;
                }
                ControlFlow::Continue(())
            })
            .unwrap();
        let first = first.unwrap().as_secs_f64();
        let rest = start.elapsed().as_secs_f64() - first;
        println!(
            "prompt of {tokens}: {:.0} tokens/s; then {:.0} tokens/s",
            tokens as f64 / first,
            f64::from(texts - 1) / rest
        );
        assert!(first < 60.0);
    }
}
