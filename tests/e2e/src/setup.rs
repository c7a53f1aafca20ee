//! What every script needs first: a provider, a dataset, an app, keys.

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use crate::{
    Deployment,
    http::{Client, list, text},
    peer::{GOOD, MODELS, Peer},
};

/// The provider that the scripted peer is configured as.
pub const PROVIDER: &str = "e2e";

/// Makes the peer's models usable and the good one the default. May be called again.
pub async fn provider(deployment: &Deployment, peer: &Peer) -> Result<()> {
    let owner = Client::owner(deployment);
    let models: Vec<_> = MODELS
        .iter()
        .map(|model| json!({ "model": model, "model_type": "llm" }))
        .collect();
    let body = json!({
        "dialect": "openai",
        "credentials": { "base_url": peer.url, "api_key": "e2e-key" },
        "models": models,
    });
    let path = format!("/console/api/workspaces/current/model-providers/{PROVIDER}/credentials");
    owner.post(&path, &body).await?;
    let default =
        json!({ "model_settings": [{ "model_type": "llm", "provider": PROVIDER, "model": GOOD }] });
    owner
        .post("/console/api/workspaces/current/default-model", &default)
        .await?;
    Ok(())
}

/// A key for every dataset.
pub async fn dataset_key(deployment: &Deployment) -> Result<String> {
    let key = Client::owner(deployment)
        .post("/console/api/datasets/api-keys", &json!({}))
        .await?;
    let token = text(&key, "/token");
    ensure!(token.starts_with("dataset-"), "a dataset key: {key}");
    Ok(token)
}

/// An empty dataset that is searched by meaning.
pub async fn dataset(knowledge: &Client, name: &str) -> Result<String> {
    let body = json!({ "name": name, "indexing_technique": "high_quality" });
    let dataset = knowledge.post("/v1/datasets", &body).await?;
    ensure!(text(&dataset, "/name") == name, "{dataset}");
    let id = text(&dataset, "/id");
    ensure!(!id.is_empty(), "a dataset without an id: {dataset}");
    Ok(id)
}

/// Uploads files and waits until they are indexed; answers the documents' ids by name.
pub async fn documents(
    knowledge: &Client,
    dataset: &str,
    files: &[(&str, Vec<u8>)],
) -> Result<Vec<String>> {
    let mut uploaded = Vec::new();
    for (name, bytes) in files {
        let answer = knowledge.upload(dataset, name, bytes).await?;
        ensure!(
            answer.status == 200,
            "uploading {name}: {} {}",
            answer.status,
            answer.body
        );
        ensure!(
            text(&answer.body, "/document/name") == *name,
            "{}",
            answer.body
        );
        uploaded.push((
            text(&answer.body, "/document/id"),
            text(&answer.body, "/batch"),
        ));
    }
    for ((name, _), (id, batch)) in files.iter().zip(&uploaded) {
        for state in knowledge.indexed(dataset, batch).await? {
            ensure!(
                text(&state, "/indexing_status") == "completed",
                "{name}: {state}"
            );
            ensure!(
                text(&state, "/id") == *id,
                "{name}: another document's state: {state}"
            );
            let count = |field: &str| state.get(field).and_then(Value::as_u64).unwrap_or_default();
            let (done, all) = (count("completed_segments"), count("total_segments"));
            ensure!(done == all && all > 0, "{name}: {done} of {all} segments");
        }
    }
    Ok(uploaded.into_iter().map(|(id, _)| id).collect())
}

/// Imports an assistant over one dataset and makes a key for it: the app's id and the key.
pub async fn assistant(
    deployment: &Deployment,
    name: &str,
    model: &str,
    dataset: Option<&str>,
) -> Result<(String, String)> {
    let owner = Client::owner(deployment);
    let datasets: Vec<_> = dataset
        .iter()
        .map(|id| json!({ "dataset": { "enabled": true, "id": id } }))
        .collect();
    let file = json!({
        "version": "0.7.0",
        "kind": "app",
        "app": {
            "name": name, "mode": "chat", "icon": "🧪", "icon_type": "emoji", "icon_background": "#FFEAD5",
            "description": "Made by a test.",
        },
        "model_config": {
            "model": { "provider": PROVIDER, "name": model, "mode": "chat", "completion_params": { "temperature": 0.0 } },
            "prompt_type": "simple",
            "pre_prompt": "You answer as {{role}}.",
            "user_input_form": [
                { "text-input": { "label": "Role", "variable": "role", "required": false, "default": "", "max_length": 48 } }
            ],
            "opening_statement": "What would you like to know?",
            "suggested_questions": ["How do I descale?"],
            "retriever_resource": { "enabled": true },
            "dataset_configs": {
                "retrieval_model": "multiple", "top_k": 3, "score_threshold_enabled": false,
                "datasets": { "datasets": datasets },
            },
        },
    });
    let body = json!({ "mode": "yaml-content", "yaml_content": file.to_string() });
    let imported = owner.post("/console/api/apps/imports", &body).await?;
    ensure!(text(&imported, "/status") == "completed", "{imported}");
    let app = text(&imported, "/app_id");
    let key = owner
        .post(&format!("/console/api/apps/{app}/api-keys"), &json!({}))
        .await?;
    let token = text(&key, "/token");
    ensure!(token.starts_with("app-"), "an app key: {key}");
    Ok((app, token))
}

/// Names of the sources of an answer, best first.
pub fn sources(end: &Value) -> Vec<String> {
    list(end, "/metadata/retriever_resources")
        .iter()
        .map(|source| text(source, "/document_name"))
        .collect()
}
