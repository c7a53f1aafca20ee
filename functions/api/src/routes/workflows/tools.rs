//! The tools of a workspace, as the console sees them.

use app::{
    Context,
    tool::{
        self,
        api::{self, Api, Credentials, Entry, HIDDEN},
    },
};
use axum::{
    Json, Router,
    extract::State,
    routing::{get, post},
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::{
    Error, Json as Body,
    params::{Params, invalid},
    routes::{console::Caller, success},
};

pub(super) fn router() -> Router<Context> {
    let of = of_workspace;
    Router::new()
        .route(&of("/tools/builtin"), get(built_in))
        .route(&of("/tools/api"), get(list))
        .route(&of("/tool-provider/api/get"), get(read))
        .route(&of("/tool-provider/api/add"), post(add))
        .route(&of("/tool-provider/api/update"), post(update))
        .route(&of("/tool-provider/api/delete"), post(delete))
        .route(&of("/tool-provider/api/schema"), post(schema))
        .route(&of("/tool-provider/api/test/pre"), post(test))
}

/// A path of the workspace in the console.
pub(super) fn of_workspace(path: &str) -> String {
    format!("/console/api/workspaces/current{path}")
}

/// A provider of tools as lists show it.
pub(super) fn row(
    kind: &str,
    (id, name): (&str, &str),
    icon: &Value,
    labels: &[String],
    tools: Vec<Value>,
) -> Value {
    json!({ "id": id, "name": name, "type": kind, "icon": icon, "labels": labels, "tools": tools })
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Keys {
    auth_type: Option<String>,
    api_key_header: Option<String>,
    api_key_value: Option<String>,
    api_key_header_prefix: Option<String>,
    api_key_query_param: Option<String>,
}

#[derive(Deserialize)]
struct Given {
    original_provider: Option<String>,
    provider: String,
    schema: String,
    credentials: Option<Keys>,
    #[serde(default)]
    icon: Value,
    privacy_policy: Option<String>,
    custom_disclaimer: Option<String>,
    labels: Option<Vec<String>>,
}

fn entry(given: Given) -> Entry {
    let keys = given.credentials.unwrap_or_default();
    Entry {
        name: given.provider,
        icon: given.icon,
        schema: given.schema,
        key: keys.api_key_value.unwrap_or_default(),
        credentials: Credentials {
            auth_type: keys.auth_type.unwrap_or_default(),
            api_key_header: keys.api_key_header.unwrap_or_default(),
            api_key_header_prefix: keys.api_key_header_prefix.unwrap_or_default(),
            api_key_query_param: keys.api_key_query_param.unwrap_or_default(),
        },
        privacy_policy: given.privacy_policy.unwrap_or_default(),
        custom_disclaimer: given.custom_disclaimer.unwrap_or_default(),
        labels: given.labels.unwrap_or_default(),
    }
}

#[derive(Deserialize)]
struct Named {
    provider: String,
}

#[derive(Deserialize)]
struct Document {
    schema: String,
}

#[derive(Deserialize)]
struct Trial {
    tool_name: String,
    provider_name: Option<String>,
    schema: String,
    credentials: Option<Keys>,
    parameters: Option<Map<String, Value>>,
}

async fn built_in(State(ctx): State<Context>, Caller(_): Caller) -> Json<Value> {
    let rows = tool::built_in(&ctx).into_iter().map(|(provider, tools)| {
        json!({ "id": provider, "name": provider, "type": "builtin", "is_team_authorization": true, "tools": tools })
    });
    Json(rows.collect())
}

async fn list(State(ctx): State<Context>, Caller(who): Caller) -> Result<Json<Value>, Error> {
    let all = api::list(&ctx, &who.tenant_id).await?;
    let rows = all.iter().map(|api| {
        let tools = api::preview(&ctx, &api.schema).unwrap_or_default();
        row("api", (&api.id, &api.name), &api.icon, &api.labels, tools)
    });
    Ok(Json(rows.collect()))
}

async fn read(
    State(ctx): State<Context>,
    Caller(who): Caller,
    params: Params,
) -> Result<Json<Value>, Error> {
    let name = params.text("provider");
    let name = name.ok_or_else(|| invalid("provider", "provider is required"))?;
    let found = api::get(&ctx, &who.tenant_id, name).await?;
    Ok(Json(detail(&ctx, &found)?))
}

fn detail(ctx: &Context, api: &Api) -> Result<Value, Error> {
    let credentials = &api.credentials;
    let key = if api.key.is_empty() { "" } else { HIDDEN };
    Ok(json!({
        "id": api.id,
        "provider": api.name,
        "schema_type": "openapi",
        "schema": api.schema,
        "icon": api.icon,
        "credentials": {
            "auth_type": credentials.auth_type,
            "api_key_header": credentials.api_key_header,
            "api_key_header_prefix": credentials.api_key_header_prefix,
            "api_key_query_param": credentials.api_key_query_param,
            "api_key_value": key,
        },
        "privacy_policy": api.privacy_policy,
        "custom_disclaimer": api.custom_disclaimer,
        "labels": api.labels,
        "tools": api::preview(ctx, &api.schema)?,
    }))
}

async fn add(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Body(given): Body<Given>,
) -> Result<Json<Value>, Error> {
    api::save(&ctx, &who.tenant_id, None, entry(given)).await?;
    Ok(success())
}

async fn update(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Body(mut given): Body<Given>,
) -> Result<Json<Value>, Error> {
    let old = given.original_provider.take();
    let old = old.unwrap_or_else(|| given.provider.clone());
    api::save(&ctx, &who.tenant_id, Some(&old), entry(given)).await?;
    Ok(success())
}

async fn delete(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Body(named): Body<Named>,
) -> Result<Json<Value>, Error> {
    api::delete(&ctx, &who.tenant_id, &named.provider).await?;
    Ok(success())
}

/// What a document offers, before it is kept.
async fn schema(
    State(ctx): State<Context>,
    Caller(_): Caller,
    Body(document): Body<Document>,
) -> Result<Json<Value>, Error> {
    let tools = api::preview(&ctx, &document.schema)?;
    Ok(Json(
        json!({ "schema_type": "openapi", "parameters_schema": tools }),
    ))
}

/// Calls an operation; that it fails is an answer too.
async fn test(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Body(trial): Body<Trial>,
) -> Result<Json<Value>, Error> {
    let entry = entry(Given {
        original_provider: None,
        provider: trial.provider_name.unwrap_or_default(),
        schema: trial.schema,
        credentials: trial.credentials,
        icon: Value::Null,
        privacy_policy: None,
        custom_disclaimer: None,
        labels: None,
    });
    let (tenant_id, parameters) = (&who.tenant_id, trial.parameters.unwrap_or_default());
    let outcome = api::test(&ctx, tenant_id, &entry, &trial.tool_name, &parameters).await?;
    Ok(Json(match outcome {
        Ok(result) => json!({ "result": result }),
        Err(error) => json!({ "error": error }),
    }))
}
