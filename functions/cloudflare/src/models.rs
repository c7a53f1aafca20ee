//! The models of a Worker: remote ones by their dialects, and the local embedder.

use std::sync::Arc;

use model::Models;
use ports::Platform;
use worker::Env;

use crate::embedder::LazyEmbedder;

/// The table for one request.
pub(crate) fn models(env: &Env, platform: &Platform) -> Models {
    let Platform {
        fetch,
        clock,
        entropy,
        ..
    } = platform.clone();
    Models {
        embedders: vec![Arc::new(LazyEmbedder::new(env))],
        dialects: gateway::dialects(fetch, clock, entropy),
        known: catalog::known().into(),
        ..Models::default()
    }
}
