//! Where jobs of the queue go, by topic.

use std::sync::Arc;

use app::{Context, Kind, annotation, apps, backup, chat, conversation, document, log};
use async_trait::async_trait;
use model::Models;
use ports::{Consumer, Job, Platform};

/// What a root runs the queue with.
pub fn consumer(platform: Platform, models: Models) -> Arc<dyn Consumer> {
    Arc::new(Topics {
        ctx: Context::new(platform, models),
    })
}

struct Topics {
    ctx: Context,
}

#[async_trait]
impl Consumer for Topics {
    async fn consume(&self, job: &Job) -> ports::Result<()> {
        let outcome = match job.topic.as_str() {
            apps::TOPIC => apps::consume(&self.ctx, job).await,
            annotation::TOPIC => annotation::consume(&self.ctx, job).await,
            backup::TOPIC => backup::consume(&self.ctx, job).await,
            conversation::TOPIC => conversation::consume(&self.ctx, job).await,
            log::TOPIC => log::consume(&self.ctx, job).await,
            chat::SUMMARY_TOPIC => chat::summarize(&self.ctx, job).await,
            #[cfg(feature = "workflows")]
            app::workflow::TOPIC => app::workflow::consume(&self.ctx, job).await,
            #[cfg(feature = "workflows")]
            app::mail::TOPIC => app::mail::consume(&self.ctx, job).await,
            #[cfg(feature = "workflows")]
            app::trigger::TOPIC => app::trigger::consume(&self.ctx, job).await,
            document::TOPIC => return document::consume(&self.ctx, job).await,
            topic => {
                let message = format!("no handler for the topic `{topic}`");
                return Err(ports::Error::new(ports::ErrorKind::Invalid, message));
            }
        };
        outcome.map_err(for_queue)
    }

    #[cfg(feature = "workflows")]
    fn waits(&self, job: &Job) -> bool {
        job.topic == app::workflow::TOPIC
    }

    async fn give_up(&self, job: &Job, reason: &str) {
        match job.topic.as_str() {
            annotation::TOPIC => annotation::give_up(&self.ctx, job, reason).await,
            backup::TOPIC => backup::give_up(&self.ctx, job, reason).await,
            document::TOPIC => document::give_up(&self.ctx, job, reason).await,
            _ => tracing::error!(topic = job.topic, id = job.id, reason, "a job was given up"),
        }
    }
}

/// What the queue decides by: whether the job comes back.
fn for_queue(error: app::Error) -> ports::Error {
    let kind = match error.kind() {
        Kind::Unavailable => ports::ErrorKind::Unavailable,
        Kind::Conflict => ports::ErrorKind::Conflict,
        _ => ports::ErrorKind::Internal,
    };
    ports::Error::new(kind, error.message().to_owned())
}
