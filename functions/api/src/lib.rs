//! The HTTP face of the product: Dify's Service API under `/v1`, the console API under `/console/api`, and an
//! OpenAI-compatible one under `/openai/v1`.
//!
//! This side owns paths, wire types, status codes and framing; `app` owns what happens.
//!
//! Must never: keep state, name a runtime, or decide anything that another front end would have to decide again.
//! Start at [`service`], then `routes/`: one file per resource.

mod consumer;
mod error;
mod extract;
#[cfg(feature = "openapi")]
pub mod openapi;
mod params;
mod routes;
mod sse;

pub use consumer::consumer;
pub use error::Error;
pub use extract::{AppKey, DatasetKey, Json, Query};
pub use sse::sse;

use app::Context;
use axum::Router;
use model::Models;
use ports::Platform;

/// Every route of the product over this platform. Cheap: Workers build it for each request.
pub fn service(platform: Platform, models: Models) -> Router {
    routes::router().with_state(Context::new(platform, models))
}
