//! What an app does: publishing a configuration, its versions, and the draft of the next one.

use app::{
    Context,
    apps::{self, Edited, Version},
};
use axum::{
    Json, Router,
    extract::{Path, State},
    routing::{get, post},
};
use http::StatusCode;
use serde_json::{Value, json};

use super::{Caller, apps::find};
use crate::{
    Error,
    params::{Fields, invalid, path_uuid},
    routes::success,
};

pub(super) fn router() -> Router<Context> {
    let of = |path: &str| crate::routes::of_app(&format!("/model-config{path}"));
    Router::new()
        .route(&of(""), post(publish))
        .route(&of("/draft"), get(draft).post(save_draft).delete(discard))
        .route(&of("/versions"), get(versions))
        .route(&of("/versions/{version}"), get(version))
        .route(&of("/versions/{version}/restore"), post(restore))
}

async fn publish(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path(id): Path<String>,
    config: Fields,
) -> Result<Json<Value>, Error> {
    find(&ctx, &who.tenant_id, &id).await?;
    apps::publish_config(&ctx, &who, &id, Value::Object(config.0)).await?;
    Ok(success())
}

async fn draft(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, Error> {
    find(&ctx, &who.tenant_id, &id).await?;
    let edited = apps::edited(&ctx.tenant(&who.tenant_id), &id).await?;
    Ok(Json(shown(&edited)))
}

async fn save_draft(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Json<Value>, Error> {
    find(&ctx, &who.tenant_id, &id).await?;
    let config = fields.0.get("model_config").cloned();
    let config = config.ok_or_else(|| invalid("model_config", "model_config is required"))?;
    let hash = fields.text("hash")?;
    let saved = apps::save_draft(&ctx, &who, &id, config, hash.as_deref()).await?;
    let at = saved.draft.as_ref().map(|(at, _)| at.as_secs());
    Ok(Json(
        json!({ "result": "success", "hash": saved.hash, "updated_at": at }),
    ))
}

async fn discard(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, Error> {
    find(&ctx, &who.tenant_id, &id).await?;
    apps::discard_draft(&ctx.tenant(&who.tenant_id), &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn versions(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, Error> {
    find(&ctx, &who.tenant_id, &id).await?;
    let (versions, current) = apps::versions(&ctx.tenant(&who.tenant_id), &id).await?;
    let rows = versions
        .iter()
        .map(|version| row(version, current.as_deref() == Some(&version.id)));
    Ok(Json(json!({ "data": rows.collect::<Vec<_>>() })))
}

async fn version(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path((id, version)): Path<(String, String)>,
) -> Result<Json<Value>, Error> {
    find(&ctx, &who.tenant_id, &id).await?;
    let scope = ctx.tenant(&who.tenant_id);
    let (version, is_current) = apps::version(&scope, &id, &path_uuid(&version)?).await?;
    let mut value = row(&version, is_current);
    if let Some(fields) = value.as_object_mut() {
        fields.insert("model_config".to_owned(), version.model_config);
    }
    Ok(Json(value))
}

async fn restore(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path((id, version)): Path<(String, String)>,
) -> Result<Json<Value>, Error> {
    find(&ctx, &who.tenant_id, &id).await?;
    apps::restore(&ctx, &who, &id, &path_uuid(&version)?).await?;
    Ok(success())
}

fn shown(edited: &Edited) -> Value {
    json!({
        "model_config": edited.model_config,
        "hash": edited.hash,
        "updated_at": edited.draft.as_ref().map(|(at, _)| at.as_secs()),
        "updated_by": edited.draft.as_ref().map(|(_, by)| by),
        "is_draft": edited.draft.is_some(),
    })
}

fn row(version: &Version, is_current: bool) -> Value {
    json!({
        "id": version.id,
        "created_at": version.created_at.as_secs(),
        "created_by": version.created_by,
        "author_name": version.author_name,
        "is_current": is_current,
    })
}
