//! `/console/api/workspaces/current/backup` and `/restore`: everything of a workspace as one file, and back.

use app::{
    Context, Error as AppError, Kind,
    backup::{self, Progress, Status},
};
use axum::{
    Json, Router,
    body::Body,
    extract::State,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use futures::TryStreamExt;
use http::{StatusCode, header};
use serde_json::{Value, json};

use super::Caller;
use crate::Error;

pub(super) fn router() -> Router<Context> {
    Router::new()
        .route("/console/api/workspaces/current/backup", get(download))
        .route(
            "/console/api/workspaces/current/restore",
            post(upload).get(progress),
        )
}

async fn download(State(ctx): State<Context>, Caller(who): Caller) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/x-ndjson"),
        (
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"edgewise.backup\"",
        ),
    ];
    // A failure in the middle cuts the connection: what is there then has no end, and is no bundle.
    let lines = backup::bundle(ctx, who.tenant_id).inspect_err(|error| {
        tracing::error!(%error, "a backup ended early");
    });
    (headers, Body::from_stream(lines)).into_response()
}

async fn upload(
    State(ctx): State<Context>,
    Caller(who): Caller,
    body: Body,
) -> Result<(StatusCode, Json<Value>), Error> {
    let cut = |error| {
        let message = format!("The bundle did not come in whole: {error}");
        AppError::new(Kind::BadRequest, message)
    };
    let chunks = body.into_data_stream().map_err(cut);
    let progress = backup::receive(&ctx, &who.tenant_id, chunks).await?;
    Ok((StatusCode::ACCEPTED, Json(item(&progress))))
}

async fn progress(State(ctx): State<Context>, Caller(who): Caller) -> Result<Json<Value>, Error> {
    let progress = backup::progress(&ctx, &who.tenant_id).await?;
    let missing = || AppError::not_found("Nothing was restored into this workspace.");
    Ok(Json(item(&progress.ok_or_else(missing)?)))
}

fn item(progress: &Progress) -> Value {
    json!({
        "id": progress.id,
        "source": progress.source,
        "status": match progress.status {
            Status::Running => "running",
            Status::Completed => "completed",
            Status::Error => "error",
        },
        "done": progress.done,
        "parts": progress.parts,
        "error": progress.error,
        "created_at": progress.created_at.as_secs(),
    })
}
