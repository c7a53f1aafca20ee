//! The product that this component serves.

use std::sync::Arc;

use axum::{Router, routing::get};
use ports::{Consumer, Error, ErrorKind, Job, Platform, Result};

/// Its routes, and what its queue is worked on with.
pub fn product(_platform: &Platform) -> (Router, Arc<dyn Consumer>) {
    let router = Router::new().route("/healthz", get(|| async { "ok" }));
    (router, Arc::new(Nobody))
}

struct Nobody;

#[async_trait::async_trait]
impl Consumer for Nobody {
    async fn consume(&self, _job: &Job) -> Result<()> {
        Err(Error::new(ErrorKind::Invalid, "no consumer"))
    }

    async fn give_up(&self, job: &Job, reason: &str) {
        eprintln!("{}: {reason}", job.id);
    }
}
