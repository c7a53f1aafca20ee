//! The model of an app, and what its datasets hold on a question.

use std::sync::Arc;

use futures::FutureExt;
use model::Llm;
use serde_json::{Map, Value, json};

use super::{conditions, gather::Found};
use crate::{
    Error, Result,
    apps::{ModelChoice, ModelConfig, Retrieval},
    dataset::{self, Hit, MetadataFilter, Reranking, Settings},
    message::Resource,
    provider::Providers,
    requests::{Purpose, Tab},
};

/// The model that an app names, or the workspace's default in its place.
pub async fn resolve(providers: &Providers, choice: &ModelChoice) -> Result<Arc<dyn Llm>> {
    let resolved = providers.llm(&choice.provider, &choice.name).await?;
    if let Some(warning) = resolved.warning {
        tracing::warn!(warning);
    }
    Ok(resolved.model)
}

/// Passages of an app that does not say how many.
const TOP_K: usize = 4;

/// The datasets of an app.
pub(super) fn dataset_ids(config: &ModelConfig) -> Vec<String> {
    let ids = config.dataset_configs.dataset_ids();
    match ids.is_empty() {
        true => of_tools(config),
        false => ids,
    }
}

/// What these datasets of the app hold on the question.
pub(super) async fn retrieve(
    tab: &Tab,
    config: &ModelConfig,
    dataset_ids: &[String],
    inputs: &Map<String, Value>,
    query: &str,
    retriever_from: &str,
) -> Result<Vec<Found>> {
    if dataset_ids.is_empty() {
        return Ok(Vec::new());
    }
    let retrieval = &config.dataset_configs;
    let settings = Settings {
        top_k: retrieval.top_k.unwrap_or(TOP_K),
        score_threshold: retrieval
            .score_threshold
            .filter(|_| retrieval.score_threshold_enabled),
        reranking: reranking(retrieval),
        filter: filter(tab, config, inputs, query).boxed().await?,
    };
    let hits = dataset::retrieve(tab, dataset_ids, query, settings)
        .boxed()
        .await?;
    Ok(hits
        .into_iter()
        .map(|hit| found(hit, retriever_from))
        .collect())
}

/// Whether an app looks at some documents only, by conditions of its own or of a model.
pub(super) fn filters(config: &ModelConfig) -> bool {
    matches!(mode(config), Some("manual" | "automatic"))
}

fn mode(config: &ModelConfig) -> Option<&str> {
    let settings = &config.dataset_configs.settings;
    settings.get("metadata_filtering_mode")?.as_str()
}

/// Which documents an app looks at.
async fn filter(
    tab: &Tab,
    config: &ModelConfig,
    inputs: &Map<String, Value>,
    query: &str,
) -> Result<MetadataFilter> {
    let setting = |name: &str| config.dataset_configs.settings.get(name);
    match mode(config) {
        Some("manual") => {
            let conditions = setting("metadata_filtering_conditions");
            MetadataFilter::parse(conditions.unwrap_or(&Value::Null), inputs)
        }
        Some("automatic") => {
            let named = setting("metadata_model_config").filter(|model| !model.is_null());
            let named = named.map(|model| ModelConfig::parse(&json!({ "model": model })));
            let named = named.transpose().map_err(|error| {
                let field = "dataset_configs.metadata_model_config";
                Error::invalid(field, error.to_string())
            })?;
            let choice = named.as_ref().unwrap_or(config);
            let providers = Providers::on(&tab.to(Purpose::Router)).await?;
            let llm = resolve(&providers, &choice.model).await?;
            // What that cost stands in the row of its call.
            let (filter, _) = conditions::derive(tab.ctx(), llm.as_ref(), query).await;
            Ok(filter)
        }
        _ => Ok(MetadataFilter::default()),
    }
}

/// How the hits of an app's datasets are ordered.
fn reranking(retrieval: &Retrieval) -> Reranking {
    if !retrieval.reranking_enable {
        return Reranking::Off;
    }
    let setting = |name: &str| retrieval.settings.get(name);
    let model = setting("reranking_model").cloned();
    let model = model.and_then(|model| serde_json::from_value(model).ok());
    let mode = setting("reranking_mode").and_then(Value::as_str);
    Reranking::of(mode, model.as_ref(), setting("weights"))
}

/// Old app files name their datasets as tools.
fn of_tools(config: &ModelConfig) -> Vec<String> {
    let tools = config.agent_mode.get("tools").and_then(Value::as_array);
    let datasets = tools
        .into_iter()
        .flatten()
        .filter_map(|tool| tool.get("dataset"));
    let enabled = datasets.filter(|dataset| dataset.get("enabled") == Some(&Value::Bool(true)));
    enabled
        .filter_map(|dataset| dataset.get("id")?.as_str().map(str::to_owned))
        .collect()
}

fn found(hit: Hit, retriever_from: &str) -> Found {
    let Hit {
        dataset_id,
        dataset_name,
        document,
        segment,
        score,
        ..
    } = hit;
    let resource = Resource {
        position: None,
        dataset_id: Some(dataset_id),
        dataset_name: Some(dataset_name),
        document_id: Some(document.id),
        document_name: Some(document.name.clone()),
        data_source_type: Some("upload_file".to_owned()),
        segment_id: Some(segment.id),
        retriever_from: Some(retriever_from.to_owned()),
        score: Some(f64::from(score)),
        hit_count: Some(segment.hit_count),
        word_count: Some(segment.word_count),
        segment_position: Some(segment.position),
        index_node_hash: Some(segment.hash),
        content: Some(segment.content.clone()),
        page: None,
        doc_metadata: None,
        title: Some(document.name),
        files: None,
        summary: None,
    };
    Found {
        text: segment.content,
        resource,
    }
}
