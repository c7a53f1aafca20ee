//! The product that this component serves.

use std::sync::Arc;

use axum::Router;
use model::Models;
use ports::{Consumer, Platform};

use crate::embedder;

/// Its routes, and what its queue is worked on with.
pub fn product(platform: &Platform) -> (Router, Arc<dyn Consumer>) {
    let models = models(platform);
    let router = api::service(platform.clone(), models.clone());
    (router, api::consumer(platform.clone(), models))
}

/// Remote models by their dialects, and the embedder that is baked into the component. A chat model that runs here
/// would hold an instance for minutes: those are remote.
fn models(platform: &Platform) -> Models {
    Models {
        embedders: embedder::baked().into_iter().collect(),
        dialects: gateway::dialects(
            platform.fetch.clone(),
            platform.clock.clone(),
            platform.entropy.clone(),
        ),
        known: catalog::known().into(),
        ..Models::default()
    }
}
