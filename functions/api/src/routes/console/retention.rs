//! `/console/api/workspaces/current/log-retention`: how long a workspace keeps its logs.

use app::{
    Context,
    log::{self, Retention},
};
use axum::{Json, Router, extract::State, routing::get};
use serde_json::{Value, json};

use super::Caller;
use crate::{
    Error,
    params::{Fields, invalid},
};

pub(super) fn router() -> Router<Context> {
    let path = "/console/api/workspaces/current/log-retention";
    Router::new().route(path, get(look).put(set))
}

async fn look(State(ctx): State<Context>, Caller(who): Caller) -> Result<Json<Value>, Error> {
    Ok(item(log::retention(&ctx, &who.tenant_id).await?))
}

async fn set(
    State(ctx): State<Context>,
    Caller(who): Caller,
    fields: Fields,
) -> Result<Json<Value>, Error> {
    let wrong = || {
        let message = format!(
            "days must be a whole number from 1 to {}, or null",
            log::MAX_DAYS
        );
        invalid("days", message)
    };
    let days = match fields.0.get("days") {
        None | Some(Value::Null) => None,
        Some(value) => {
            let days = value.as_u64().and_then(|days| u32::try_from(days).ok());
            Some(days.ok_or_else(wrong)?)
        }
    };
    let retention = Retention {
        days,
        conversations: fields.flag("conversations", false)?,
    };
    log::set_retention(&ctx, &who.tenant_id, retention).await?;
    Ok(item(retention))
}

fn item(retention: Retention) -> Json<Value> {
    Json(json!({ "days": retention.days, "conversations": retention.conversations }))
}
