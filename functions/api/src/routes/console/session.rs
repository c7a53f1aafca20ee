//! Setting up, logging in and out.

use app::{
    Context, Kind,
    account::{self, ACCESS_TIME, REFRESH_TIME, Status, Tokens},
};
use axum::{
    Router,
    extract::State,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Caller, caller::cookie};
use crate::{
    Error, Json,
    extract::bearer,
    routes::{iso, success},
};

pub(super) fn router() -> Router<Context> {
    Router::new()
        .route("/console/api/setup", get(setup_status).post(setup))
        .route("/console/api/system-features", get(features))
        .route("/console/api/login", post(login))
        .route("/console/api/logout", post(logout))
        .route("/console/api/logout-everywhere", post(logout_everywhere))
        .route("/console/api/refresh-token", post(refresh))
}

async fn setup_status(State(ctx): State<Context>) -> Result<axum::Json<Value>, Error> {
    Ok(axum::Json(match account::status(&ctx).await? {
        Status::NotStarted => json!({ "step": "not_started", "setup_at": null }),
        Status::Finished(at) => json!({ "step": "finished", "setup_at": iso(at) }),
    }))
}

#[derive(Deserialize)]
struct Setup {
    email: String,
    name: String,
    password: String,
    language: Option<String>,
    /// The secret of an edge deployment; the header `X-Setup-Token` does as well.
    setup_token: Option<String>,
}

async fn setup(
    State(ctx): State<Context>,
    headers: HeaderMap,
    Json(body): Json<Setup>,
) -> Result<Response, Error> {
    let trusted = match bearer(&headers) {
        Ok(token) => account::admin(&ctx, token).await?.is_some(),
        Err(_) => false,
    };
    let header = headers
        .get("x-setup-token")
        .and_then(|value| value.to_str().ok());
    let entry = account::Entry {
        email: body.email,
        name: body.name,
        password: body.password,
        language: body.language,
        token: body.setup_token.or_else(|| header.map(str::to_owned)),
        trusted,
    };
    account::setup(&ctx, entry).await?;
    Ok((StatusCode::CREATED, success()).into_response())
}

#[derive(Deserialize)]
struct Login {
    email: String,
    password: String,
}

async fn login(
    State(ctx): State<Context>,
    uri: Uri,
    headers: HeaderMap,
    Json(body): Json<Login>,
) -> Result<Response, Error> {
    let tokens = account::login(&ctx, &body.email, &body.password).await?;
    Ok((cookies(&tokens, is_https(&uri, &headers)), success()).into_response())
}

async fn refresh(
    State(ctx): State<Context>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let token = cookie(&headers, "refresh_token").ok_or_else(|| {
        let message = "Invalid or expired refresh token.";
        app::Error::new(Kind::Unauthorized, message)
    })?;
    let tokens = account::refresh(&ctx, token).await?;
    Ok((cookies(&tokens, is_https(&uri, &headers)), success()).into_response())
}

async fn logout(
    State(ctx): State<Context>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let tokens = [
        bearer(&headers).ok(),
        cookie(&headers, "access_token"),
        cookie(&headers, "refresh_token"),
    ];
    for token in tokens.into_iter().flatten() {
        account::logout(&ctx, token).await?;
    }
    Ok(gone(&uri, &headers))
}

async fn logout_everywhere(
    State(ctx): State<Context>,
    Caller(who): Caller,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Error> {
    account::end_all(&ctx, &who.account_id).await?;
    Ok(gone(&uri, &headers))
}

/// Takes the cookies back.
fn gone(uri: &Uri, headers: &HeaderMap) -> Response {
    let nothing = Tokens {
        access: String::new(),
        refresh: String::new(),
        csrf: String::new(),
    };
    (cookies(&nothing, is_https(uri, headers)), success()).into_response()
}

/// What a page may ask before anybody is logged in.
async fn features() -> axum::Json<Value> {
    axum::Json(json!({
        "sso_enforced_for_signin": false,
        "sso_enforced_for_signin_protocol": "",
        "enable_marketplace": false,
        "max_plugin_package_size": 0,
        "enable_email_code_login": false,
        "enable_email_password_login": true,
        "enable_social_oauth_login": false,
        "enable_collaboration_mode": false,
        "is_allow_register": false,
        "is_allow_create_workspace": false,
        "is_email_setup": false,
        "license": { "status": "none", "expired_at": "", "workspaces": { "enabled": false, "size": 0, "limit": 0 } },
        "branding": { "enabled": false, "application_title": "", "login_page_logo": "", "workspace_logo": "", "favicon": "" },
        "webapp_auth": {
            "enabled": false,
            "allow_sso": false,
            "sso_config": { "protocol": "" },
            "allow_email_code_login": false,
            "allow_email_password_login": false,
        },
        "plugin_installation_permission": { "plugin_installation_scope": "none", "restrict_to_marketplace_only": false },
        "enable_change_email": false,
    }))
}

/// Tokens as cookies; empty ones end them. Only the one against forged requests may be read by pages.
pub(super) fn cookies(tokens: &Tokens, https: bool) -> HeaderMap {
    let (prefix, secure) = if https {
        ("__Host-", "; Secure")
    } else {
        ("", "")
    };
    let mut headers = HeaderMap::new();
    for (name, value, time, hidden) in [
        ("access_token", &tokens.access, ACCESS_TIME, "; HttpOnly"),
        ("refresh_token", &tokens.refresh, REFRESH_TIME, "; HttpOnly"),
        ("csrf_token", &tokens.csrf, REFRESH_TIME, ""),
    ] {
        let age = if value.is_empty() { 0 } else { time.as_secs() };
        let cookie =
            format!("{prefix}{name}={value}; Path=/; Max-Age={age}; SameSite=Lax{hidden}{secure}");
        if let Ok(cookie) = HeaderValue::from_str(&cookie) {
            headers.append(header::SET_COOKIE, cookie);
        }
    }
    headers
}

/// Whether the browser reached us by https, perhaps through a proxy that says so.
pub(super) fn is_https(uri: &Uri, headers: &HeaderMap) -> bool {
    let proxy = headers
        .get("x-forwarded-proto")
        .and_then(|value| value.to_str().ok());
    match proxy.and_then(|value| value.split(',').next()) {
        Some(scheme) => scheme.trim().eq_ignore_ascii_case("https"),
        None => uri.scheme_str() == Some("https"),
    }
}
