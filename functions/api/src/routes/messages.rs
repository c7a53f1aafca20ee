//! `/v1/messages` and what end users think of them.

use app::{
    Context,
    apps::App,
    end_user::EndUser,
    file::Links,
    message::{self, Cited, Feedback, Message, MessageFile, Rating, Resource},
};
use axum::{
    Json, Router,
    extract::{Path, State},
    response::Response,
    routing::{get, post},
};
use http::HeaderMap;
use ports::Timestamp;
use serde_json::{Value, json};

use super::{chat, iso, scrolled, success};
use crate::{
    AppKey, Error,
    params::{Fields, Params, base_url, end_user, invalid, path_uuid},
};

pub(super) fn router() -> Router<Context> {
    Router::new()
        .route("/v1/messages", get(list))
        .route("/v1/messages/{id}/feedbacks", post(rate))
        .route("/v1/messages/{id}/suggested", get(suggested))
        .route("/v1/messages/{id}/events", get(rejoin))
        .route("/v1/app/feedbacks", get(feedbacks))
}

async fn list(
    State(ctx): State<Context>,
    AppKey(app): AppKey,
    params: Params,
    headers: HeaderMap,
) -> Result<Json<Value>, Error> {
    let user = end_user(&ctx, &app.id, params.user_or_anonymous());
    page(&ctx, &app, &user, &params, &headers).await
}

/// A page of a conversation, the newest first.
pub(super) async fn page(
    ctx: &Context,
    app: &App,
    user: &EndUser,
    params: &Params,
    headers: &HeaderMap,
) -> Result<Json<Value>, Error> {
    message::require_chat(app)?;
    let conversation_id = params.uuid("conversation_id")?;
    let conversation_id =
        conversation_id.ok_or_else(|| invalid("conversation_id", "conversation_id is required"))?;
    let first = params.uuid("first_id")?;
    let limit = params.number("limit", 20, 1, 100)?;
    let page = message::page(
        &ctx.tenant(&app.tenant_id),
        user,
        &conversation_id,
        first.as_deref(),
        limit,
    )
    .await?;
    let link = linker(ctx, app, headers).await?;
    Ok(scrolled(limit, &page, |cited| item(cited, &link)))
}

/// Makes addresses of an app's uploads.
pub(super) async fn linker(
    ctx: &Context,
    app: &App,
    headers: &HeaderMap,
) -> Result<impl Fn(&str) -> String, Error> {
    let links = Links::open(ctx).await?;
    let base = base_url(headers);
    let (ctx, tenant_id) = (ctx.clone(), app.tenant_id.clone());
    Ok(move |id: &str| match &links {
        Some(links) => format!("{base}{}", links.make(&ctx, &tenant_id, id)),
        None => format!("{base}/v1/files/{id}/preview"),
    })
}

async fn rate(
    State(ctx): State<Context>,
    AppKey(app): AppKey,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Json<Value>, Error> {
    let user = end_user(&ctx, &app.id, &fields.user()?);
    let id = path_uuid(&id)?;
    let (rating, content) = verdict(&fields)?;
    message::rate(&ctx, &app, &user, &id, rating, content).await?;
    Ok(success())
}

/// What somebody thinks of an answer.
pub(super) fn verdict(fields: &Fields) -> Result<(Option<Rating>, Option<String>), Error> {
    let rating = match fields.text("rating")?.as_deref() {
        None => None,
        Some("like") => Some(Rating::Like),
        Some("dislike") => Some(Rating::Dislike),
        Some(_) => {
            return Err(invalid(
                "rating",
                "rating must be 'like', 'dislike' or null",
            ));
        }
    };
    Ok((rating, fields.text("content")?))
}

async fn suggested(
    State(ctx): State<Context>,
    AppKey(app): AppKey,
    Path(id): Path<String>,
    params: Params,
) -> Result<Json<Value>, Error> {
    let user = end_user(&ctx, &app.id, params.user()?);
    message::require_chat(&app)?;
    let questions = message::suggested(&ctx, &app, &user, &path_uuid(&id)?).await?;
    Ok(Json(json!({"result": "success", "data": questions})))
}

async fn rejoin(
    State(ctx): State<Context>,
    AppKey(app): AppKey,
    Path(id): Path<String>,
    params: Params,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let user = end_user(&ctx, &app.id, params.user()?);
    chat::rejoined(&ctx, &app, &user, &id, &headers).await
}

async fn feedbacks(
    State(ctx): State<Context>,
    AppKey(app): AppKey,
    params: Params,
) -> Result<Json<Value>, Error> {
    let page = params.number("page", 1, 1, 1_000)?;
    let limit = params.number("limit", 20, 1, 101)?;
    let found = message::feedbacks(&ctx.tenant(&app.tenant_id), &app.id, page, limit).await?;
    let item = |feedback: &Feedback| {
        json!({
            "id": feedback.id,
            "app_id": app.id,
            "conversation_id": feedback.conversation_id,
            "message_id": feedback.message_id,
            "rating": feedback.rating,
            "content": feedback.content,
            "from_source": "user",
            "from_end_user_id": feedback.end_user_id,
            "from_account_id": null,
            "created_at": iso(feedback.created_at),
            "updated_at": iso(feedback.updated_at),
        })
    };
    let data: Vec<Value> = found.iter().map(item).collect();
    Ok(Json(json!({"data": data})))
}

/// `link` makes the address of an upload.
pub(super) fn item(cited: &Cited, link: &dyn Fn(&str) -> String) -> Value {
    let message = &cited.message;
    let usage = message.usage.as_ref();
    let rating = message
        .feedback
        .as_ref()
        .and_then(|feedback| feedback.rating);
    let resources: Vec<Value> = cited
        .resources
        .iter()
        .map(|resource| resource_item(&message.id, message.created_at, resource))
        .collect();
    json!({
        "id": message.id,
        "conversation_id": message.conversation_id,
        "parent_message_id": message.parent_message_id,
        "inputs": message.inputs,
        "query": message.query,
        "answer": message.answer,
        "status": message.status.as_str(),
        "error": message.error,
        "message_files": message.files.iter().map(|it| file(it, link)).collect::<Vec<_>>(),
        "feedback": rating.map(|rating| json!({"rating": rating})),
        "retriever_resources": resources,
        "agent_thoughts": thoughts(message),
        "created_at": message.created_at.as_secs(),
        "extra_contents": message.extra_contents,
        "message_tokens": usage.map_or(0, |usage| usage.prompt_tokens),
        "answer_tokens": usage.map_or(0, |usage| usage.completion_tokens),
        "total_tokens": usage.map_or(0, |usage| usage.total_tokens),
        "provider_response_latency": usage.map_or(0.0, |usage| usage.latency),
        "total_price": usage.map(|usage| &usage.total_price),
        "currency": usage.map(|usage| &usage.currency),
    })
}

/// What an agent thought.
pub(super) fn thoughts(message: &Message) -> Vec<Value> {
    let items = message.agent_thoughts.iter().map(|thought| {
        json!({
            "id": thought.id(&message.id),
            "chain_id": null,
            "message_id": message.id,
            "position": thought.position,
            "thought": thought.thought,
            "tool": thought.tool,
            "tool_labels": thought.tool_labels,
            "tool_input": thought.tool_input,
            "observation": thought.observation,
            "files": [],
            "created_at": thought.created_at.as_secs(),
        })
    });
    items.collect()
}

pub(super) fn file(file: &MessageFile, link: &dyn Fn(&str) -> String) -> Value {
    json!({
        "id": file.id,
        "filename": file.filename,
        "type": file.kind,
        "url": file.url.clone().or_else(|| file.upload_file_id.as_deref().map(link)),
        "mime_type": file.mime_type,
        "size": file.size,
        "transfer_method": file.transfer_method,
        "belongs_to": "user",
        "upload_file_id": file.upload_file_id,
    })
}

/// A citation as a list of messages shows it. It has no record of its own: its id follows from its message's.
pub(super) fn resource_item(message_id: &str, created_at: Timestamp, resource: &Resource) -> Value {
    let position = resource.position.unwrap_or_default();
    json!({
        "id": app::id::derived(&format!("resource/{message_id}/{position}")),
        "message_id": message_id,
        "position": resource.position,
        "dataset_id": resource.dataset_id,
        "dataset_name": resource.dataset_name,
        "document_id": resource.document_id,
        "document_name": resource.document_name,
        "data_source_type": resource.data_source_type,
        "segment_id": resource.segment_id,
        "score": resource.score,
        "hit_count": resource.hit_count,
        "word_count": resource.word_count,
        "segment_position": resource.segment_position,
        "index_node_hash": resource.index_node_hash,
        "content": resource.content,
        "summary": resource.summary,
        "created_at": created_at.as_secs(),
    })
}
