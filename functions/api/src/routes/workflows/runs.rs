//! Running workflows, stopping them, forking them, and rejoining their streams.

use app::{
    Context,
    apps::{App, Mode},
    chat,
    workflow::{self, Event, Fork, Request, Which},
};
use axum::{
    Json, Router,
    extract::{Path, State},
    response::Response,
    routing::{get, post},
};
use futures::{StreamExt, stream};
use http::HeaderMap;
use serde_json::{Map, Value, json};

use super::wire;
use crate::{
    AppKey, Error,
    params::{Fields, Params, end_user, invalid},
    routes::success,
};

pub(super) fn router() -> Router<Context> {
    Router::new()
        .route("/v1/workflows/run", post(run))
        .route("/v1/workflows/{workflow_id}/run", post(run_version))
        .route("/v1/workflows/run/{run_id}/fork", post(fork))
        .route("/v1/workflows/tasks/{task_id}/stop", post(stop))
        .route("/v1/workflow/{run_id}/events", get(events))
}

async fn run(
    State(ctx): State<Context>,
    AppKey(app): AppKey,
    fields: Fields,
) -> Result<Response, Error> {
    begin(&ctx, &app, &fields, Which::Published).await
}

async fn run_version(
    State(ctx): State<Context>,
    AppKey(app): AppKey,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Response, Error> {
    begin(&ctx, &app, &fields, Which::Version(id)).await
}

async fn begin(
    ctx: &Context,
    app: &App,
    fields: &Fields,
    version: Which,
) -> Result<Response, Error> {
    let request = Request {
        inputs: object(fields, "inputs", true)?,
        files: fields.files()?,
        user: end_user(ctx, &app.id, &fields.user()?),
        version,
    };
    let blocking = blocking(fields)?;
    wire::answer(ctx, workflow::run(ctx, app, request).await?, blocking).await
}

/// A question to a chatflow.
pub(crate) async fn chat(
    ctx: &Context,
    app: &App,
    request: chat::Request,
) -> Result<Response, Error> {
    let blocking = request.blocking;
    wire::answer(ctx, workflow::chat(ctx, app, request).await?, blocking).await
}

async fn fork(
    State(ctx): State<Context>,
    AppKey(app): AppKey,
    Path(run_id): Path<String>,
    fields: Fields,
) -> Result<Response, Error> {
    let user = end_user(&ctx, &app.id, &fields.user()?);
    let how = Fork {
        node_id: fields.required("node_id")?,
        inputs: object(&fields, "inputs", false)?,
        outputs: object(&fields, "outputs", false)?,
    };
    let blocking = blocking(&fields)?;
    let running = workflow::fork(&ctx, &app, user, &run_id, how).await?;
    wire::answer(&ctx, running, blocking).await
}

async fn stop(
    State(ctx): State<Context>,
    AppKey(app): AppKey,
    Path(task_id): Path<String>,
    fields: Fields,
) -> Result<Json<Value>, Error> {
    fields.user()?;
    check(&app, &[Mode::Workflow])?;
    workflow::stop(&ctx, &app.tenant_id, &app.id, &task_id).await?;
    Ok(success())
}

async fn events(
    State(ctx): State<Context>,
    AppKey(app): AppKey,
    Path(run_id): Path<String>,
    params: Params,
    headers: HeaderMap,
) -> Result<Response, Error> {
    check(&app, &[Mode::Workflow, Mode::AdvancedChat])?;
    let user = end_user(&ctx, &app.id, params.user()?);
    let scope = ctx.tenant(&app.tenant_id);
    let missing = || app::Error::not_found("Workflow run not found");
    let record = workflow::get(&scope, &app.id, &run_id).await;
    let record = record.map_err(|error| match error.kind() {
        app::Kind::NotFound => missing(),
        _ => error,
    })?;
    if record.user.id != user.id {
        return Err(missing().into());
    }
    rejoined(&ctx, &app, record, &params, &headers).await
}

/// The events of a run, from where its reader was.
pub(super) async fn rejoined(
    ctx: &Context,
    app: &App,
    record: workflow::Record,
    params: &Params,
    headers: &HeaderMap,
) -> Result<Response, Error> {
    let scope = ctx.tenant(&app.tenant_id);
    let seen = headers.get("last-event-id").and_then(|id| id.to_str().ok());
    let seen = match seen.map(str::trim).filter(|id| !id.is_empty()) {
        Some(id) => Some(id.parse::<u64>().map_err(|_| {
            invalid(
                "Last-Event-ID",
                "Last-Event-ID must be the number of an event",
            )
        })?),
        None => params.flag("include_state_snapshot")?.then_some(0),
    };
    let clock = ctx.platform.clock.clone();
    if record.is_finished() && seen.is_none() {
        // One event with what the run came to; its task is long over.
        let last = workflow::last_event(&scope, &record.id).await?;
        let event = Event {
            id: last,
            name: "workflow_finished".to_owned(),
            data: super::logs::finished(&record),
            seq: 0,
        };
        let record = workflow::Record {
            task_id: record.id.clone(),
            ..record
        };
        let shown = wire::event(&record, &event);
        return Ok(crate::sse::run(clock, stream::iter([(Some(last), shown)])));
    }
    let waits = params.flag("continue_on_pause")?;
    let after = match seen {
        Some(seen) => seen,
        None => {
            let last = workflow::last_event(&scope, &record.id).await?;
            // The last event of a run that waits for people says so.
            last - u64::from(record.is_paused() && last > 0)
        }
    };
    let events = workflow::events(ctx, &scope, record.clone(), after, waits);
    let events = events.map(move |event| (Some(event.id), wire::event(&record, &event)));
    Ok(crate::sse::run(clock, events))
}

/// Fails for an app of another kind.
pub(super) fn check(app: &App, modes: &[Mode]) -> Result<(), Error> {
    if modes.contains(&app.mode) {
        return Ok(());
    }
    let message = "Please check if your app mode matches the right API route.";
    Err(app::Error::new(app::Kind::NotWorkflowApp, message).into())
}

pub(super) fn object(
    fields: &Fields,
    name: &str,
    required: bool,
) -> Result<Map<String, Value>, Error> {
    match fields.0.get(name) {
        Some(Value::Object(object)) => Ok(object.clone()),
        None | Some(Value::Null) if required => Err(invalid(name, format!("{name} is required"))),
        None | Some(Value::Null) => Ok(Map::new()),
        Some(_) => Err(invalid(name, format!("{name} must be an object"))),
    }
}

pub(super) fn blocking(fields: &Fields) -> Result<bool, Error> {
    match fields.text("response_mode")?.as_deref() {
        None | Some("blocking") => Ok(true),
        Some("streaming") => Ok(false),
        Some(_) => {
            let message = "response_mode must be 'streaming' or 'blocking'";
            Err(invalid("response_mode", message))
        }
    }
}

/// Whoever started a run, as events show it.
pub(super) fn starter(record: &workflow::Record) -> Value {
    json!({ "id": record.user.id, "user": record.user.session() })
}
