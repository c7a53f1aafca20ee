//! Webhooks under `/triggers`, and what the console shows of triggers.

use app::{
    Context,
    trigger::{self, Body, Heard, Incoming, Letter, MAX_BODY, Outcome, Sort, Trigger},
};
use axum::{
    Json, Router,
    extract::{FromRequest, Multipart, Path, Request, State},
    response::{IntoResponse, Response},
    routing::{any, get, post},
};
use bytes::Bytes;
use http::{StatusCode, header};
use serde_json::{Map, Value, json};

use super::trials;
use crate::{
    Error,
    params::{Fields, Params, invalid},
    routes::console::{Caller, apps::find},
};

pub(super) fn router() -> Router<Context> {
    let of = crate::routes::of_app;
    Router::new()
        .route("/triggers/webhook/{token}", any(webhook))
        .route("/triggers/webhook-debug/{token}", any(tried))
        .route(&of("/triggers"), get(list))
        .route(&of("/trigger-enable"), post(enable))
        .route(&of("/workflows/triggers/webhook"), get(address))
        .route(
            &of("/workflows/draft/nodes/{node_id}/trigger/run"),
            post(listen),
        )
        .route(&of("/triggers/dead-letters"), get(letters))
        .route(&of("/triggers/dead-letters/{letter}/replay"), post(replay))
}

async fn webhook(
    State(ctx): State<Context>,
    Path(token): Path<String>,
    request: Request,
) -> Result<Response, Error> {
    match read(request).await {
        Ok(incoming) => trigger::receive(&ctx, &token, incoming)
            .await
            .map(said)
            .map_err(Error::from),
        Err(refused) => Ok(unread(refused)),
    }
}

/// A call for the webhook of a draft.
async fn tried(
    State(ctx): State<Context>,
    Path(token): Path<String>,
    request: Request,
) -> Result<Response, Error> {
    match read(request).await {
        Ok(incoming) => trigger::overhear(&ctx, &token, incoming)
            .await
            .map(said)
            .map_err(Error::from),
        Err(refused) => Ok(unread(refused)),
    }
}

fn said(outcome: Outcome) -> Response {
    let status = StatusCode::from_u16(outcome.status).unwrap_or_default();
    (status, Json(outcome.body)).into_response()
}

fn unread((status, message): (StatusCode, String)) -> Response {
    let error = status.canonical_reason().unwrap_or_default();
    let body = Json(json!({ "error": error, "message": message }));
    (status, body).into_response()
}

/// How long who listens waits before the next request, in milliseconds.
const RETRY_IN: u64 = 2_000;

/// Waits for a call of a webhook node of the draft; when one came, tries the node with it.
async fn listen(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path((id, node_id)): Path<(String, String)>,
) -> Result<Json<Value>, Error> {
    let app = find(&ctx, &who.tenant_id, &id).await?;
    match trigger::listen(&ctx, &app, &node_id).await? {
        Heard::Waiting(token) => Ok(Json(json!({
            "status": "waiting",
            "retry_in": RETRY_IN,
            "webhook_debug_url": format!("/triggers/webhook-debug/{token}"),
        }))),
        Heard::Call(inputs) => trials::try_node(&ctx, &who, (id, node_id), inputs).await,
    }
}

async fn read(request: Request) -> Result<Incoming, (StatusCode, String)> {
    let (parts, body) = request.into_parts();
    let query = parts.uri.query().unwrap_or_default();
    let text = |value: &header::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers: Vec<(String, String)> = parts
        .headers
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), text(value)))
        .collect();
    let raw = axum::body::to_bytes(body, MAX_BODY).await.map_err(|_| {
        let message = format!("The body has more than {} MB.", MAX_BODY >> 20);
        (StatusCode::PAYLOAD_TOO_LARGE, message)
    })?;
    let kind = parts.headers.get(header::CONTENT_TYPE).map(text);
    let body = parse(kind.as_deref().unwrap_or_default(), &raw)
        .await
        .map_err(|message| (StatusCode::BAD_REQUEST, message))?;
    Ok(Incoming {
        method: parts.method.to_string(),
        query: pairs(query.as_bytes()),
        headers,
        raw,
        body,
    })
}

async fn parse(kind: &str, raw: &Bytes) -> Result<Body, String> {
    if raw.is_empty() {
        return Ok(Body::Empty);
    }
    let essence = kind.split(';').next().unwrap_or_default().trim();
    match essence.to_lowercase().as_str() {
        "application/json" => serde_json::from_slice(raw)
            .map(Body::Json)
            .map_err(|error| format!("The body is not JSON: {error}")),
        "application/x-www-form-urlencoded" => {
            let fields = pairs(raw).into_iter();
            let fields = fields.map(|(name, value)| (name, Value::from(value)));
            Ok(Body::Form(fields.collect()))
        }
        "multipart/form-data" => form(kind, raw.clone()).await.map(Body::Form),
        _ => Ok(Body::Text(String::from_utf8_lossy(raw).into_owned())),
    }
}

/// Texts by name. A file gives its name and, where it is text, its content.
async fn form(kind: &str, raw: Bytes) -> Result<Map<String, Value>, String> {
    let request = Request::builder()
        .header(header::CONTENT_TYPE, kind)
        .body(axum::body::Body::from(raw))
        .map_err(|error| error.to_string())?;
    let multipart = Multipart::from_request(request, &()).await;
    let mut multipart = multipart.map_err(|error| error.body_text())?;
    let mut fields = Map::new();
    while let Some(field) = multipart
        .next_field()
        .await
        .map_err(|error| error.body_text())?
    {
        let name = field.name().unwrap_or_default().to_owned();
        let file = field.file_name().map(str::to_owned);
        let mime_type = field.content_type().map(str::to_owned);
        let bytes = field.bytes().await.map_err(|error| error.body_text())?;
        let text = String::from_utf8(bytes.to_vec()).ok();
        let value = match file {
            None => Value::from(text.unwrap_or_default()),
            Some(filename) => json!({
                "filename": filename, "mime_type": mime_type, "size": bytes.len(), "content": text,
            }),
        };
        fields.insert(name, value);
    }
    Ok(fields)
}

/// `a=1&b=two%20words`.
fn pairs(text: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(text)
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect()
}

async fn list(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, Error> {
    find(&ctx, &who.tenant_id, &id).await?;
    let triggers = trigger::list(&ctx.tenant(&who.tenant_id), &id).await?;
    let data: Vec<Value> = triggers.iter().map(item).collect();
    Ok(Json(json!({ "data": data })))
}

fn item(trigger: &Trigger) -> Value {
    let path = trigger.token.as_ref();
    json!({
        "id": trigger.id,
        "node_id": trigger.node_id,
        "title": trigger.title,
        "trigger_type": trigger.sort,
        "status": if trigger.enabled { "enabled" } else { "disabled" },
        "webhook_url": path.map(|token| format!("/triggers/webhook/{token}")),
        "next_run_at": trigger.next.map(|next| next.as_secs()),
        "created_at": trigger.created_at.as_secs(),
        "updated_at": trigger.updated_at.as_secs(),
    })
}

async fn enable(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Json<Value>, Error> {
    find(&ctx, &who.tenant_id, &id).await?;
    let trigger_id = fields.required("trigger_id")?;
    let enabled = fields.flag("enable_trigger", true)?;
    let trigger = trigger::enable(&ctx, &who.tenant_id, &id, &trigger_id, enabled).await?;
    Ok(Json(item(&trigger)))
}

/// The address of one webhook.
async fn address(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path(id): Path<String>,
    params: Params,
) -> Result<Json<Value>, Error> {
    find(&ctx, &who.tenant_id, &id).await?;
    let node = params.text("node_id");
    let node = node.ok_or_else(|| invalid("node_id", "node_id is required"))?;
    let triggers = trigger::list(&ctx.tenant(&who.tenant_id), &id).await?;
    let found = triggers
        .iter()
        .find(|trigger| trigger.node_id == node && trigger.sort == Sort::Webhook);
    let found = found.ok_or_else(|| app::Error::not_found("Webhook not found."))?;
    let token = found.token.as_deref().unwrap_or_default();
    Ok(Json(json!({
        "id": found.id,
        "webhook_id": token,
        "webhook_url": format!("/triggers/webhook/{token}"),
        "node_id": found.node_id,
        "created_at": found.created_at.as_secs(),
    })))
}

async fn letters(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, Error> {
    find(&ctx, &who.tenant_id, &id).await?;
    let letters = trigger::letters(&ctx.tenant(&who.tenant_id), &id).await?;
    let item = |letter: &Letter| {
        json!({
            "id": letter.id, "node_id": letter.node_id, "inputs": letter.inputs, "error": letter.error,
            "created_at": letter.created_at.as_secs(),
        })
    };
    let data: Vec<Value> = letters.iter().map(item).collect();
    Ok(Json(json!({ "data": data })))
}

async fn replay(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path((id, letter)): Path<(String, String)>,
) -> Result<Json<Value>, Error> {
    find(&ctx, &who.tenant_id, &id).await?;
    let run = trigger::replay(&ctx, &who.tenant_id, &id, &letter).await?;
    Ok(Json(json!({ "result": "success", "workflow_run_id": run })))
}
