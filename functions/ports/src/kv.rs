//! `Kv`: partitioned, ordered, with compare-and-set. The one place that remembers.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::{Error, ErrorKind, Result, Timestamp};

/// A partition's commit counter. The first commit is 1; 0 means "nothing was ever written". It never goes back,
/// not even when the partition is cleared, so a version is never reused.
pub type Revision = u64;

/// A partitioned key-value store.
///
/// A **partition** is the unit of consistency: a read sees the latest commit, and a commit is atomic. Nothing is
/// atomic across partitions. Keys are compared as UTF-8 bytes. An expired record is absent everywhere: in reads,
/// in lists and in conditions.
#[async_trait]
pub trait Kv: Send + Sync {
    /// What a caller must stay under; a larger value goes to `Blob`.
    fn limits(&self) -> KvLimits;

    /// Answers all queries from one snapshot of the partition, in one round trip.
    async fn read(&self, partition: &str, queries: Vec<Query>) -> Result<View>;

    /// Applies all writes if all conditions hold, else fails with [`ErrorKind::Conflict`] and changes nothing.
    /// Returns the partition's new revision, which becomes the version of every record written. A commit without
    /// writes checks its conditions and returns the current revision.
    async fn commit(&self, partition: &str, commit: Commit) -> Result<Revision>;

    /// Waits until the partition's revision is above `after`, at most `wait`; returns the revision it then has,
    /// which is `after` or less when time ran out.
    async fn watch(&self, partition: &str, after: Revision, wait: Duration) -> Result<Revision>;

    /// Deletes every record of the partition and advances its revision.
    async fn clear(&self, partition: &str) -> Result<()>;

    /// Names the life of the process that alone writes this store: another one after each start, so that what an earlier life
    /// held is free. `None` where other processes write too: nothing tells whether they are gone.
    fn life(&self) -> Option<u64> {
        None
    }

    /// One record.
    async fn get(&self, partition: &str, key: &str) -> Result<Option<Record>> {
        let view = self
            .read(partition, vec![Query::Get(key.to_owned())])
            .await?;
        Ok(view.into_records().next())
    }

    /// One page of records.
    async fn list(&self, partition: &str, range: Range) -> Result<Vec<Record>> {
        let view = self.read(partition, vec![Query::List(range)]).await?;
        Ok(view.into_records().collect())
    }
}

/// Declared sizes of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KvLimits {
    /// Largest value, in bytes.
    pub value_bytes: usize,
    /// Most writes in one commit.
    pub commit_writes: usize,
    /// Longest key, in bytes.
    pub key_bytes: usize,
}

impl KvLimits {
    /// Fails with [`ErrorKind::TooLarge`] or [`ErrorKind::Invalid`] for what no adapter may accept.
    pub fn check(&self, commit: &Commit) -> Result<()> {
        if commit.writes.len() > self.commit_writes {
            let message = format!("a commit has at most {} writes", self.commit_writes);
            return Err(Error::new(ErrorKind::TooLarge, message));
        }
        for write in &commit.writes {
            let key = write.key();
            if key.is_empty() || key.len() > self.key_bytes {
                let message = format!("a key has 1 to {} bytes", self.key_bytes);
                return Err(Error::new(ErrorKind::Invalid, message));
            }
            if let Write::Put { value, .. } = write
                && value.len() > self.value_bytes
            {
                let message = format!("the value of `{key}` is over {} bytes", self.value_bytes);
                return Err(Error::new(ErrorKind::TooLarge, message));
            }
        }
        Ok(())
    }
}

/// A stored record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Its key inside the partition.
    pub key: String,
    /// What was put.
    pub value: Bytes,
    /// The revision of the commit that put it.
    pub version: Revision,
}

/// One question of a [`Kv::read`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Query {
    /// The record with this key.
    Get(String),
    /// A page of records.
    List(Range),
}

/// A page of keys in order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Range {
    /// Only keys that start with this; empty for all.
    pub prefix: String,
    /// Start strictly after this key, in the direction of the listing.
    pub after: Option<String>,
    /// At most this many records.
    pub limit: usize,
    /// From the last key to the first.
    pub reverse: bool,
}

impl Range {
    /// The first `limit` records under `prefix`.
    pub fn prefix(prefix: impl Into<String>, limit: usize) -> Self {
        Self {
            prefix: prefix.into(),
            after: None,
            limit,
            reverse: false,
        }
    }

    /// Goes on strictly after `key`.
    pub fn after(mut self, key: Option<String>) -> Self {
        self.after = key;
        self
    }

    /// From the last key to the first.
    pub fn reversed(mut self) -> Self {
        self.reverse = true;
        self
    }
}

/// The answers to the queries of one read, in their order: a `Get` gives none or one record.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct View {
    /// The partition's revision at the time of the read.
    pub revision: Revision,
    /// One list for each query.
    pub answers: Vec<Vec<Record>>,
}

impl View {
    /// All records, in the order of the queries.
    pub fn into_records(self) -> impl Iterator<Item = Record> {
        self.answers.into_iter().flatten()
    }
}

/// Writes that happen together or not at all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Commit {
    /// Applied in order.
    pub writes: Vec<Write>,
    /// All must hold.
    pub conditions: Vec<Condition>,
}

impl Commit {
    /// An empty commit, to be filled by the methods below.
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts a record for good.
    pub fn put(self, key: impl Into<String>, value: impl Into<Bytes>) -> Self {
        self.write(Write::Put {
            key: key.into(),
            value: value.into(),
            expires_at: None,
        })
    }

    /// Puts a record that disappears at a time.
    pub fn put_until(
        self,
        key: impl Into<String>,
        value: impl Into<Bytes>,
        expires_at: Timestamp,
    ) -> Self {
        self.write(Write::Put {
            key: key.into(),
            value: value.into(),
            expires_at: Some(expires_at),
        })
    }

    /// Deletes a record; nothing happens if it is absent.
    pub fn delete(self, key: impl Into<String>) -> Self {
        self.write(Write::Delete { key: key.into() })
    }

    /// Only if there is no such record.
    pub fn if_absent(mut self, key: impl Into<String>) -> Self {
        self.conditions.push(Condition {
            key: key.into(),
            version: None,
        });
        self
    }

    /// Only if the record still has this version.
    pub fn if_version(mut self, key: impl Into<String>, version: Revision) -> Self {
        self.conditions.push(Condition {
            key: key.into(),
            version: Some(version),
        });
        self
    }

    /// Adds one write.
    pub fn write(mut self, write: Write) -> Self {
        self.writes.push(write);
        self
    }
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Write {
    /// Creates or replaces a record.
    Put {
        /// Where.
        key: String,
        /// What.
        value: Bytes,
        /// Absent from this time on.
        expires_at: Option<Timestamp>,
    },
    /// Removes a record.
    Delete {
        /// Which.
        key: String,
    },
}

impl Write {
    /// The key it changes.
    pub fn key(&self) -> &str {
        match self {
            Self::Put { key, .. } | Self::Delete { key } => key,
        }
    }
}

/// What must hold for a commit to happen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Condition {
    /// The record it looks at.
    pub key: String,
    /// The version it must have; `None`: it must be absent.
    pub version: Option<Revision>,
}
