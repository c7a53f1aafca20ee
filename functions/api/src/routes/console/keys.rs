//! API keys: of an app, of the workspace's datasets, of its models.

use app::{
    Context,
    key::{self, Access, ApiKey},
};
use axum::{
    Json, Router,
    extract::{Path, State},
    response::{IntoResponse, Response},
    routing::{delete, get},
};
use futures::future::try_join_all;
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use super::{Caller, apps::find};
use crate::{Error, params::base_url};

pub(super) fn router() -> Router<Context> {
    Router::new()
        .route(
            "/console/api/apps/{id}/api-keys",
            get(list_app).post(create_app),
        )
        .route("/console/api/apps/{id}/api-keys/{key}", delete(delete_app))
        .route(
            "/console/api/datasets/api-keys",
            get(list_datasets).post(create_datasets),
        )
        .route(
            "/console/api/datasets/api-keys/{key}",
            delete(delete_datasets),
        )
        .route("/console/api/datasets/api-base-info", get(base_info))
        .route(
            "/console/api/workspaces/current/model-keys",
            get(list_models).post(create_models),
        )
        .route(
            "/console/api/workspaces/current/model-keys/{key}",
            delete(delete_models),
        )
}

async fn list_app(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, Error> {
    let app_id = find(&ctx, &who.tenant_id, &id).await?.id;
    list(&ctx, &who.tenant_id, &Access::App { app_id }).await
}

async fn create_app(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path(id): Path<String>,
) -> Result<Response, Error> {
    let app_id = find(&ctx, &who.tenant_id, &id).await?.id;
    create(&ctx, &who.tenant_id, Access::App { app_id }).await
}

async fn delete_app(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path((id, key)): Path<(String, String)>,
) -> Result<StatusCode, Error> {
    let app_id = find(&ctx, &who.tenant_id, &id).await?.id;
    revoke(&ctx, &who.tenant_id, &Access::App { app_id }, &key).await
}

async fn list_datasets(
    State(ctx): State<Context>,
    Caller(who): Caller,
) -> Result<Json<Value>, Error> {
    list(&ctx, &who.tenant_id, &Access::Dataset).await
}

async fn create_datasets(
    State(ctx): State<Context>,
    Caller(who): Caller,
) -> Result<Response, Error> {
    create(&ctx, &who.tenant_id, Access::Dataset).await
}

async fn delete_datasets(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path(key): Path<String>,
) -> Result<StatusCode, Error> {
    revoke(&ctx, &who.tenant_id, &Access::Dataset, &key).await
}

async fn list_models(
    State(ctx): State<Context>,
    Caller(who): Caller,
) -> Result<Json<Value>, Error> {
    list(&ctx, &who.tenant_id, &Access::Model).await
}

async fn create_models(State(ctx): State<Context>, Caller(who): Caller) -> Result<Response, Error> {
    create(&ctx, &who.tenant_id, Access::Model).await
}

async fn delete_models(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path(key): Path<String>,
) -> Result<StatusCode, Error> {
    revoke(&ctx, &who.tenant_id, &Access::Model, &key).await
}

async fn base_info(Caller(_): Caller, headers: HeaderMap) -> Json<Value> {
    let url = format!("{}/v1", base_url(&headers));
    Json(json!({ "api_base_url": url }))
}

async fn list(ctx: &Context, tenant_id: &str, access: &Access) -> Result<Json<Value>, Error> {
    let keys = key::list(&ctx.tenant(tenant_id), access).await?;
    let rows = keys.iter().map(async |listed| {
        let used = key::last_used(ctx, listed).await?;
        Ok::<_, app::Error>(row(
            listed,
            access,
            &listed.hint,
            used.map(|at| at.as_secs()),
        ))
    });
    Ok(Json(json!({ "data": try_join_all(rows).await? })))
}

async fn create(ctx: &Context, tenant_id: &str, access: Access) -> Result<Response, Error> {
    let (made, token) = key::create(ctx, tenant_id, access.clone()).await?;
    Ok((StatusCode::CREATED, Json(row(&made, &access, &token, None))).into_response())
}

async fn revoke(
    ctx: &Context,
    tenant_id: &str,
    access: &Access,
    key: &str,
) -> Result<StatusCode, Error> {
    key::delete(ctx, tenant_id, access, key).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `token` is whole only in the answer that made it.
fn row(key: &ApiKey, access: &Access, token: &str, used: Option<u64>) -> Value {
    let kind = match access {
        Access::App { .. } => "app",
        Access::Dataset => "dataset",
        Access::Model => "model",
    };
    json!({
        "id": key.id,
        "type": kind,
        "token": token,
        "last_used_at": used,
        "created_at": key.created_at.as_secs(),
    })
}
