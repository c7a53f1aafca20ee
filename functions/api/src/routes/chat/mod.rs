//! `/v1/chat-messages` and `/v1/completion-messages`: asking, and stopping an answer.

mod wire;

use app::{
    Context,
    apps::App,
    chat::{self, Caller, Event, Rejoined, Reply, Request, Seen, Surface},
    end_user::EndUser,
    id,
};
use axum::{
    Json, Router,
    extract::{FromRef, FromRequestParts, Path, State},
    response::{IntoResponse, Response},
    routing::post,
};
use futures::StreamExt;
use http::{HeaderMap, header, request::Parts};
use serde_json::Value;

use crate::{
    AppKey, Error,
    extract::bearer,
    params::{Fields, end_user, invalid, path_uuid},
    sse,
};

pub(super) fn router() -> Router<Context> {
    Router::new()
        .route("/v1/chat-messages", post(chat))
        .route("/v1/chat-messages/{task_id}/stop", post(stop_chat))
        .route("/v1/completion-messages", post(complete))
        .route(
            "/v1/completion-messages/{task_id}/stop",
            post(stop_completion),
        )
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

async fn chat(
    State(ctx): State<Context>,
    ChatKey(caller): ChatKey,
    fields: Result<Fields, Error>,
) -> Result<Response, Error> {
    ask(ctx, caller, fields, Surface::Chat).await
}

async fn complete(
    State(ctx): State<Context>,
    ChatKey(caller): ChatKey,
    fields: Result<Fields, Error>,
) -> Result<Response, Error> {
    ask(ctx, caller, fields, Surface::Completion).await
}

async fn ask(
    ctx: Context,
    caller: Caller,
    fields: Result<Fields, Error>,
    surface: Surface,
) -> Result<Response, Error> {
    let request = match fields.and_then(|fields| read(&fields, fields.user()?, surface)) {
        Ok(request) => request,
        Err(error) => {
            // A caller whose app is gone, or of another kind, hears that first.
            let app = caller.app(&ctx).await?;
            chat::check_surface(&app, surface)?;
            return Err(error);
        }
    };
    reply(ctx, caller, request).await
}

/// Asks, and answers as the request wants it: with events, or with the whole.
pub(super) async fn reply(
    ctx: Context,
    caller: Caller,
    request: Request,
) -> Result<Response, Error> {
    let blocking = request.blocking;
    #[cfg(feature = "workflows")]
    let asked = request.clone();
    let started = chat::start(&ctx, &caller, request).await;
    #[cfg(feature = "workflows")]
    if started
        .as_ref()
        .is_err_and(|error| error.kind() == app::Kind::IsChatflow)
    {
        let app = caller.app(&ctx).await?;
        return super::workflows::chat(&ctx, &app, asked).await;
    }
    let Reply { head, mut events } = started?;
    if !blocking {
        let events = events.map(move |event| wire::event(&head, event));
        return Ok(sse(ctx.platform.clock.clone(), events));
    }
    let mut answer = String::new();
    while let Some(event) = events.next().await {
        match event {
            Event::Delta(delta) => answer.push_str(&delta),
            Event::Replace(whole) => answer = whole,
            Event::Error(error) => return Err(error.into()),
            // Nobody listens to a whole; an agent has none.
            Event::Sound(_) | Event::SoundEnd | Event::Thought(_) => {}
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

/// The stream of an answer again, after what `Last-Event-ID` says that the reader has.
pub(super) async fn rejoined(
    ctx: &Context,
    app: &App,
    user: &EndUser,
    id: &str,
    headers: &HeaderMap,
) -> Result<Response, Error> {
    let id = path_uuid(id)?;
    let seen = headers.get("last-event-id").and_then(|id| id.to_str().ok());
    let seen = match seen.map(str::trim).filter(|id| !id.is_empty()) {
        None => None,
        Some(id) => Some(Seen::parse(id).ok_or_else(|| {
            let message = "Last-Event-ID must be the id of an event, or a number of characters";
            invalid("Last-Event-ID", message)
        })?),
    };
    let Rejoined { head, events } = chat::rejoin(ctx, app, user, &id, seen).await?;
    let events = events.map(move |(id, event)| (Some(id), wire::event(&head, event)));
    Ok(sse::rejoined(ctx.platform.clock.clone(), events))
}

/// What a body asks, of this end user.
pub(super) fn read(fields: &Fields, user: String, surface: Surface) -> Result<Request, Error> {
    let inputs = match fields.0.get("inputs") {
        Some(Value::Object(inputs)) => inputs.clone(),
        Some(_) => return Err(invalid("inputs", "inputs must be an object")),
        None => return Err(invalid("inputs", "inputs is required")),
    };
    let query = match (fields.text("query")?, surface) {
        (Some(query), _) => query,
        (None, Surface::Completion) => String::new(),
        (None, Surface::Chat) => return Err(invalid("query", "query is required")),
    };
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
        Some(_) if surface == Surface::Completion => None,
        Some(text) => {
            let uuid = id::uuid(text);
            Some(uuid.ok_or_else(|| {
                invalid("conversation_id", "conversation_id must be a valid UUID")
            })?)
        }
    };
    Ok(Request {
        surface,
        inputs,
        query,
        user,
        conversation_id,
        files: fields.files()?,
        auto_generate_name: fields.flag("auto_generate_name", true)?,
        retriever_from: fields
            .text("retriever_from")?
            .unwrap_or_else(|| "dev".to_owned()),
        blocking,
        workflow_id: fields.text("workflow_id")?.filter(|id| !id.is_empty()),
    })
}

async fn stop_chat(
    State(ctx): State<Context>,
    AppKey(app): AppKey,
    Path(task_id): Path<String>,
    fields: Fields,
) -> Result<Json<Value>, Error> {
    stop(&ctx, &app, &task_id, &fields, Surface::Chat).await
}

async fn stop_completion(
    State(ctx): State<Context>,
    AppKey(app): AppKey,
    Path(task_id): Path<String>,
    fields: Fields,
) -> Result<Json<Value>, Error> {
    stop(&ctx, &app, &task_id, &fields, Surface::Completion).await
}

async fn stop(
    ctx: &Context,
    app: &App,
    task_id: &str,
    fields: &Fields,
    surface: Surface,
) -> Result<Json<Value>, Error> {
    let user = end_user(ctx, &app.id, &fields.user()?);
    chat::check_surface(app, surface)?;
    chat::stop(ctx, &app.tenant_id, &user, task_id).await?;
    Ok(super::success())
}
