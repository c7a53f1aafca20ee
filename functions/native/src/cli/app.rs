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
    }
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
