//! `/api`: what an app's web page calls, for visitors without a login.
//!
//! A visitor shows the passport of the page, which `/api/passport` gives to everybody who knows the page's code; see
//! [`Visit`]. There are no cookies, and so nothing to forge.

mod asks;
mod keeps;
mod visit;

use app::Context;
use axum::Router;

pub(super) use visit::Visit;

pub(super) fn router() -> Router<Context> {
    Router::new()
        .merge(asks::router())
        .merge(keeps::router())
        .merge(visit::router())
}
