//! A cache that forgets on time, or when it is told to.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;

use super::{FakeClock, lock};
use crate::{Cache, Clock, Result, Timestamp};

/// Keeps values for exactly their time.
pub struct FakeCache {
    clock: Arc<FakeClock>,
    values: Mutex<BTreeMap<String, (Timestamp, Bytes)>>,
}

impl FakeCache {
    /// An empty cache.
    pub fn new(clock: Arc<FakeClock>) -> Self {
        Self {
            clock,
            values: Mutex::default(),
        }
    }

    /// Forgets everything, as any cache may.
    pub fn forget(&self) {
        lock(&self.values).clear();
    }
}

#[async_trait]
impl Cache for FakeCache {
    async fn get(&self, key: &str) -> Result<Option<Bytes>> {
        let now = self.clock.now();
        let values = lock(&self.values);
        let fresh = values.get(key).filter(|(until, _)| *until > now);
        Ok(fresh.map(|(_, value)| value.clone()))
    }

    async fn put(&self, key: &str, value: Bytes, ttl: Duration) -> Result<()> {
        let until = self.clock.now() + ttl;
        lock(&self.values).insert(key.to_owned(), (until, value));
        Ok(())
    }

    async fn delete(&self, key: &str) -> Result<()> {
        lock(&self.values).remove(key);
        Ok(())
    }
}
