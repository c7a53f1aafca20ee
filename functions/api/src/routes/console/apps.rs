//! Apps.

use app::{
    Context,
    account::Identity,
    apps::{self, App, Filter, Mode, New, Site, Summary},
};
use axum::{
    Router,
    extract::{Path, State},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Caller;
use crate::{Error, Json, Query, routes::success};

pub(super) fn router() -> Router<Context> {
    Router::new()
        .route("/console/api/apps", get(list).post(create))
        .route(
            "/console/api/apps/{id}",
            get(read).put(update).delete(delete),
        )
        .route("/console/api/apps/{id}/name", post(rename))
        .route("/console/api/apps/{id}/site-enable", post(enable_site))
        .route("/console/api/apps/{id}/api-enable", post(enable_api))
        .route("/console/api/apps/{id}/model-config", post(save_config))
        .route("/console/api/apps/{id}/workflows/publish", post(publish))
}

#[derive(Deserialize)]
struct List {
    #[serde(default = "first")]
    page: usize,
    #[serde(default = "twenty")]
    limit: usize,
    mode: Option<String>,
    #[serde(default)]
    name: String,
    #[serde(default)]
    is_created_by_me: bool,
}

fn first() -> usize {
    1
}

fn twenty() -> usize {
    20
}

async fn list(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Query(query): Query<List>,
) -> Result<axum::Json<Value>, Error> {
    if !(1..=99_999).contains(&query.page) || !(1..=100).contains(&query.limit) {
        let message = "page is from 1 to 99999 and limit from 1 to 100";
        return Err(app::Error::invalid("page", message).into());
    }
    let filter = Filter {
        // `all`, and names of groups that the official front end knows, mean every mode.
        mode: query.mode.as_deref().and_then(Mode::parse),
        name: query.name,
        created_by: query.is_created_by_me.then(|| who.account_id.clone()),
    };
    let page = apps::list(&ctx, &who.tenant_id, &filter, query.page, query.limit).await?;
    Ok(axum::Json(json!({
        "page": query.page,
        "limit": query.limit,
        "total": page.total,
        "has_more": query.page * query.limit < page.total,
        "data": page.apps.iter().map(row).collect::<Vec<_>>(),
    })))
}

#[derive(Deserialize)]
struct Create {
    name: String,
    mode: String,
    #[serde(default)]
    description: Option<String>,
    icon_type: Option<String>,
    icon: Option<String>,
    icon_background: Option<String>,
}

async fn create(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Json(body): Json<Create>,
) -> Result<Response, Error> {
    let mode = Mode::parse(&body.mode)
        .ok_or_else(|| app::Error::invalid("mode", format!("Invalid mode: {}", body.mode)))?;
    let new = New {
        name: body.name,
        description: body.description.unwrap_or_default(),
        mode,
        icon_type: body.icon_type,
        icon: body.icon,
        icon_background: body.icon_background,
    };
    let app = apps::create(&ctx, &who, new).await?;
    Ok((StatusCode::CREATED, axum::Json(detail(&app))).into_response())
}

async fn read(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path(id): Path<String>,
) -> Result<axum::Json<Value>, Error> {
    Ok(axum::Json(detail(&find(&ctx, &who.tenant_id, &id).await?)))
}

#[derive(Deserialize)]
struct Update {
    name: String,
    #[serde(default)]
    description: Option<String>,
    icon_type: Option<String>,
    icon: Option<String>,
    icon_background: Option<String>,
    use_icon_as_answer_icon: Option<bool>,
    max_active_requests: Option<u32>,
}

async fn update(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path(id): Path<String>,
    Json(body): Json<Update>,
) -> Result<axum::Json<Value>, Error> {
    let app = apps::change(&ctx, &who.tenant_id, &id, |app| {
        app.name.clone_from(&body.name);
        app.description = body.description.clone().unwrap_or_default();
        let keep = |old: &mut Option<String>, new: &Option<String>| {
            if new.is_some() {
                old.clone_from(new);
            }
        };
        keep(&mut app.icon_type, &body.icon_type);
        keep(&mut app.icon, &body.icon);
        keep(&mut app.icon_background, &body.icon_background);
        app.use_icon_as_answer_icon = body
            .use_icon_as_answer_icon
            .unwrap_or(app.use_icon_as_answer_icon);
        app.max_active_requests = body.max_active_requests.unwrap_or(app.max_active_requests);
        Ok(())
    })
    .await?;
    Ok(axum::Json(detail(&app)))
}

async fn delete(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, Error> {
    apps::delete(&ctx, &who.tenant_id, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
struct Name {
    name: String,
}

async fn rename(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path(id): Path<String>,
    Json(body): Json<Name>,
) -> Result<axum::Json<Value>, Error> {
    changed(&ctx, &who, &id, |app| {
        app.name.clone_from(&body.name);
    })
    .await
}

#[derive(Deserialize)]
struct EnableSite {
    enable_site: bool,
}

async fn enable_site(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path(id): Path<String>,
    Json(body): Json<EnableSite>,
) -> Result<axum::Json<Value>, Error> {
    changed(&ctx, &who, &id, |app| {
        app.enable_site = body.enable_site;
    })
    .await
}

#[derive(Deserialize)]
struct EnableApi {
    enable_api: bool,
}

async fn enable_api(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path(id): Path<String>,
    Json(body): Json<EnableApi>,
) -> Result<axum::Json<Value>, Error> {
    changed(&ctx, &who, &id, |app| {
        app.enable_api = body.enable_api;
    })
    .await
}

/// Changes an app and shows it.
async fn changed(
    ctx: &Context,
    who: &Identity,
    id: &str,
    change: impl Fn(&mut App),
) -> Result<axum::Json<Value>, Error> {
    let change = |app: &mut App| {
        change(app);
        Ok(())
    };
    let app = apps::change(ctx, &who.tenant_id, id, change).await?;
    Ok(axum::Json(detail(&app)))
}

async fn save_config(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path(id): Path<String>,
    Json(config): Json<Value>,
) -> Result<axum::Json<Value>, Error> {
    apps::save_config(&ctx, &who.tenant_id, &id, config).await?;
    Ok(success())
}

async fn publish(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path(id): Path<String>,
) -> Result<axum::Json<Value>, Error> {
    let at = apps::publish(&ctx, &who.tenant_id, &id).await?;
    Ok(axum::Json(
        json!({ "result": "success", "created_at": at.as_secs() }),
    ))
}

/// The app, or the console's word for its absence.
pub(super) async fn find(ctx: &Context, tenant_id: &str, id: &str) -> Result<App, Error> {
    let app = apps::get(&ctx.tenant(tenant_id), id).await?;
    Ok(app
        .ok_or_else(|| app::Error::not_found("App not found"))?
        .value)
}

fn row(app: &Summary) -> Value {
    json!({
        "id": app.id,
        "name": app.name,
        "description": app.description,
        "mode": app.mode.as_str(),
        "icon_type": app.icon_type,
        "icon": app.icon,
        "icon_background": app.icon_background,
        "icon_url": null,
        "use_icon_as_answer_icon": app.use_icon_as_answer_icon,
        "author_name": app.author_name,
        "created_by": app.created_by,
        "created_at": app.created_at.as_secs(),
        "updated_at": app.updated_at.as_secs(),
        "tags": [],
    })
}

fn detail(app: &App) -> Value {
    let mut config = app.model_config.clone();
    // A setting of the app, shown where editors look for it.
    if let Some(config) = config.as_mut().and_then(Value::as_object_mut)
        && app.annotation_reply.is_some()
    {
        let feature = crate::routes::annotations::feature(app);
        config.insert("annotation_reply".to_owned(), feature);
    }
    json!({
        "id": app.id,
        "name": app.name,
        "description": app.description,
        "mode": app.mode.as_str(),
        "icon_type": app.icon_type,
        "icon": app.icon,
        "icon_background": app.icon_background,
        "icon_url": null,
        "use_icon_as_answer_icon": app.use_icon_as_answer_icon,
        "enable_site": app.enable_site,
        "enable_api": app.enable_api,
        "max_active_requests": app.max_active_requests,
        "model_config": config,
        "site": site(&app.site),
        "api_base_url": "/v1",
        "author_name": app.author_name,
        "created_by": app.created_by,
        "created_at": app.created_at.as_secs(),
        "updated_at": app.updated_at.as_secs(),
        "deleted_tools": [],
        "tags": [],
    })
}

fn site(site: &Site) -> Value {
    json!({
        "access_token": site.code,
        "code": site.code,
        "title": site.title,
        "description": site.description,
        "default_language": site.default_language,
        "chat_color_theme": site.chat_color_theme,
        "chat_color_theme_inverted": site.chat_color_theme_inverted,
        "copyright": site.copyright,
        "privacy_policy": site.privacy_policy,
        "custom_disclaimer": site.custom_disclaimer,
        "input_placeholder": site.input_placeholder,
        "show_workflow_steps": site.show_workflow_steps,
    })
}
