//! API extensions: services of the workspace's own.

use app::{
    Context,
    extension::{self, Entry, Extension},
};
use axum::{
    Router,
    extract::{Path, State},
    response::{IntoResponse, Response},
    routing::get,
};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Caller;
use crate::{Error, Json};

pub(super) fn router() -> Router<Context> {
    Router::new()
        .route("/console/api/api-based-extension", get(list).post(create))
        .route(
            "/console/api/api-based-extension/{id}",
            get(read).post(update).delete(delete),
        )
}

#[derive(Deserialize)]
struct Body {
    name: String,
    api_endpoint: String,
    api_key: String,
}

impl Body {
    fn entry(self) -> Entry {
        Entry {
            name: self.name,
            api_endpoint: self.api_endpoint,
            api_key: self.api_key,
        }
    }
}

async fn list(State(ctx): State<Context>, Caller(who): Caller) -> Result<axum::Json<Value>, Error> {
    let mut rows = Vec::new();
    for extension in extension::list(&ctx, &who.tenant_id).await? {
        rows.push(row(&ctx, &who.tenant_id, &extension).await?);
    }
    Ok(axum::Json(Value::Array(rows)))
}

async fn create(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Json(body): Json<Body>,
) -> Result<Response, Error> {
    let made = extension::create(&ctx, &who.tenant_id, body.entry()).await?;
    let row = row(&ctx, &who.tenant_id, &made).await?;
    Ok((StatusCode::CREATED, axum::Json(row)).into_response())
}

async fn read(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path(id): Path<String>,
) -> Result<axum::Json<Value>, Error> {
    let found = extension::get(&ctx, &who.tenant_id, &id).await?;
    Ok(axum::Json(row(&ctx, &who.tenant_id, &found).await?))
}

async fn update(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path(id): Path<String>,
    Json(body): Json<Body>,
) -> Result<axum::Json<Value>, Error> {
    let changed = extension::update(&ctx, &who.tenant_id, &id, body.entry()).await?;
    Ok(axum::Json(row(&ctx, &who.tenant_id, &changed).await?))
}

async fn delete(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, Error> {
    extension::delete(&ctx, &who.tenant_id, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn row(ctx: &Context, tenant_id: &str, extension: &Extension) -> Result<Value, Error> {
    Ok(json!({
        "id": extension.id,
        "name": extension.name,
        "api_endpoint": extension.api_endpoint,
        "api_key": extension::masked(ctx, tenant_id, extension).await?,
        "created_at": extension.created_at.as_secs(),
    }))
}
