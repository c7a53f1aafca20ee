//! The web page of an app: how it looks, and its code.

use app::{
    Context,
    apps::App,
    site::{self, Change},
};
use axum::{
    Json, Router,
    extract::{Path, State},
    routing::post,
};
use http::HeaderMap;
use serde_json::{Value, json};

use super::{Caller, apps::find};
use crate::{
    Error,
    params::{Fields, base_url},
};

pub(super) fn router() -> Router<Context> {
    Router::new()
        .route("/console/api/apps/{id}/site", post(set))
        .route(
            "/console/api/apps/{id}/site/access-token-reset",
            post(reset),
        )
}

async fn set(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Json<Value>, Error> {
    find(&ctx, &who.tenant_id, &id).await?;
    let flag = |name: &str| match fields.0.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(_) => fields.flag(name, false).map(Some),
    };
    let change = Change {
        title: fields.text("title")?,
        description: fields.text("description")?,
        chat_color_theme: fields.text("chat_color_theme")?,
        chat_color_theme_inverted: flag("chat_color_theme_inverted")?,
        copyright: fields.text("copyright")?,
        privacy_policy: fields.text("privacy_policy")?,
        custom_disclaimer: fields.text("custom_disclaimer")?,
        input_placeholder: fields.text("input_placeholder")?,
        default_language: fields.text("default_language")?,
        show_workflow_steps: flag("show_workflow_steps")?,
        icon_type: fields.text("icon_type")?,
        icon: fields.text("icon")?,
        icon_background: fields.text("icon_background")?,
        use_icon_as_answer_icon: flag("use_icon_as_answer_icon")?,
    };
    let app = site::set(&ctx, &who.tenant_id, &id, &change).await?;
    Ok(Json(shown(&app, &base_url(&headers))))
}

async fn reset(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Json<Value>, Error> {
    find(&ctx, &who.tenant_id, &id).await?;
    let app = site::reset_code(&ctx, &who.tenant_id, &id).await?;
    Ok(Json(shown(&app, &base_url(&headers))))
}

/// The settings of an app's page; `base`: where this installation is reached.
pub(super) fn shown(app: &App, base: &str) -> Value {
    let site = &app.site;
    json!({
        "access_token": site.code,
        "code": site.code,
        "title": site.title.as_ref().unwrap_or(&app.name),
        "description": site.description,
        "default_language": site.default_language.as_deref().unwrap_or("en-US"),
        "chat_color_theme": site.chat_color_theme,
        "chat_color_theme_inverted": site.chat_color_theme_inverted,
        "copyright": site.copyright,
        "privacy_policy": site.privacy_policy,
        "custom_disclaimer": site.custom_disclaimer,
        "input_placeholder": site.input_placeholder,
        "show_workflow_steps": site.show_workflow_steps,
        "icon_type": app.icon_type,
        "icon": app.icon,
        "icon_background": app.icon_background,
        "use_icon_as_answer_icon": app.use_icon_as_answer_icon,
        "app_base_url": base,
    })
}
