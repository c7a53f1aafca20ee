//! Searching one dataset.

use app::{
    Context, Kind,
    dataset::{self, MAX_QUERY, Settings},
    document::{self, Filter},
    requests::{Of, Purpose, Tab},
};
use axum::{
    Json,
    extract::{Path, State},
};
use serde_json::{Value, json};

use super::{Door, Through, crud::retrieval_model, wire};
use crate::{
    Error,
    params::{Fields, invalid},
};

pub(super) async fn retrieve<D: Door>(
    State(ctx): State<Context>,
    Through(who, _): Through<D>,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Json<Value>, Error> {
    let dataset = who.dataset(&ctx, &id).await?;
    let query = fields.text("query")?.unwrap_or_default();
    if query.trim().is_empty() || query.chars().count() > MAX_QUERY {
        let message = format!("Query is required and cannot exceed {MAX_QUERY} characters");
        return Err(invalid("query", message));
    }
    let model = retrieval_model(&fields)?;
    if let Some(model) = &model {
        model.check()?;
    }
    let model = model.as_ref().unwrap_or(&dataset.retrieval_model);
    if dataset.available == 0 && dataset.documents > 0 && is_busy(&ctx, &dataset).await? {
        let message = "The dataset is still being initialized or indexing. Please wait a moment.";
        return Err(app::Error::new(Kind::DatasetNotInitialized, message).into());
    }
    let mut settings = Settings::of(model);
    // Who tries a search out wants to know that its model does not answer.
    settings.reranking = settings.reranking.needed();
    let ids = [dataset.id.clone()];
    let tab = Tab::new(&ctx, &who.tenant_id, Purpose::Query, Of::default());
    let hits = dataset::retrieve(&tab, &ids, &query, settings).await?;
    let records: Vec<Value> = hits.iter().map(wire::hit).collect();
    Ok(Json(
        json!({ "query": { "content": query }, "records": records }),
    ))
}

/// Whether any document is on its way.
async fn is_busy(ctx: &Context, dataset: &dataset::Dataset) -> Result<bool, Error> {
    let filter = Filter {
        keyword: None,
        status: vec!["queuing".to_owned(), "indexing".to_owned()],
    };
    let busy = document::list(ctx, dataset, &filter, 1, 1).await?;
    Ok(busy.total > 0)
}
