//! Tags of apps and datasets.

use app::{
    Context,
    tag::{self, Kind, Tag, Tags},
};
use axum::{
    Json, Router,
    extract::{Path, State},
    response::{IntoResponse, Response},
    routing::{get, patch, post},
};
use http::StatusCode;
use serde_json::{Value, json};

use super::{Caller, apps::find};
use crate::{
    Error,
    params::{Fields, Params, invalid, path_uuid},
    routes::success,
};

pub(super) fn router() -> Router<Context> {
    Router::new()
        .route("/console/api/tags", get(list).post(create))
        .route("/console/api/tags/{id}", patch(rename).delete(delete))
        .route("/console/api/tag-bindings/create", post(bind))
        .route("/console/api/tag-bindings/remove", post(unbind))
}

fn kind(name: Option<&str>) -> Result<Kind, Error> {
    let wrong = || invalid("type", "type must be app or knowledge");
    Kind::parse(name.unwrap_or_default()).ok_or_else(wrong)
}

async fn list(
    State(ctx): State<Context>,
    Caller(who): Caller,
    params: Params,
) -> Result<Json<Value>, Error> {
    let kind = kind(params.text("type"))?;
    let word = params.text("keyword").unwrap_or_default().to_lowercase();
    let tags = Tags::load(&ctx.tenant(&who.tenant_id), kind).await?;
    let shown = tags
        .tags
        .iter()
        .filter(|tag| tag.name.to_lowercase().contains(&word));
    let rows: Vec<Value> = shown
        .map(|tag| {
            let mut row = item(tag);
            if let Some(fields) = row.as_object_mut() {
                let count = tags.count(&tag.id).to_string();
                fields.insert("binding_count".to_owned(), count.into());
            }
            row
        })
        .collect();
    Ok(Json(Value::Array(rows)))
}

async fn create(
    State(ctx): State<Context>,
    Caller(who): Caller,
    fields: Fields,
) -> Result<Response, Error> {
    let kind = kind(fields.text("type")?.as_deref())?;
    let name = fields.required("name")?;
    let made = tag::create(&ctx, &who.tenant_id, kind, &name).await?;
    Ok((StatusCode::CREATED, Json(item(&made))).into_response())
}

async fn rename(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Json<Value>, Error> {
    let name = fields.required("name")?;
    let renamed = tag::rename(&ctx, &who.tenant_id, &path_uuid(&id)?, &name).await?;
    Ok(Json(item(&renamed)))
}

async fn delete(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, Error> {
    tag::delete(&ctx, &who.tenant_id, &path_uuid(&id)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn bind(
    State(ctx): State<Context>,
    Caller(who): Caller,
    fields: Fields,
) -> Result<Json<Value>, Error> {
    let ids = fields.texts("tag_ids")?;
    let ids = ids.ok_or_else(|| invalid("tag_ids", "tag_ids is required"))?;
    set(&ctx, &who.tenant_id, &fields, &ids, true).await
}

async fn unbind(
    State(ctx): State<Context>,
    Caller(who): Caller,
    fields: Fields,
) -> Result<Json<Value>, Error> {
    let id = fields.required("tag_id")?;
    set(&ctx, &who.tenant_id, &fields, &[id], false).await
}

async fn set(
    ctx: &Context,
    tenant_id: &str,
    fields: &Fields,
    ids: &[String],
    on: bool,
) -> Result<Json<Value>, Error> {
    let kind = kind(fields.text("type")?.as_deref())?;
    let target = path_uuid(&fields.required("target_id")?)?;
    match kind {
        Kind::App => drop(find(ctx, tenant_id, &target).await?),
        Kind::Knowledge => drop(app::dataset::get(ctx, tenant_id, &target).await?),
    }
    tag::bind(&ctx.tenant(tenant_id), kind, &target, ids, on).await?;
    Ok(success())
}

/// A tag as everything that has it shows it.
pub(super) fn item(tag: &Tag) -> Value {
    json!({ "id": tag.id, "name": tag.name, "type": tag.kind.as_str() })
}
