//! What a chat costs: with memory, moderation and durable records; streamed; with retrieval over ten thousand passages.

#![allow(
    clippy::indexing_slicing,
    reason = "JSON values answer null for what they lack"
)]

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use e2e::{
    http::{Client, text},
    native::Native,
    setup,
};
use serde_json::{Value, json};

use crate::{
    drive::{Case, Measured, Until, drive},
    mock,
};

/// How many connections ask at once, by turns.
pub const CONNECTIONS: [usize; 3] = [1, 16, 64];

/// The provider that the mock is configured as.
const PROVIDER: &str = "bench";

/// Passages in the dataset.
const PASSAGES: usize = 10_000;

/// How much is measured.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Seconds of each case, after as many quarters of warm-up.
    pub seconds: f64,
    /// Chats in a row at the end, to see whether memory grows; 0 leaves it out.
    pub soak: u64,
    /// Whether retrieval is measured, which needs minutes to embed its passages.
    pub retrieval: bool,
}

/// A line of the report.
#[derive(Clone, Debug)]
pub struct Row {
    /// What was done.
    pub name: String,
    /// Connections at once.
    pub connections: usize,
    /// The result.
    pub measured: Measured,
    /// Memory of the server after it, in bytes.
    pub memory: u64,
    /// Processor time of the server for each chat, with the jobs that they leave; zero where it is not known.
    pub cost: Duration,
}

/// Measures our server; `tell` gets each line as soon as it is known.
pub async fn measure(plan: Plan, model_url: &str, mut tell: impl FnMut(&Row)) -> Result<()> {
    let server = Native::start_on_core(0).await?;
    let idle = server.resident()?;
    println!("idle, before anything was asked: {} MB", idle >> 20);
    let owner = Client::owner(&server.deployment);
    provider(&owner, model_url).await?;
    let until = until(plan.seconds);
    let mut run = async |name: &str, case: &Case, connections, until| -> Result<()> {
        tell(&row(&server, name, case, connections, until).await?);
        Ok(())
    };
    let key = app(&owner, &[]).await?;
    let base = &server.deployment.base;
    for connections in CONNECTIONS {
        run(
            "blocking",
            &case(base, &key, "blocking"),
            connections,
            until,
        )
        .await?;
    }
    for connections in CONNECTIONS {
        run(
            "streaming",
            &case(base, &key, "streaming"),
            connections,
            until,
        )
        .await?;
    }
    if plan.retrieval {
        let knowledge = Client::new(
            &server.deployment,
            &setup::dataset_key(&server.deployment).await?,
        );
        let dataset = passages(&knowledge).await?;
        let key = app(&owner, &[dataset]).await?;
        for connections in CONNECTIONS {
            run(
                "retrieval",
                &case(base, &key, "blocking"),
                connections,
                until,
            )
            .await?;
        }
    }
    if plan.soak > 0 {
        let before = server.resident()?;
        run(
            "soak",
            &case(base, &key, "blocking"),
            16,
            Until::Answers(plan.soak),
        )
        .await?;
        println!(
            "memory over {} chats: {} MB before, {} MB after",
            plan.soak,
            before >> 20,
            server.resident()? >> 20
        );
    }
    Ok(())
}

/// Drives our server, and looks at what that cost it.
pub async fn row(
    server: &Native,
    name: &str,
    case: &Case,
    connections: usize,
    until: Until,
) -> Result<Row> {
    let before = server.processor_time()?;
    let measured = drive(case, connections, until).await?;
    let spent = server.processor_time()? - before;
    Ok(Row {
        name: name.to_owned(),
        connections,
        cost: spent.div_f64(measured.sent as f64),
        measured,
        memory: server.resident()?,
    })
}

/// A quarter of warm-up, then the seconds.
pub fn until(seconds: f64) -> Until {
    Until::Time {
        warm_up: Duration::from_secs_f64(seconds / 4.0),
        measured: Duration::from_secs_f64(seconds),
    }
}

/// Conversations of four questions. They get no titles, which would be another call of the model for each: what is
/// measured beside it makes none.
fn case(base: &str, key: &str, mode: &str) -> Case {
    Case {
        url: format!("{base}/v1/chat-messages"),
        key: key.to_owned(),
        body: format!(
            r#"{{"inputs":{{}},"query":"What is said about topic {{{{n}}}}?","response_mode":"{mode}","conversation_id":"{{{{carry}}}}","auto_generate_name":false,"user":"u{{{{who}}}}"}}"#
        ),
        expect: mock::WORD.to_owned(),
        carry: Some(r#""conversation_id":""#.to_owned()),
        turns: 4,
        first: mock::WORD.to_owned(),
    }
}

async fn provider(owner: &Client, url: &str) -> Result<()> {
    let body = json!({
        "dialect": "openai",
        "credentials": { "base_url": url, "api_key": "bench-key" },
        "models": [{ "model": mock::MODEL, "model_type": "llm" }],
    });
    let path = format!("/console/api/workspaces/current/model-providers/{PROVIDER}/credentials");
    owner.post(&path, &body).await?;
    Ok(())
}

/// An assistant with memory, moderation of what goes in and what comes out, and these datasets; answers its key.
async fn app(owner: &Client, datasets: &[String]) -> Result<String> {
    let datasets: Vec<Value> = datasets
        .iter()
        .map(|id| json!({ "dataset": { "enabled": true, "id": id } }))
        .collect();
    let file = json!({
        "version": "0.7.0", "kind": "app",
        "app": { "name": "Bench", "mode": "chat", "icon": "⏱", "icon_type": "emoji", "icon_background": "#FFFFFF" },
        "model_config": {
            "model": { "provider": PROVIDER, "name": mock::MODEL, "mode": "chat", "completion_params": {} },
            "prompt_type": "simple", "pre_prompt": "You are a helpful assistant.",
            "sensitive_word_avoidance": {
                "enabled": true, "type": "keywords",
                "config": {
                    "keywords": "forbidden\nunspeakable\nsecret recipe",
                    "inputs_config": { "enabled": true, "preset_response": "No." },
                    "outputs_config": { "enabled": true, "preset_response": "No." },
                },
            },
            "retriever_resource": { "enabled": true },
            "dataset_configs": {
                "retrieval_model": "multiple", "top_k": 4, "datasets": { "datasets": datasets },
            },
        },
    });
    let body = json!({ "mode": "yaml-content", "yaml_content": file.to_string() });
    let imported = owner.post("/console/api/apps/imports", &body).await?;
    let id = text(&imported, "/app_id");
    ensure!(!id.is_empty(), "{imported}");
    let path = format!("/console/api/apps/{id}/api-keys");
    Ok(text(&owner.post(&path, &json!({})).await?, "/token"))
}

/// A dataset of short passages, indexed; answers its id.
async fn passages(knowledge: &Client) -> Result<String> {
    let started = Instant::now();
    let dataset = setup::dataset(knowledge, "Bench").await?;
    let mut batches = Vec::new();
    for part in 0..10 {
        let lines: Vec<String> = (0..PASSAGES / 10)
            .map(|n| {
                let n = part * PASSAGES / 10 + n;
                format!(
                    "Topic {n} has the number {} and the colour {}.",
                    n * 7 % 1_009,
                    ["red", "green", "blue", "white"][n % 4]
                )
            })
            .collect();
        let body = json!({
            "name": format!("Part {part}"), "text": lines.join("\n\n"), "indexing_technique": "high_quality",
            "process_rule": { "mode": "custom", "rules": {
                "pre_processing_rules": [],
                "segmentation": { "separator": "\n\n", "max_tokens": 50, "chunk_overlap": 0 },
            } },
        });
        let path = format!("/v1/datasets/{dataset}/document/create-by-text");
        let made = knowledge.post(&path, &body).await?;
        batches.push(text(&made, "/batch"));
    }
    let mut found = 0;
    for batch in batches {
        let path = format!("/v1/datasets/{dataset}/documents/{batch}/indexing-status");
        loop {
            let state = knowledge.get(&path).await?;
            let state = state.pointer("/data/0").context("a state")?;
            match text(state, "/indexing_status").as_str() {
                "completed" => {
                    found += state
                        .get("total_segments")
                        .and_then(Value::as_u64)
                        .unwrap_or(0);
                    break;
                }
                "error" => anyhow::bail!("{state}"),
                _ => tokio::time::sleep(Duration::from_millis(200)).await,
            }
        }
    }
    println!(
        "{found} passages indexed in {:.0} s on one core",
        started.elapsed().as_secs_f64()
    );
    Ok(dataset)
}
