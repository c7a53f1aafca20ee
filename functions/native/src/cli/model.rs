//! `edgewise model`.

use anyhow::{Context, Result};
use clap::{Subcommand, ValueEnum};
use serde_json::{Value, json};

use super::{Target, client::Client, say};

const DEFAULT: &str = "/console/api/workspaces/current/default-model";

/// What can be done about the workspace's models.
#[derive(Subcommand)]
pub enum Command {
    /// Show or choose the model that serves where none is named, or the named one is not configured
    Default {
        /// What for
        #[arg(long = "type", value_enum, default_value_t)]
        kind: Kind,
        /// Such as openai/gpt-4o; shows the present one when left out
        #[arg(value_name = "PROVIDER/MODEL")]
        model: Option<String>,
    },
}

/// What a model is for.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub enum Kind {
    /// Chats
    #[default]
    Llm,
    /// Makes vectors
    TextEmbedding,
    /// Orders passages
    Rerank,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Llm => "llm",
            Self::TextEmbedding => "text-embedding",
            Self::Rerank => "rerank",
        }
    }
}

pub async fn run(command: Command, target: &Target) -> Result<()> {
    let client = Client::locate(target)?;
    let Command::Default { kind, model } = command;
    if let Some(model) = model {
        // The model's own name may hold slashes, the provider's name does not.
        let (provider, model) = model.split_once('/').context("expected PROVIDER/MODEL")?;
        let setting = json!({ "model_type": kind.name(), "provider": provider, "model": model });
        let body = json!({ "model_settings": [setting] });
        client.post(DEFAULT, &body).await?;
    }
    let (provider, model) = default(&client, kind).await?;
    match target.json {
        true => {
            say::json(&json!({ "model_type": kind.name(), "provider": provider, "model": model }))
        }
        false => say::line(&format!("{provider}/{model}")),
    }
}

/// Provider and name of the workspace's default model.
pub async fn default(client: &Client, kind: Kind) -> Result<(String, String)> {
    let answer = client
        .query(DEFAULT, &[("model_type", kind.name())])
        .await?;
    let data = answer.get("data").cloned().unwrap_or_default();
    let provider = match data.get("provider") {
        Some(Value::Object(provider)) => say::field(&Value::Object(provider.clone()), "provider"),
        _ => say::field(&data, "provider"),
    };
    Ok((provider, say::field(&data, "model")))
}
