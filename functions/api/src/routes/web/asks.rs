//! Asking, stopping, bringing files, speaking and listening.

use app::{
    Context,
    chat::{self, Caller, Surface},
    site::Visitor,
};
use axum::{
    Json, Router,
    extract::{Path, Request, State},
    response::Response,
    routing::post,
};
use http::HeaderMap;
use serde_json::Value;

use super::Visit;
use crate::{
    Error,
    params::Fields,
    routes::{audio, chat as asked, files, form::body_limit, success},
};

pub(super) fn router() -> Router<Context> {
    Router::new()
        .route("/api/chat-messages", post(ask_chat))
        .route("/api/completion-messages", post(ask_completion))
        .route("/api/chat-messages/{task_id}/stop", post(stop_chat))
        .route(
            "/api/completion-messages/{task_id}/stop",
            post(stop_completion),
        )
        .route("/api/files/upload", post(upload).layer(body_limit()))
        .route("/api/audio-to-text", post(hear).layer(body_limit()))
        .route("/api/text-to-audio", post(speak))
}

async fn ask_chat(
    State(ctx): State<Context>,
    Visit(visitor): Visit,
    fields: Fields,
) -> Result<Response, Error> {
    ask(ctx, visitor, &fields, Surface::Chat).await
}

async fn ask_completion(
    State(ctx): State<Context>,
    Visit(visitor): Visit,
    fields: Fields,
) -> Result<Response, Error> {
    ask(ctx, visitor, &fields, Surface::Completion).await
}

async fn ask(
    ctx: Context,
    visitor: Visitor,
    fields: &Fields,
    surface: Surface,
) -> Result<Response, Error> {
    chat::check_surface(&visitor.app, surface)?;
    let request = asked::read(fields, visitor.user.session_id, surface)?;
    asked::reply(ctx, Caller::of(visitor.app), request).await
}

async fn stop_chat(
    State(ctx): State<Context>,
    Visit(visitor): Visit,
    Path(task_id): Path<String>,
) -> Result<Json<Value>, Error> {
    stop(&ctx, &visitor, &task_id, Surface::Chat).await
}

async fn stop_completion(
    State(ctx): State<Context>,
    Visit(visitor): Visit,
    Path(task_id): Path<String>,
) -> Result<Json<Value>, Error> {
    stop(&ctx, &visitor, &task_id, Surface::Completion).await
}

async fn stop(
    ctx: &Context,
    visitor: &Visitor,
    task_id: &str,
    surface: Surface,
) -> Result<Json<Value>, Error> {
    chat::check_surface(&visitor.app, surface)?;
    chat::stop(ctx, &visitor.app.tenant_id, &visitor.user, task_id).await?;
    Ok(success())
}

async fn upload(
    State(ctx): State<Context>,
    Visit(visitor): Visit,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Error> {
    files::take(&ctx, &visitor.app, Some(visitor.user), &headers, request).await
}

async fn hear(
    State(ctx): State<Context>,
    Visit(visitor): Visit,
    request: Request,
) -> Result<Json<Value>, Error> {
    audio::heard(&ctx, &visitor.app, request).await
}

async fn speak(
    State(ctx): State<Context>,
    Visit(visitor): Visit,
    fields: Fields,
) -> Result<Response, Error> {
    audio::spoken(&ctx, &visitor.app, &visitor.user, &fields).await
}
