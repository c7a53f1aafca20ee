//! Every route, one file per resource. Each file has a `router()`; this one merges them.

mod health;

use app::Context;
use axum::Router;
use http::{Method, Uri};

use crate::Error;

pub(crate) fn router() -> Router<Context> {
    Router::new().merge(health::router()).fallback(not_found)
}

async fn not_found(method: Method, uri: Uri) -> Error {
    app::Error::not_found(format!("No route answers {method} {}.", uri.path())).into()
}
