//! Compares what clients were told with what is there, byte for byte.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::{
    client::Keys,
    ledger::{Document, Known, Ledger, Turn},
};
use crate::{
    Deployment,
    http::{Client, list, text},
};

/// How long indexing may take to finish what was interrupted: a lease of a lost job must run out first.
const PATIENCE: Duration = Duration::from_secs(300);

pub async fn all(deployment: &Deployment, keys: &Keys, ledger: &Ledger) -> Result<()> {
    let app = Client::new(deployment, &keys.app);
    let users: BTreeSet<&str> = ledger.turns.iter().map(|turn| turn.user.as_str()).collect();
    for user in users {
        conversations(&app, user, ledger)
            .await
            .with_context(|| format!("the conversations of {user}"))?;
    }
    documents(
        &Client::new(deployment, &keys.datasets),
        &keys.dataset,
        ledger,
    )
    .await
    .context("the documents")
}

async fn conversations(app: &Client, user: &str, ledger: &Ledger) -> Result<()> {
    let turns = ledger.turns.iter().filter(|turn| turn.user == user);
    let asked: BTreeMap<&str, &Turn> = turns.map(|turn| (turn.query.as_str(), turn)).collect();
    let mut seen = BTreeSet::new();
    let path = format!("/v1/conversations?user={user}&limit=100");
    for conversation in pages(app, &path, "last_id").await? {
        let id = text(&conversation, "/id");
        ensure!(seen.insert(id.clone()), "{id} is listed twice");
        let path = format!("/v1/messages?user={user}&conversation_id={id}&limit=100");
        for message in pages(app, &path, "first_id").await? {
            let query = text(&message, "/query");
            let turn = asked
                .get(query.as_str())
                .with_context(|| format!("nobody asked {query:?}"))?;
            ensure!(seen.insert(query.clone()), "{query:?} is there twice");
            if turn.known == Known::Sent {
                continue;
            }
            let found = (text(&message, "/id"), text(&message, "/answer"), id.clone());
            let told = (
                turn.message.clone(),
                turn.answer.clone(),
                turn.conversation.clone(),
            );
            ensure!(found == told, "{query:?}: told {told:?}, found {found:?}");
        }
    }
    for (query, turn) in asked {
        ensure!(
            turn.known == Known::Sent || seen.contains(query),
            "{query:?} is lost: {turn:?}"
        );
    }
    Ok(())
}

/// All entries of a list that is paged by the id of an entry. Messages come in pages that end with the oldest first.
async fn pages(app: &Client, path: &str, cursor: &str) -> Result<Vec<Value>> {
    let mut all: Vec<Value> = Vec::new();
    let mut page = app.get(path).await?;
    loop {
        let entries = list(&page, "/data");
        let next = match cursor {
            "first_id" => entries.first(),
            _ => entries.last(),
        };
        let next = next.map(|entry| text(entry, "/id"));
        all.extend(entries);
        match next {
            Some(next) if page.get("has_more") == Some(&Value::Bool(true)) => {
                page = app.get(&format!("{path}&{cursor}={next}")).await?;
            }
            _ => return Ok(all),
        }
    }
}

async fn documents(knowledge: &Client, dataset: &str, ledger: &Ledger) -> Result<()> {
    let listed = indexed(knowledge, dataset).await?;
    let expected: BTreeMap<&str, &Document> = ledger
        .documents
        .iter()
        .map(|it| (it.name.as_str(), it))
        .collect();
    let mut seen = BTreeSet::new();
    for found in &listed {
        let (name, id) = (text(found, "/name"), text(found, "/id"));
        let document = expected
            .get(name.as_str())
            .with_context(|| format!("nobody uploaded {name:?}"))?;
        ensure!(seen.insert(name.clone()), "{name:?} is there twice");
        ensure!(
            document.deleted != Some(Known::Done),
            "{name:?} was deleted and is there"
        );
        ensure!(
            document.id.is_empty() || document.id == id,
            "{name:?} has another id"
        );
        let path = format!("/v1/datasets/{dataset}/documents/{id}/segments");
        let segments = list(&knowledge.get(&path).await?, "/data");
        let contents: Vec<String> = segments.iter().map(|it| text(it, "/content")).collect();
        ensure!(
            contents == [document.text.clone()],
            "{name:?}: {contents:?}"
        );
        let hits = json!({ "query": document.text, "retrieval_model": {
            "search_method": "semantic_search", "reranking_enable": false, "top_k": 3, "score_threshold_enabled": false,
        } });
        let hits = knowledge
            .post(&format!("/v1/datasets/{dataset}/retrieve"), &hits)
            .await?;
        let hits = list(&hits, "/records");
        let hits = hits
            .iter()
            .filter(|hit| text(hit, "/segment/content") == document.text);
        ensure!(hits.count() == 1, "{name:?} is not found once");
    }
    for document in &ledger.documents {
        let there = seen.contains(&document.name);
        let surely = document.created == Known::Done && document.deleted.is_none();
        ensure!(there || !surely, "{:?} is lost", document.name);
    }
    Ok(())
}

/// All documents, once none of them is waiting any more: indexing goes on by itself.
async fn indexed(knowledge: &Client, dataset: &str) -> Result<Vec<Value>> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let mut all = Vec::new();
        for page in 1.. {
            let path = format!("/v1/datasets/{dataset}/documents?limit=100&page={page}");
            let answer = knowledge.get(&path).await?;
            all.extend(list(&answer, "/data"));
            if answer.get("has_more") != Some(&Value::Bool(true)) {
                break;
            }
        }
        let status = |it: &Value| text(it, "/indexing_status");
        if let Some(failed) = all.iter().find(|it| status(it) == "error") {
            bail!("{failed}");
        }
        let waiting: Vec<String> = all
            .iter()
            .filter(|it| status(it) != "completed")
            .map(|it| format!("{} ({})", text(it, "/name"), status(it)))
            .collect();
        if waiting.is_empty() {
            return Ok(all);
        }
        ensure!(Instant::now() < deadline, "still not indexed: {waiting:?}");
        sleep(Duration::from_millis(200)).await;
    }
}
