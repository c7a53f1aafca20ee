//! `Timer`: what must happen at a time.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::{Job, Result, Timestamp};

/// Durable alarms. A due alarm becomes a job on the queue, at least once and never early.
#[async_trait]
pub trait Timer: Send + Sync {
    /// Sets or replaces the alarm with this name.
    async fn set(&self, alarm: Alarm) -> Result<()>;

    /// Removes an alarm; nothing happens if it is absent or already fired.
    async fn cancel(&self, name: &str) -> Result<()>;
}

/// One alarm.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alarm {
    /// Unique in the installation.
    pub name: String,
    /// When.
    pub at: Timestamp,
    /// What is put on the queue then.
    pub job: Job,
}
