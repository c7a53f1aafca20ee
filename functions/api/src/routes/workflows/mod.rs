//! Workflows: running them under `/v1`, drafting and publishing them under `/console/api`.
//!
//! Without the feature `workflows` the engine is left out, and every route here says so.

#[cfg(not(feature = "workflows"))]
mod absent;
#[cfg(feature = "workflows")]
mod drafts;
#[cfg(feature = "workflows")]
mod flow_tools;
#[cfg(feature = "workflows")]
mod forms;
#[cfg(feature = "workflows")]
mod history;
#[cfg(feature = "workflows")]
mod logs;
#[cfg(feature = "workflows")]
mod mcp_tools;
#[cfg(feature = "workflows")]
mod runs;
#[cfg(feature = "workflows")]
mod tools;
#[cfg(feature = "workflows")]
mod trials;
#[cfg(feature = "workflows")]
mod triggers;
#[cfg(feature = "workflows")]
mod variables;
#[cfg(feature = "workflows")]
mod web;
#[cfg(feature = "workflows")]
mod wire;

use app::Context;
use axum::Router;

#[cfg(feature = "workflows")]
pub(super) use runs::chat;

#[cfg(feature = "workflows")]
pub(super) fn router() -> Router<Context> {
    Router::new()
        .merge(drafts::router())
        .merge(forms::router())
        .merge(history::router())
        .merge(logs::router())
        .merge(mcp_tools::router())
        .merge(runs::router())
        .merge(flow_tools::router())
        .merge(tools::router())
        .merge(trials::router())
        .merge(triggers::router())
        .merge(variables::router())
        .merge(web::router())
}

#[cfg(not(feature = "workflows"))]
pub(super) fn router() -> Router<Context> {
    absent::router()
}
