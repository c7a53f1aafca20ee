//! `GET /healthz`, and the Service API's own root.

use app::Context;
use axum::{Json, Router, routing::get};
use serde_json::{Value, json};

pub(super) fn router() -> Router<Context> {
    Router::new()
        .route("/healthz", get(|| async { "ok" }))
        .route("/v1", get(index))
        .route("/v1/", get(index))
}

async fn index() -> Json<Value> {
    Json(
        json!({"welcome": "Edgewise", "api_version": "v1", "server_version": env!("CARGO_PKG_VERSION")}),
    )
}
