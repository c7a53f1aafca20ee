//! What one forward pass costs here, in CPU time: `cargo run -p local --features chat,threads --example speed -- WHAT`,
//! where WHAT is `f32` or `q8` (embedding), `batch` (8-bit, by the clock, on all cores), `chat`, or `folder` (where the
//! embedder's files are). Prints JSON. Other work on the machine does not count: it is the
//! time that the threads of this process ran, and the least of many runs.

use std::{collections::BTreeMap, error::Error, fs, ops::ControlFlow, time::Instant};

use bytes::Bytes;
use catalog::Role;
use local::{ChatModel, Embedder, EmbedderOptions};
use model::{ChatRequest, Delta, Message, Parameters, Purpose};
use serde::Deserialize;
use weights::{Silent, Store};

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let what = std::env::args().nth(1).unwrap_or_default();
    let store = Store::from_env();
    let report = match what.as_str() {
        "f32" | "q8" => {
            let before = memory_mb();
            let embedder = embedder(&store, what == "q8")?;
            let mut report = embedding(&embedder)?;
            report.insert("memory_mb", memory_mb() - before);
            report.insert("least_cosine", least_cosine(&embedder)?);
            report
        }
        "batch" => BTreeMap::from([("chunks_s", batch(&embedder(&store, true)?)?)]),
        "chat" => chat(&store)?,
        "folder" => {
            let model = catalog::default_embedder();
            weights::pull(&store, model.name, &mut Silent)?;
            println!("{}", store.folder(model).display());
            return Ok(());
        }
        _ => return Err("say f32, q8, batch, chat or folder".into()),
    };
    println!("{}", serde_json::to_string(&report)?);
    Ok(())
}

fn embedder(store: &Store, eight_bits: bool) -> Outcome<Embedder> {
    let model = catalog::default_embedder();
    weights::pull(store, model.name, &mut Silent)?;
    let read = |role| store.read(model, role);
    let options = EmbedderOptions::all_minilm_l6_v2();
    let (config, tokenizer) = (read(Role::Config)?, read(Role::Tokenizer)?);
    let weights = read(Role::Weights)?;
    Ok(match eight_bits {
        true => Embedder::from_q8(Bytes::from(local::quantize(
            options, &config, &tokenizer, &weights,
        )?))?,
        false => Embedder::from_safetensors(options, &config, &tokenizer, &weights)?,
    })
}

/// A text of so many tokens, frame included.
fn text(tokens: usize) -> String {
    let words = "the house on the road is near the river and the old town ";
    let words: Vec<&str> = words
        .split_inclusive(' ')
        .cycle()
        .take(tokens - 2)
        .collect();
    words.concat()
}

/// Chunks a second of 32 chunks of 128 tokens, in the best of some runs.
fn batch(embedder: &Embedder) -> Outcome<f64> {
    let texts = vec![text(128); 32];
    let mut best = f64::MAX;
    for _ in 0..8 {
        let start = Instant::now();
        embedder.embed_sync(&texts, Purpose::Document)?;
        best = best.min(start.elapsed().as_secs_f64());
    }
    Ok(texts.len() as f64 / best)
}

/// Milliseconds for inputs of so many tokens, frame included.
fn embedding(embedder: &Embedder) -> Outcome<BTreeMap<&'static str, f64>> {
    let mut report = BTreeMap::new();
    for (name, tokens, runs) in [
        ("query_10_ms", 10, 30),
        ("chunk_128_ms", 128, 15),
        ("chunk_256_ms", 256, 10),
    ] {
        let texts = [text(tokens)];
        let mut best = f64::MAX;
        // The system counts in ticks of some milliseconds: short inputs go many at a time.
        let together = 512 / tokens;
        for _ in 0..runs {
            let start = cpu_ms();
            for _ in 0..together {
                embedder.embed_sync(&texts, Purpose::Query)?;
            }
            best = best.min((cpu_ms() - start) / together as f64);
        }
        report.insert(name, best);
    }
    Ok(report)
}

/// Against the reference vectors of the tests.
fn least_cosine(embedder: &Embedder) -> Outcome<f64> {
    #[derive(Deserialize)]
    struct Row {
        text: String,
        vector: Option<Vec<f64>>,
    }
    let rows: Vec<Row> = serde_json::from_str(include_str!("../tests/golden/embeddings.json"))?;
    let mut least = 1f64;
    for row in rows {
        let Some(expected) = row.vector else { continue };
        let found = embedder.embed_sync(&[row.text], Purpose::Document)?.vectors;
        let found = found.into_iter().flatten().map(f64::from);
        least = least.min(found.zip(expected).map(|(a, b)| a * b).sum());
    }
    Ok(least)
}

/// What this process has in memory; 0 where the system does not say.
fn memory_mb() -> f64 {
    let text = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find(|line| line.starts_with("VmRSS"));
    let kilobytes = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<f64>().ok());
    kilobytes.unwrap_or_default() / 1024.0
}

/// Tokens a second of CPU time: of the prompt, and of the answer after it.
fn chat(store: &Store) -> Outcome<BTreeMap<&'static str, f64>> {
    let model = catalog::default_llm();
    weights::pull(store, model.name, &mut Silent)?;
    let chat = ChatModel::from_gguf(model.name, &store.read(model, Role::Weights)?)?;
    let (mut prompt, mut answer) = (0f64, 0f64);
    for run in 0..4 {
        // The front differs each time, so that nothing comes from the session before.
        let text = format!("{run} {}", "The clerk counts crates of pears. ".repeat(30));
        let request = ChatRequest {
            messages: vec![Message::text(model::Role::User, text)],
            parameters: Parameters {
                max_tokens: Some(33),
                temperature: Some(0.0),
                ..Parameters::default()
            },
            ..ChatRequest::default()
        };
        let tokens = chat.count_tokens(&request.messages) as f64;
        let start = cpu_ms();
        let (mut first, mut texts) = (None, 0.0);
        chat.generate(&request, &mut |delta| {
            if matches!(&delta, Delta::Text(text) if !text.is_empty()) {
                first.get_or_insert_with(cpu_ms);
                texts += 1.0;
            }
            ControlFlow::Continue(())
        })?;
        let first = first.ok_or("no answer")?;
        prompt = prompt.max(1000.0 * tokens / (first - start));
        answer = answer.max(1000.0 * (texts - 1.0) / (cpu_ms() - first));
    }
    Ok(BTreeMap::from([
        ("prompt_tokens_s", prompt),
        ("answer_tokens_s", answer),
    ]))
}

/// Milliseconds that all threads ran so far; where the system does not say, of the clock.
fn cpu_ms() -> f64 {
    let tasks = fs::read_dir("/proc/self/task").into_iter().flatten();
    let times = tasks.flatten().filter_map(|task| {
        let text = fs::read_to_string(task.path().join("schedstat")).ok()?;
        text.split(' ').next()?.parse::<f64>().ok()
    });
    let total: f64 = times.sum();
    thread_local!(static START: Instant = Instant::now());
    match total > 0.0 {
        true => total / 1e6,
        false => START.with(|start| start.elapsed().as_secs_f64() * 1e3),
    }
}
