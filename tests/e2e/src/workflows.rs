//! Ten workflows and an agent as app files, the same on every runtime: each is imported, published and run, and its stream is held
//! against the file of that name. A webhook and a schedule start one each.
//!
//! `EDGEWISE_BLESS=1` writes the streams anew; they are read by people, against the reference of the API.

use std::{path::PathBuf, time::Duration};

use anyhow::{Context, Result, bail, ensure};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::{
    Deployment,
    http::{Client, Streamed, list, text},
    peer::Peer,
    same_stream, setup,
};

/// The files, and what each is run with.
const CASES: [(&str, &str); 11] = [
    ("echo", r#"{"text":"one two"}"#),
    (
        "model",
        r#"{"text":"How many litres does the boiler take, two?"}"#,
    ),
    ("branches", r#"{"number":12}"#),
    ("parallel", r#"{"text":"x"}"#),
    ("iteration", r#"{"text":"one two three"}"#),
    ("loop", r#"{"text":"x"}"#),
    ("python", r#"{"number":4}"#),
    ("javascript", r#"{"number":4}"#),
    ("failure", r#"{"number":0}"#),
    ("chatflow", "{}"),
    ("agent", "{}"),
];

/// Longer than a schedule of every minute, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(150);

struct App {
    id: String,
    key: Client,
}

/// Runs them all. The deployment must be allowed to reach the peer: `EDGEWISE_HTTP_PRIVATE_HOSTS` is [`host`].
pub async fn run(deployment: &Deployment, peer: &Peer) -> Result<()> {
    setup::provider(deployment, peer).await?;
    let owner = Client::owner(deployment);
    let scheduled = app(deployment, &owner, peer, "schedule").await?;
    for (name, inputs) in CASES {
        let app = app(deployment, &owner, peer, name).await?;
        let inputs: Value = serde_json::from_str(inputs)?;
        let events = stream(&app, name, inputs).await?.events;
        same(name, peer, events).with_context(|| format!("workflow `{name}`"))?;
    }
    webhook(deployment, &owner, peer).await?;
    let run = started(&scheduled, "schedule").await?;
    ensure!(text(&run, "/outputs/out") == "it is time", "{run}");
    // Its alarm would go on for ever.
    let app = format!("/console/api/apps/{}", scheduled.id);
    owner.delete(&app, None).await
}

/// What HTTP nodes must be allowed to reach.
pub fn host(peer: &Peer) -> String {
    let address = peer.url.trim_start_matches("http://");
    address.split('/').next().unwrap_or_default().to_owned()
}

fn file(name: &str) -> PathBuf {
    let fixtures = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/workflows");
    fixtures.join(name)
}

/// The app of a file, published.
async fn app(deployment: &Deployment, owner: &Client, peer: &Peer, name: &str) -> Result<App> {
    let content = std::fs::read_to_string(file(&format!("{name}.yml")))?;
    let content = content.replace("PEER", &peer.url);
    let body = json!({ "mode": "yaml-content", "yaml_content": content });
    let imported = owner.post("/console/api/apps/imports", &body).await?;
    ensure!(
        text(&imported, "/status") == "completed",
        "{name}: {imported}"
    );
    let id = text(&imported, "/app_id");
    let at = |path: &str| format!("/console/api/apps/{id}/{path}");
    if name != "agent" {
        owner.post(&at("workflows/publish"), &json!({})).await?;
    }
    let key = owner.post(&at("api-keys"), &json!({})).await?;
    let key = Client::new(deployment, &text(&key, "/token"));
    Ok(App { id, key })
}

async fn stream(app: &App, name: &str, inputs: Value) -> Result<Streamed> {
    // A run of a workflow does not look at it.
    let query = "Which pump makes pressure, nine bar?";
    let body =
        json!({ "inputs": inputs, "query": query, "response_mode": "streaming", "user": "ada" });
    let path = match ["chatflow", "agent"].contains(&name) {
        true => "/v1/chat-messages",
        false => "/v1/workflows/run",
    };
    app.key.stream(path, &body).await
}

/// Holds a stream against its file.
fn same(name: &str, peer: &Peer, events: Vec<Value>) -> Result<()> {
    let text = same_stream::lines(&plain(events)).replace(&peer.url, "PEER");
    let file = file(&format!("{name}.jsonl"));
    if std::env::var_os("EDGEWISE_BLESS").is_some() {
        return Ok(std::fs::write(file, text)?);
    }
    let expect = std::fs::read_to_string(&file)?;
    for (number, (got, expect)) in text.lines().zip(expect.lines()).enumerate() {
        ensure!(
            got == expect,
            "event {}:\n{got}\ninstead of\n{expect}",
            number + 1
        );
    }
    let (got, expect) = (text.lines().count(), expect.lines().count());
    ensure!(got == expect, "{got} events instead of {expect}");
    Ok(())
}

/// How a text is cut into pieces depends on the network, and what a server says of itself on the day.
fn plain(events: Vec<Value>) -> Vec<Value> {
    let mut plain: Vec<Value> = Vec::new();
    for mut event in events {
        if let Some(headers) = event.pointer_mut("/data/outputs/headers") {
            *headers = json!("<headers>");
        }
        let place = match text(&event, "/event").as_str() {
            "text_chunk" => "/data/text",
            "message" | "agent_message" => "/answer",
            _ => {
                plain.push(event);
                continue;
            }
        };
        let piece = text(&event, place);
        let last = plain
            .last_mut()
            .filter(|last| last.get("event") == event.get("event"));
        match last.and_then(|last| last.pointer_mut(place)) {
            Some(Value::String(last)) => last.push_str(&piece),
            _ => plain.push(event),
        }
    }
    plain
}

/// A request to its address starts a workflow, once for each delivery.
async fn webhook(deployment: &Deployment, owner: &Client, peer: &Peer) -> Result<()> {
    let app = app(deployment, owner, peer, "webhook").await?;
    let path = format!(
        "/console/api/apps/{}/workflows/triggers/webhook?node_id=hook",
        app.id
    );
    let address = text(&owner.get(&path).await?, "/webhook_url");
    let path = address.find("/triggers/").map(|at| &address[at..]);
    let path = path.with_context(|| format!("`{address}` is no address of a webhook"))?;
    let anybody = Client::new(deployment, "");
    anybody.post(path, &json!({ "name": "Ada" })).await?;
    let refused = anybody
        .send(Method::POST, path, Some(&json!({ "name": 7 })))
        .await?;
    ensure!(
        refused.status == 400,
        "{}: {}",
        refused.status,
        refused.body
    );
    let run = started(&app, "webhook").await?;
    ensure!(text(&run, "/outputs/out") == "hello Ada", "{run}");
    Ok(())
}

/// The run that a trigger started, when it has ended.
async fn started(app: &App, by: &str) -> Result<Value> {
    let until = Instant::now() + PATIENCE;
    loop {
        let page = app.key.get("/v1/workflows/logs?limit=10").await?;
        let runs = list(&page, "/data");
        if let Some(run) = runs.last().and_then(|entry| entry.get("workflow_run")) {
            ensure!(text(run, "/triggered_from") == by, "{run}");
            let id = text(run, "/id");
            let run = app.key.get(&format!("/v1/workflows/run/{id}")).await?;
            match text(&run, "/status").as_str() {
                "succeeded" => return Ok(run),
                "running" => {}
                _ => bail!("the run of a {by} ended so: {run}"),
            }
        }
        ensure!(Instant::now() < until, "no {by} started a run: {page}");
        sleep(Duration::from_millis(200)).await;
    }
}
