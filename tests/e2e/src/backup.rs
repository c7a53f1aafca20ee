//! A workspace is taken from one runtime and put into another: the same apps, the same keys, the same answers, the same
//! conversations.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    Deployment,
    http::{Client, list, text},
    peer::{GOOD, Peer},
    setup::{self, sources},
};

const PATH: &str = "/console/api/workspaces/current";
const POLICY: &str = include_str!("../fixtures/travel-policy.md");
const QUESTION: &str = "How much do employees who use their own car receive for each kilometre?";

/// What was taken, and what it must give again.
pub struct Taken {
    bundle: String,
    app: String,
    key: String,
    conversation: String,
    messages: Value,
    answer: String,
    sources: Vec<String>,
}

/// Fills a workspace, takes it, and notes what it says.
pub async fn take(deployment: &Deployment, peer: &Peer) -> Result<Taken> {
    setup::provider(deployment, peer).await?;
    let knowledge = Client::new(deployment, &setup::dataset_key(deployment).await?);
    let dataset = setup::dataset(&knowledge, "Backup").await?;
    let files = [("policy.md", POLICY.as_bytes().to_vec())];
    setup::documents(&knowledge, &dataset, &files).await?;
    let (app, key) = setup::assistant(deployment, "Backup", GOOD, Some(&dataset)).await?;
    let chat = Client::new(deployment, &key);
    let first = ask(&chat, "").await?;
    let conversation = text(&first, "/conversation_id");
    let bundle = settled(deployment, Duration::from_secs(60)).await?;
    Ok(Taken {
        bundle,
        messages: messages(&chat, &conversation).await?,
        app,
        key,
        conversation,
        answer: text(&first, "/answer"),
        sources: sources(&first),
    })
}

/// Puts it into an empty workspace, where everything must be as it was.
pub async fn restore(deployment: &Deployment, peer: &Peer, taken: &Taken) -> Result<()> {
    let owner = Client::owner(deployment);
    // The first request of its owner makes the workspace.
    owner.get("/console/api/apps").await?;
    altered(&owner, &taken.bundle).await?;
    let started = owner.raw(&format!("{PATH}/restore"), &taken.bundle).await?;
    ensure!(started.status == 202, "{} {}", started.status, started.body);
    let progress = finished(&owner).await?;
    ensure!(text(&progress, "/status") == "completed", "{progress}");

    let again = settled(deployment, Duration::from_secs(60)).await?;
    let difference = anonymous(&again)?
        .into_iter()
        .zip(anonymous(&taken.bundle)?)
        .find(|(now, then)| now != then);
    ensure!(
        difference.is_none() && again.lines().count() == taken.bundle.lines().count(),
        "the workspace is not what it was: {difference:?}"
    );
    let refused = owner.raw(&format!("{PATH}/restore"), &taken.bundle).await?;
    ensure!(
        refused.status == 409,
        "restored over something: {} {}",
        refused.status,
        refused.body
    );

    // The keys of providers stay behind; those of clients do not.
    setup::provider(deployment, peer).await?;
    let chat = Client::new(deployment, &taken.key);
    let app = owner
        .get(&format!("/console/api/apps/{}", taken.app))
        .await?;
    ensure!(text(&app, "/name") == "Backup", "{app}");
    ensure!(
        messages(&chat, &taken.conversation).await? == taken.messages,
        "the conversation is another"
    );
    let fresh = ask(&chat, "").await?;
    ensure!(text(&fresh, "/answer") == taken.answer, "{fresh}");
    ensure!(sources(&fresh) == taken.sources, "{fresh}");
    let more = ask(&chat, &taken.conversation).await?;
    ensure!(text(&more, "/answer").starts_with("[turn 2]"), "{more}");
    let all = chat.get("/v1/conversations?user=keeper").await?;
    ensure!(list(&all, "/data").len() == 2, "{all}");
    Ok(())
}

async fn ask(chat: &Client, conversation: &str) -> Result<Value> {
    let body = json!({
        "inputs": { "role": "a librarian" }, "query": QUESTION, "response_mode": "blocking",
        "conversation_id": conversation, "user": "keeper",
    });
    chat.post("/v1/chat-messages", &body).await
}

async fn messages(chat: &Client, conversation: &str) -> Result<Value> {
    let path = format!("/v1/messages?user=keeper&conversation_id={conversation}");
    chat.get(&path).await
}

async fn bundle(deployment: &Deployment) -> Result<String> {
    let answer = Client::owner(deployment)
        .send(Method::GET, &format!("{PATH}/backup"), None)
        .await?;
    let bundle = answer.body.as_str().context("a bundle is text")?;
    ensure!(
        bundle
            .lines()
            .last()
            .is_some_and(|line| line.starts_with(r#"{"end":"#)),
        "the bundle has no end"
    );
    Ok(bundle.to_owned())
}

/// A bundle that the next ones equal for a while. What an answer leaves to the queue (its log, its count) comes after it.
async fn settled(deployment: &Deployment, within: Duration) -> Result<String> {
    const STEADY: u32 = 5;
    let deadline = Instant::now() + within;
    let (mut last, mut same) = (bundle(deployment).await?, 0);
    loop {
        tokio::time::sleep(Duration::from_millis(200)).await;
        let next = bundle(deployment).await?;
        // The log's entry of a conversation is the last that is written of it.
        let is_logged = next.contains(r#""partition":"log/"#);
        same = if next == last && is_logged {
            same + 1
        } else {
            0
        };
        if same == STEADY {
            return Ok(next);
        }
        let difference = last.lines().zip(next.lines()).find(|(a, b)| a != b);
        ensure!(
            Instant::now() < deadline,
            "the same state gives another bundle: {difference:?}, logged: {is_logged}"
        );
        last = next;
    }
}

async fn altered(owner: &Client, bundle: &str) -> Result<()> {
    let altered = bundle.replacen("kilometre", "millimetre", 1);
    for (bad, expect) in [
        (altered.as_str(), "altered"),
        (bundle.get(..bundle.len() / 2).unwrap_or_default(), "early"),
    ] {
        let refused = owner.raw(&format!("{PATH}/restore"), bad).await?;
        let message = text(&refused.body, "/message");
        ensure!(
            refused.status == 400 && message.contains(expect),
            "{} {message}",
            refused.status
        );
    }
    Ok(())
}

async fn finished(owner: &Client) -> Result<Value> {
    for _ in 0..600 {
        let progress = owner.get(&format!("{PATH}/restore")).await?;
        if text(&progress, "/status") != "running" {
            return Ok(progress);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    anyhow::bail!("the restore does not end")
}

/// The lines without the id of their workspace, and without the end, which depends on it.
fn anonymous(bundle: &str) -> Result<Vec<String>> {
    let head: Value = serde_json::from_str(bundle.lines().next().unwrap_or_default())?;
    let tenant = text(&head, "/edgewise/tenant_id");
    ensure!(!tenant.is_empty(), "{head}");
    let lines = bundle.lines().map(|line| line.replace(&tenant, "TENANT"));
    Ok(lines
        .filter(|line| !line.starts_with(r#"{"end":"#))
        .collect())
}
