//! Models that can run in the process, and their downloads.

use std::sync::Arc;

use app::{Context, Error as AppError, Kind, shelf::Shelf};
use axum::{
    Extension, Router,
    extract::Path,
    routing::{get, post},
};
use http::StatusCode;
use serde_json::{Value, json};

use super::Caller;
use crate::Error;

/// What a root hands over, where it has one.
type Given = Option<Extension<Arc<dyn Shelf>>>;

pub(super) fn router() -> Router<Context> {
    Router::new()
        .route("/console/api/workspaces/current/models/local", get(list))
        .route(
            "/console/api/workspaces/current/models/local/{model}/download",
            post(fetch),
        )
}

async fn list(Caller(_): Caller, shelf: Given) -> axum::Json<Value> {
    let rows = shelf.map(|Extension(shelf)| shelf.rows());
    axum::Json(json!({ "data": rows.unwrap_or_default() }))
}

async fn fetch(
    Caller(_): Caller,
    shelf: Given,
    Path(model): Path<String>,
) -> Result<(StatusCode, axum::Json<Value>), Error> {
    let none = || AppError::new(Kind::NotFound, "There is no such local model.");
    let Extension(shelf) = shelf.ok_or_else(none)?;
    shelf.fetch(&model)?;
    let row = shelf.rows().into_iter().find(|row| row.model == model);
    let row = row.ok_or_else(none)?;
    Ok((StatusCode::ACCEPTED, axum::Json(json!(row))))
}
