//! Forms of `human-input` nodes: looked at and filled in by whoever has the address.

use app::{
    Context,
    apps::App,
    workflow::{FoundForm, fill_form, find_form},
};
use axum::{
    Json, Router,
    extract::{Path, State},
    routing::get,
};
use serde_json::{Map, Value, json};

use crate::{
    AppKey, Error,
    params::{Fields, end_user, invalid},
};

pub(super) fn router() -> Router<Context> {
    Router::new()
        .route("/v1/form/human_input/{token}", get(look).post(fill))
        .route("/api/form/human_input/{token}", get(visit).post(answer))
}

/// The form at an address that an app's own key may ask for: not what went out by e-mail.
async fn of_app(ctx: &Context, app: &App, token: &str) -> Result<FoundForm, Error> {
    let found = find_form(ctx, token).await?;
    if found.app_id != app.id || found.tenant_id != app.tenant_id || found.is_mail {
        return Err(app::Error::not_found("Form not found.").into());
    }
    Ok(found)
}

async fn look(
    State(ctx): State<Context>,
    AppKey(app): AppKey,
    Path(token): Path<String>,
) -> Result<Json<Value>, Error> {
    Ok(shown(&of_app(&ctx, &app, &token).await?))
}

async fn fill(
    State(ctx): State<Context>,
    AppKey(app): AppKey,
    Path(token): Path<String>,
    fields: Fields,
) -> Result<Json<Value>, Error> {
    let found = of_app(&ctx, &app, &token).await?;
    let user = end_user(&ctx, &app.id, &fields.user()?);
    let (action, inputs) = entered(&fields)?;
    fill_form(&ctx, found, Some(user), &action, inputs).await?;
    Ok(Json(json!({})))
}

/// The page, for whoever knows its address.
async fn visit(
    State(ctx): State<Context>,
    Path(token): Path<String>,
) -> Result<Json<Value>, Error> {
    Ok(shown(&find_form(&ctx, &token).await?))
}

async fn answer(
    State(ctx): State<Context>,
    Path(token): Path<String>,
    fields: Fields,
) -> Result<Json<Value>, Error> {
    let found = find_form(&ctx, &token).await?;
    let (action, inputs) = entered(&fields)?;
    fill_form(&ctx, found, None, &action, inputs).await?;
    Ok(Json(json!({})))
}

fn entered(fields: &Fields) -> Result<(String, &Map<String, Value>), Error> {
    let inputs = fields.0.get("inputs").and_then(Value::as_object);
    let inputs = inputs.ok_or_else(|| invalid("inputs", "inputs must be an object"))?;
    Ok((fields.required("action")?, inputs))
}

fn shown(found: &FoundForm) -> Json<Value> {
    let form = &found.form;
    Json(json!({
        "form_content": form.content,
        "inputs": form.inputs,
        "resolved_default_values": form.defaults,
        "user_actions": form.actions,
        "expiration_time": form.expires_at.as_secs(),
    }))
}
