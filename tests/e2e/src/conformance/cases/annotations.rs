//! Prepared answers.

use std::time::Duration;

use anyhow::{Result, ensure};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    conformance::world::{App, World},
    http::text,
};

const PATH: &str = "/v1/apps/annotations";
const REPLY: &str = "/v1/apps/annotation-reply";
const NOBODY: &str = "00000000-0000-4000-8000-000000000000";

pub(super) async fn kept(world: &World) -> Result<()> {
    let app = world.chat(json!({})).await?;
    let client = &app.client;
    let said = |answer: &str| json!({ "question": "When do you open?", "answer": answer });
    let made = client
        .send(Method::POST, PATH, Some(&said("At nine.")))
        .await?;
    ensure!(made.status == 201, "{made:?}");
    let one = format!("{PATH}/{}", text(&made.body, "/id"));
    let changed = client
        .send(Method::PUT, &one, Some(&said("At ten.")))
        .await?;
    ensure!(changed.status == 200, "{changed:?}");
    let page = client
        .get(&format!("{PATH}?page=1&limit=5&keyword=ten"))
        .await?;
    ensure!(text(&page, "/data/0/answer") == "At ten.", "{page}");
    ensure!(page.get("total") == Some(&json!(1)), "{page}");
    let half = json!({ "question": "When?" });
    for (method, path, body, status, code) in [
        (
            Method::POST,
            PATH.to_owned(),
            Some(half),
            400,
            "invalid_param",
        ),
        (
            Method::PUT,
            format!("{PATH}/{NOBODY}"),
            Some(said("x")),
            404,
            "not_found",
        ),
        (
            Method::DELETE,
            format!("{PATH}/{NOBODY}"),
            None,
            404,
            "not_found",
        ),
    ] {
        client
            .refused(method, &path, body.as_ref(), status, code)
            .await?;
    }
    client.delete(&one, None).await
}

pub(super) async fn answering(world: &World) -> Result<()> {
    let knowledge = world.knowledge().await?;
    let dataset = crate::setup::dataset(&knowledge, "Embedder").await?;
    let dataset = knowledge.get(&format!("/v1/datasets/{dataset}")).await?;
    let setting = json!({
        "score_threshold": 0.9,
        "embedding_provider_name": dataset.get("embedding_model_provider"),
        "embedding_model_name": dataset.get("embedding_model"),
    });
    knowledge
        .delete(&format!("/v1/datasets/{}", text(&dataset, "/id")), None)
        .await?;
    let app = world.chat(json!({})).await?;
    let said = json!({ "question": "When do you open on Sunday?", "answer": "Never on Sundays." });
    let made = app.client.post(PATH, &said).await?;
    switch(&app, "enable", &setting).await?;
    let answer = app.ask("When do you open on Sunday?", json!({})).await?;
    ensure!(text(&answer, "/answer") == "Never on Sundays.", "{answer}");
    let by = text(&answer, "/metadata/annotation_reply/id");
    ensure!(by == text(&made, "/id"), "{answer}");
    switch(&app, "disable", &setting).await?;
    let answer = app.ask("When do you open on Sunday?", json!({})).await?;
    ensure!(text(&answer, "/answer") != "Never on Sundays.", "{answer}");
    for (method, path, body) in [
        (Method::GET, format!("{REPLY}/enable/status/{NOBODY}"), None),
        (Method::POST, format!("{REPLY}/enable"), Some(json!({}))),
    ] {
        let client = &app.client;
        client
            .refused(method, &path, body.as_ref(), 400, "invalid_param")
            .await?;
    }
    Ok(())
}

async fn switch(app: &App, action: &str, setting: &Value) -> Result<()> {
    let path = format!("{REPLY}/{action}");
    let job = app.client.post(&path, setting).await?;
    let path = format!("{path}/status/{}", text(&job, "/job_id"));
    for _ in 0..600 {
        let job = app.client.get(&path).await?;
        match text(&job, "/job_status").as_str() {
            "completed" => return Ok(()),
            "error" => anyhow::bail!("{job}"),
            _ => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
    anyhow::bail!("{action} does not end")
}
