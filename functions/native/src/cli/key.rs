//! `edgewise key`.

use anyhow::Result;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::{Target, client::Client, say};

/// What can be done with keys.
#[derive(Subcommand)]
pub enum Command {
    /// Create a key; it is shown this once
    Create {
        #[command(flatten)]
        scope: Scope,
    },
    /// List keys, without what they open with
    List {
        #[command(flatten)]
        scope: Scope,
    },
    /// Revoke a key
    Delete {
        /// As listed
        id: String,
        #[command(flatten)]
        scope: Scope,
    },
}

/// What a key opens.
#[derive(Args)]
#[group(required = true, multiple = false)]
pub struct Scope {
    /// One app
    #[arg(long, value_name = "ID")]
    app: Option<String>,
    /// Every dataset of the workspace
    #[arg(long)]
    datasets: bool,
    /// The workspace's models, under /openai/v1
    #[arg(long)]
    models: bool,
}

impl Scope {
    fn path(&self) -> String {
        match &self.app {
            Some(id) => format!("/console/api/apps/{id}/api-keys"),
            None if self.models => "/console/api/workspaces/current/model-keys".to_owned(),
            None => "/console/api/datasets/api-keys".to_owned(),
        }
    }
}

pub async fn run(command: Command, target: &Target) -> Result<()> {
    let client = Client::locate(target)?;
    match command {
        Command::Create { scope } => {
            let key = client.post(&scope.path(), &json!({})).await?;
            let token = say::field(&key, "token");
            match target.json {
                true => say::json(&json!({ "id": say::field(&key, "id"), "token": token })),
                false => say::line(&token),
            }
        }
        Command::List { scope } => {
            let keys = client.get(&scope.path()).await?;
            let keys = keys
                .get("data")
                .and_then(Value::as_array)
                .cloned()
                .unwrap_or_default();
            if target.json {
                return say::json(&Value::Array(keys));
            }
            let rows: Vec<_> = keys
                .iter()
                .map(|key| ["id", "token"].map(|name| say::field(key, name)).to_vec())
                .collect();
            say::table(&["ID", "TOKEN"], &rows)
        }
        Command::Delete { id, scope } => {
            client.delete(&format!("{}/{id}", scope.path())).await?;
            match target.json {
                true => say::json(&json!({ "result": "success" })),
                false => Ok(()),
            }
        }
    }
}
