//! `edgewise doctor`: looks at everything an installation needs and says what is wrong, with the remedy.

use std::{
    fs,
    net::{SocketAddr, TcpListener},
    path::Path,
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use edgewise::server_file::SERVER_FILE;
use serde_json::{Value, json};
use weights::{State, Store};

use super::{DEFAULT_ADDR, Target, client::Client, say};

/// The models an installation starts with.
const MODELS: [&str; 2] = ["all-minilm-l6-v2", "smollm2-135m-instruct"];

/// Where the server would listen.
#[derive(Args)]
pub struct Options {
    /// The address to look at when no server runs
    #[arg(long, env = "EDGEWISE_ADDR", default_value = DEFAULT_ADDR)]
    addr: SocketAddr,
}

/// What was looked at, and what came of it: words in both cases.
struct Check {
    name: &'static str,
    outcome: Result<String>,
}

pub async fn run(options: Options, target: &Target) -> Result<()> {
    let mut checks = Vec::new();
    let mut check = |name, outcome| checks.push(Check { name, outcome });
    if target.server.is_none() {
        check("data folder", data_folder(&target.data));
        check("secrets", secrets(&target.data));
    }
    for model in MODELS {
        let verified = tokio::task::spawn_blocking(move || weights_of(model)).await?;
        check(model, verified);
    }
    let running = server(target).await;
    let runs = running.is_ok();
    if target.server.is_some() || runs {
        check("server", running);
    } else {
        check("store", store(&target.data));
        check("address", address(options.addr));
    }
    if runs {
        check("admin token", token(target).await);
        check("default model", default_model(target).await);
        for (name, outcome) in providers(target).await.unwrap_or_default() {
            checks.push(Check {
                name: "provider",
                outcome: outcome.context(name),
            });
        }
    }
    report(&checks, target.json)
}

fn report(checks: &[Check], json: bool) -> Result<()> {
    let mut rows = Vec::new();
    for Check { name, outcome } in checks {
        let detail = match outcome {
            Ok(detail) => detail.clone(),
            Err(error) => format!("{error:#}"),
        };
        match json {
            true => rows.push(json!({ "check": name, "ok": outcome.is_ok(), "detail": detail })),
            false => say::line(&format!(
                "{} {name}: {detail}",
                if outcome.is_ok() { "ok   " } else { "WRONG" }
            ))?,
        }
    }
    if json {
        say::json(&Value::Array(rows))?;
    }
    let wrong = checks.iter().filter(|check| check.outcome.is_err()).count();
    ensure!(
        wrong == 0,
        "{wrong} of {} checks found something wrong",
        checks.len()
    );
    Ok(())
}

fn data_folder(data: &Path) -> Result<String> {
    if !data.exists() {
        return Ok(format!(
            "{} will be created by `edgewise serve`",
            data.display()
        ));
    }
    ensure!(
        data.is_dir(),
        "{} is not a folder; name another with --data",
        data.display()
    );
    let probe = data.join(".doctor");
    let written = fs::write(&probe, b"probe").and_then(|()| fs::remove_file(&probe));
    written.with_context(|| {
        format!(
            "{} cannot be written; is the disk full, or is it another user's?",
            data.display()
        )
    })?;
    Ok(format!("{} can be written", data.display()))
}

/// The admin token must be readable by its owner only.
fn secrets(data: &Path) -> Result<String> {
    let path = data.join(SERVER_FILE);
    let Ok(metadata) = fs::metadata(&path) else {
        return Ok("no server has run here".to_owned());
    };
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = metadata.permissions().mode() & 0o777;
        ensure!(
            mode & 0o077 == 0,
            "{} can be read by others ({mode:o}); run: chmod 600 {0}",
            path.display()
        );
    }
    let _ = metadata;
    Ok(format!("{} is readable by its owner only", path.display()))
}

fn weights_of(model: &str) -> Result<String> {
    let row = Store::from_env().verify(model)?;
    match row.state {
        State::Present { .. } => Ok(format!("weights are whole, in {}", row.folder.display())),
        state => bail!("weights are {state}; run `edgewise models pull {model}`"),
    }
}

async fn server(target: &Target) -> Result<String> {
    let client = Client::locate(target)?;
    let answer = reqwest::Client::builder()
        .timeout(Duration::from_secs(5))
        .build()?
        .get(format!("{}/healthz", client.base()))
        .send()
        .await
        .with_context(|| format!("{} does not answer", client.base()))?;
    ensure!(
        answer.status().is_success(),
        "{} answered {}",
        client.base(),
        answer.status()
    );
    Ok(format!("{} answers", client.base()))
}

fn address(addr: SocketAddr) -> Result<String> {
    TcpListener::bind(addr).with_context(|| {
        format!("{addr} is taken by another program; choose another with --addr")
    })?;
    Ok(format!("{addr} is free"))
}

/// Opens the store as the server would. Only sensible while no server runs: one process at a time may have it.
fn store(data: &Path) -> Result<String> {
    if !data.join("state.redb").exists() {
        return Ok("will be created by `edgewise serve`".to_owned());
    }
    edgewise::platform::open(data)?;
    Ok("opens".to_owned())
}

async fn token(target: &Target) -> Result<String> {
    let client = Client::locate(target)?;
    client
        .get("/console/api/apps?page=1&limit=1")
        .await
        .context("the server refuses the admin token")?;
    Ok("accepted".to_owned())
}

async fn default_model(target: &Target) -> Result<String> {
    let client = Client::locate(target)?;
    let (provider, model) = super::model::default(&client, super::model::Kind::Llm).await?;
    ensure!(
        !model.is_empty(),
        "none; choose one with `edgewise model default --type llm PROVIDER/MODEL`"
    );
    Ok(format!("{provider}/{model}"))
}

async fn providers(target: &Target) -> Result<Vec<(String, Result<String>)>> {
    let client = Client::locate(target)?;
    let mut outcomes = Vec::new();
    for name in super::provider::names(&client).await? {
        let path =
            format!("/console/api/workspaces/current/model-providers/{name}/credentials/validate");
        let outcome = client
            .post(&path, &json!({}))
            .await
            .map(|_| format!("{name} answers"));
        outcomes.push((name, outcome));
    }
    Ok(outcomes)
}
