//! What keeps an app from saying too much, to too many, or to strangers.

use anyhow::{Context, Result, ensure};
use reqwest::Method;
use serde_json::json;

use crate::{
    conformance::world::{App, World},
    http::text,
    peer::HANGS,
};

const CHAT: &str = "/v1/chat-messages";

/// The answer holds a forbidden word: what was shown of it is replaced.
pub(super) async fn withdrawn(world: &World) -> Result<()> {
    let side = |enabled: bool| json!({ "enabled": enabled, "preset_response": "Not that." });
    let config =
        json!({ "inputs_config": side(false), "outputs_config": side(true), "keywords": "tidal" });
    let app = world
        .chat(json!({
            "pre_prompt": "Waves come from the moon and are called tidal waves.",
            "sensitive_word_avoidance": { "enabled": true, "type": "keywords", "config": config },
        }))
        .await?;
    let body = App::question(
        "Where do waves from the moon come from?",
        json!({ "response_mode": "streaming" }),
    );
    let streamed = app.client.stream(CHAT, &body).await?;
    let replaced = streamed
        .events
        .iter()
        .find(|event| text(event, "/event") == "message_replace");
    let replaced = replaced.context("nothing was replaced")?;
    ensure!(
        text(replaced, "/answer") == "Not that."
            && text(replaced, "/reason") == "output_moderation",
        "{replaced}"
    );
    Ok(())
}

pub(super) async fn keys(world: &World) -> Result<()> {
    let nobody = world.client("app-000000000000000000000000");
    let knowledge = world.knowledge().await?;
    for (client, path) in [(&nobody, "/v1/info"), (&knowledge, "/v1/parameters")] {
        client
            .refused(Method::GET, path, None, 401, "unauthorized")
            .await?;
    }
    let app = world.chat(json!({})).await?;
    let switch = format!("/console/api/apps/{}/api-enable", app.id);
    world
        .owner()
        .post(&switch, &json!({ "enable_api": false }))
        .await?;
    for path in ["/v1/info", "/v1/conversations?user=ada"] {
        app.client
            .refused(Method::GET, path, None, 403, "forbidden")
            .await?;
    }
    Ok(())
}

pub(super) async fn ceiling(world: &World) -> Result<()> {
    let app = world.app("chat", HANGS, json!({})).await?;
    let owner = world.owner();
    let path = format!("/console/api/apps/{}", app.id);
    let one = json!({ "name": "One at a time", "max_active_requests": 1 });
    let changed = owner.send(Method::PUT, &path, Some(&one)).await?;
    ensure!(changed.status == 200, "{changed:?}");
    let body = App::question("Hello?", json!({ "response_mode": "streaming" }));
    let mut live = app.client.open(CHAT, &body).await?;
    let task = text(&live.first().await?, "/task_id");
    let message = app
        .client
        .refused(Method::POST, CHAT, Some(&body), 429, "too_many_requests")
        .await?;
    ensure!(
        message.contains(&app.id) && message.contains('1'),
        "{message}"
    );
    app.client
        .post(&format!("{CHAT}/{task}/stop"), &json!({ "user": "ada" }))
        .await?;
    live.rest().await?;
    Ok(())
}
