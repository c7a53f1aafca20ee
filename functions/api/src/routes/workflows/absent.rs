//! A runtime without the engine.

use app::{Context, Kind};
use axum::{Router, routing::any};

use crate::{Error, routes::console::Caller};

pub(super) fn router() -> Router<Context> {
    Router::new()
        .route("/v1/workflows/{*rest}", any(refuse))
        .route("/v1/workflow/{*rest}", any(refuse))
        .route("/console/api/apps/{id}/workflows", any(refuse_member))
        .route(
            "/console/api/apps/{id}/workflows/{*rest}",
            any(refuse_member),
        )
}

async fn refuse_member(_: Caller) -> Error {
    refuse().await
}

async fn refuse() -> Error {
    let message = "Workflows do not run on this runtime: its module has no room for the engine. The native binary runs \
                   them.";
    app::Error::new(Kind::AppUnavailable, message).into()
}
