//! Datasets are searched.

use std::sync::Arc;

use model::Llm;
use serde_json::{Map, Value, json};
use workflow::{Failure, Reply, RetrieveRequest, Searched};

use super::{super::tally::Tally, Hands, failed, llm::usage_of};
use crate::{
    Error,
    apps::ModelConfig,
    chat,
    dataset::{self, Hit, MetadataFilter, Reranking, RerankingModel, Settings},
    provider::Providers,
    requests::Purpose,
};

const FAILED: &str = "KnowledgeRetrievalNodeError";

/// Passages when the node does not say how many.
const TOP_K: u64 = 4;

pub(super) async fn find(hands: &Hands, request: &RetrieveRequest) -> Result<Reply, Failure> {
    search(hands, request)
        .await
        .map_err(|error| failed(FAILED, &error))
}

async fn search(hands: &Hands, request: &RetrieveRequest) -> Result<Reply, Error> {
    let mut costs = Vec::new();
    let settings = serde_json::to_value(&request.settings).unwrap_or_default();
    let filter = serde_json::to_value(&request.filter).unwrap_or_default();
    let mut ids: Vec<String> = request
        .dataset_ids
        .iter()
        .map(|id| id.to_string())
        .collect();
    if settings.get("retrieval_mode") == Some(&json!("single")) && ids.len() > 1 {
        let usage;
        (ids, usage) = chosen(hands, &settings, &ids, &request.query).await?;
        costs.extend(usage);
    }
    let filter = match ids.is_empty() {
        true => MetadataFilter::default(),
        false => {
            let (filter, usage) = filtered(hands, &filter, &request.query).await?;
            costs.extend(usage);
            filter
        }
    };
    let hits = dataset::retrieve(
        &hands.tab(Purpose::Query),
        &ids,
        &request.query,
        Settings {
            filter,
            ..of(&settings)
        },
    )
    .await?;
    let passages = hits
        .into_iter()
        .map(|hit| workflow::Value::from(&passage(hit)))
        .collect();
    if costs.is_empty() {
        return Ok(Reply::Retrieved(passages));
    }
    let mut tally = Tally::default();
    for usage in &costs {
        tally.cost(&usage_of(usage)?);
    }
    let usage = usage_of(&tally.usage())?;
    Ok(Reply::Searched(Box::new(Searched { passages, usage })))
}

/// One dataset of several, which the node's model chooses.
async fn chosen(
    hands: &Hands,
    settings: &Value,
    ids: &[String],
    query: &str,
) -> Result<(Vec<String>, Option<chat::Usage>), Error> {
    let model = settings.pointer("/single_retrieval_config/model");
    let (config, llm) = named(hands, "single_retrieval_config.model", model).await?;
    chat::route::choose(
        &hands.ctx,
        &hands.tenant_id,
        &config,
        llm.as_ref(),
        ids,
        query,
    )
    .await
}

/// The model that a field of the node names.
async fn named(
    hands: &Hands,
    field: &str,
    model: Option<&Value>,
) -> Result<(ModelConfig, Arc<dyn Llm>), Error> {
    let config = ModelConfig::parse(&json!({ "model": model }))
        .map_err(|error| Error::invalid(field, error.to_string()))?;
    let providers = Providers::on(&hands.tab(Purpose::Router)).await?;
    let llm = chat::resolve(&providers, &config.model).await?;
    Ok((config, llm))
}

fn of(settings: &Value) -> Settings {
    let multiple = settings.get("multiple_retrieval_config");
    let get = |key: &str| {
        multiple
            .and_then(|config| config.get(key))
            .filter(|value| !value.is_null())
    };
    let threshold_on = get("score_threshold_enabled")
        .and_then(Value::as_bool)
        .unwrap_or(true);
    let threshold = get("score_threshold")
        .and_then(Value::as_f64)
        .filter(|_| threshold_on);
    let reranks = get("reranking_enable").and_then(Value::as_bool);
    let model = get("reranking_model").map(|model| {
        // Nodes call them otherwise than apps and datasets do.
        let name = |short: &str, long: &str| {
            let found = model.get(short).or_else(|| model.get(long));
            found.and_then(Value::as_str).map(str::to_owned)
        };
        RerankingModel {
            reranking_provider_name: name("provider", "reranking_provider_name"),
            reranking_model_name: name("model", "reranking_model_name"),
        }
    });
    let mode = get("reranking_mode").and_then(Value::as_str);
    Settings {
        top_k: get("top_k").and_then(Value::as_u64).unwrap_or(TOP_K) as usize,
        score_threshold: threshold.map(|threshold| threshold as f32),
        reranking: match reranks.unwrap_or(model.is_some()) {
            true => Reranking::of(mode, model.as_ref(), get("weights")),
            false => Reranking::Off,
        },
        filter: MetadataFilter::default(),
    }
}

/// Which documents are looked at, and what it cost to say so.
async fn filtered(
    hands: &Hands,
    filter: &Value,
    query: &str,
) -> Result<(MetadataFilter, Option<chat::Usage>), Error> {
    match filter
        .get("metadata_filtering_mode")
        .and_then(Value::as_str)
    {
        Some("manual") => {
            let conditions = filter.get("metadata_filtering_conditions");
            // Their templates are filled in already.
            let conditions = conditions.unwrap_or(&Value::Null);
            Ok((MetadataFilter::parse(conditions, &Map::new())?, None))
        }
        Some("automatic") => {
            let model = filter.get("metadata_model_config");
            let model = model.filter(|model| !model.is_null()).ok_or_else(|| {
                let message =
                    "metadata_model_config is required where metadata_filtering_mode is automatic";
                Error::invalid("metadata_model_config", message)
            })?;
            let (_, llm) = named(hands, "metadata_model_config", Some(model)).await?;
            Ok(chat::conditions::derive(&hands.ctx, llm.as_ref(), query).await)
        }
        None | Some("disabled" | "") => Ok((MetadataFilter::default(), None)),
        Some(other) => {
            let message = format!("metadata_filtering_mode `{other}` is not known");
            Err(Error::invalid("metadata_filtering_mode", message))
        }
    }
}

/// A passage as the node's `result` shows it.
fn passage(hit: Hit) -> Value {
    let Hit {
        position,
        dataset_id,
        dataset_name,
        document,
        segment,
        score,
        children,
        ..
    } = hit;
    let children = children.iter().map(|(place, score)| {
        json!({
            "id": segment.child_id(*place),
            "content": segment.children.get(*place),
            "position": place + 1,
            "score": f64::from(*score),
        })
    });
    let children: Value = children.collect();
    json!({
        "metadata": {
            "_source": "knowledge",
            "position": position,
            "dataset_id": dataset_id,
            "dataset_name": dataset_name,
            "document_id": document.id,
            "document_name": document.name,
            "data_source_type": "upload_file",
            "segment_id": segment.id,
            "retriever_from": "workflow",
            "score": f64::from(score),
            "child_chunks": children,
            "segment_hit_count": segment.hit_count,
            "segment_word_count": segment.word_count,
            "segment_position": segment.position,
            "segment_index_node_hash": segment.hash,
            "doc_metadata": null,
        },
        "title": document.name,
        "content": segment.content,
        "files": [],
        "summary": null,
    })
}
