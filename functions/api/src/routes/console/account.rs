//! The account and the workspace of whoever calls.

use app::{
    Context,
    account::{self, Account, Identity, Settings, Workspace},
};
use axum::{
    Router,
    extract::State,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use http::{HeaderMap, Uri};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Caller,
    session::{cookies, is_https},
};
use crate::{Error, Json, params::Fields, routes::success};

pub(super) fn router() -> Router<Context> {
    let of = |path: &str| format!("/console/api/account/{path}");
    Router::new()
        .route(&of("profile"), get(profile))
        .route(&of("name"), post(change))
        .route(&of("interface-language"), post(change))
        .route(&of("interface-theme"), post(change))
        .route(&of("timezone"), post(change))
        .route(&of("password"), post(password))
        .route("/console/api/workspaces", get(list))
        .route(
            "/console/api/workspaces/current",
            get(current).post(current),
        )
        .route("/console/api/workspaces/info", post(rename))
}

async fn profile(
    State(ctx): State<Context>,
    Caller(who): Caller,
) -> Result<axum::Json<Value>, Error> {
    let account = account::profile(&ctx, &who).await?;
    Ok(axum::Json(shown(&who, account.as_ref())))
}

/// Takes any of the four settings; the path only says which one the page means.
async fn change(
    State(ctx): State<Context>,
    Caller(who): Caller,
    fields: Fields,
) -> Result<axum::Json<Value>, Error> {
    let settings = Settings {
        name: fields.text("name")?,
        language: fields.text("interface_language")?,
        theme: fields.text("interface_theme")?,
        timezone: fields.text("timezone")?,
    };
    let account = account::change(&ctx, &who, &settings).await?;
    Ok(axum::Json(shown(&who, Some(&account))))
}

#[derive(Deserialize)]
struct Password {
    #[serde(default)]
    password: String,
    new_password: String,
    repeat_new_password: String,
}

async fn password(
    State(ctx): State<Context>,
    Caller(who): Caller,
    uri: Uri,
    headers: HeaderMap,
    Json(body): Json<Password>,
) -> Result<Response, Error> {
    if body.new_password != body.repeat_new_password {
        let message = "The two new passwords differ.";
        return Err(app::Error::invalid("repeat_new_password", message).into());
    }
    let tokens = account::change_password(&ctx, &who, &body.password, &body.new_password).await?;
    Ok((cookies(&tokens, is_https(&uri, &headers)), success()).into_response())
}

fn shown(who: &Identity, account: Option<&Account>) -> Value {
    let theme = account.and_then(|account| account.theme.as_deref());
    let timezone = account.and_then(|account| account.timezone.as_deref());
    json!({
        "id": who.account_id,
        "name": account.map_or(&who.name, |account| &account.name),
        "avatar": null,
        "avatar_url": null,
        "email": who.email.as_deref().unwrap_or_default(),
        "is_password_set": account.is_some(),
        "interface_language": account.map_or("en-US", |account| &account.language),
        "interface_theme": theme.unwrap_or("light"),
        "timezone": timezone.unwrap_or("UTC"),
        "last_login_at": account.and_then(|account| account.last_login_at).map(|at| at.as_secs()),
        "last_login_ip": null,
        "created_at": account.map(|account| account.created_at.as_secs()),
        "role": who.role.as_str(),
    })
}

async fn current(
    State(ctx): State<Context>,
    Caller(who): Caller,
) -> Result<axum::Json<Value>, Error> {
    let current = account::workspace(&ctx, &who).await?;
    Ok(axum::Json(workspace(&who, &current)))
}

async fn list(State(ctx): State<Context>, Caller(who): Caller) -> Result<axum::Json<Value>, Error> {
    let mut current = workspace(&who, &account::workspace(&ctx, &who).await?);
    if let Some(fields) = current.as_object_mut() {
        fields.insert("current".to_owned(), true.into());
    }
    Ok(axum::Json(json!({ "workspaces": [current] })))
}

#[derive(Deserialize)]
struct Name {
    name: String,
}

async fn rename(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Json(body): Json<Name>,
) -> Result<axum::Json<Value>, Error> {
    let changed = account::rename_workspace(&ctx, &who, &body.name).await?;
    let tenant = workspace(&who, &changed);
    Ok(axum::Json(json!({ "result": "success", "tenant": tenant })))
}

fn workspace(who: &Identity, workspace: &Workspace) -> Value {
    json!({
        "id": workspace.id,
        "name": workspace.name,
        "plan": "sandbox",
        "status": "normal",
        "created_at": workspace.created_at.as_secs(),
        "role": who.role.as_str(),
        "in_trial": false,
        "trial_end_reason": null,
        "custom_config": null,
    })
}
