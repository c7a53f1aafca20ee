//! Edgewise as a Cloudflare Worker: the ports over its bindings, and its entry points.
//!
//! This side owns the adapters, the JavaScript handles behind them, and `shim.mjs`, which the runtime loads.
//! `api` owns what is answered. Cloudflare owns scaling, durability and time limits.
//!
//! | port | here | declared in wrangler.toml |
//! | --- | --- | --- |
//! | `Kv`, `Timer` | one Durable Object with SQLite for each partition, one for each alarm | `PARTITION` |
//! | `Cache` | Workers KV | `CACHE` |
//! | `Blob` | R2 | `BLOB` |
//! | `Queue` | Cloudflare Queues | `QUEUE` |
//! | `Code` | a WebAssembly module for each language, `code/` | |
//! | `Fetch`, `Clock`, `Entropy`, `Spawn`, `Secrets` | the isolate's own | |
//!
//! Must never: keep a handle of one request for another (see [`platform`]), hold user data in a static, or use
//! `SendWrapper` outside of this crate. Start at [`fetch`] and [`platform`], then `partition/`.

mod blob;
mod cache;
mod code;
#[cfg(feature = "contract")]
mod contract;
mod embedder;
mod fetch;
mod gate;
mod host;
mod js;
mod kv;
mod models;
mod partition;
mod platform;
mod queue;
mod wire;

use axum::{Router, body::Body};
use ports::Platform;
use tower_service::Service;
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};
use worker::{Context, Env, HttpRequest, event, worker_sys};

/// Answers a request.
#[event(fetch)]
async fn fetch(
    request: HttpRequest,
    env: Env,
    context: Context,
) -> worker::Result<http::Response<Body>> {
    let platform = platform::platform(&env, context).map_err(|error| error.to_string())?;
    match router(&env, platform).call(request).await {
        Ok(response) => Ok(response),
        Err(never) => match never {},
    }
}

fn router(env: &Env, platform: Platform) -> Router {
    let models = models::models(env, &platform);
    #[cfg(feature = "contract")]
    {
        let tests = contract::router(platform.clone(), models.clone());
        tests.merge(api::service(platform, models))
    }
    #[cfg(not(feature = "contract"))]
    api::service(platform, models)
}

/// Does the work that waits in the queue.
#[wasm_bindgen]
pub async fn queue(
    batch: queue::Batch,
    env: Env,
    context: worker_sys::Context,
) -> Result<(), JsValue> {
    let failed = |error: ports::Error| JsValue::from_str(&error.to_string());
    let platform = platform::platform(&env, Context::new(context)).map_err(failed)?;
    let queue = platform.queue.clone();
    let consumer = api::consumer(platform.clone(), models::models(&env, &platform));
    #[cfg(feature = "contract")]
    let consumer = contract::consumer(platform, consumer);
    queue::consume(&batch, &*queue, &*consumer).await;
    Ok(())
}
