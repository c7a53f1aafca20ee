//! What a case works with.

use anyhow::{Result, ensure};
use serde_json::{Map, Value, json};

use crate::{
    Deployment,
    http::{Client, Seen, Sight, text},
    peer::GOOD,
    setup::PROVIDER,
};

/// A deployment, and what the clients of one case see of it.
pub(super) struct World {
    deployment: Deployment,
    seen: Seen,
}

/// An app and a client with its key.
pub(super) struct App {
    pub id: String,
    pub client: Client,
}

impl World {
    pub fn new(deployment: &Deployment) -> Self {
        Self {
            deployment: deployment.clone(),
            seen: Seen::default(),
        }
    }

    pub fn sights(&self) -> Vec<Sight> {
        let seen = self.seen.lock();
        seen.unwrap_or_else(|poisoned| poisoned.into_inner())
            .clone()
    }

    /// As the owner; what it sees proves nothing.
    pub fn owner(&self) -> Client {
        Client::owner(&self.deployment)
    }

    /// With any key.
    pub fn client(&self, key: &str) -> Client {
        Client::new(&self.deployment, key).noting(&self.seen)
    }

    /// With a key for every dataset.
    pub async fn knowledge(&self) -> Result<Client> {
        let key = crate::setup::dataset_key(&self.deployment).await?;
        Ok(self.client(&key))
    }

    /// A chat assistant over the model that behaves, with changes to its configuration.
    pub async fn chat(&self, changes: Value) -> Result<App> {
        self.app("chat", GOOD, changes).await
    }

    /// An app of a mode over a model.
    pub async fn app(&self, mode: &str, model: &str, changes: Value) -> Result<App> {
        let mut config = json!({
            "model": { "provider": PROVIDER, "name": model, "mode": "chat", "completion_params": {} },
            "prompt_type": "simple",
            "pre_prompt": "Answer about {{topic}}.",
            "user_input_form": [
                { "text-input": { "label": "Topic", "variable": "topic", "required": false, "max_length": 20 } }
            ],
        });
        if let (Some(config), Value::Object(changes)) = (config.as_object_mut(), changes) {
            config.extend(changes);
        }
        self.import(json!({
            "version": "0.7.0", "kind": "app",
            "app": { "name": "Conformance", "mode": mode, "icon": "🧪", "icon_background": "#FFEAD5", "description": "" },
            "model_config": config,
        }))
        .await
    }

    pub async fn import(&self, file: Value) -> Result<App> {
        let owner = self.owner();
        let body = json!({ "mode": "yaml-content", "yaml_content": file.to_string() });
        let imported = owner.post("/console/api/apps/imports", &body).await?;
        let id = text(&imported, "/app_id");
        ensure!(!id.is_empty(), "{imported}");
        let path = format!("/console/api/apps/{id}/api-keys");
        let key = owner.post(&path, &json!({})).await?;
        let client = self.client(&text(&key, "/token"));
        Ok(App { id, client })
    }
}

impl App {
    /// A question of Ada's.
    pub fn question(query: &str, more: Value) -> Value {
        let mut body = Map::from_iter([
            ("inputs".to_owned(), json!({})),
            ("query".to_owned(), query.into()),
        ]);
        body.insert("user".to_owned(), "ada".into());
        if let Value::Object(more) = more {
            body.extend(more);
        }
        Value::Object(body)
    }

    /// Asks in blocking mode.
    pub async fn ask(&self, query: &str, more: Value) -> Result<Value> {
        self.client
            .post("/v1/chat-messages", &Self::question(query, more))
            .await
    }
}
