//! schemathesis (PyPI) against a deployment: requests made from `/openapi.json`, right ones and wrong ones, with every
//! check that it knows. It is installed below the target folder, once.

use std::{path::PathBuf, process::Stdio};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tokio::{process::Command, sync::OnceCell};

use crate::{
    Deployment,
    clients::{folder, output},
    http::{Client, text},
    peer::{GOOD, Peer},
    setup,
};

const VERSION: &str = "4.32.5";

/// What belongs to one of the document's surfaces.
#[derive(Clone, Copy, Debug)]
pub struct Surface {
    /// Which paths, as a regular expression.
    pub paths: &'static str,
    /// Operations that would take the ground away from the others.
    pub without: &'static [&'static str],
}

/// The Service API.
pub const SERVICE: Surface = Surface {
    paths: "^(/v1|/files|/healthz)",
    without: &[],
};

/// What pages of apps call, and the workspace's models.
pub const WEB: Surface = Surface {
    paths: "^(/api|/openai)/",
    without: &[],
};

/// The console API.
pub const CONSOLE: Surface = Surface {
    paths: "^/console/api/",
    without: &["logoutEverywhere"],
};

/// How long it tries.
#[derive(Clone, Copy, Debug)]
pub enum Effort {
    /// The same requests on every machine: this many made-up ones for each operation.
    Examples(u32),
    /// As many as go into these seconds.
    Seconds(u64),
}

/// Runs it on a surface; fails with what it found.
pub async fn run(
    deployment: &Deployment,
    peer: &Peer,
    surface: Surface,
    effort: Effort,
) -> Result<()> {
    let program = install().await?;
    let place = tempfile::tempdir()?;
    std::fs::write(
        place.path().join("schemathesis.toml"),
        configuration(deployment, peer).await?,
    )?;
    // What is made up at random finds something new once in a while: that is for those who look for it.
    let phases = match effort {
        Effort::Examples(_) => "examples,coverage",
        Effort::Seconds(_) => "examples,coverage,fuzzing",
    };
    let mut command = Command::new(program.join("bin/st"));
    command
        .current_dir(place.path())
        .env("PYTHONPATH", &program)
        .arg("run")
        .arg(format!("{}/openapi.json", deployment.base))
        .args(["--include-path-regex", surface.paths])
        // One worker: two threads that read sources at once break Python's own parser (`AST constructor recursion depth`).
        .args(["--checks", "all", "--seed", "7", "--workers", "1"])
        .arg("--generation-deterministic")
        // Without the phase that guesses which answers lead to which requests: every path here calls its parameter `id`,
        // so it takes ids of one thing for those of another.
        .args(["--phases", phases])
        .args(["--continue-on-failure", "--warnings", "off"])
        .stdin(Stdio::null());
    match effort {
        Effort::Examples(count) => command.args(["--max-examples", &count.to_string()]),
        Effort::Seconds(seconds) => command.args(["--max-time", &seconds.to_string()]),
    };
    for operation in surface.without {
        command.args(["--exclude-operation-id", operation]);
    }
    let done = command.output().await?;
    let printed = String::from_utf8_lossy(&done.stdout);
    ensure!(
        done.status.success(),
        "schemathesis: {}\n{printed}{}",
        done.status,
        String::from_utf8_lossy(&done.stderr)
    );
    println!("{printed}");
    Ok(())
}

/// Keys, and what the parameters of paths can be: without things that exist, most requests end at 404.
async fn configuration(deployment: &Deployment, peer: &Peer) -> Result<String> {
    setup::provider(deployment, peer).await?;
    let dataset_key = setup::dataset_key(deployment).await?;
    let knowledge = Client::new(deployment, &dataset_key);
    let dataset = setup::dataset(&knowledge, "Fuzzed").await?;
    let files = [("hours.txt", b"We are open from nine to five.".to_vec())];
    let documents = setup::documents(&knowledge, &dataset, &files).await?;
    let document = documents.first().context("a document")?;
    let segments = format!("/v1/datasets/{dataset}/documents/{document}/segments");
    let segment = text(&knowledge.get(&segments).await?, "/data/0/id");
    let (app, app_key) = setup::assistant(deployment, "Fuzzed", GOOD, Some(&dataset)).await?;
    let passport = passport_of(deployment, &app).await?;
    let client = Client::new(deployment, &app_key);
    let question = json!({"inputs": {}, "query": "When are you open?", "user": "ada"});
    let answer = client.post("/v1/chat-messages", &question).await?;
    let conversation = text(&answer, "/conversation_id");
    let message = text(&answer, "/message_id");
    ensure!(
        !segment.is_empty() && !message.is_empty(),
        "nothing to begin with"
    );
    let texts = texts(deployment).await?;
    let (flow, workflow) = workflow(deployment).await?;
    let visitor = passport_of(deployment, &flow).await?;
    let run = json!({"inputs": {"topic": "x"}, "user": "ada"});
    let run = Client::new(deployment, &workflow)
        .post("/v1/workflows/run", &run)
        .await?;
    let run = text(&run, "/workflow_run_id");
    Ok(format!(
        r#"
[auth.openapi.appKey]
bearer = "{app_key}"
[auth.openapi.datasetKey]
bearer = "{dataset_key}"
[auth.openapi.consoleToken]
bearer = "{token}"
[auth.openapi.modelKey]
bearer = "{token}"
[auth.openapi.passport]
bearer = "{passport}"

# Apps of the kinds that the operations are for.
[[operations]]
include-path-regex = "^/v1/completion"
headers = {{ Authorization = "Bearer {texts}" }}
[[operations]]
include-path-regex = "^/v1/workflow"
headers = {{ Authorization = "Bearer {workflow}" }}
[[operations]]
include-path-regex = "^/api/workflow"
headers = {{ Authorization = "Bearer {visitor}" }}

# What exists may be asked for and changed, and is not deleted.
[[operations]]
include-path-regex = "datasets"
include-method = ["GET", "POST", "PATCH"]
parameters = {{ dataset_id = "{dataset}", document_id = "{document}", segment_id = "{segment}" }}
[[operations]]
include-path-regex = "^/v1/conversations"
include-method = ["GET", "POST", "PUT"]
parameters = {{ "path.id" = "{conversation}", user = "ada" }}
[[operations]]
include-path-regex = "^/v1/messages/"
parameters = {{ "path.id" = "{message}", user = "ada" }}
[[operations]]
include-path-regex = "^/console/api/apps/.id."
include-method = ["GET", "POST", "PUT"]
parameters = {{ "path.id" = "{app}" }}
[[operations]]
include-path = "/v1/messages"
parameters = {{ conversation_id = "{conversation}", user = "ada" }}
[[operations]]
include-path-regex = "^/v1/workflows?/(run/)?.run_id"
parameters = {{ run_id = "{run}" }}

# What is well formed and still refused by the state of things, which no schema can say: a file of an unknown kind, a
# form of documents that the dataset does not have, a document that is being indexed, a model that is not there, a job
# that never was. The public API answers 400 or 415.
[[operations]]
include-path-regex = "{STATEFUL}"
checks.positive_data_acceptance.expected-statuses = ["2xx", "400", "401", "403", "404", "409", "415", "429"]
"#,
        token = deployment.token,
    ))
}

/// Operations whose right requests can be refused by what is there.
const STATEFUL: &str = "(audio|activate|account/password|setup$|api-based|imports|batch-import|model-config$|workflows/draft|/publish|/tags|default-model|credentials|completion-messages|files/upload|by.file|by.text|annotation-reply|/datasets$|/.dataset_id.$|messages$|workflows/run$|documents/.document_id.$|/fork$|\
                        /workflows/.workflow_id./run|/status/.action.$)";

/// The passport of an app's page.
async fn passport_of(deployment: &Deployment, app: &str) -> Result<String> {
    let path = format!("/console/api/apps/{app}/site-enable");
    let shown = Client::owner(deployment)
        .post(&path, &json!({ "enable_site": true }))
        .await?;
    let asked = reqwest::Client::new()
        .get(format!("{}/api/passport", deployment.base))
        .header("x-app-code", text(&shown, "/site/code"));
    let answer: Value = serde_json::from_slice(&asked.send().await?.bytes().await?)?;
    Ok(text(&answer, "/access_token"))
}

/// A text generator, answered by the peer: its key.
async fn texts(deployment: &Deployment) -> Result<String> {
    let owner = Client::owner(deployment);
    let made = json!({ "name": "Texts", "mode": "completion" });
    let id = text(&owner.post("/console/api/apps", &made).await?, "/id");
    let model = json!({ "provider": setup::PROVIDER, "name": GOOD, "mode": "chat", "completion_params": {} });
    let config = json!({ "model": model, "pre_prompt": "You are terse." });
    let path = format!("/console/api/apps/{id}/model-config");
    owner.post(&path, &config).await?;
    key(&owner, &id).await
}

/// A workflow that gives back what it gets: its id and its key.
async fn workflow(deployment: &Deployment) -> Result<(String, String)> {
    let owner = Client::owner(deployment);
    let topic =
        json!({ "variable": "topic", "label": "Topic", "type": "text-input", "required": false });
    let output = json!({ "variable": "topic", "value_selector": ["start", "topic"] });
    let file = json!({
        "version": "0.6.0", "kind": "app", "app": { "name": "Echo", "mode": "workflow" },
        "workflow": { "graph": {
            "nodes": [
                { "id": "start", "data": { "type": "start", "title": "Start", "variables": [topic] } },
                { "id": "end", "data": { "type": "end", "title": "End", "outputs": [output] } },
            ],
            "edges": [{ "id": "e", "source": "start", "target": "end", "sourceHandle": "source" }],
        } },
    });
    let body = json!({ "mode": "yaml-content", "yaml_content": file.to_string() });
    let imported = owner.post("/console/api/apps/imports", &body).await?;
    let id = text(&imported, "/app_id");
    let publish = format!("/console/api/apps/{id}/workflows/publish");
    owner.post(&publish, &json!({})).await?;
    let key = key(&owner, &id).await?;
    Ok((id, key))
}

async fn key(owner: &Client, app: &str) -> Result<String> {
    let path = format!("/console/api/apps/{app}/api-keys");
    Ok(text(&owner.post(&path, &json!({})).await?, "/token"))
}

/// Into a folder of its own, once though several tests ask at a time; answers which.
async fn install() -> Result<PathBuf> {
    static INSTALLED: OnceCell<PathBuf> = OnceCell::const_new();
    let installed = INSTALLED.get_or_try_init(|| async {
        let packages = folder()?.join(format!("schemathesis-{VERSION}"));
        if packages.join("bin/st").is_file() {
            return Ok(packages);
        }
        // Beside it and moved when it is whole, so that what is cut short is begun again.
        let begun = packages.with_extension("begun");
        let install = [
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--upgrade",
            "--target",
        ];
        let package = format!("schemathesis=={VERSION}");
        output(
            Command::new("python3")
                .args(install)
                .arg(&begun)
                .arg(package),
        )
        .await?;
        std::fs::rename(&begun, &packages)?;
        anyhow::Ok(packages)
    });
    installed.await.cloned()
}
