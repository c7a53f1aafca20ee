//! Datasets themselves.

use app::{
    Context,
    dataset::{self, Change, Dataset, Filter, NewDataset, Page, RetrievalModel},
    document::ProcessRule,
    provider::Providers,
};
use axum::{
    Json,
    extract::{Path, State},
};
use http::StatusCode;
use model::ModelKind;
use serde_json::{Value, json};

use super::{Door, Through, Who, envelope, paging, wire};
use crate::{
    Error,
    params::{Fields, Params, invalid},
};

pub(super) async fn create<D: Door>(
    State(ctx): State<Context>,
    Through(who, _): Through<D>,
    fields: Fields,
) -> Result<Json<Value>, Error> {
    let name = fields
        .text("name")?
        .ok_or_else(|| invalid("name", "name is required"))?;
    if let Some(provider) = fields.text("provider")?
        && provider != "vendor"
    {
        return Err(invalid(
            "provider",
            "Only datasets of provider vendor are supported by this server.",
        ));
    }
    let new = NewDataset {
        name,
        description: fields.text("description")?.unwrap_or_default(),
        permission: fields.text("permission")?,
        indexing_technique: fields.text("indexing_technique")?,
        embedding_provider: fields.text("embedding_model_provider")?,
        embedding_model: fields.text("embedding_model")?,
        retrieval_model: retrieval_model(&fields)?,
    };
    let made = dataset::create(&ctx, &who.tenant_id, &who.by(&ctx).await?, new).await?;
    Ok(Json(wire::dataset(&made, true, 0)))
}

/// The search that a body describes.
pub(super) fn retrieval_model(fields: &Fields) -> Result<Option<RetrievalModel>, Error> {
    let model = fields.0.get("retrieval_model");
    // A list would be read as the fields in their order.
    if model.is_some_and(|model| model.get("reranking_model").is_some_and(Value::is_array)) {
        let message = "reranking_model must be an object";
        return Err(invalid("retrieval_model", message));
    }
    fields.object("retrieval_model")
}

pub(super) async fn list<D: Door>(
    State(ctx): State<Context>,
    Through(who, _): Through<D>,
    params: Params,
) -> Result<Json<Value>, Error> {
    let (page, limit, asked) = paging(&params)?;
    let filter = Filter {
        keyword: params.text("keyword").map(str::to_owned),
        ids: None,
    };
    let (providers, found) = futures::join!(
        Providers::load(&ctx, &who.tenant_id),
        visible(&ctx, &who, &filter, page, limit)
    );
    let (providers, found) = (providers?, found?);
    let shown: Vec<&Dataset> = found
        .data
        .iter()
        .filter(|dataset| who.console || dataset.enable_api)
        .collect();
    let ids: Vec<String> = shown.iter().map(|dataset| dataset.id.clone()).collect();
    let apps = dataset::apps_of(&ctx, &who.tenant_id, &ids).await?;
    let data = shown
        .into_iter()
        .zip(apps)
        .map(|(dataset, apps)| {
            wire::dataset(dataset, is_available(&providers, dataset), apps.len())
        })
        .collect();
    Ok(Json(envelope(&found, asked, data)))
}

/// A page of the datasets that are for this account.
async fn visible(
    ctx: &Context,
    who: &Who,
    filter: &Filter,
    page: usize,
    limit: usize,
) -> app::Result<Page<Dataset>> {
    if who.sees_all {
        return dataset::list(ctx, &who.tenant_id, filter, page, limit).await;
    }
    let mut all = Vec::new();
    for number in 1.. {
        let found = dataset::list(ctx, &who.tenant_id, filter, number, 100).await?;
        let is_last = !found.has_more();
        all.extend(found.data.into_iter().filter(|dataset| who.sees(dataset)));
        if is_last {
            break;
        }
    }
    let from = (page - 1).saturating_mul(limit);
    Ok(Page {
        total: all.len(),
        data: all.into_iter().skip(from).take(limit).collect(),
        page,
        limit,
    })
}

fn is_available(providers: &Providers, dataset: &Dataset) -> bool {
    match (&dataset.embedding_provider, &dataset.embedding_model) {
        (Some(provider), Some(model)) => providers.has(ModelKind::TextEmbedding, provider, model),
        _ => true,
    }
}

async fn detail(ctx: &Context, dataset: &Dataset) -> Result<Json<Value>, Error> {
    let (providers, users) = futures::join!(
        Providers::load(ctx, &dataset.tenant_id),
        dataset::users(ctx, dataset)
    );
    let mut value = wire::dataset(dataset, is_available(&providers?, dataset), users?.len());
    if dataset.permission == "partial_members"
        && let Some(fields) = value.as_object_mut()
    {
        fields.insert(
            "partial_member_list".to_owned(),
            json!(dataset.partial_members),
        );
    }
    Ok(Json(value))
}

pub(super) async fn get<D: Door>(
    State(ctx): State<Context>,
    Through(who, _): Through<D>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Error> {
    detail(&ctx, &who.dataset(&ctx, &id).await?).await
}

pub(super) async fn update<D: Door>(
    State(ctx): State<Context>,
    Through(who, _): Through<D>,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Json<Value>, Error> {
    let dataset = who.dataset(&ctx, &id).await?;
    let members = match fields.0.get("partial_member_list") {
        None | Some(Value::Null) => None,
        Some(members) => Some(partial_members(members)?),
    };
    let change = Change {
        name: fields.text("name")?,
        description: fields.text("description")?,
        permission: fields.text("permission")?,
        partial_members: members,
        indexing_technique: fields.text("indexing_technique")?,
        embedding_provider: fields.text("embedding_model_provider")?,
        embedding_model: fields.text("embedding_model")?,
        retrieval_model: retrieval_model(&fields)?,
        enable_api: match fields.0.contains_key("enable_api") && who.console {
            true => Some(fields.flag("enable_api", true)?),
            false => None,
        },
    };
    let changed = dataset::update(
        &ctx,
        &who.tenant_id,
        &who.by(&ctx).await?,
        &dataset.id,
        change,
    )
    .await?;
    detail(&ctx, &changed).await
}

/// The accounts of `[{"user_id": …}]`.
fn partial_members(members: &Value) -> Result<Vec<String>, Error> {
    let name = "partial_member_list";
    let wrong = || {
        invalid(
            name,
            format!("{name} must be a list of objects with user_id"),
        )
    };
    let members = members.as_array().ok_or_else(wrong)?;
    let ids = members.iter().map(|member| {
        let id = member.get("user_id").and_then(Value::as_str);
        id.map(str::to_owned).ok_or_else(wrong)
    });
    ids.collect()
}

pub(super) async fn delete<D: Door>(
    State(ctx): State<Context>,
    Through(who, _): Through<D>,
    Path(id): Path<String>,
) -> Result<StatusCode, Error> {
    let dataset = who.dataset(&ctx, &id).await?;
    dataset::delete(&ctx, &dataset).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn use_check(
    State(ctx): State<Context>,
    Through(who, _): Through<super::ConsoleDoor>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Error> {
    let dataset = who.dataset(&ctx, &id).await?;
    let users = dataset::users(&ctx, &dataset).await?;
    Ok(Json(json!({ "is_using": !users.is_empty() })))
}

/// The apps that search a dataset.
pub(super) async fn related_apps(
    State(ctx): State<Context>,
    Through(who, _): Through<super::ConsoleDoor>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Error> {
    let dataset = who.dataset(&ctx, &id).await?;
    let apps = dataset::apps_of(&ctx, &who.tenant_id, &[dataset.id]).await?;
    let apps: Vec<Value> = apps
        .iter()
        .flatten()
        .map(|app| {
            json!({
                "id": app.id,
                "name": app.name,
                "description": app.description,
                "mode": app.mode.as_str(),
                "icon_type": app.icon_type,
                "icon": app.icon,
                "icon_background": app.icon_background,
                "icon_url": null,
            })
        })
        .collect();
    Ok(Json(json!({ "total": apps.len(), "data": apps })))
}

/// What a rule is made from, and how far it may go.
pub(super) async fn process_rule(_: Through<super::ConsoleDoor>) -> Json<Value> {
    Json(json!({
        "mode": "custom",
        "rules": wire::rules(&ProcessRule::automatic()),
        "limits": { "indexing_max_segmentation_tokens_length": ProcessRule::MAX_TOKENS },
    }))
}
