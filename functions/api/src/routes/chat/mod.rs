//! `/v1/chat-messages`: asking, and stopping an answer.

mod wire;

use app::{
    Context,
    chat::{self, Caller, Event, Reply, Request},
    id, message,
};
use axum::{
    Json, Router,
    extract::{FromRef, FromRequestParts, Path, State},
    response::{IntoResponse, Response},
    routing::post,
};
use futures::StreamExt;
use http::{header, request::Parts};
use serde_json::Value;

use crate::{
    AppKey, Error,
    extract::bearer,
    params::{Fields, end_user, invalid},
    sse,
};

pub(super) fn router() -> Router<Context> {
    Router::new()
        .route("/v1/chat-messages", post(ask))
        .route("/v1/chat-messages/{task_id}/stop", post(stop))
}

/// The holder of an app's key. The app itself is read later, together with everything else.
struct ChatKey(Caller);

impl<S: Send + Sync> FromRequestParts<S> for ChatKey
where
    Context: FromRef<S>,
{
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        let ctx = Context::from_ref(state);
        Ok(Self(Caller::resolve(&ctx, bearer(&parts.headers)?).await?))
    }
}

async fn ask(
    State(ctx): State<Context>,
    ChatKey(caller): ChatKey,
    fields: Result<Fields, Error>,
) -> Result<Response, Error> {
    let request = match fields.and_then(|fields| read(&fields)) {
        Ok(request) => request,
        Err(error) => {
            // A caller whose app is gone, or of another kind, hears that first.
            message::require_chat(&caller.app(&ctx).await?)?;
            return Err(error);
        }
    };
    let blocking = request.blocking;
    let Reply { head, mut events } = chat::start(&ctx, &caller, request).await?;
    if !blocking {
        let events = events.map(move |event| wire::event(&head, event));
        return Ok(sse(ctx.platform.clock.clone(), events));
    }
    let mut answer = String::new();
    while let Some(event) = events.next().await {
        match event {
            Event::Delta(delta) => answer.push_str(&delta),
            Event::Error(error) => return Err(error.into()),
            Event::End(end) => {
                let body = Json(wire::blocking(&head, &answer, &end));
                return Ok((
                    [(header::CONTENT_TYPE, "application/json; charset=utf-8")],
                    body,
                )
                    .into_response());
            }
        }
    }
    Err(app::Error::new(
        app::Kind::Internal,
        "a generation ended without a last event",
    )
    .into())
}

fn read(fields: &Fields) -> Result<Request, Error> {
    let user = fields.user()?;
    let inputs = match fields.0.get("inputs") {
        Some(Value::Object(inputs)) => inputs.clone(),
        Some(_) => return Err(invalid("inputs", "inputs must be an object")),
        None => return Err(invalid("inputs", "inputs is required")),
    };
    let query = fields
        .text("query")?
        .ok_or_else(|| invalid("query", "query is required"))?;
    let blocking = match fields.text("response_mode")?.as_deref() {
        None | Some("blocking") => true,
        Some("streaming") => false,
        Some(_) => {
            return Err(invalid(
                "response_mode",
                "response_mode must be 'streaming' or 'blocking'",
            ));
        }
    };
    let conversation_id = match fields.text("conversation_id")?.as_deref().map(str::trim) {
        None | Some("") => None,
        Some(text) => {
            let uuid = id::uuid(text);
            Some(uuid.ok_or_else(|| {
                invalid("conversation_id", "conversation_id must be a valid UUID")
            })?)
        }
    };
    let files = match fields.0.get("files") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(files)) => files.clone(),
        Some(_) => return Err(invalid("files", "files must be an array")),
    };
    Ok(Request {
        inputs,
        query,
        user,
        conversation_id,
        files,
        auto_generate_name: fields.flag("auto_generate_name", true)?,
        retriever_from: fields
            .text("retriever_from")?
            .unwrap_or_else(|| "dev".to_owned()),
        blocking,
    })
}

async fn stop(
    State(ctx): State<Context>,
    AppKey(app): AppKey,
    Path(task_id): Path<String>,
    fields: Fields,
) -> Result<Json<Value>, Error> {
    let user = end_user(&ctx, &app.id, &fields.user()?);
    message::require_chat(&app)?;
    chat::stop(&ctx, &app.tenant_id, &user, &task_id).await?;
    Ok(super::success())
}
