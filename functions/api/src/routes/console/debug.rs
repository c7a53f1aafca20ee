//! Trying an app out before its configuration is published, and what the model saw.
//!
//! What is asked here is asked by the account, with a configuration that nobody saved; it is neither logged nor counted.

use app::{
    Context,
    account::Identity,
    apps::{self, App},
    chat::{self, Surface},
    end_user::{EndUser, Source},
    log, message,
};
use axum::{
    Json, Router,
    extract::{Path, Request, State},
    response::Response,
    routing::{get, post},
};
use http::HeaderMap;
use serde_json::{Value, json};

use super::{Caller, apps::find};
use crate::{
    Error,
    params::{Fields, invalid, path_uuid},
    routes::{chat as asked, files, form::body_limit, success},
};

pub(super) fn router() -> Router<Context> {
    let of = crate::routes::of_app;
    Router::new()
        .route(&of("/completion-messages"), post(complete))
        .route(&of("/chat-messages/{task_id}/stop"), post(stop))
        .route(&of("/completion-messages/{task_id}/stop"), post(stop))
        // The router wants one name for what is a task's id there and a message's here.
        .route(
            &of("/chat-messages/{task_id}/suggested-questions"),
            get(suggested),
        )
        .route(&of("/messages/{message_id}/trace"), get(trace))
        .route(&of("/messages/{message_id}/events"), get(rejoin))
        .route(&of("/files/upload"), post(upload).layer(body_limit()))
}

/// The account as an end user of the app.
fn tester(ctx: &Context, app: &App, who: &Identity) -> EndUser {
    EndUser::new(
        &app.id,
        &Source::Console.session(&who.account_id),
        ctx.now(),
    )
}

/// `POST …/chat-messages`; its path is also that of the log, which mounts both.
pub(super) async fn chat(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Response, Error> {
    ask(ctx, &who, &id, fields, Surface::Chat).await
}

async fn complete(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Response, Error> {
    ask(ctx, &who, &id, fields, Surface::Completion).await
}

async fn ask(
    ctx: Context,
    who: &Identity,
    id: &str,
    mut fields: Fields,
    surface: Surface,
) -> Result<Response, Error> {
    let mut app = find(&ctx, &who.tenant_id, id).await?;
    chat::check_surface(&app, surface)?;
    match fields.0.remove("model_config") {
        None | Some(Value::Null) => {}
        Some(config @ Value::Object(_)) => {
            apps::check_config(&config)?;
            app.model_config = Some(config);
        }
        Some(_) => return Err(invalid("model_config", "model_config must be an object")),
    }
    if !fields.0.contains_key("inputs") {
        fields.0.insert("inputs".to_owned(), json!({}));
    }
    // The ceiling protects those who use the app from each other.
    app.max_active_requests = 0;
    let user = tester(&ctx, &app, who);
    let request = asked::read(&fields, user.session_id, surface)?;
    asked::reply(ctx, chat::Caller::of(app), request).await
}

async fn stop(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path((id, task_id)): Path<(String, String)>,
) -> Result<Json<Value>, Error> {
    let app = find(&ctx, &who.tenant_id, &id).await?;
    let user = tester(&ctx, &app, &who);
    chat::stop(&ctx, &app.tenant_id, &user, &task_id).await?;
    Ok(success())
}

async fn rejoin(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path((id, message_id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let app = find(&ctx, &who.tenant_id, &id).await?;
    let user = tester(&ctx, &app, &who);
    asked::rejoined(&ctx, &app, &user, &message_id, &headers).await
}

async fn suggested(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path((id, message_id)): Path<(String, String)>,
) -> Result<Json<Value>, Error> {
    let app = find(&ctx, &who.tenant_id, &id).await?;
    message::require_chat(&app)?;
    let user = tester(&ctx, &app, &who);
    let questions = message::suggested(&ctx, &app, &user, &path_uuid(&message_id)?).await?;
    Ok(Json(json!({ "data": questions })))
}

async fn upload(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Error> {
    let app = find(&ctx, &who.tenant_id, &id).await?;
    let user = tester(&ctx, &app, &who);
    files::take(&ctx, &app, Some(user), &headers, request).await
}

async fn trace(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path((id, message_id)): Path<(String, String)>,
) -> Result<Json<Value>, Error> {
    let app = find(&ctx, &who.tenant_id, &id).await?;
    let (message, trace) = log::trace(&ctx, &app, &path_uuid(&message_id)?).await?;
    let usage = message.usage.unwrap_or_default();
    let milliseconds = |seconds: f64| (seconds * 1_000.0).round() as u64;
    let hits = trace.hits.iter().enumerate().map(|(place, hit)| {
        json!({
            "position": place + 1,
            "score": hit.score,
            "used": place < trace.passages_used,
            "dataset_id": hit.dataset_id,
            "dataset_name": hit.dataset_name,
            "document_id": hit.document_id,
            "document_name": hit.document_name,
            "segment_id": hit.segment_id,
            "segment_position": hit.segment_position,
            "content": hit.content,
        })
    });
    Ok(Json(json!({
        "message_id": message.id,
        "source": trace.source,
        "model": { "provider": trace.provider, "name": trace.model },
        "parameters": trace.parameters,
        "context_window": trace.context_window,
        "prompt": trace.prompt,
        "prompt_tokens": usage.prompt_tokens,
        "assembled_tokens": trace.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.total_tokens,
        "estimated": usage.estimated,
        "history_rounds": trace.history_rounds,
        "passages_used": trace.passages_used,
        "retrieval": { "query": trace.query, "hits": hits.collect::<Vec<_>>() },
        "timing": {
            "gather_ms": trace.gather_ms,
            "retrieval_ms": trace.retrieval_ms,
            "first_token_ms": usage.time_to_first_token.map(milliseconds),
            "generate_ms": usage.time_to_generate.map(milliseconds),
            "total_ms": milliseconds(usage.latency),
        },
        "truncated": trace.truncated,
    })))
}
