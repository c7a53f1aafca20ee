//! The contract suite inside the host, and probes of what only this host can show. Compiled into test builds only.

mod probes;

use std::sync::Arc;

use axum::{Json, Router, extract::Query, routing::post};
use contract::{Harness, Recorder, Report};
use ports::{Consumer, Job, Platform, Result};
use serde::Deserialize;

#[derive(Deserialize)]
struct Parameters {
    #[serde(default)]
    filter: String,
    #[serde(default)]
    peer: String,
}

/// `POST /__test/contract?filter=kv/&peer=http://...`
pub fn routes(platform: Platform) -> Router {
    let suite = platform.clone();
    let run = |Query(Parameters { filter, peer }): Query<Parameters>| async move {
        let harness = Harness {
            platform: suite,
            peer,
        };
        let report: Report = contract::run(harness, &filter).await;
        Json(report)
    };
    probes::routes()
        .with_state(platform)
        .route("/__test/contract", post(run))
}

/// Gives the suite's own jobs to its recorder, and the others to the product.
pub struct Consumers {
    /// Of the suite.
    pub recorder: Recorder,
    /// Of the product.
    pub product: Arc<dyn Consumer>,
}

#[async_trait::async_trait]
impl Consumer for Consumers {
    async fn consume(&self, job: &Job) -> Result<()> {
        if Recorder::wants(job) {
            self.recorder.consume(job).await
        } else {
            self.product.consume(job).await
        }
    }

    fn waits(&self, job: &Job) -> bool {
        self.product.waits(job)
    }

    async fn give_up(&self, job: &Job, reason: &str) {
        if Recorder::wants(job) {
            self.recorder.give_up(job, reason).await;
        } else {
            self.product.give_up(job, reason).await;
        }
    }
}
