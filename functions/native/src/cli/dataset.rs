//! `edgewise dataset`.

use std::{path::PathBuf, time::Duration};

use anyhow::{Result, bail};
use clap::Subcommand;
use serde_json::{Value, json};

use super::{Target, client::Client, say};

/// Between two looks at the progress of indexing.
const POLL: Duration = Duration::from_millis(300);

/// What can be done with datasets.
#[derive(Subcommand)]
pub enum Command {
    /// List the datasets
    List,
    /// Create a dataset that is searched by meaning
    Create {
        /// At most 40 characters
        name: String,
    },
    /// List the documents of a dataset
    Documents {
        /// The dataset
        id: String,
    },
    /// Add documents: text, Markdown, HTML or PDF
    Add {
        /// The dataset
        id: String,
        /// The documents
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// Until they are indexed
        #[arg(long)]
        wait: bool,
    },
    /// Show which passages a query finds
    Search {
        /// The dataset
        id: String,
        /// In words
        query: String,
    },
    /// Delete a dataset and its documents
    Delete {
        /// The dataset
        id: String,
    },
}

pub async fn run(command: Command, target: &Target) -> Result<()> {
    let client = Client::locate(target)?;
    match command {
        Command::List => {
            let datasets = all(&client).await?;
            rows(target, datasets, &["id", "document_count", "name"])
        }
        Command::Create { name } => {
            let body = json!({ "name": name, "indexing_technique": "high_quality" });
            let dataset = client.post("/console/api/datasets", &body).await?;
            let id = say::field(&dataset, "id");
            match target.json {
                true => say::json(&json!({ "id": id, "name": name })),
                false => say::line(&id),
            }
        }
        Command::Documents { id } => {
            let documents =
                pages(&client, &format!("/console/api/datasets/{id}/documents")).await?;
            rows(target, documents, &["id", "indexing_status", "name"])
        }
        Command::Add { id, files, wait } => add(&client, target, &id, &files, wait).await,
        Command::Search { id, query } => search(&client, target, &id, &query).await,
        Command::Delete { id } => {
            client
                .delete(&format!("/console/api/datasets/{id}"))
                .await?;
            match target.json {
                true => say::json(&json!({ "result": "success" })),
                false => Ok(()),
            }
        }
    }
}

/// Every dataset.
pub async fn all(client: &Client) -> Result<Vec<Value>> {
    pages(client, "/console/api/datasets").await
}

/// Every entry of a list that comes in pages.
pub async fn pages(client: &Client, path: &str) -> Result<Vec<Value>> {
    let mut entries = Vec::new();
    for page in 1.. {
        let page = page.to_string();
        let answer = client
            .query(path, &[("page", &page), ("limit", "100")])
            .await?;
        let data = answer.get("data").and_then(Value::as_array);
        let data = data.map(Vec::as_slice).unwrap_or_default();
        entries.extend_from_slice(data);
        let more = answer.get("has_more").and_then(Value::as_bool);
        if data.is_empty() || more != Some(true) {
            break;
        }
    }
    Ok(entries)
}

fn rows(target: &Target, entries: Vec<Value>, fields: &[&str]) -> Result<()> {
    if target.json {
        return say::json(&Value::Array(entries));
    }
    let head: Vec<String> = fields
        .iter()
        .map(|field| field.replace('_', " ").to_uppercase())
        .collect();
    let head: Vec<&str> = head.iter().map(String::as_str).collect();
    let rows: Vec<_> = entries
        .iter()
        .map(|entry| {
            fields
                .iter()
                .map(|field| say::field(entry, field))
                .collect()
        })
        .collect();
    say::table(&head, &rows)
}

async fn add(
    client: &Client,
    target: &Target,
    dataset: &str,
    files: &[PathBuf],
    wait: bool,
) -> Result<()> {
    let path = format!("/console/api/datasets/{dataset}/document/create-by-file");
    let options =
        json!({ "indexing_technique": "high_quality", "process_rule": { "mode": "automatic" } });
    let mut documents = Vec::new();
    for file in files {
        say::progress(&format!("sending {}", file.display()));
        let added = client.upload(&path, file, &options).await?;
        let mut document = added.get("document").cloned().unwrap_or_default();
        if let Some(fields) = document.as_object_mut() {
            fields.insert("batch".to_owned(), json!(say::field(&added, "batch")));
        }
        documents.push(document);
    }
    if wait {
        for document in &mut documents {
            completed(client, dataset, document).await?;
        }
    }
    say::progress("");
    for document in &mut documents {
        let status = say::field(document, "indexing_status");
        if let Some(fields) = document.as_object_mut() {
            fields.insert("status".to_owned(), json!(status));
        }
    }
    let failed: Vec<String> = documents
        .iter()
        .filter(|document| say::field(document, "indexing_status") == "error")
        .map(|document| {
            format!(
                "{}: {}",
                say::field(document, "name"),
                say::field(document, "error")
            )
        })
        .collect();
    rows(target, documents, &["id", "indexing_status", "name"])?;
    if !failed.is_empty() {
        bail!("not indexed: {}", failed.join("; "));
    }
    Ok(())
}

/// Waits until a document is indexed or has failed, and takes over what is then known of it.
async fn completed(client: &Client, dataset: &str, document: &mut Value) -> Result<()> {
    let (id, name) = (say::field(document, "id"), say::field(document, "name"));
    let batch = say::field(document, "batch");
    let path = format!("/console/api/datasets/{dataset}/documents/{batch}/indexing-status");
    loop {
        let answer = client.get(&path).await?;
        let states = answer.get("data").and_then(Value::as_array);
        let state =
            states.and_then(|states| states.iter().find(|state| say::field(state, "id") == id));
        let Some(state) = state else {
            bail!("{name} was deleted while it was indexed");
        };
        let status = say::field(state, "indexing_status");
        let (done, total) = (
            say::field(state, "completed_segments"),
            say::field(state, "total_segments"),
        );
        say::progress(&format!("{name}: {status} {done}/{total}"));
        if ["completed", "error", "paused"].contains(&status.as_str()) {
            if let (Some(fields), Some(known)) = (document.as_object_mut(), state.as_object()) {
                fields.extend(known.clone());
            }
            return Ok(());
        }
        tokio::time::sleep(POLL).await;
    }
}

async fn search(client: &Client, target: &Target, dataset: &str, query: &str) -> Result<()> {
    let path = format!("/console/api/datasets/{dataset}/hit-testing");
    let found = client.post(&path, &json!({ "query": query })).await?;
    if target.json {
        return say::json(&found);
    }
    let records = found.get("records").and_then(Value::as_array);
    for record in records.into_iter().flatten() {
        let segment = record.get("segment").cloned().unwrap_or_default();
        let document = segment.get("document").cloned().unwrap_or_default();
        let score = record
            .get("score")
            .and_then(Value::as_f64)
            .unwrap_or_default();
        let content = say::field(&segment, "content");
        let line: String = content
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
            .chars()
            .take(100)
            .collect();
        say::line(&format!(
            "{score:.3}  {}: {line}",
            say::field(&document, "name")
        ))?;
    }
    Ok(())
}
