//! What a handler takes from a request: bodies and queries with the public API's errors, and who calls.

use app::{
    Context, Kind,
    apps::App,
    key::{self, Access},
};
use axum::{
    body::Bytes,
    extract::{FromRef, FromRequest, FromRequestParts, Request},
};
use http::{HeaderMap, header, request::Parts};
use serde::de::DeserializeOwned;

use crate::Error;

/// A JSON body. Unknown fields are ignored; a wrong field is named.
pub struct Json<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self, Error> {
        let bytes = Bytes::from_request(request, state)
            .await
            .map_err(|rejection| {
                let kind = match rejection.status() {
                    http::StatusCode::PAYLOAD_TOO_LARGE => Kind::FileTooLarge,
                    _ => Kind::BadRequest,
                };
                app::Error::new(kind, rejection.body_text())
            })?;
        parse(&bytes).map(Self)
    }
}

/// Reads JSON in two steps, so that text that is no JSON and a field that is wrong are told apart.
pub(crate) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Error> {
    let invalid = "Invalid JSON payload received or JSON payload is empty.";
    let value: serde_json::Value =
        serde_json::from_slice(bytes).map_err(|_| app::Error::new(Kind::BadRequest, invalid))?;
    serde_json::from_value(value)
        .map_err(|error| app::Error::new(Kind::InvalidParam, error.to_string()).into())
}

/// The query of the URL; a wrong parameter is named.
pub struct Query<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
        axum::extract::Query::try_from_uri(&parts.uri)
            .map(|query| Self(query.0))
            .map_err(|rejection| app::Error::new(Kind::InvalidParam, rejection.body_text()).into())
    }
}

/// The app whose key is presented, checked in the documented order.
pub struct AppKey(pub App);

impl<S: Send + Sync> FromRequestParts<S> for AppKey
where
    Context: FromRef<S>,
{
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        let ctx = Context::from_ref(state);
        let grant = key::resolve(&ctx, bearer(&parts.headers)?).await?;
        let Some(key::Grant {
            tenant_id,
            access: Access::App { app_id },
        }) = grant
        else {
            return Err(invalid_token());
        };
        let app = app::apps::get(&ctx.tenant(&tenant_id), &app_id).await?;
        let forbidden = |message: &str| Error(app::Error::new(Kind::Forbidden, message));
        let app = app
            .ok_or_else(|| forbidden("The app no longer exists."))?
            .value;
        if !app.enable_api {
            return Err(forbidden("The app's API service has been disabled."));
        }
        Ok(Self(app))
    }
}

/// The workspace whose dataset key is presented. It acts as the workspace's owner.
pub struct DatasetKey {
    /// The workspace.
    pub tenant_id: String,
}

impl<S: Send + Sync> FromRequestParts<S> for DatasetKey
where
    Context: FromRef<S>,
{
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        let ctx = Context::from_ref(state);
        match key::resolve(&ctx, bearer(&parts.headers)?).await? {
            Some(key::Grant {
                tenant_id,
                access: Access::Dataset,
            }) => Ok(Self { tenant_id }),
            _ => Err(invalid_token()),
        }
    }
}

fn invalid_token() -> Error {
    app::Error::new(Kind::Unauthorized, "Access token is invalid").into()
}

/// The token of `Authorization: Bearer …`.
pub(crate) fn bearer(headers: &HeaderMap) -> Result<&str, Error> {
    let unauthorized = |message: &str| Error(app::Error::new(Kind::Unauthorized, message));
    let value = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let Some((scheme, token)) = value.trim().split_once(' ') else {
        return Err(unauthorized(
            "Authorization header must be provided and start with 'Bearer'",
        ));
    };
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(unauthorized("Authorization scheme must be 'Bearer'"));
    }
    Ok(token.trim())
}
