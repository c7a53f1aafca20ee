//! A disk that fills up under uploads: what does not fit is refused, what was accepted stays, and room makes all well.

use anyhow::{Result, ensure};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    http::{Client, list, text},
    native::Native,
    setup,
};

/// Room for each file of the server, in kilobytes: a store with an owner and a few documents.
const ROOM: u64 = 1_800;

/// More uploads than fit.
const UPLOADS: usize = 2000;

/// The script. It starts a server of its own.
pub async fn run() -> Result<()> {
    let server = Native::start_on_small_disk(ROOM).await?;
    let key = setup::dataset_key(&server.deployment).await?;
    let knowledge = Client::new(&server.deployment, &key);
    let dataset = setup::dataset(&knowledge, "On a small disk").await?;

    let mut accepted = fill(&knowledge, &dataset, 0).await?;
    ensure!(!accepted.is_empty(), "nothing fits at all");
    println!("{} documents fit", accepted.len());
    // Full is no reason to stop: reading goes on, and so does refusing.
    knowledge.get("/healthz").await?;
    all_there(&knowledge, &dataset, &accepted).await?;
    // What was given up leaves a little room, so some more may fit.
    accepted.extend(fill(&knowledge, &dataset, UPLOADS).await?);
    all_there(&knowledge, &dataset, &accepted).await?;

    // The same data on a larger disk: nothing is lost, and work that waited for room is done.
    let server = server.restart().await?;
    let knowledge = Client::new(&server.deployment, &key);
    all_there(&knowledge, &dataset, &accepted).await?;
    let path = format!("/v1/datasets/{dataset}/document/create-by-text");
    let created = knowledge.post(&path, &document(2 * UPLOADS)).await?;
    for state in knowledge
        .indexed(&dataset, &text(&created, "/batch"))
        .await?
    {
        ensure!(text(&state, "/indexing_status") == "completed", "{state}");
    }
    Ok(())
}

/// Creates documents until one is refused, for the right reason; answers the ids of those that were accepted.
async fn fill(knowledge: &Client, dataset: &str, from: usize) -> Result<Vec<String>> {
    let path = format!("/v1/datasets/{dataset}/document/create-by-text");
    let mut accepted = Vec::new();
    for number in from..from + UPLOADS {
        let body = document(number);
        let answer = knowledge.send(Method::POST, &path, Some(&body)).await?;
        if answer.status == 200 {
            accepted.push(text(&answer.body, "/document/id"));
            continue;
        }
        ensure!(
            answer.status == 507 && text(&answer.body, "/code") == "storage_full",
            "{} {}",
            answer.status,
            answer.body
        );
        return Ok(accepted);
    }
    anyhow::bail!("{UPLOADS} documents fit in {ROOM} kB")
}

/// A short document that differs from every other: records fill the disk, not text that would have to be embedded.
fn document(number: usize) -> Value {
    json!({
        "name": format!("document-{number}.txt"),
        "text": format!("The answer to question {number} is {}.", number * 7),
        "indexing_technique": "high_quality",
        "process_rule": { "mode": "automatic" },
    })
}

async fn all_there(knowledge: &Client, dataset: &str, ids: &[String]) -> Result<()> {
    let mut found = Vec::new();
    for page in 1.. {
        let path = format!("/v1/datasets/{dataset}/documents?limit=100&page={page}");
        let answer = knowledge.get(&path).await?;
        found.extend(list(&answer, "/data").iter().map(|it| text(it, "/id")));
        if answer.get("has_more") != Some(&Value::Bool(true)) {
            break;
        }
    }
    found.sort();
    let mut ids = ids.to_vec();
    ids.sort();
    // One that was refused may have left nothing behind either.
    ensure!(found == ids, "accepted {ids:?}, found {found:?}");
    Ok(())
}
