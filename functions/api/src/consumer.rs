//! Where jobs of the queue go, by topic.

use std::sync::Arc;

use app::Context;
use async_trait::async_trait;
use model::Models;
use ports::{Consumer, Job, Platform};

/// What a root runs the queue with.
pub fn consumer(platform: Platform, models: Models) -> Arc<dyn Consumer> {
    Arc::new(Topics { ctx: Context::new(platform, models) })
}

struct Topics {
    ctx: Context,
}

#[async_trait]
impl Consumer for Topics {
    async fn consume(&self, job: &Job) -> ports::Result<()> {
        let _ = &self.ctx;
        let message = format!("no handler for the topic `{}`", job.topic);
        Err(ports::Error::new(ports::ErrorKind::Invalid, message))
    }

    async fn give_up(&self, job: &Job, reason: &str) {
        tracing::error!(topic = job.topic, id = job.id, reason, "a job was given up");
    }
}
