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
#[cfg(feature = "site")]
pub mod site;
mod sse;

pub use consumer::consumer;
pub use error::Error;
pub use extract::{AppKey, DatasetKey, Json, Query};
pub use sse::sse;

use app::Context;
use axum::Router;
use model::Models;
use ports::Platform;

/// Topics of jobs that look after what a process does beside its queue: a process that starts anew, and alone has the store, need
/// not wait for their time.
#[cfg(feature = "workflows")]
pub const WATCHES: [&str; 1] = [app::workflow::TOPIC];

/// What a root says of the local models of its installation.
#[cfg(feature = "shelf")]
pub mod shelf {
    pub use app::{
        Error,
        shelf::{Download, Local, Shelf, State},
    };
}

/// The service with the local models of its installation, to be listed and downloaded in the console.
#[cfg(feature = "shelf")]
pub fn with_shelf(service: Router, shelf: std::sync::Arc<dyn shelf::Shelf>) -> Router {
    service.layer(axum::Extension(shelf))
}

/// Every route of the product over this platform. Cheap: Workers build it for each request.
pub fn service(platform: Platform, models: Models) -> Router {
    routes::router().with_state(Context::new(platform, models))
}
