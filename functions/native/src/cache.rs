//! `Cache` in memory, bounded by bytes.

use std::time::{Duration, Instant};

use async_trait::async_trait;
use bytes::Bytes;
use moka::{Expiry, sync::Cache as Moka};
use ports::{Cache, Result};

/// Forgets the least useful entries when it is full, and each at its time.
pub struct MemoryCache {
    entries: Moka<String, (Bytes, Duration)>,
}

impl MemoryCache {
    /// Holds at most `bytes` of keys and values.
    pub fn new(bytes: u64) -> Self {
        let weight = |key: &String, value: &(Bytes, Duration)| {
            u32::try_from(key.len() + value.0.len()).unwrap_or(u32::MAX)
        };
        let entries = Moka::builder()
            .max_capacity(bytes)
            .weigher(weight)
            .expire_after(OwnTime)
            .build();
        Self { entries }
    }
}

struct OwnTime;

impl Expiry<String, (Bytes, Duration)> for OwnTime {
    fn expire_after_create(
        &self,
        _: &String,
        value: &(Bytes, Duration),
        _: Instant,
    ) -> Option<Duration> {
        Some(value.1)
    }

    fn expire_after_update(
        &self,
        _: &String,
        value: &(Bytes, Duration),
        _: Instant,
        _: Option<Duration>,
    ) -> Option<Duration> {
        Some(value.1)
    }
}

#[async_trait]
impl Cache for MemoryCache {
    async fn get(&self, key: &str) -> Result<Option<Bytes>> {
        Ok(self.entries.get(key).map(|(value, _)| value))
    }

    async fn put(&self, key: &str, value: Bytes, ttl: Duration) -> Result<()> {
        self.entries.insert(key.to_owned(), (value, ttl));
        Ok(())
    }

    async fn delete(&self, key: &str) -> Result<()> {
        self.entries.invalidate(key);
        Ok(())
    }
}
