//! Kills the server under runs of a workflow of twenty nodes, nine of which change something elsewhere. Every run that was
//! accepted must end with the right outcome, be listed once, and have each effect under one key, however often it
//! began again.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use tokio::{
    sync::watch,
    time::{Instant, sleep, timeout},
};

use super::{Epoch, effects::Effects, random::Random};
use crate::{
    Deployment,
    http::{Client, list, text},
    native::Native,
};

/// Nodes that say something again, each with one behind it that asks the counting server.
const STEPS: u64 = 9;

/// How long a server may take to be back.
const PATIENCE: Duration = Duration::from_secs(180);

/// How long runs that were interrupted may take to end once the server is back: shorter than a lease, since nobody else can
/// hold one on this store.
const RECOVERY: Duration = Duration::from_secs(25);

/// How hard.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// How often the server is killed.
    pub kills: usize,
    /// Runs at the same time.
    pub at_once: usize,
    /// The same seed makes the same choices; what the kills interrupt still differs from run to run.
    pub seed: u64,
    /// The longest life of a server, in milliseconds from healthy to its kill.
    pub longest_life: u64,
    /// After so many kills one server lives long enough to take up what others left; 0: none but the last.
    pub recovers_every: usize,
}

/// What was seen.
#[derive(Clone, Copy, Debug, Default)]
pub struct Report {
    /// Runs that were accepted, all of which ended well.
    pub runs: usize,
    /// Requests that the counting server had.
    pub effects: usize,
    /// Those of them that came again, under the key of the first.
    pub repeated: usize,
}

/// A life in which runs of killed servers end.
const LONG_LIFE: Duration = Duration::from_secs(10);

/// A run that was accepted: its id and what it was given.
type Accepted = Arc<Mutex<Vec<(String, String)>>>;

/// Runs it. An error says what was lost or doubled.
pub async fn run(plan: Plan) -> Result<Report> {
    let effects = Effects::start().await?;
    let hosts = ("EDGEWISE_HTTP_PRIVATE_HOSTS", effects.host.clone());
    let mut server = Native::start_keeping(vec![hosts]).await?;
    let key = app(&Client::owner(&server.deployment), &effects.host).await?;

    let accepted = Accepted::default();
    let (up, epochs) = watch::channel((0, server.deployment.clone()));
    let (stop, stopped) = watch::channel(false);
    let workers: Vec<_> = (0..plan.at_once)
        .map(|number| {
            let (epochs, stopped) = (epochs.clone(), stopped.clone());
            tokio::spawn(work(number, key.clone(), accepted.clone(), epochs, stopped))
        })
        .collect();
    let mut random = Random::new(plan.seed);
    for epoch in 1..=plan.kills {
        let life = match epoch.checked_rem(plan.recovers_every) {
            Some(0) => LONG_LIFE,
            _ => Duration::from_millis(random.below(plan.longest_life)),
        };
        sleep(life).await;
        server = server.restart().await.context("starting after a kill")?;
        up.send((epoch, server.deployment.clone())).ok();
    }
    stop.send(true).ok();
    for worker in workers {
        worker.await??;
    }
    let accepted = accepted
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone();
    verify(&server.deployment, &key, &accepted).await?;
    let runs = accepted.iter().map(|(id, _)| id.as_str()).collect();
    let (count, repeated) = effects.check(&runs, STEPS)?;
    Ok(Report {
        runs: accepted.len(),
        effects: count,
        repeated,
    })
}

/// Starts one run after the other, and notes which were accepted.
async fn work(
    number: usize,
    key: String,
    accepted: Accepted,
    mut epochs: watch::Receiver<Epoch>,
    stopped: watch::Receiver<bool>,
) -> Result<()> {
    for count in 0.. {
        if *stopped.borrow() {
            break;
        }
        let (epoch, deployment) = epochs.borrow_and_update().clone();
        let client = Client::new(&deployment, &key);
        let given = format!("run {count} of client {number}");
        let Err(error) = begin(&client, &given, &accepted).await else {
            continue;
        };
        if *stopped.borrow() {
            break;
        }
        // A request may only fail because the server was killed: then another one starts.
        timeout(PATIENCE, epochs.wait_for(|(now, _)| *now > epoch))
            .await
            .map_err(|_| error.context("a run failed, and the server was not killed"))??;
    }
    Ok(())
}

async fn begin(client: &Client, given: &str, accepted: &Accepted) -> Result<()> {
    let body = json!({ "inputs": { "x": given }, "response_mode": "streaming", "user": "torture" });
    let mut live = client.open("/v1/workflows/run", &body).await?;
    let first = live.first().await?;
    let id = text(&first, "/workflow_run_id");
    ensure!(!id.is_empty(), "the stream begins with {first}");
    accepted
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push((id, given.to_owned()));
    live.rest().await?;
    Ok(())
}

async fn verify(deployment: &Deployment, key: &str, accepted: &[(String, String)]) -> Result<()> {
    let client = Client::new(deployment, key);
    let until = Instant::now() + RECOVERY;
    for (id, given) in accepted {
        let run = ended(&client, id, until).await?;
        ensure!(text(&run, "/status") == "succeeded", "{run}");
        ensure!(
            run.pointer("/total_steps").and_then(Value::as_u64) == Some(2 * STEPS + 2),
            "{run}"
        );
        let want = format!("{given}{}", ".".repeat(STEPS as usize));
        ensure!(text(&run, "/outputs/out") == want, "{run} is not {want:?}");
    }
    let mut listed = BTreeSet::new();
    for page in 1.. {
        let path = format!("/v1/workflows/logs?limit=100&page={page}");
        let answer = client.get(&path).await?;
        for entry in list(&answer, "/data") {
            let id = text(&entry, "/workflow_run/id");
            ensure!(listed.insert(id.clone()), "run {id} is listed twice");
        }
        if answer.get("has_more") != Some(&Value::Bool(true)) {
            break;
        }
    }
    for (id, _) in accepted {
        ensure!(listed.contains(id), "run {id} is not listed");
    }
    Ok(())
}

async fn ended(client: &Client, id: &str, until: Instant) -> Result<Value> {
    loop {
        let run = client.get(&format!("/v1/workflows/run/{id}")).await?;
        if text(&run, "/status") != "running" {
            return Ok(run);
        }
        if Instant::now() > until {
            bail!("run {id} did not end: {run}");
        }
        sleep(Duration::from_millis(100)).await;
    }
}

/// The published workflow; answers its key.
async fn app(owner: &Client, host: &str) -> Result<String> {
    let file = json!({
        "version": "0.6.0", "kind": "app", "app": { "name": "Torture", "mode": "workflow" },
        "workflow": { "graph": graph(host) },
    });
    let body = json!({ "mode": "yaml-content", "yaml_content": file.to_string() });
    let imported = owner.post("/console/api/apps/imports", &body).await?;
    let id = text(&imported, "/app_id");
    ensure!(!id.is_empty(), "{imported}");
    let at = |path: &str| format!("/console/api/apps/{id}/{path}");
    owner.post(&at("workflows/publish"), &json!({})).await?;
    let made = owner.post(&at("api-keys"), &json!({})).await?;
    Ok(text(&made, "/token"))
}

/// Start, then by turns a template that adds a full stop and a request that tells of it, end.
fn graph(host: &str) -> Value {
    let node = |id: &str, data: Value| json!({ "id": id, "data": data });
    let mut nodes = vec![node(
        "start",
        json!({ "type": "start", "title": "start", "variables": [
            { "variable": "x", "label": "x", "type": "paragraph", "required": true },
        ] }),
    )];
    let (mut ids, mut from) = (vec!["start".to_owned()], json!(["start", "x"]));
    for step in 0..STEPS {
        let (say, tell) = (format!("say{step}"), format!("tell{step}"));
        nodes.push(node(
            &say,
            json!({
                "type": "template-transform", "title": say, "template": "{{ x }}.",
                "variables": [{ "variable": "x", "value_selector": from }],
            }),
        ));
        let request = format!(
            r#"{{"run":"{{{{#sys.workflow_run_id#}}}}","step":{step},"say":"{{{{#{say}.output#}}}}"}}"#
        );
        nodes.push(node(
            &tell,
            json!({
                "type": "http-request", "title": tell, "method": "post", "url": format!("http://{host}/effect"),
                "headers": "", "params": "", "authorization": { "type": "no-auth", "config": null },
                "body": { "type": "json", "data": [{ "type": "text", "value": request }] },
            }),
        ));
        from = json!([say, "output"]);
        ids.extend([say, tell]);
    }
    nodes.push(node(
        "end",
        json!({ "type": "end", "title": "end", "outputs": [{ "variable": "out", "value_selector": from }] }),
    ));
    ids.push("end".to_owned());
    let edges: Vec<_> = ids
        .iter()
        .zip(ids.iter().skip(1))
        .map(|(source, target)| {
            json!({ "id": format!("{source}-{target}"), "source": source, "target": target, "sourceHandle": "source" })
        })
        .collect();
    json!({ "nodes": nodes, "edges": edges })
}
