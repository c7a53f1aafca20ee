//! Edgewise as a Spin component: the ports over Spin's interfaces, and the entry point.
//!
//! This side owns the adapters; what they must do is in `ports`, and `tests/contract` holds them to it inside a host.
//! State lives in Spin SQLite: [`schema`] says how everything that must be atomic is one statement. Instances are
//! used for many requests and several at once, so statics hold handles and tables, never anything of a user.
//!
//! Must never: know a route of the product, or decide anything that another runtime would have to decide again.
//! Start at [`service::answer`], then [`kv`].

mod blob;
mod cache;
mod code;
#[cfg(feature = "contract")]
mod contract;
mod drain;
mod embedder;
mod fetch;
mod kv;
mod platform;
mod product;
mod queue;
mod schema;
mod service;
mod site;
mod sql;
mod system;
mod task;

use axum::body::Body;
use spin_sdk::http::{IntoResponse, Request};

#[spin_sdk::http_service]
async fn handle(request: Request) -> impl IntoResponse {
    task::tracked(service::answer(request.map(Body::new))).await
}
