//! The account and the workspace of whoever calls.

use app::{
    Context,
    account::{self, Workspace},
};
use axum::{Json, Router, extract::State, routing::get};
use serde_json::{Value, json};

use super::Caller;
use crate::Error;

pub(super) fn router() -> Router<Context> {
    Router::new()
        .route("/console/api/account/profile", get(profile))
        .route("/console/api/workspaces", get(list))
        .route(
            "/console/api/workspaces/current",
            get(current).post(current),
        )
}

async fn profile(State(ctx): State<Context>, Caller(who): Caller) -> Result<Json<Value>, Error> {
    let account = account::profile(&ctx, &who).await?;
    let account = account.as_ref();
    Ok(Json(json!({
        "id": who.account_id,
        "name": account.map_or(&who.name, |account| &account.name),
        "avatar": null,
        "avatar_url": null,
        "email": who.email.unwrap_or_default(),
        "is_password_set": account.is_some(),
        "interface_language": account.map_or("en-US", |account| &account.language),
        "interface_theme": "light",
        "timezone": "UTC",
        "last_login_at": account.and_then(|account| account.last_login_at).map(|at| at.as_secs()),
        "last_login_ip": null,
        "created_at": account.map(|account| account.created_at.as_secs()),
    })))
}

async fn current(State(ctx): State<Context>, Caller(who): Caller) -> Result<Json<Value>, Error> {
    Ok(Json(workspace(&account::workspace(&ctx, &who).await?)))
}

async fn list(State(ctx): State<Context>, Caller(who): Caller) -> Result<Json<Value>, Error> {
    let mut current = workspace(&account::workspace(&ctx, &who).await?);
    if let Some(fields) = current.as_object_mut() {
        fields.insert("current".to_owned(), true.into());
    }
    Ok(Json(json!({ "workspaces": [current] })))
}

fn workspace(workspace: &Workspace) -> Value {
    json!({
        "id": workspace.id,
        "name": workspace.name,
        "plan": "sandbox",
        "status": "normal",
        "created_at": workspace.created_at.as_secs(),
        "role": "owner",
        "in_trial": false,
        "trial_end_reason": null,
        "custom_config": null,
    })
}
