//! Remote models: chat, embedding and reranking services reached over HTTP, behind the traits of `model`.
//!
//! This side owns how a service is spoken to: its wire format, its errors, time limits and repeated attempts. The
//! caller owns which service and key are meant (`model::Endpoint`) and what is known of the model.
//!
//! Must never: store a key, know an app or a tenant, put a key into a message, repeat a call after something of its
//! answer was passed on.
//!
//! Start at [`dialects`]; then `providers/openai/chat.rs`, the one call that everything else serves.

mod client;
mod error;
mod providers;
mod sse;

use std::{collections::BTreeMap, sync::Arc};

use model::Dialect;
use ports::{Clock, Entropy, Fetch};

pub use client::Limits;

/// Every dialect by its name: the table a root puts into `Models::dialects`.
pub fn dialects(
    fetch: Arc<dyn Fetch>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
) -> BTreeMap<&'static str, Arc<dyn Dialect>> {
    dialects_with(fetch, clock, entropy, Limits::default())
}

/// The same with other time limits.
pub fn dialects_with(
    fetch: Arc<dyn Fetch>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    limits: Limits,
) -> BTreeMap<&'static str, Arc<dyn Dialect>> {
    let client = client::Client::new(fetch, clock, entropy, limits);
    BTreeMap::from([(
        providers::openai::NAME,
        Arc::new(providers::openai::OpenAi::new(client)) as Arc<dyn Dialect>,
    )])
}
