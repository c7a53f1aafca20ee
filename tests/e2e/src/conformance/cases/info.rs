//! What an app says of itself and of its users.

use anyhow::{Result, ensure};
use reqwest::Method;
use serde_json::json;

use crate::{conformance::world::World, http::text};

pub(super) async fn of_the_app(world: &World) -> Result<()> {
    let index = world.client("").get("/v1/").await?;
    ensure!(text(&index, "/api_version") == "v1", "{index}");
    let app = world
        .chat(json!({ "opening_statement": "Ask me." }))
        .await?;
    let client = &app.client;
    let info = client.get("/v1/info").await?;
    for field in ["name", "description", "tags", "mode", "author_name"] {
        ensure!(info.get(field).is_some(), "{field} is missing in {info}");
    }
    let parameters = client.get("/v1/parameters").await?;
    for field in [
        "opening_statement",
        "suggested_questions",
        "suggested_questions_after_answer",
        "speech_to_text",
        "text_to_speech",
        "retriever_resource",
        "annotation_reply",
        "more_like_this",
        "user_input_form",
        "sensitive_word_avoidance",
        "file_upload",
        "system_parameters",
    ] {
        ensure!(
            parameters.get(field).is_some(),
            "{field} is missing in {parameters}"
        );
    }
    let variable = text(&parameters, "/user_input_form/0/text-input/variable");
    ensure!(variable == "topic", "{parameters}");
    let meta = client.get("/v1/meta").await?;
    ensure!(meta.get("tool_icons").is_some(), "{meta}");
    let site = client.get("/v1/site").await?;
    ensure!(text(&site, "/title") == "Conformance", "{site}");
    Ok(())
}

pub(super) async fn end_users(world: &World) -> Result<()> {
    let app = world.chat(json!({})).await?;
    let file = super::files::part(b"hello", Some("a.txt"), Some("text/plain"))?;
    let form = reqwest::multipart::Form::new()
        .text("user", "ada")
        .part("file", file);
    let uploaded = app.client.form("/v1/files/upload", form).await?;
    let id = text(&uploaded.body, "/created_by");
    let user = app.client.get(&format!("/v1/end-users/{id}")).await?;
    ensure!(
        text(&user, "/session_id") == "ada" && text(&user, "/type") == "service-api",
        "{user}"
    );
    let nobody = "/v1/end-users/00000000-0000-4000-8000-000000000000";
    app.client
        .refused(Method::GET, nobody, None, 404, "end_user_not_found")
        .await?;
    Ok(())
}
