//! `/openapi.json` and `/docs`.

use std::sync::LazyLock;

use app::Context;
use axum::{
    Router,
    body::Bytes,
    response::{IntoResponse, Response},
    routing::get,
};
use http::{HeaderName, header};

use super::{PAGE, document};

/// What the page may load: itself and the document, and nothing from anywhere else.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

static DOCUMENT: LazyLock<Bytes> = LazyLock::new(|| document(true).to_string().into());

pub(crate) fn router() -> Router<Context> {
    let file = |name: &'static str| get(async move || page(name));
    Router::new()
        .route("/openapi.json", get(async || json()))
        .route("/docs", file("index.html"))
        .route("/docs/", file("index.html"))
        .route("/docs/docs.js", file("docs.js"))
        .route("/docs/docs.css", file("docs.css"))
}

fn json() -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "public, max-age=300"),
        // So that tools in a browser can read it.
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    ];
    (headers, DOCUMENT.clone()).into_response()
}

fn page(name: &str) -> Response {
    let found = PAGE.iter().find(|(file, _, _)| *file == name);
    let (kind, content) = found.map_or(("", ""), |(_, kind, content)| (kind, content));
    let headers: [(HeaderName, &str); 5] = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "public, max-age=300"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
    ];
    (headers, content).into_response()
}
