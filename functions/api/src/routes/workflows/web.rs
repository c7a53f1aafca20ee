//! The page of a workflow app: its visitors run it, stop it, and look at what they ran.

use app::{
    Context,
    apps::Mode,
    site::Visitor,
    workflow::{self, Record, Request, Which},
};
use axum::{
    Json, Router,
    extract::{Path, State},
    response::Response,
    routing::{get, post},
};
use http::HeaderMap;
use serde_json::Value;

use super::{
    logs::one,
    runs::{blocking, check, object, rejoined},
    wire,
};
use crate::{
    Error,
    params::{Fields, Params},
    routes::{success, web::Visit},
};

pub(super) fn router() -> Router<Context> {
    Router::new()
        .route("/api/workflows/run", post(run))
        .route("/api/workflows/tasks/{task_id}/stop", post(stop))
        .route("/api/workflows/run/{run_id}", get(detail))
        .route("/api/workflow/{run_id}/events", get(events))
}

async fn run(
    State(ctx): State<Context>,
    Visit(visitor): Visit,
    fields: Fields,
) -> Result<Response, Error> {
    let request = Request {
        inputs: object(&fields, "inputs", true)?,
        files: fields.files()?,
        user: visitor.user,
        version: Which::Published,
    };
    let blocking = blocking(&fields)?;
    let running = workflow::run(&ctx, &visitor.app, request).await?;
    wire::answer(&ctx, running, blocking).await
}

async fn stop(
    State(ctx): State<Context>,
    Visit(visitor): Visit,
    Path(task_id): Path<String>,
) -> Result<Json<Value>, Error> {
    let app = &visitor.app;
    check(app, &[Mode::Workflow])?;
    workflow::stop(&ctx, &app.tenant_id, &app.id, &task_id).await?;
    Ok(success())
}

async fn detail(
    State(ctx): State<Context>,
    Visit(visitor): Visit,
    Path(run_id): Path<String>,
) -> Result<Json<Value>, Error> {
    Ok(Json(one(&own(&ctx, &visitor, &run_id).await?)))
}

async fn events(
    State(ctx): State<Context>,
    Visit(visitor): Visit,
    Path(run_id): Path<String>,
    params: Params,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let record = own(&ctx, &visitor, &run_id).await?;
    rejoined(&ctx, &visitor.app, record, &params, &headers).await
}

/// A run that this visitor began; others do not exist for them.
async fn own(ctx: &Context, visitor: &Visitor, run_id: &str) -> Result<Record, Error> {
    let app = &visitor.app;
    check(app, &[Mode::Workflow, Mode::AdvancedChat])?;
    let record = workflow::get(&ctx.tenant(&app.tenant_id), &app.id, run_id).await?;
    if record.user.id != visitor.user.id {
        return Err(app::Error::not_found("Workflow run not found.").into());
    }
    Ok(record)
}
