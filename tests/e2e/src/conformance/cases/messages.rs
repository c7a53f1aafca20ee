//! Messages, what is said of them, and conversations.

use anyhow::{Result, ensure};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    conformance::world::World,
    http::{Client, list, text},
};

const NOBODY: &str = "00000000-0000-4000-8000-000000000000";

pub(super) async fn of_a_conversation(world: &World) -> Result<()> {
    let app = world
        .chat(json!({ "suggested_questions_after_answer": { "enabled": true } }))
        .await?;
    let (client, user) = (&app.client, "user=ada");
    let first = app.ask("Hello?", json!({})).await?;
    let conversation = text(&first, "/conversation_id");
    let second = app
        .ask("Again?", json!({ "conversation_id": conversation }))
        .await?;
    let (first, second) = (text(&first, "/id"), text(&second, "/id"));
    let of = format!("/v1/messages?conversation_id={conversation}&{user}");
    let page = client.get(&format!("{of}&limit=1")).await?;
    ensure!(page.get("has_more") == Some(&json!(true)), "{page}");
    ensure!(text(&page, "/data/0/id") == second, "{page}");
    let page = client.get(&format!("{of}&first_id={second}")).await?;
    ensure!(text(&page, "/data/0/id") == first, "{page}");
    message(page.pointer("/data/0").unwrap_or(&Value::Null))?;
    let gone = format!("/v1/messages?conversation_id={NOBODY}&{user}");
    for (path, status, code) in [
        (gone, 404, "not_found"),
        (format!("{of}&first_id={NOBODY}"), 404, "not_found"),
        (format!("{of}&limit=101"), 400, "invalid_param"),
    ] {
        refused(client, Method::GET, &path, None, status, code).await?;
    }

    let path = format!("/v1/messages/{first}");
    let suggested = client.get(&format!("{path}/suggested?{user}")).await?;
    ensure!(text(&suggested, "/result") == "success", "{suggested}");
    ensure!(
        suggested.get("data").is_some_and(Value::is_array),
        "{suggested}"
    );
    let path = format!("/v1/messages/{NOBODY}/suggested?{user}");
    refused(client, Method::GET, &path, None, 404, "not_found").await?;
    let plain = world.chat(json!({})).await?;
    let asked = plain.ask("Hello?", json!({})).await?;
    let path = format!("/v1/messages/{}/suggested?{user}", text(&asked, "/id"));
    refused(&plain.client, Method::GET, &path, None, 400, "bad_request").await?;

    let path = format!("/v1/messages/{first}/feedbacks");
    let nothing = json!({ "rating": null, "user": "ada" });
    refused(
        client,
        Method::POST,
        &path,
        Some(&nothing),
        400,
        "invalid_param",
    )
    .await?;
    let liked = json!({ "rating": "like", "content": "Well said", "user": "ada" });
    client.post(&path, &liked).await?;
    let gone = format!("/v1/messages/{NOBODY}/feedbacks");
    refused(client, Method::POST, &gone, Some(&liked), 404, "not_found").await?;
    let said = client.get("/v1/app/feedbacks?page=1&limit=20").await?;
    let entry = said.pointer("/data/0").cloned().unwrap_or_default();
    ensure!(
        text(&entry, "/rating") == "like" && text(&entry, "/content") == "Well said",
        "{said}"
    );
    ensure!(text(&entry, "/from_source") == "user", "{said}");
    Ok(())
}

/// All fields of a message, as they are documented.
fn message(message: &Value) -> Result<()> {
    const FIELDS: [&str; 20] = [
        "id",
        "conversation_id",
        "parent_message_id",
        "inputs",
        "query",
        "answer",
        "status",
        "error",
        "message_files",
        "feedback",
        "retriever_resources",
        "agent_thoughts",
        "created_at",
        "extra_contents",
        "message_tokens",
        "answer_tokens",
        "total_tokens",
        "provider_response_latency",
        "total_price",
        "currency",
    ];
    for field in FIELDS {
        ensure!(
            message.get(field).is_some(),
            "{field} is missing in {message}"
        );
    }
    let tokens = message.get("total_tokens").and_then(Value::as_u64);
    ensure!(tokens > Some(0), "{message}");
    Ok(())
}

pub(super) async fn conversations(world: &World) -> Result<()> {
    let app = world.chat(json!({})).await?;
    let client = &app.client;
    let asked = app
        .ask("Hello?", json!({ "inputs": { "topic": "tea" } }))
        .await?;
    let conversation = text(&asked, "/conversation_id");
    let page = client
        .get("/v1/conversations?user=ada&limit=5&sort_by=-created_at")
        .await?;
    ensure!(text(&page, "/data/0/id") == conversation, "{page}");
    ensure!(text(&page, "/data/0/inputs/topic") == "tea", "{page}");
    let others = client.get("/v1/conversations?user=bob").await?;
    ensure!(list(&others, "/data").is_empty(), "{others}");
    for (path, status, code) in [
        (
            format!("/v1/conversations?user=ada&last_id={NOBODY}"),
            404,
            "not_found",
        ),
        (
            "/v1/conversations?user=ada&sort_by=name".to_owned(),
            400,
            "invalid_param",
        ),
    ] {
        refused(client, Method::GET, &path, None, status, code).await?;
    }

    let path = format!("/v1/conversations/{conversation}");
    let name = format!("{path}/name");
    let named = client
        .post(&name, &json!({ "name": "Tea", "user": "ada" }))
        .await?;
    ensure!(text(&named, "/name") == "Tea", "{named}");
    let titled = client
        .post(&name, &json!({ "auto_generate": true, "user": "ada" }))
        .await?;
    ensure!(!text(&titled, "/name").is_empty(), "{titled}");
    let blank = json!({ "name": " ", "user": "ada" });
    refused(
        client,
        Method::POST,
        &name,
        Some(&blank),
        400,
        "invalid_param",
    )
    .await?;
    let other = json!({ "name": "Mine", "user": "bob" });
    refused(client, Method::POST, &name, Some(&other), 404, "not_found").await?;

    let variables = client.get(&format!("{path}/variables?user=ada")).await?;
    ensure!(list(&variables, "/data").is_empty(), "{variables}");
    let gone = format!("/v1/conversations/{NOBODY}/variables?user=ada");
    refused(client, Method::GET, &gone, None, 404, "not_found").await?;
    let value = json!({ "value": "x", "user": "ada" });
    let variable = format!("{path}/variables/{NOBODY}");
    refused(
        client,
        Method::PUT,
        &variable,
        Some(&value),
        404,
        "not_found",
    )
    .await?;

    client
        .delete(&path, Some(&json!({ "user": "ada" })))
        .await?;
    let again = json!({ "user": "ada" });
    refused(
        client,
        Method::DELETE,
        &path,
        Some(&again),
        404,
        "not_found",
    )
    .await?;
    Ok(())
}

async fn refused(
    client: &Client,
    method: Method,
    path: &str,
    body: Option<&Value>,
    status: u16,
    code: &str,
) -> Result<()> {
    client.refused(method, path, body, status, code).await?;
    Ok(())
}
