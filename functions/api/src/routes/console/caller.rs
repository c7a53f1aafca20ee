//! Who calls the console API: the bearer of the admin token or of a session's token, or a browser with its cookies.

use app::{
    Context, Kind,
    account::{self, Identity},
};
use axum::extract::{FromRef, FromRequestParts};
use http::{HeaderMap, Method, header, request::Parts};

use super::access;
use crate::Error;

/// Whoever calls: a member of the workspace whose role is enough for what it asks.
pub(crate) struct Caller(pub(crate) Identity);

impl<S: Send + Sync> FromRequestParts<S> for Caller
where
    Context: FromRef<S>,
{
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        let ctx = Context::from_ref(state);
        let who = identify(&ctx, parts).await?;
        access::check(&parts.method, parts.uri.path(), who.role)?;
        Ok(Self(who))
    }
}

async fn identify(ctx: &Context, parts: &Parts) -> Result<Identity, Error> {
    if parts.headers.contains_key(header::AUTHORIZATION) {
        let token = crate::extract::bearer(&parts.headers)?;
        if let Some(owner) = account::admin(ctx, token).await? {
            return Ok(owner);
        }
        // A browser sends no such header by itself: nobody else can forge this request.
        let known = account::resolve(ctx, token).await?.ok_or_else(refused)?;
        return member(ctx, known.identity).await;
    }
    let token = cookie(&parts.headers, "access_token").ok_or_else(refused)?;
    let known = account::resolve(ctx, token).await?.ok_or_else(refused)?;
    let harmless = [Method::GET, Method::HEAD, Method::OPTIONS].contains(&parts.method);
    let csrf = parts.headers.get("x-csrf-token");
    let csrf = csrf
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    if !harmless && !known.is_csrf(csrf) {
        let message = "CSRF token is missing or invalid.";
        return Err(app::Error::new(Kind::Unauthorized, message).into());
    }
    member(ctx, known.identity).await
}

/// What a session may do is what its member may do now, not what it might when the session began.
async fn member(ctx: &Context, who: Identity) -> Result<Identity, Error> {
    let role = account::role(ctx, &who.account_id, &who.tenant_id).await?;
    let role = role.ok_or_else(refused)?;
    Ok(Identity { role, ..who })
}

fn refused() -> Error {
    app::Error::new(Kind::Unauthorized, "Invalid or expired token.").into()
}

/// A cookie of ours, with the prefix that it has on https or without.
pub(super) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let cookies = headers.get_all(header::COOKIE).iter();
    let cookies = cookies.filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|value| value.split(';'));
    pairs.find_map(|pair| {
        let (key, value) = pair.trim().split_once('=')?;
        (key.strip_prefix("__Host-").unwrap_or(key) == name).then_some(value)
    })
}
