//! Forms of `human-input` nodes: looked at and filled in by whoever has the address.

use app::{
    Context,
    apps::{self, App},
    workflow::{FoundForm, fill_form, find_form, form_user},
};
use axum::{
    Json, Router,
    extract::{Path, Request, State},
    response::Response,
    routing::{get, post},
};
use http::HeaderMap;
use serde_json::{Map, Value, json};

use crate::{
    AppKey, Error,
    params::{Fields, end_user, invalid},
    routes::{files, form::body_limit},
};

pub(super) fn router() -> Router<Context> {
    Router::new()
        .route("/v1/form/human_input/{token}", get(look).post(fill))
        .route("/api/form/human_input/{token}", get(visit).post(answer))
        .route(
            "/api/form/human_input/{token}/files",
            post(upload).layer(body_limit()),
        )
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

/// Takes a file for a field of the form.
async fn upload(
    State(ctx): State<Context>,
    Path(token): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Error> {
    let found = find_form(&ctx, &token).await?;
    let takes_files = |field: &Value| {
        let kind = field.get("type").and_then(Value::as_str);
        kind.is_some_and(|kind| kind.starts_with("file"))
    };
    if !found.form.inputs.iter().any(takes_files) {
        return Err(invalid("file", "this form has no field for files"));
    }
    let app = apps::get(&ctx.tenant(&found.tenant_id), &found.app_id).await?;
    let app = app.ok_or_else(|| app::Error::not_found("Form not found."))?;
    let user = form_user(&ctx, &found).await?;
    files::take(&ctx, &app.value, Some(user), &headers, request).await
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
