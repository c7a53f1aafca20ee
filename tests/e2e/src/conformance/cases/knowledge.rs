//! The refusals of datasets; their operations have a suite of their own.

use anyhow::{Result, ensure};
use reqwest::Method;
use serde_json::json;

use crate::{
    conformance::world::World,
    http::{Client, text},
    setup,
};

pub(super) async fn refusals(world: &World) -> Result<()> {
    let knowledge = world.knowledge().await?;
    let dataset = setup::dataset(&knowledge, "Refusals").await?;
    let of = format!("/v1/datasets/{dataset}");
    let again = json!({ "name": "Refusals" });
    let refused = async |method, path: &str, body, status, code| {
        knowledge.refused(method, path, body, status, code).await
    };
    refused(
        Method::POST,
        "/v1/datasets",
        Some(&again),
        409,
        "dataset_name_duplicate",
    )
    .await?;
    let file = [(
        "tides.md",
        b"# Tides\n\nHigh tide at the pier is at noon.".to_vec(),
    )];
    let documents = setup::documents(&knowledge, &dataset, &file).await?;
    let document = documents.first().cloned().unwrap_or_default();
    let ids = json!({ "document_ids": [document] });
    let status = format!("{of}/documents/status");
    refused(
        Method::PATCH,
        &format!("{status}/burn"),
        Some(&ids),
        400,
        "invalid_action",
    )
    .await?;
    let one = format!("{of}/documents/{document}");
    refused(
        Method::GET,
        &format!("{one}?metadata=some"),
        None,
        400,
        "invalid_metadata",
    )
    .await?;
    let archived = knowledge
        .send(Method::PATCH, &format!("{status}/archive"), Some(&ids))
        .await?;
    ensure!(archived.status == 200, "{archived:?}");
    refused(
        Method::DELETE,
        &one,
        None,
        403,
        "archived_document_immutable",
    )
    .await?;
    busy(&knowledge).await?;

    let datasets = json!({ "retrieval_model": "multiple", "top_k": 2, "datasets": { "datasets": [
        { "dataset": { "enabled": true, "id": dataset } }
    ] } });
    let app = world.chat(json!({ "dataset_configs": datasets })).await?;
    refused(Method::DELETE, &of, None, 409, "dataset_in_use").await?;
    let gone = world
        .owner()
        .send(
            Method::DELETE,
            &format!("/console/api/apps/{}", app.id),
            None,
        )
        .await?;
    ensure!(gone.status == 204, "{gone:?}");
    knowledge.delete(&of, None).await
}

/// What cannot be done as long as a document is on its way: long enough for two requests.
async fn busy(knowledge: &Client) -> Result<()> {
    let dataset = setup::dataset(knowledge, "Busy").await?;
    let of = format!("/v1/datasets/{dataset}");
    let long = (0..4_000).map(|n| format!("Wave {n} came at noon.\n\n"));
    let body = json!({
        "name": "waves.txt", "text": long.collect::<String>(), "indexing_technique": "high_quality",
        "process_rule": { "mode": "automatic" },
    });
    let made = knowledge
        .post(&format!("{of}/document/create-by-text"), &body)
        .await?;
    let one = format!("{of}/documents/{}", text(&made, "/document/id"));
    let query = json!({ "query": "anything" });
    let retrieve = format!("{of}/retrieve");
    for (method, path, body, code) in [
        (
            Method::POST,
            &retrieve,
            Some(&query),
            "dataset_not_initialized",
        ),
        (Method::DELETE, &one, None, "document_indexing"),
    ] {
        knowledge.refused(method, path, body, 400, code).await?;
    }
    knowledge.indexed(&dataset, &text(&made, "/batch")).await?;
    knowledge.delete(&of, None).await
}
