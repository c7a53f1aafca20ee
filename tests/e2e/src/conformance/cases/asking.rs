//! Asking a chat or a text generator, and stopping it.

use anyhow::{Context, Result, ensure};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    conformance::world::{App, World},
    http::text,
    peer::HANGS,
};

const CHAT: &str = "/v1/chat-messages";
const TEXT: &str = "/v1/completion-messages";
const NOBODY: &str = "00000000-0000-4000-8000-000000000000";

pub(super) async fn both_modes(world: &World) -> Result<()> {
    let app = world
        .chat(json!({ "pre_prompt": "Tides are caused by the moon." }))
        .await?;
    let first = app.ask("What are tides caused by?", json!({})).await?;
    ensure!(
        text(&first, "/answer") == "[turn 1] Tides are caused by the moon.",
        "{first}"
    );
    ensure!(
        text(&first, "/mode") == "chat" && text(&first, "/event") == "message",
        "{first}"
    );
    ensure!(
        text(&first, "/id") == text(&first, "/message_id"),
        "{first}"
    );
    let used = first
        .pointer("/metadata/usage/total_tokens")
        .and_then(Value::as_u64);
    ensure!(used > Some(8), "{first}");
    let more = json!({ "conversation_id": text(&first, "/conversation_id"), "response_mode": "streaming" });
    let streamed = app
        .client
        .stream(CHAT, &App::question("Caused by what tides?", more))
        .await?;
    ensure!(
        streamed.answer == "[turn 2] Tides are caused by the moon.",
        "{:?}",
        streamed.events
    );
    let last = streamed.events.last().context("no event")?;
    ensure!(text(last, "/event") == "message_end", "{last}");
    Ok(())
}

pub(super) async fn refused(world: &World) -> Result<()> {
    let app = world.chat(json!({})).await?;
    let strange = App::question("Hello?", json!({ "conversation_id": NOBODY }));
    for (body, status, code) in [
        (
            json!({ "inputs": {}, "query": "Hello?" }),
            400,
            "invalid_param",
        ),
        (
            json!({ "query": "Hello?", "user": "ada" }),
            400,
            "invalid_param",
        ),
        (
            App::question("Hello?", json!({ "response_mode": "slow" })),
            400,
            "invalid_param",
        ),
        (
            App::question("Hello?", json!({ "inputs": { "topic": "x".repeat(21) } })),
            400,
            "invalid_param",
        ),
        (strange, 404, "not_found"),
    ] {
        app.client
            .refused(Method::POST, CHAT, Some(&body), status, code)
            .await?;
    }
    let broken = app.client.raw(CHAT, "{").await?;
    ensure!(text(&broken.body, "/code") == "bad_request", "{broken:?}");
    let body = App::question("Hello?", json!({}));
    app.client
        .refused(Method::POST, TEXT, Some(&body), 400, "app_unavailable")
        .await?;
    let run = json!({ "inputs": {}, "user": "ada" });
    app.client
        .refused(
            Method::POST,
            "/v1/workflows/run",
            Some(&run),
            400,
            "not_workflow_app",
        )
        .await?;
    let writer = world
        .app("completion", crate::peer::GOOD, json!({}))
        .await?;
    writer
        .client
        .refused(Method::POST, CHAT, Some(&body), 400, "not_chat_app")
        .await?;
    Ok(())
}

pub(super) async fn texts(world: &World) -> Result<()> {
    let changes = json!({
        "pre_prompt": "Rain falls on {{place}}. What falls on the place, rain?",
        "user_input_form": [{ "text-input": { "label": "Place", "variable": "place", "required": true } }],
    });
    let app = world.app("completion", crate::peer::GOOD, changes).await?;
    let body =
        |mode: &str| json!({ "inputs": { "place": "Kiel" }, "response_mode": mode, "user": "ada" });
    let whole = app.client.post(TEXT, &body("blocking")).await?;
    ensure!(text(&whole, "/mode") == "completion", "{whole}");
    ensure!(whole.get("conversation_id").is_none(), "{whole}");
    let streamed = app.client.stream(TEXT, &body("streaming")).await?;
    ensure!(
        streamed.answer == text(&whole, "/answer"),
        "{streamed:?} is not {whole}"
    );
    let without = json!({ "inputs": {}, "user": "ada" });
    let message = app
        .client
        .refused(Method::POST, TEXT, Some(&without), 400, "invalid_param")
        .await?;
    ensure!(message == "place is required in input form", "{message}");
    let task = format!("{TEXT}/{NOBODY}/stop");
    app.client.post(&task, &json!({ "user": "ada" })).await?;
    Ok(())
}

/// The model goes silent after two words: only stopping ends the answer.
pub(super) async fn stopped(world: &World) -> Result<()> {
    let app = world.app("chat", HANGS, json!({})).await?;
    let body = App::question("Hello?", json!({ "response_mode": "streaming" }));
    let mut live = app.client.open(CHAT, &body).await?;
    let task = text(&live.first().await?, "/task_id");
    let path = format!("{CHAT}/{task}/stop");
    app.client
        .refused(Method::POST, &path, Some(&json!({})), 400, "invalid_param")
        .await?;
    app.client.post(&path, &json!({ "user": "ada" })).await?;
    let streamed = live.rest().await?;
    let last = streamed.events.last().context("no event")?;
    ensure!(text(last, "/event") == "message_end", "{last}");
    Ok(())
}

/// The model says two words and nothing more; a ping comes after ten seconds.
pub(super) async fn silence(world: &World) -> Result<()> {
    let app = world.app("chat", HANGS, json!({})).await?;
    let body = App::question("Hello?", json!({ "response_mode": "streaming" }));
    let mut live = app.client.open(CHAT, &body).await?;
    let task = text(&live.first().await?, "/task_id");
    live.pinged().await?;
    let path = format!("{CHAT}/{task}/stop");
    app.client.post(&path, &json!({ "user": "ada" })).await?;
    live.rest().await?;
    Ok(())
}
