//! `edgewise ask`.

use std::collections::BTreeSet;

use anyhow::{Result, bail};
use clap::Args;
use futures::StreamExt;
use serde_json::{Value, json};

use super::{
    Target, app,
    client::Client,
    dataset,
    model::{self, Kind},
    say,
};

/// The app that answers when none is named.
const NAME: &str = "Ask";
const INSTRUCTION: &str = "Answer the question in a few sentences, only from the context. If the context does not tell, say so.";

/// A question, and whom to ask.
#[derive(Args)]
pub struct Question {
    /// In words
    question: String,
    /// The app to ask; by default one that knows every dataset
    #[arg(long, value_name = "ID")]
    app: Option<String>,
    /// Go on with this conversation
    #[arg(long, value_name = "ID", default_value = "")]
    conversation: String,
}

pub async fn run(question: Question, target: &Target) -> Result<()> {
    let client = Client::locate(target)?;
    let app = match &question.app {
        Some(app) => app.clone(),
        None => assistant(&client).await?,
    };
    // Only a key of the app may chat with it. It is made for this question and revoked after it.
    let keys = format!("/console/api/apps/{app}/api-keys");
    let key = client.post(&keys, &json!({})).await?;
    let answered = answer(
        &client.with_token(&say::field(&key, "token")),
        &question,
        target,
    )
    .await;
    let revoked = client
        .delete(&format!("{keys}/{}", say::field(&key, "id")))
        .await;
    answered.and(revoked)
}

async fn answer(client: &Client, question: &Question, target: &Target) -> Result<()> {
    let body = json!({
        "inputs": {},
        "query": question.question,
        "response_mode": "streaming",
        "conversation_id": question.conversation,
        "user": "edgewise-ask",
        "auto_generate_name": false,
    });
    let mut events = client.events("/v1/chat-messages", &body).await?;
    let mut text = String::new();
    let mut end = None;
    while let Some(event) = events.next().await {
        let event = event?;
        match say::field(&event, "event").as_str() {
            "message" | "agent_message" => {
                let piece = say::field(&event, "answer");
                if !target.json {
                    say::piece(&piece)?;
                }
                text.push_str(&piece);
            }
            "message_replace" => text = say::field(&event, "answer"),
            "message_end" => end = Some(event),
            "error" => bail!("{}", say::field(&event, "message")),
            _ => {}
        }
    }
    let Some(end) = end else {
        bail!("the answer was cut off");
    };
    let sources = end
        .pointer("/metadata/retriever_resources")
        .cloned()
        .unwrap_or_else(|| json!([]));
    if target.json {
        return say::json(&json!({
            "answer": text,
            "sources": sources,
            "conversation_id": say::field(&end, "conversation_id"),
            "message_id": say::field(&end, "message_id"),
        }));
    }
    say::line("")?;
    for source in sources.as_array().into_iter().flatten() {
        let score = source
            .get("score")
            .and_then(Value::as_f64)
            .unwrap_or_default();
        say::line(&format!(
            "[{}] {}, passage {}, score {score:.2}",
            say::field(source, "position"),
            say::field(source, "document_name"),
            say::field(source, "segment_position"),
        ))?;
    }
    Ok(())
}

/// The app that knows every dataset: made at the first question, and told of new datasets.
async fn assistant(client: &Client) -> Result<String> {
    let datasets: BTreeSet<String> = dataset::all(client)
        .await?
        .iter()
        .map(|dataset| say::field(dataset, "id"))
        .collect();
    let config = config(client, &datasets).await?;
    let apps = dataset::pages(client, "/console/api/apps").await?;
    let known = apps
        .iter()
        .find(|app| say::field(app, "name") == NAME && say::field(app, "mode") == "chat");
    if let Some(app) = known {
        let id = say::field(app, "id");
        client
            .post(&format!("/console/api/apps/{id}/model-config"), &config)
            .await?;
        return Ok(id);
    }
    let file = json!({
        "version": "0.7.0",
        "kind": "app",
        "app": {
            "name": NAME, "mode": "chat", "icon": "💬", "icon_type": "emoji", "icon_background": "#E0F2FE",
            "description": "Answers the questions of `edgewise ask`.",
        },
        "model_config": config,
    });
    // JSON is YAML.
    Ok(say::field(
        &app::import(client, &file.to_string()).await?,
        "id",
    ))
}

async fn config(client: &Client, datasets: &BTreeSet<String>) -> Result<Value> {
    let (provider, name) = model::default(client, Kind::Llm).await?;
    let datasets: Vec<_> = datasets
        .iter()
        .map(|id| json!({ "dataset": { "enabled": true, "id": id } }))
        .collect();
    Ok(json!({
        "model": { "provider": provider, "name": name, "mode": "chat", "completion_params": { "temperature": 0.1 } },
        "prompt_type": "simple",
        "pre_prompt": INSTRUCTION,
        "retriever_resource": { "enabled": true },
        "dataset_configs": {
            "retrieval_model": "multiple",
            "top_k": 3,
            "score_threshold_enabled": true,
            "score_threshold": 0.25,
            "datasets": { "datasets": datasets },
        },
    }))
}
