//! `edgewise provider`.

use anyhow::Result;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::{Target, client::Client, say};

const PROVIDERS: &str = "/console/api/workspaces/current/model-providers";

/// What can be done with providers.
#[derive(Subcommand)]
pub enum Command {
    /// List the configured providers
    List,
    /// Add a service; adding one of the same name replaces it
    Add {
        #[command(subcommand)]
        dialect: Dialect,
    },
    /// Forget a service and its key
    Delete {
        /// As added
        name: String,
    },
}

/// The language a service speaks.
#[derive(Subcommand)]
pub enum Dialect {
    /// Any service with OpenAI's API
    Openai(Openai),
}

/// Such a service.
#[derive(Args)]
pub struct Openai {
    /// What to call it
    #[arg(long)]
    name: String,
    /// Such as https://api.openai.com/v1
    #[arg(long, value_name = "URL")]
    base_url: String,
    /// Its key; services that want none take anything
    #[arg(long, default_value = "")]
    key: String,
    /// A chat model; may be given again
    #[arg(long = "model", value_name = "MODEL")]
    models: Vec<String>,
    /// An embedding model; may be given again
    #[arg(long = "embedding-model", value_name = "MODEL")]
    embedding_models: Vec<String>,
}

pub async fn run(command: Command, target: &Target) -> Result<()> {
    let client = Client::locate(target)?;
    match command {
        Command::List => {
            let answer = client.get(PROVIDERS).await?;
            let providers = answer.get("data").cloned().unwrap_or_default();
            if target.json {
                return say::json(&providers);
            }
            let rows: Vec<_> = providers
                .as_array()
                .into_iter()
                .flatten()
                .map(|provider| vec![say::field(provider, "provider")])
                .collect();
            say::table(&["PROVIDER"], &rows)
        }
        Command::Add {
            dialect: Dialect::Openai(service),
        } => add(&client, target, &service).await,
        Command::Delete { name } => {
            client
                .delete(&format!("{PROVIDERS}/{name}/credentials"))
                .await?;
            match target.json {
                true => say::json(&json!({ "result": "success" })),
                false => Ok(()),
            }
        }
    }
}

/// The configured providers that run elsewhere.
pub async fn names(client: &Client) -> Result<Vec<String>> {
    let answer = client.get(PROVIDERS).await?;
    let providers = answer.get("data").and_then(Value::as_array);
    let names = providers
        .into_iter()
        .flatten()
        .map(|provider| say::field(provider, "provider"));
    Ok(names.filter(|name| name != "local").collect())
}

async fn add(client: &Client, target: &Target, service: &Openai) -> Result<()> {
    let models = |names: &[String], kind: &str| -> Vec<Value> {
        names
            .iter()
            .map(|name| json!({ "model": name, "model_type": kind }))
            .collect()
    };
    let mut all = models(&service.models, "llm");
    all.extend(models(&service.embedding_models, "text-embedding"));
    let body = json!({
        "dialect": "openai",
        "credentials": { "base_url": service.base_url, "api_key": service.key },
        "models": all,
    });
    let path = format!("{PROVIDERS}/{}/credentials", service.name);
    client.post(&path, &body).await?;
    match target.json {
        true => say::json(&json!({ "provider": service.name, "models": all })),
        false => say::line(&format!("{} is ready", service.name)),
    }
}
