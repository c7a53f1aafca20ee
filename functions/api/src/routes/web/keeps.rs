//! What a visitor has: conversations, messages, verdicts, saved texts.

use app::{
    Context,
    conversation::{self, Conversation},
    message::{self, Message},
    site,
};
use axum::{
    Json, Router,
    extract::{Path, State},
    response::Response,
    routing::{delete, get, patch, post},
};
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use super::Visit;
use crate::{
    Error,
    params::{Fields, Params, path_uuid},
    routes::{chat, conversations, messages, scrolled, success},
};

pub(super) fn router() -> Router<Context> {
    Router::new()
        .route("/api/conversations", get(list))
        .route("/api/conversations/{id}", delete(remove))
        .route("/api/conversations/{id}/name", post(rename))
        .route("/api/conversations/{id}/pin", patch(pin).post(pin))
        .route("/api/conversations/{id}/unpin", patch(unpin).post(unpin))
        .route("/api/messages", get(messages))
        .route("/api/messages/{id}/events", get(rejoin))
        .route("/api/messages/{id}/feedbacks", post(rate))
        .route("/api/messages/{id}/suggested-questions", get(suggested))
        .route("/api/saved-messages", get(saved).post(save))
        .route("/api/saved-messages/{id}", delete(unsave))
}

/// All, or with `pinned` only those that are pinned, or are not.
async fn list(
    State(ctx): State<Context>,
    Visit(visitor): Visit,
    params: Params,
) -> Result<Json<Value>, Error> {
    message::require_chat(&visitor.app)?;
    let wanted = params.choice("pinned")?;
    let scope = ctx.tenant(&visitor.app.tenant_id);
    let page = conversations::page(&ctx, &visitor.app, &visitor.user, &params, wanted);
    let (page, pinned) = futures::join!(page, conversation::pinned(&scope, &visitor.user));
    let ((limit, page), pinned) = (page?, pinned?);
    let item = |it: &Conversation| {
        let mut value = conversations::item(it);
        if let Some(fields) = value.as_object_mut() {
            fields.insert("pinned".to_owned(), pinned.contains(&it.id).into());
        }
        value
    };
    Ok(scrolled(limit, &page, item))
}

async fn remove(
    State(ctx): State<Context>,
    Visit(visitor): Visit,
    Path(id): Path<String>,
) -> Result<StatusCode, Error> {
    message::require_chat(&visitor.app)?;
    let (tenant_id, id) = (&visitor.app.tenant_id, path_uuid(&id)?);
    conversation::delete(&ctx, tenant_id, &visitor.user, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn rename(
    State(ctx): State<Context>,
    Visit(visitor): Visit,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Json<Value>, Error> {
    message::require_chat(&visitor.app)?;
    let (app, user) = (&visitor.app, &visitor.user);
    let renamed = conversations::renamed(&ctx, app, user, &id, &fields).await?;
    Ok(Json(conversations::item(&renamed)))
}

async fn pin(
    State(ctx): State<Context>,
    Visit(visitor): Visit,
    Path(id): Path<String>,
) -> Result<Json<Value>, Error> {
    let scope = ctx.tenant(&visitor.app.tenant_id);
    conversation::pin(&scope, &visitor.user, &path_uuid(&id)?, true).await?;
    Ok(success())
}

async fn unpin(
    State(ctx): State<Context>,
    Visit(visitor): Visit,
    Path(id): Path<String>,
) -> Result<Json<Value>, Error> {
    let scope = ctx.tenant(&visitor.app.tenant_id);
    conversation::pin(&scope, &visitor.user, &path_uuid(&id)?, false).await?;
    Ok(success())
}

async fn messages(
    State(ctx): State<Context>,
    Visit(visitor): Visit,
    params: Params,
    headers: HeaderMap,
) -> Result<Json<Value>, Error> {
    messages::page(&ctx, &visitor.app, &visitor.user, &params, &headers).await
}

async fn rejoin(
    State(ctx): State<Context>,
    Visit(visitor): Visit,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Error> {
    chat::rejoined(&ctx, &visitor.app, &visitor.user, &id, &headers).await
}

async fn rate(
    State(ctx): State<Context>,
    Visit(visitor): Visit,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Json<Value>, Error> {
    let (rating, words) = messages::verdict(&fields)?;
    let (app, user) = (&visitor.app, &visitor.user);
    message::rate(&ctx, app, user, &path_uuid(&id)?, rating, words).await?;
    Ok(success())
}

async fn suggested(
    State(ctx): State<Context>,
    Visit(visitor): Visit,
    Path(id): Path<String>,
) -> Result<Json<Value>, Error> {
    message::require_chat(&visitor.app)?;
    let (app, user) = (&visitor.app, &visitor.user);
    let questions = message::suggested(&ctx, app, user, &path_uuid(&id)?).await?;
    Ok(Json(json!({ "data": questions })))
}

async fn saved(
    State(ctx): State<Context>,
    Visit(visitor): Visit,
    params: Params,
    headers: HeaderMap,
) -> Result<Json<Value>, Error> {
    let limit = params.number("limit", 20, 1, 100)?;
    let last = params.uuid("last_id")?;
    let scope = ctx.tenant(&visitor.app.tenant_id);
    let page = site::saved(&scope, &visitor.user, last.as_deref(), limit).await?;
    let link = messages::linker(&ctx, &visitor.app, &headers).await?;
    let item = |message: &Message| {
        let files = message.files.iter();
        let rating = message.feedback.as_ref().and_then(|it| it.rating);
        json!({
            "id": message.id,
            "inputs": message.inputs,
            "query": message.query,
            "answer": message.answer,
            "message_files": files.map(|it| messages::file(it, &link)).collect::<Vec<_>>(),
            "feedback": rating.map(|rating| json!({ "rating": rating })),
            "created_at": message.created_at.as_secs(),
        })
    };
    Ok(scrolled(limit, &page, item))
}

async fn save(
    State(ctx): State<Context>,
    Visit(visitor): Visit,
    fields: Fields,
) -> Result<Json<Value>, Error> {
    let id = path_uuid(&fields.required("message_id")?)?;
    let scope = ctx.tenant(&visitor.app.tenant_id);
    site::save(&ctx, &scope, &visitor.user, &id).await?;
    Ok(success())
}

async fn unsave(
    State(ctx): State<Context>,
    Visit(visitor): Visit,
    Path(id): Path<String>,
) -> Result<StatusCode, Error> {
    let scope = ctx.tenant(&visitor.app.tenant_id);
    site::unsave(&scope, &visitor.user, &path_uuid(&id)?).await?;
    Ok(StatusCode::NO_CONTENT)
}
