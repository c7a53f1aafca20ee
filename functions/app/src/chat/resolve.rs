//! The model of an app, and what its datasets hold on a question.

use std::sync::Arc;

use futures::FutureExt;
use model::Llm;
use serde_json::Value;

use super::gather::Found;
use crate::{
    Context, Result,
    apps::{App, ModelChoice, ModelConfig, Retrieval},
    dataset::{self, Hit, Reranking, Settings},
    message::Resource,
    provider::Providers,
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

/// What the app's datasets hold on the question.
pub(super) async fn retrieve(
    ctx: &Context,
    app: &App,
    config: &ModelConfig,
    query: &str,
    retriever_from: &str,
) -> Result<Vec<Found>> {
    let retrieval = &config.dataset_configs;
    let mut dataset_ids = retrieval.dataset_ids();
    if dataset_ids.is_empty() {
        dataset_ids = of_tools(config);
    }
    let settings = Settings {
        top_k: retrieval.top_k.unwrap_or(TOP_K),
        score_threshold: retrieval
            .score_threshold
            .filter(|_| retrieval.score_threshold_enabled),
        reranking: reranking(retrieval),
    };
    let hits = dataset::retrieve(ctx, &app.tenant_id, &dataset_ids, query, settings)
        .boxed()
        .await?;
    Ok(hits
        .into_iter()
        .map(|hit| found(hit, retriever_from))
        .collect())
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
