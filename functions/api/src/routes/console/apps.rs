//! Apps.

use app::{
    Context,
    account::Identity,
    apps::{self, App, Copied, Filter, Mode, New, Summary},
    site,
    tag::{self, Tags},
};
use axum::{
    Router,
    extract::{Path, State},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Caller, sites, tags};
use crate::{Error, Json, Query, params::base_url};

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
        .route("/console/api/apps/{id}/copy", post(copy))
        .route("/console/api/apps/{id}/icon", post(set_icon))
        .route("/console/api/apps/{id}/description", post(describe))
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
    /// Separated by commas; an app has all of them.
    tag_ids: Option<String>,
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
    let tags = Tags::load(&ctx.tenant(&who.tenant_id), tag::Kind::App).await?;
    let filter = Filter {
        // `all`, and names of groups that the official front end knows, mean every mode.
        mode: query.mode.as_deref().and_then(Mode::parse),
        name: query.name,
        created_by: query.is_created_by_me.then(|| who.account_id.clone()),
        ids: query
            .tag_ids
            .as_deref()
            .filter(|ids| !ids.is_empty())
            .map(|ids| {
                let ids: Vec<String> = ids.split(',').map(|id| id.trim().to_owned()).collect();
                tags.with(&ids)
            }),
    };
    let page = apps::list(&ctx, &who.tenant_id, &filter, query.page, query.limit).await?;
    Ok(axum::Json(json!({
        "page": query.page,
        "limit": query.limit,
        "total": page.total,
        "has_more": query.page * query.limit < page.total,
        "data": page.apps.iter().map(|app| row(app, &tags)).collect::<Vec<_>>(),
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
    headers: HeaderMap,
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
    let detail = show(&ctx, &app, &headers).await?;
    Ok((StatusCode::CREATED, detail).into_response())
}

async fn read(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<axum::Json<Value>, Error> {
    let app = find(&ctx, &who.tenant_id, &id).await?;
    show(&ctx, &app, &headers).await
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
    headers: HeaderMap,
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
    show(&ctx, &app, &headers).await
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
    headers: HeaderMap,
    Json(body): Json<Name>,
) -> Result<axum::Json<Value>, Error> {
    changed(&ctx, &who, &id, &headers, |app| {
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
    headers: HeaderMap,
    Json(body): Json<EnableSite>,
) -> Result<axum::Json<Value>, Error> {
    changed(&ctx, &who, &id, &headers, |app| {
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
    headers: HeaderMap,
    Json(body): Json<EnableApi>,
) -> Result<axum::Json<Value>, Error> {
    changed(&ctx, &who, &id, &headers, |app| {
        app.enable_api = body.enable_api;
    })
    .await
}

/// Changes an app and shows it.
async fn changed(
    ctx: &Context,
    who: &Identity,
    id: &str,
    headers: &HeaderMap,
    change: impl Fn(&mut App),
) -> Result<axum::Json<Value>, Error> {
    let change = |app: &mut App| {
        change(app);
        Ok(())
    };
    let app = apps::change(ctx, &who.tenant_id, id, change).await?;
    if app.enable_site {
        site::open(ctx, &app).await?;
    }
    show(ctx, &app, headers).await
}

#[derive(Deserialize)]
struct Icon {
    icon_type: Option<String>,
    icon: Option<String>,
    icon_background: Option<String>,
}

async fn set_icon(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    Json(body): Json<Icon>,
) -> Result<axum::Json<Value>, Error> {
    changed(&ctx, &who, &id, &headers, |app| {
        if body.icon_type.is_some() {
            app.icon_type.clone_from(&body.icon_type);
        }
        app.icon.clone_from(&body.icon);
        app.icon_background.clone_from(&body.icon_background);
    })
    .await
}

#[derive(Deserialize)]
struct Description {
    description: String,
}

async fn describe(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    Json(body): Json<Description>,
) -> Result<axum::Json<Value>, Error> {
    changed(&ctx, &who, &id, &headers, |app| {
        app.description.clone_from(&body.description);
    })
    .await
}

#[derive(Deserialize)]
struct Copy {
    name: Option<String>,
    description: Option<String>,
    icon_type: Option<String>,
    icon: Option<String>,
    icon_background: Option<String>,
}

async fn copy(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    Json(body): Json<Copy>,
) -> Result<Response, Error> {
    let copied = Copied {
        name: body.name,
        description: body.description,
        icon_type: body.icon_type,
        icon: body.icon,
        icon_background: body.icon_background,
    };
    let app = apps::copy(&ctx, &who, &id, copied).await?;
    let detail = show(&ctx, &app, &headers).await?;
    Ok((StatusCode::CREATED, detail).into_response())
}

/// The app, or the console's word for its absence.
pub(crate) async fn find(ctx: &Context, tenant_id: &str, id: &str) -> Result<App, Error> {
    let app = apps::get(&ctx.tenant(tenant_id), id).await?;
    Ok(app
        .ok_or_else(|| app::Error::not_found("App not found"))?
        .value)
}

fn row(app: &Summary, tags: &Tags) -> Value {
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
        "tags": tags.of(&app.id).into_iter().map(tags::item).collect::<Vec<_>>(),
    })
}

/// An app as the console shows it.
async fn show(ctx: &Context, app: &App, headers: &HeaderMap) -> Result<axum::Json<Value>, Error> {
    let tags = Tags::load(&ctx.tenant(&app.tenant_id), tag::Kind::App).await?;
    Ok(axum::Json(detail(app, &tags, &base_url(headers))))
}

fn detail(app: &App, tags: &Tags, base: &str) -> Value {
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
        "site": sites::shown(app, base),
        "api_base_url": format!("{base}/v1"),
        "author_name": app.author_name,
        "created_by": app.created_by,
        "created_at": app.created_at.as_secs(),
        "updated_at": app.updated_at.as_secs(),
        "deleted_tools": [],
        "tags": tags.of(&app.id).into_iter().map(tags::item).collect::<Vec<_>>(),
    })
}
