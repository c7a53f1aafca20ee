//! The values that stand in a draft: what the last trials left there, to be looked at, changed and put back.

use app::{
    Context,
    account::Identity,
    apps::App,
    end_user::EndUser,
    workflow::{
        self,
        inspect::{self, Inspected},
    },
};
use axum::{
    Json, Router,
    extract::{Path, State},
    response::{IntoResponse, Response},
    routing::{get, put},
};
use http::StatusCode;
use ports::Scope;
use serde_json::{Value, json};

use super::trials::tester;
use crate::{
    Error,
    params::{Fields, Params, invalid, path_uuid},
    routes::console::{Caller, apps::find},
};

pub(super) fn router() -> Router<Context> {
    let of = |path: &str| crate::routes::of_app(&format!("/workflows/draft{path}"));
    Router::new()
        .route(&of("/variables"), get(list).delete(clear))
        .route(
            &of("/variables/{variable_id}"),
            get(one).patch(change).delete(remove),
        )
        .route(&of("/variables/{variable_id}/reset"), put(reset))
        .route(
            &of("/nodes/{node_id}/variables"),
            get(of_node).delete(clear_node),
        )
        .route(&of("/conversation-variables"), get(conversation))
        .route(&of("/system-variables"), get(system))
        .route(&of("/environment-variables"), get(environment))
}

/// Whose values of which app.
struct At {
    scope: Scope,
    app: App,
    user: EndUser,
}

async fn at(ctx: &Context, who: &Identity, id: &str) -> Result<At, Error> {
    let app = find(ctx, &who.tenant_id, id).await?;
    workflow::of(&app)?;
    Ok(At {
        scope: ctx.tenant(&app.tenant_id),
        user: tester(ctx, &app, who),
        app,
    })
}

async fn list(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path(id): Path<String>,
    params: Params,
) -> Result<Json<Value>, Error> {
    let at = at(&ctx, &who, &id).await?;
    let page = params.number("page", 1, 1, 99_999)?;
    let limit = params.number("limit", 20, 1, 100)?;
    let all = inspect::all(&at.scope, &at.app, &at.user).await?;
    let skip = page.saturating_sub(1).saturating_mul(limit);
    let shown = all.iter().skip(skip).take(limit);
    let items: Vec<Value> = shown.map(|variable| shape(variable, false)).collect();
    Ok(Json(json!({ "items": items, "total": all.len() })))
}

async fn clear(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, Error> {
    let at = at(&ctx, &who, &id).await?;
    inspect::clear(&at.scope, &at.app, &at.user, None).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn one(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path((id, variable)): Path<(String, String)>,
) -> Result<Json<Value>, Error> {
    let at = at(&ctx, &who, &id).await?;
    let variable = path_uuid(&variable)?;
    let found = inspect::find(&at.scope, &at.app, &at.user, &variable).await?;
    Ok(Json(shape(&found, true)))
}

async fn change(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path((id, variable)): Path<(String, String)>,
    fields: Fields,
) -> Result<Json<Value>, Error> {
    let at = at(&ctx, &who, &id).await?;
    let variable = path_uuid(&variable)?;
    let found = inspect::find(&at.scope, &at.app, &at.user, &variable).await?;
    // What is called otherwise would not be found by the selectors of the graph.
    if fields.text("name")?.is_some_and(|name| name != found.name) {
        let message = format!("name: `{}` is named by its node", found.name);
        return Err(invalid("name", message));
    }
    let Some(value) = fields.0.get("value").cloned() else {
        return Ok(Json(shape(&found, true)));
    };
    let found = inspect::set(&at.scope, &at.app, &at.user, &variable, value).await?;
    Ok(Json(shape(&found, true)))
}

async fn remove(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path((id, variable)): Path<(String, String)>,
) -> Result<StatusCode, Error> {
    let at = at(&ctx, &who, &id).await?;
    let variable = path_uuid(&variable)?;
    inspect::remove(&at.scope, &at.app, &at.user, &variable).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn reset(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path((id, variable)): Path<(String, String)>,
) -> Result<Response, Error> {
    let at = at(&ctx, &who, &id).await?;
    let variable = path_uuid(&variable)?;
    let found = inspect::reset(&at.scope, &at.app, &at.user, &variable).await?;
    Ok(match found {
        Some(found) => Json(shape(&found, true)).into_response(),
        None => StatusCode::NO_CONTENT.into_response(),
    })
}

async fn of_node(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path((id, node)): Path<(String, String)>,
) -> Result<Json<Value>, Error> {
    shown(&ctx, &who, &id, &node).await
}

async fn clear_node(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path((id, node)): Path<(String, String)>,
) -> Result<StatusCode, Error> {
    let at = at(&ctx, &who, &id).await?;
    inspect::clear(&at.scope, &at.app, &at.user, Some(&node)).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn conversation(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, Error> {
    shown(&ctx, &who, &id, "conversation").await
}

async fn system(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, Error> {
    shown(&ctx, &who, &id, "sys").await
}

async fn environment(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, Error> {
    let at = at(&ctx, &who, &id).await?;
    Ok(Json(items(&inspect::environment(&at.app))))
}

async fn shown(ctx: &Context, who: &Identity, id: &str, node: &str) -> Result<Json<Value>, Error> {
    let at = at(ctx, who, id).await?;
    let found = inspect::of_node(&at.scope, &at.app, &at.user, node).await?;
    Ok(Json(items(&found)))
}

fn items(variables: &[Inspected]) -> Value {
    let items = variables.iter().map(|variable| shape(variable, true));
    json!({ "items": items.collect::<Vec<_>>() })
}

/// A list of all leaves the values out.
fn shape(variable: &Inspected, with_value: bool) -> Value {
    let kind = match variable.node_id.as_str() {
        "sys" | "conversation" | "env" => variable.node_id.as_str(),
        _ => "node",
    };
    let mut shown = json!({
        "id": variable.id,
        "type": kind,
        "name": variable.name,
        "description": variable.description,
        "selector": [variable.node_id, variable.name],
        "value_type": variable.value_type,
        "edited": variable.edited,
        "visible": true,
        "editable": kind != "env",
        "is_truncated": false,
    });
    if let (true, Value::Object(fields)) = (with_value, &mut shown) {
        fields.insert("value".to_owned(), variable.value.clone());
        fields.insert("full_content".to_owned(), Value::Null);
    }
    shown
}
