//! The workspace's models by type, and its defaults.

use app::{
    Context,
    provider::{self, Chosen, Providers, kind_name, parse_kind},
};
use axum::{
    Router,
    extract::{Path, State},
    routing::get,
};
use model::ModelKind;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Caller;
use crate::{Error, Json, Query, routes::success};

pub(super) fn router() -> Router<Context> {
    Router::new()
        .route(
            "/console/api/workspaces/current/models/model-types/{kind}",
            get(by_kind),
        )
        .route(
            "/console/api/workspaces/current/default-model",
            get(default).post(set_default),
        )
}

async fn by_kind(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path(kind): Path<String>,
) -> Result<axum::Json<Value>, Error> {
    let kind = parse(&kind)?;
    let providers = Providers::load(&ctx, &who.tenant_id).await?;
    let mut rows: Vec<(String, Vec<Value>)> = Vec::new();
    for Chosen { provider, model } in providers.all(kind) {
        let row = model_row(&model, kind);
        match rows.iter_mut().find(|(name, _)| *name == provider) {
            Some((_, models)) => models.push(row),
            None => rows.push((provider, vec![row])),
        }
    }
    let rows = rows.into_iter().map(|(provider, models)| {
        json!({
            "tenant_id": who.tenant_id,
            "provider": provider,
            "label": label(&provider),
            "icon_small": null,
            "icon_large": null,
            "status": "active",
            "models": models,
        })
    });
    Ok(axum::Json(json!({ "data": rows.collect::<Vec<_>>() })))
}

#[derive(Deserialize)]
struct DefaultQuery {
    model_type: String,
}

async fn default(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Query(query): Query<DefaultQuery>,
) -> Result<axum::Json<Value>, Error> {
    let kind = parse(&query.model_type)?;
    let providers = Providers::load(&ctx, &who.tenant_id).await?;
    let data = providers.default_model(kind).map(|chosen| {
        json!({
            "model": chosen.model,
            "model_type": kind_name(kind),
            "provider": {
                "tenant_id": who.tenant_id,
                "provider": chosen.provider,
                "label": label(&chosen.provider),
                "icon_small": null,
                "icon_large": null,
                "supported_model_types": [kind_name(kind)],
                "models": [],
            },
        })
    });
    Ok(axum::Json(json!({ "data": data })))
}

#[derive(Deserialize)]
struct Settings {
    model_settings: Vec<Setting>,
}

#[derive(Deserialize)]
struct Setting {
    model_type: String,
    provider: Option<String>,
    model: Option<String>,
}

async fn set_default(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Json(body): Json<Settings>,
) -> Result<axum::Json<Value>, Error> {
    for setting in &body.model_settings {
        let kind = parse(&setting.model_type)?;
        // The official front end sends every type, those that nobody chose without a model.
        if let (Some(provider), Some(model)) = (&setting.provider, &setting.model) {
            provider::set_default(&ctx, &who.tenant_id, kind, provider, model).await?;
        }
    }
    Ok(success())
}

fn parse(kind: &str) -> Result<ModelKind, Error> {
    let invalid = || app::Error::invalid("model_type", format!("Invalid model type: {kind}"));
    Ok(parse_kind(kind).ok_or_else(invalid)?)
}

/// A model as the official front end lists it.
pub(super) fn model_row(model: &str, kind: ModelKind) -> Value {
    json!({
        "model": model,
        "label": label(model),
        "model_type": kind_name(kind),
        "features": null,
        "fetch_from": "customizable-model",
        "model_properties": match kind {
            ModelKind::Llm => json!({ "mode": "chat" }),
            _ => json!({}),
        },
        "deprecated": false,
        "status": "active",
        "load_balancing_enabled": false,
    })
}

/// A name in the languages of the official front end.
pub(super) fn label(name: &str) -> Value {
    json!({ "en_US": name, "zh_Hans": name })
}
