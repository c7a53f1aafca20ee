//! `Queue`: what must happen after the response.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::{Error, ErrorKind, Result};

/// A durable at-least-once queue. When `send` returns, the jobs survive a crash.
#[async_trait]
pub trait Queue: Send + Sync {
    /// Accepts jobs. Their order is not kept.
    async fn send(&self, jobs: Vec<Job>) -> Result<()>;
}

/// Handles jobs; given to a root, which runs it under a lease.
#[async_trait]
pub trait Consumer: Send + Sync {
    /// Does the work once more or for the first time: must be idempotent by `job.id`. An error whose kind is
    /// retryable brings the job back after a pause that doubles; any other error, or the last attempt, ends it and
    /// is told by [`Consumer::give_up`].
    async fn consume(&self, job: &Job) -> Result<()>;

    /// The job will not come back: leave the reason where a user sees it.
    async fn give_up(&self, job: &Job, reason: &str);

    /// Whether a job may wait for others for minutes, and needs little meanwhile: whoever works on several goes on with them.
    fn waits(&self, _job: &Job) -> bool {
        false
    }
}

/// One piece of work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// Identifies the work, not the delivery: a second `send` with the same id may be dropped while the first waits.
    pub id: String,
    /// What kind of work, such as `document`.
    pub topic: String,
    /// Its argument; at most [`Job::MAX_BODY`] bytes.
    pub body: Bytes,
    /// Not before this much time has passed.
    pub delay: Duration,
    /// How often it was delivered before this time; filled by the adapter.
    pub attempt: u32,
}

impl Job {
    /// Attempts after which a job is given up.
    pub const MAX_ATTEMPTS: u32 = 6;

    /// Largest body in bytes: the smallest of the runtimes' limits.
    pub const MAX_BODY: usize = 96 << 10;

    /// A job to do at once.
    pub fn new(id: impl Into<String>, topic: impl Into<String>, body: impl Into<Bytes>) -> Self {
        Self {
            id: id.into(),
            topic: topic.into(),
            body: body.into(),
            delay: Duration::ZERO,
            attempt: 0,
        }
    }

    /// Waits first.
    pub fn delayed(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Fails with [`ErrorKind::TooLarge`] for what no adapter may accept.
    pub fn check(&self) -> Result<()> {
        if self.body.len() > Self::MAX_BODY {
            let message = format!("the job `{}` is over {} bytes", self.id, Self::MAX_BODY);
            return Err(Error::new(ErrorKind::TooLarge, message));
        }
        Ok(())
    }

    /// The pause after delivery number `attempt`, counted from 0, has failed: 1 s doubling to 60 s.
    pub fn backoff(attempt: u32) -> Duration {
        Duration::from_secs(1u64.checked_shl(attempt.min(6)).unwrap_or(60).min(60))
    }
}
