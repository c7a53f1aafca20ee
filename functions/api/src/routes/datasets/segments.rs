//! The segments of a document.

use app::{
    Context,
    document::{self, Filter},
};
use axum::{
    Json,
    extract::{Path, State},
};
use serde_json::{Value, json};

use super::{Door, Through, envelope, wire};
use crate::{
    Error,
    params::{Params, path_uuid},
};

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
        status: params
            .text("status")
            .map(str::to_owned)
            .into_iter()
            .collect(),
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
