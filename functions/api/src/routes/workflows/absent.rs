//! A runtime without the engine.

use app::{Context, Kind, apps::Mode};
use axum::{Router, routing::any};

use crate::{AppKey, Error, routes::console::Caller};

pub(super) fn router() -> Router<Context> {
    Router::new()
        .route("/v1/workflows/{*rest}", any(refuse_caller))
        .route("/v1/workflow/{*rest}", any(refuse_caller))
        .route("/console/api/apps/{id}/workflows", any(refuse_member))
        .route(
            "/console/api/apps/{id}/workflows/{*rest}",
            any(refuse_member),
        )
}

/// A caller on the wrong route hears that first, as on native.
async fn refuse_caller(AppKey(app): AppKey) -> Error {
    match app.mode {
        Mode::Workflow | Mode::AdvancedChat => refuse().await,
        _ => {
            let message = "Please check if your app mode matches the right API route.";
            app::Error::new(Kind::NotWorkflowApp, message).into()
        }
    }
}

async fn refuse_member(_: Caller) -> Error {
    refuse().await
}

async fn refuse() -> Error {
    let message = "This build leaves workflows out.";
    app::Error::new(Kind::AppUnavailable, message).into()
}
