//! `Cache`: eventually consistent, may forget.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

use crate::Result;

/// A cache that may forget anything at any time and may answer with an older value for up to a minute.
///
/// Key what you put by its content version, so that a stale entry is never wrong, only missing.
#[async_trait]
pub trait Cache: Send + Sync {
    /// What was put, if it is still there.
    async fn get(&self, key: &str) -> Result<Option<Bytes>>;

    /// Keeps a value for at most `ttl` (adapters may round up to a minute).
    async fn put(&self, key: &str, value: Bytes, ttl: Duration) -> Result<()>;

    /// Forgets a value; other places may still see it for a while.
    async fn delete(&self, key: &str) -> Result<()>;
}
