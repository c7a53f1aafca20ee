//! The segments of a document.

use app::{
    Context,
    dataset::Dataset,
    document::{self, Document, Edit, Filter},
};
use axum::{
    Json,
    extract::{Path, State},
};
use http::{StatusCode, Uri};
use serde_json::{Value, json};

use super::{ConsoleDoor, Door, Through, Who, envelope, wire};
use crate::{
    Error,
    params::{Fields, Params, invalid, path_uuid},
    routes::success,
};

/// What segments can be listed by.
const STATUSES: [&str; 6] = [
    "waiting",
    "indexing",
    "completed",
    "error",
    "paused",
    "re_segment",
];

pub(super) async fn list<D: Door>(
    State(ctx): State<Context>,
    Through(who, _): Through<D>,
    Path((dataset, document)): Path<(String, String)>,
    params: Params,
) -> Result<Json<Value>, Error> {
    let dataset = who.dataset(&ctx, &dataset).await?;
    let document = document::get(&ctx, &who.tenant_id, &dataset.id, &path_uuid(&document)?).await?;
    // Numbers that are none count as missing here.
    let page = params.number("page", 1, 1, 99_999).unwrap_or(1);
    let asked = params.number("limit", 20, 1, 100_000).unwrap_or(20);
    let filter = Filter {
        keyword: params.text("keyword").map(str::to_owned),
        status: params.word("status", &STATUSES)?.into_iter().collect(),
    };
    let found = document::segments(
        &ctx,
        &who.tenant_id,
        &document,
        &filter,
        page,
        asked.min(100),
    )
    .await?;
    let data = found
        .data
        .iter()
        .map(|segment| wire::segment(&document, segment))
        .collect();
    let mut value = envelope(&found, asked, data);
    if let Some(fields) = value.as_object_mut() {
        fields.insert("doc_form".to_owned(), document.doc_form.into());
    }
    Ok(Json(value))
}

pub(super) async fn get<D: Door>(
    State(ctx): State<Context>,
    Through(who, _): Through<D>,
    Path((dataset, document, segment)): Path<(String, String, String)>,
) -> Result<Json<Value>, Error> {
    let dataset = who.dataset(&ctx, &dataset).await?;
    let document = document::get(&ctx, &who.tenant_id, &dataset.id, &path_uuid(&document)?).await?;
    let segment = document::segment(&ctx, &who.tenant_id, &document, &path_uuid(&segment)?).await?;
    Ok(Json(
        json!({ "data": wire::segment(&document, &segment), "doc_form": document.doc_form }),
    ))
}

/// A dataset and a document of it.
async fn found(
    ctx: &Context,
    who: &Who,
    dataset: &str,
    document: &str,
) -> Result<(Dataset, Document), Error> {
    let dataset = who.dataset(ctx, dataset).await?;
    let id = path_uuid(document)?;
    let document = document::get(ctx, &who.tenant_id, &dataset.id, &id).await?;
    Ok((dataset, document))
}

pub(super) async fn create<D: Door>(
    State(ctx): State<Context>,
    Through(who, _): Through<D>,
    Path((dataset, document)): Path<(String, String)>,
    fields: Fields,
) -> Result<Json<Value>, Error> {
    let (dataset, document) = found(&ctx, &who, &dataset, &document).await?;
    if !document.enabled {
        return Err(app::Error::not_found("Document is disabled.").into());
    }
    let entries = fields.0.get("segments").and_then(Value::as_array);
    let entries = entries.ok_or_else(|| invalid("segments", "segments is required"))?;
    let contents = entries.iter().map(|entry| {
        let content = entry.get("content").and_then(Value::as_str);
        let content = content.ok_or_else(|| invalid("content", "Content is required"));
        content.map(str::to_owned)
    });
    let contents: Vec<String> = contents.collect::<Result<_, _>>()?;
    let by = who.by(&ctx).await?;
    let made = document::add_segments(&ctx, &dataset, &document, &by, &contents).await?;
    let document = document::get(&ctx, &who.tenant_id, &dataset.id, &document.id).await?;
    let data = made.iter().map(|it| wire::segment(&document, it));
    Ok(Json(
        json!({ "data": data.collect::<Vec<_>>(), "doc_form": document.doc_form }),
    ))
}

/// The fields stand under `segment`, or by themselves as the console sends them.
pub(super) async fn update<D: Door>(
    State(ctx): State<Context>,
    Through(who, _): Through<D>,
    Path((dataset, document, segment)): Path<(String, String, String)>,
    fields: Fields,
) -> Result<Json<Value>, Error> {
    let (dataset, document) = found(&ctx, &who, &dataset, &document).await?;
    let fields = match fields.0.get("segment") {
        Some(Value::Object(inner)) => Fields(inner.clone()),
        Some(_) => return Err(invalid("segment", "segment must be an object")),
        None => fields,
    };
    let edit = Edit {
        content: fields.text("content")?,
        enabled: match fields.0.get("enabled") {
            None | Some(Value::Null) => None,
            Some(_) => Some(fields.flag("enabled", true)?),
        },
        regenerate_children: fields.flag("regenerate_child_chunks", false)?,
    };
    let id = path_uuid(&segment)?;
    let changed = document::edit_segment(&ctx, &dataset, &document, &id, edit).await?;
    Ok(Json(
        json!({ "data": wire::segment(&document, &changed), "doc_form": document.doc_form }),
    ))
}

pub(super) async fn delete<D: Door>(
    State(ctx): State<Context>,
    Through(who, _): Through<D>,
    Path((dataset, document, segment)): Path<(String, String, String)>,
) -> Result<StatusCode, Error> {
    let (dataset, document) = found(&ctx, &who, &dataset, &document).await?;
    document::delete_segment(&ctx, &dataset, &document, &path_uuid(&segment)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Switches those that `segment_id` names, any number of times.
pub(super) async fn switch(
    State(ctx): State<Context>,
    Through(who, _): Through<ConsoleDoor>,
    Path((dataset, document, action)): Path<(String, String, String)>,
    uri: Uri,
) -> Result<Json<Value>, Error> {
    let (dataset, document) = found(&ctx, &who, &dataset, &document).await?;
    let enabled = match action.as_str() {
        "enable" => true,
        "disable" => false,
        _ => return Err(invalid("action", "action must be enable or disable")),
    };
    let pairs = uri.query().unwrap_or_default().split('&');
    let ids = pairs.filter_map(|pair| pair.strip_prefix("segment_id="));
    let ids: Vec<String> = ids.map(path_uuid).collect::<Result<_, _>>()?;
    if ids.is_empty() {
        return Err(invalid("segment_id", "segment_id is required"));
    }
    document::set_segments(&ctx, &dataset, &document, &ids, enabled).await?;
    Ok(success())
}
