//! A dataset as a tool: the model says what to look for.

use std::sync::{Arc, PoisonError};

use agent::Tool;
use async_trait::async_trait;
use serde_json::{Map, Value, json};

use super::{
    agents::{Asked, Shown},
    resolve::retrieve,
};
use crate::{Context, Kind, Result, apps::ModelConfig, dataset, requests::Tab};

struct Knowledge {
    tab: Tab,
    config: ModelConfig,
    inputs: Map<String, Value>,
    retriever_from: String,
    dataset_id: String,
    label: String,
    description: String,
    shown: Shown,
}

/// The tool of a dataset; none for one that is gone.
pub(super) async fn tool(
    ctx: &Context,
    asked: &Asked<'_>,
    id: &str,
    shown: &Shown,
) -> Result<Option<Arc<dyn Tool>>> {
    let dataset = match dataset::get(ctx, &asked.app.tenant_id, id).await {
        Ok(dataset) => dataset,
        Err(error) if error.kind() == Kind::NotFound => {
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    let description = match dataset.description.trim() {
        "" => format!(
            "Useful for when you want to answer queries about the {}.",
            dataset.name
        ),
        said => said.to_owned(),
    };
    Ok(Some(Arc::new(Knowledge {
        tab: asked.tab.clone(),
        config: asked.config.clone(),
        inputs: asked.inputs.clone(),
        retriever_from: asked.retriever_from.to_owned(),
        dataset_id: dataset.id,
        label: dataset.name,
        description,
        shown: shown.clone(),
    })))
}

#[async_trait]
impl Tool for Knowledge {
    fn spec(&self) -> model::Tool {
        model::Tool {
            name: format!("dataset_{}", self.dataset_id.replace('-', "_")),
            description: self.description.clone(),
            parameters: json!({
                "type": "object",
                "properties": {"query": {"type": "string", "description": "What to look for in the dataset."}},
                "required": ["query"],
            }),
        }
    }

    fn label(&self) -> String {
        self.label.clone()
    }

    async fn call(&self, arguments: &Map<String, Value>) -> std::result::Result<String, String> {
        let query = arguments.get("query").and_then(Value::as_str);
        let query = query.map(str::trim).filter(|query| !query.is_empty());
        let query = query.ok_or("`query` is required, and must be a string")?;
        let found = retrieve(
            &self.tab,
            &self.config,
            std::slice::from_ref(&self.dataset_id),
            &self.inputs,
            query,
            &self.retriever_from,
        )
        .await
        .map_err(|error| error.message().to_owned())?;
        if found.is_empty() {
            return Ok("Nothing was found.".to_owned());
        }
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        let mut texts = Vec::with_capacity(found.len());
        for found in found {
            // Found again by another query, it is cited once.
            let known = shown
                .iter()
                .any(|it| it.segment_id == found.resource.segment_id);
            if !known {
                shown.push(found.resource);
            }
            texts.push(found.text);
        }
        Ok(texts.join("\n\n"))
    }
}
