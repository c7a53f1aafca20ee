//! `edgewise app`.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::Subcommand;
use serde_json::{Value, json};

use super::{Target, client::Client, dataset::pages, say};

/// What can be done with apps.
#[derive(Subcommand)]
pub enum Command {
    /// List the apps
    List,
    /// Create an app from a file in Dify's format, and publish it
    Import {
        /// YAML
        file: PathBuf,
    },
    /// Print an app's file
    Export {
        /// The app
        id: String,
    },
    /// Say what differs between two graphs of a workflow: the one in force and the draft, if not told otherwise
    Diff {
        /// The app
        id: String,
        /// `draft`, `published` or the id of a version
        #[arg(default_value = "published")]
        from: String,
        /// The same
        #[arg(default_value = "draft")]
        to: String,
    },
    /// Publish the draft of a workflow
    Publish {
        /// The app
        id: String,
        /// What the version is called, in at most 20 characters
        #[arg(long)]
        name: Option<String>,
        /// What is new in it, in at most 100 characters
        #[arg(long)]
        comment: Option<String>,
    },
    /// Publish an earlier version again; the draft becomes it, too
    Rollback {
        /// The app
        id: String,
        /// The version; without it, the one before the one in force
        version: Option<String>,
    },
}

pub async fn run(command: Command, target: &Target) -> Result<()> {
    let client = Client::locate(target)?;
    match command {
        Command::List => list(&client, target).await,
        Command::Import { file } => {
            let yaml = tokio::fs::read_to_string(&file)
                .await
                .with_context(|| format!("cannot read {}", file.display()))?;
            let imported = import(&client, &yaml).await?;
            if target.json {
                return say::json(&imported);
            }
            for warning in imported
                .get("warnings")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
            {
                say::warn(warning.as_str().unwrap_or_default());
            }
            say::line(&format!(
                "{}  {}",
                say::field(&imported, "id"),
                say::field(&imported, "status")
            ))
        }
        Command::Export { id } => {
            let exported = client
                .get(&format!("/console/api/apps/{id}/export"))
                .await?;
            match target.json {
                true => say::json(&exported),
                false => say::piece(&say::field(&exported, "data")),
            }
        }
        Command::Diff { id, from, to } => diff(&client, target, &id, [&from, &to]).await,
        Command::Publish { id, name, comment } => {
            let marks = json!({ "marked_name": name, "marked_comment": comment });
            let published = client.post(&of(&id, "publish"), &marks).await?;
            told(target, &published)
        }
        Command::Rollback { id, version } => {
            let version = match version {
                Some(version) => version,
                None => before(&client, &id).await?,
            };
            let restore = of(&id, &format!("{version}/restore"));
            client.post(&restore, &json!({})).await?;
            let published = client.post(&of(&id, "publish"), &json!({})).await?;
            told(target, &published)
        }
    }
}

fn of(id: &str, path: &str) -> String {
    format!("/console/api/apps/{id}/workflows/{path}")
}

/// A new version, by its id.
fn told(target: &Target, published: &Value) -> Result<()> {
    match target.json {
        true => say::json(published),
        false => say::line(&say::field(published, "id")),
    }
}

/// The version that was published before the one in force.
async fn before(client: &Client, id: &str) -> Result<String> {
    let path = format!("/console/api/apps/{id}/workflows");
    let versions = client.query(&path, &[("limit", "2")]).await?;
    let second = versions.pointer("/items/1");
    let second = second.context("there is no version before the one in force")?;
    Ok(say::field(second, "id"))
}

async fn diff(client: &Client, target: &Target, id: &str, sides: [&str; 2]) -> Result<()> {
    let [from, to] = sides;
    let told = client.get(&of(id, &format!("{from}/diff/{to}"))).await?;
    if target.json {
        return say::json(&told);
    }
    let changes = told.get("changes").and_then(Value::as_array);
    for change in changes.into_iter().flatten() {
        let node = match say::field(change, "node_id") {
            node if node.is_empty() => "workflow".to_owned(),
            node => format!("{node} ({})", say::field(change, "title")),
        };
        say::line(&format!("{node}  {}", say::field(change, "field")))?;
        for (mark, side) in [("-", "before"), ("+", "after")] {
            match change.get(side) {
                None | Some(Value::Null) => {}
                Some(value) => say::line(&format!("  {mark} {value}"))?,
            }
        }
    }
    Ok(())
}

async fn list(client: &Client, target: &Target) -> Result<()> {
    let apps = pages(client, "/console/api/apps").await?;
    if target.json {
        return say::json(&Value::Array(apps));
    }
    let rows: Vec<_> = apps
        .iter()
        .map(|app| {
            ["id", "mode", "name"]
                .map(|name| say::field(app, name))
                .to_vec()
        })
        .collect();
    say::table(&["ID", "MODE", "NAME"], &rows)
}

/// Creates and publishes: `{id, status, warnings}`.
pub async fn import(client: &Client, yaml: &str) -> Result<Value> {
    let body = json!({ "mode": "yaml-content", "yaml_content": yaml });
    let mut report = client.post("/console/api/apps/imports", &body).await?;
    if say::field(&report, "status") == "pending" {
        // Made by another version than ours. Who runs the command has decided; the answer's status says so.
        let import = say::field(&report, "id");
        let confirm = format!("/console/api/apps/imports/{import}/confirm");
        report = client.post(&confirm, &json!({})).await?;
    }
    let id = say::field(&report, "app_id");
    let status = say::field(&report, "status");
    if id.is_empty() || status == "failed" {
        bail!("the app was not imported: {}", say::field(&report, "error"));
    }
    publish(client, &id, &say::field(&report, "app_mode")).await?;
    let warnings = report.get("warnings").cloned().unwrap_or_else(|| json!([]));
    Ok(json!({ "id": id, "status": status, "warnings": warnings }))
}

/// Basic apps are live as they are saved; those with a graph have a draft.
async fn publish(client: &Client, id: &str, mode: &str) -> Result<()> {
    if ["advanced-chat", "workflow"].contains(&mode) {
        let publish = format!("/console/api/apps/{id}/workflows/publish");
        client.post(&publish, &json!({})).await?;
    }
    Ok(())
}
