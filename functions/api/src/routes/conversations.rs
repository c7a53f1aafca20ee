//! `/v1/conversations`.

use app::{
    Context,
    apps::App,
    conversation::{self, Conversation, Page, SortBy, Variable},
    end_user::EndUser,
    message,
};
use axum::{
    Json, Router,
    body::Bytes,
    extract::{Path, State},
    routing::{delete, get, post, put},
};
use http::StatusCode;
use serde_json::{Value, json};

use super::scrolled;
use crate::{
    AppKey, Error,
    extract::parse,
    params::{Fields, Params, end_user, invalid, path_uuid},
};

pub(super) fn router() -> Router<Context> {
    Router::new()
        .route("/v1/conversations", get(list))
        .route("/v1/conversations/{id}", delete(remove))
        .route("/v1/conversations/{id}/name", post(rename))
        .route("/v1/conversations/{id}/variables", get(variables))
        .route(
            "/v1/conversations/{id}/variables/{variable_id}",
            put(set_variable),
        )
}

async fn list(
    State(ctx): State<Context>,
    AppKey(app): AppKey,
    params: Params,
) -> Result<Json<Value>, Error> {
    message::require_chat(&app)?;
    let user = end_user(&ctx, &app.id, params.user_or_anonymous());
    let (limit, page) = page(&ctx, &app, &user, &params, None).await?;
    Ok(scrolled(limit, &page, item))
}

/// A page of an end user's conversations; `pinned`: only those that are, or that are not.
pub(super) async fn page(
    ctx: &Context,
    app: &App,
    user: &EndUser,
    params: &Params,
    pinned: Option<bool>,
) -> Result<(usize, Page<Conversation>), Error> {
    let limit = params.number("limit", 20, 1, 100)?;
    let last = params.uuid("last_id")?;
    let sort_by = match params.text("sort_by") {
        None => SortBy::default(),
        Some(name) => serde_json::from_value(name.into()).map_err(|_| {
            let allowed = "'created_at', '-created_at', 'updated_at', '-updated_at'";
            invalid("sort_by", format!("sort_by must be one of {allowed}"))
        })?,
    };
    let scope = ctx.tenant(&app.tenant_id);
    let last = last.as_deref();
    let page = match pinned {
        None => conversation::list(&scope, user, sort_by, last, limit).await?,
        Some(pinned) => {
            conversation::list_pinned(&scope, user, pinned, sort_by, last, limit).await?
        }
    };
    Ok((limit, page))
}

/// The body may be missing: then the end user is the one that stands for nobody.
async fn remove(
    State(ctx): State<Context>,
    AppKey(app): AppKey,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<StatusCode, Error> {
    message::require_chat(&app)?;
    let fields = if body.is_empty() {
        Fields(Default::default())
    } else {
        Fields(parse(&body)?)
    };
    let user = end_user(&ctx, &app.id, &fields.user_or_anonymous());
    conversation::delete(&ctx, &app.tenant_id, &user, &path_uuid(&id)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn rename(
    State(ctx): State<Context>,
    AppKey(app): AppKey,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Json<Value>, Error> {
    message::require_chat(&app)?;
    let user = end_user(&ctx, &app.id, &fields.user_or_anonymous());
    Ok(Json(item(&renamed(&ctx, &app, &user, &id, &fields).await?)))
}

/// Gives a conversation the name, or the title, that a body asks for.
pub(super) async fn renamed(
    ctx: &Context,
    app: &App,
    user: &EndUser,
    id: &str,
    fields: &Fields,
) -> Result<Conversation, Error> {
    let id = path_uuid(id)?;
    let name =
        match fields.flag("auto_generate", false)? {
            true => None,
            false => {
                let name = fields.text("name")?.filter(|name| !name.trim().is_empty());
                Some(name.ok_or_else(|| {
                    invalid("name", "name is required when auto_generate is false")
                })?)
            }
        };
    Ok(conversation::rename(ctx, &app.tenant_id, user, &id, name.as_deref()).await?)
}

/// The graph of a chatflow makes them: apps of other kinds have none.
async fn variables(
    State(ctx): State<Context>,
    AppKey(app): AppKey,
    Path(id): Path<String>,
    params: Params,
) -> Result<Json<Value>, Error> {
    message::require_chat(&app)?;
    let limit = params.number("limit", 20, 1, 100)?;
    let last = params.uuid("last_id")?;
    let name = params.text("variable_name");
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if name.is_some_and(|name| name.len() > 255 || !name.chars().all(allowed)) {
        let message = "variable_name may have 1 to 255 letters, digits, '-', '_' and '.'";
        return Err(invalid("variable_name", message));
    }
    let user = end_user(&ctx, &app.id, params.user_or_anonymous());
    let scope = ctx.tenant(&app.tenant_id);
    let (id, last) = (path_uuid(&id)?, last.as_deref());
    let page = conversation::variables(&scope, &user, &id, name, last, limit).await?;
    Ok(scrolled(limit, &page, variable))
}

async fn set_variable(
    State(ctx): State<Context>,
    AppKey(app): AppKey,
    Path((id, variable_id)): Path<(String, String)>,
    fields: Fields,
) -> Result<Json<Value>, Error> {
    message::require_chat(&app)?;
    let (id, variable_id) = (path_uuid(&id)?, path_uuid(&variable_id)?);
    let value = fields.0.get("value").cloned();
    let value = value.ok_or_else(|| invalid("value", "value is required"))?;
    let user = end_user(&ctx, &app.id, &fields.user_or_anonymous());
    let scope = ctx.tenant(&app.tenant_id);
    let set = conversation::set_variable(&ctx, &scope, &user, &id, &variable_id, value).await?;
    Ok(Json(variable(&set)))
}

fn variable(variable: &Variable) -> Value {
    json!({
        "id": variable.id,
        "name": variable.name,
        "value_type": variable.exposed_type(),
        "value": variable.text(),
        "description": variable.description,
        "created_at": variable.created_at.as_secs(),
        "updated_at": variable.updated_at.as_secs(),
    })
}

pub(super) fn item(conversation: &Conversation) -> Value {
    json!({
        "id": conversation.id,
        "name": conversation.name,
        "inputs": conversation.inputs,
        "status": conversation.status.as_str(),
        "introduction": conversation.introduction,
        "created_at": conversation.created_at.as_secs(),
        "updated_at": conversation.updated_at.as_secs(),
    })
}
