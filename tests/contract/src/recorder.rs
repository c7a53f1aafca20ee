//! The consumer that the queue and timer cases watch.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use ports::{Commit, Consumer, Error, ErrorKind, Job, Platform, Range, Result, Timestamp};
use serde::{Deserialize, Serialize};

/// Writes down in `Kv` what it was given. What it answers depends on the topic:
///
/// - `contract/ok`: success;
/// - `contract/twice`: `Unavailable` on the first two deliveries;
/// - `contract/never`: `Unavailable` always;
/// - `contract/refuse`: `Invalid`.
pub struct Recorder {
    platform: Platform,
}

/// Where the notes lie.
const PARTITION: &str = "contract/recorder";

/// One delivery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// When.
    pub at: Timestamp,
    /// The job's count.
    pub attempt: u32,
    /// The job's body.
    pub body: Vec<u8>,
    /// Set when it was given up.
    pub reason: Option<String>,
}

impl Recorder {
    /// Notes what this platform's queue delivers.
    pub fn new(platform: Platform) -> Self {
        Self { platform }
    }

    /// Whether a job is for this consumer.
    pub fn wants(job: &Job) -> bool {
        job.topic.starts_with("contract/")
    }

    async fn note(&self, job: &Job, reason: Option<&str>) -> Result<()> {
        let at = self.platform.clock.now();
        let note = Delivery {
            at,
            attempt: job.attempt,
            body: job.body.to_vec(),
            reason: reason.map(str::to_owned),
        };
        let value = serde_json::to_vec(&note).map_err(|error| {
            Error::new(ErrorKind::Internal, "a note is always JSON").with_source(error)
        })?;
        // The token keeps apart two deliveries of one attempt; the clock of a fake gives both the same time.
        let token = ports::token(&*self.platform.entropy, 8);
        let key = format!("{}/{:016x}/{token}", job.id, at.0);
        let commit =
            Commit::new().put_until(key, Bytes::from(value), at + Duration::from_secs(3600));
        self.platform.kv.commit(PARTITION, commit).await?;
        Ok(())
    }
}

#[async_trait]
impl Consumer for Recorder {
    async fn consume(&self, job: &Job) -> Result<()> {
        self.note(job, None).await?;
        let fail = |kind| Err(Error::new(kind, "as the topic says"));
        match job.topic.as_str() {
            "contract/twice" if job.attempt < 2 => fail(ErrorKind::Unavailable),
            "contract/never" => fail(ErrorKind::Unavailable),
            "contract/refuse" => fail(ErrorKind::Invalid),
            _ => Ok(()),
        }
    }

    async fn give_up(&self, job: &Job, reason: &str) {
        // Nothing to tell it to: a case that waits for this note fails by itself.
        let _: Result<()> = self.note(job, Some(reason)).await;
    }
}

/// What was noted of a job so far, oldest first.
pub async fn deliveries(platform: &Platform, job: &str) -> Result<Vec<Delivery>> {
    let range = Range::prefix(format!("{job}/"), 1000);
    let records = platform.kv.list(PARTITION, range).await?;
    records
        .iter()
        .map(|record| {
            serde_json::from_slice(&record.value).map_err(|error| {
                Error::new(ErrorKind::Corrupt, "a note was altered").with_source(error)
            })
        })
        .collect()
}
