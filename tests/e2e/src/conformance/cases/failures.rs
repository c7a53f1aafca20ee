//! Providers that fail, and routes that are none.

use anyhow::{Context, Result, ensure};
use reqwest::Method;
use serde_json::json;

use crate::{
    conformance::world::{App, World},
    http::text,
    peer::{BROKE, FAILS, HTML},
};

const CHAT: &str = "/v1/chat-messages";

pub(super) async fn of_models(world: &World) -> Result<()> {
    for (model, code) in [
        (FAILS, "completion_request_error"),
        (HTML, "completion_request_error"),
        (BROKE, "provider_quota_exceeded"),
    ] {
        let app = world.app("chat", model, json!({})).await?;
        let body = App::question("Hello?", json!({}));
        app.client
            .refused(Method::POST, CHAT, Some(&body), 400, code)
            .await?;
        let body = App::question("Hello?", json!({ "response_mode": "streaming" }));
        let streamed = app.client.stream(CHAT, &body).await?;
        let last = streamed.events.last().context("no event")?;
        ensure!(
            text(last, "/event") == "error" && text(last, "/code") == code,
            "{last}"
        );
    }
    Ok(())
}

pub(super) async fn of_routes(world: &World) -> Result<()> {
    let app = world.chat(json!({})).await?;
    let client = &app.client;
    client
        .refused(Method::GET, "/v1/nowhere", None, 404, "not_found")
        .await?;
    client
        .refused(Method::DELETE, "/v1/info", None, 405, "method_not_allowed")
        .await?;
    client
        .refused(Method::GET, "/v1/end-users/no-uuid", None, 404, "not_found")
        .await?;
    Ok(())
}
