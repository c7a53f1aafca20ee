//! Who a visitor is, and what the page of an app says of itself.

use app::{
    Context, Kind,
    site::{self, Visitor},
};
use axum::{
    Json, Router,
    extract::{FromRef, FromRequestParts, State},
    routing::get,
};
use http::{HeaderMap, header, request::Parts};
use serde_json::{Value, json};

use crate::{Error, extract::bearer, params::Params, routes::info};

pub(super) fn router() -> Router<Context> {
    Router::new()
        .route("/api/passport", get(passport))
        .route("/api/login/status", get(status))
        .route("/api/webapp/access-mode", get(access_mode))
        .route("/api/site", get(page))
        .route("/api/parameters", get(parameters))
        .route("/api/meta", get(meta))
}

/// A visitor whose passport holds, on a page that is switched on.
pub(in crate::routes) struct Visit(pub(in crate::routes) Visitor);

impl<S: Send + Sync> FromRequestParts<S> for Visit
where
    Context: FromRef<S>,
{
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        let ctx = Context::from_ref(state);
        let token = match text(&parts.headers, "x-app-passport") {
            Some(token) => token,
            None => bearer(&parts.headers)?,
        };
        let code = text(&parts.headers, "x-app-code");
        Ok(Self(site::visit(&ctx, code, token).await?))
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let value = headers.get(name)?.to_str().ok()?.trim();
    (!value.is_empty()).then_some(value)
}

async fn passport(
    State(ctx): State<Context>,
    headers: HeaderMap,
    params: Params,
) -> Result<Json<Value>, Error> {
    let missing = || app::Error::new(Kind::Unauthorized, "X-App-Code header is missing.");
    let code = text(&headers, "x-app-code").ok_or_else(missing)?;
    let old = match headers.contains_key(header::AUTHORIZATION) {
        true => bearer(&headers).ok(),
        false => text(&headers, "x-app-passport"),
    };
    let token = site::passport(&ctx, code, params.text("user_id"), old).await?;
    Ok(Json(json!({ "access_token": token })))
}

/// Whether the passport that is shown holds.
async fn status(visit: Result<Visit, Error>) -> Json<Value> {
    Json(json!({ "logged_in": visit.is_ok(), "app_logged_in": visit.is_ok() }))
}

/// Everybody who knows the code may look.
async fn access_mode() -> Json<Value> {
    Json(json!({ "accessMode": "public" }))
}

async fn page(Visit(visitor): Visit) -> Json<Value> {
    let app = &visitor.app;
    let mut site = info::page(app);
    if let Some(fields) = site.as_object_mut() {
        fields.insert("code".to_owned(), app.site.code.as_str().into());
        fields.insert("prompt_public".to_owned(), false.into());
    }
    Json(json!({
        "app_id": app.id,
        "end_user_id": visitor.user.id,
        "enable_site": app.enable_site,
        "site": site,
        "mode": app.mode.as_str(),
        "model_config": null,
        "plan": "basic",
        "can_replace_logo": false,
        "custom_config": null,
    }))
}

async fn parameters(Visit(visitor): Visit) -> Result<Json<Value>, Error> {
    Ok(Json(info::of(&visitor.app)?))
}

async fn meta(Visit(_): Visit) -> Json<Value> {
    Json(json!({ "tool_icons": {} }))
}
