//! `Cache` over Workers KV.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use ports::{Cache, Error, ErrorKind, Result};
use worker::{KvError, KvStore};

use crate::js::SendFuture;

/// Longest key that Workers KV takes, in bytes.
const KEY_BYTES: usize = 512;
/// Largest value: 25 MiB.
const VALUE_BYTES: usize = 25 << 20;
/// Shortest time to live, in seconds.
const SHORTEST: u64 = 60;

/// A namespace of Workers KV. What does not fit is forgotten at once, as a cache may.
pub(crate) struct WorkersKv {
    store: KvStore,
}

impl WorkersKv {
    pub(crate) fn new(store: KvStore) -> Self {
        Self { store }
    }
}

fn fits(key: &str) -> bool {
    (1..=KEY_BYTES).contains(&key.len()) && key != "." && key != ".."
}

fn failed(error: KvError) -> Error {
    Error::new(ErrorKind::Unavailable, format!("Workers KV: {error}"))
}

#[async_trait]
impl Cache for WorkersKv {
    async fn get(&self, key: &str) -> Result<Option<Bytes>> {
        if !fits(key) {
            return Ok(None);
        }
        let value = SendFuture::new(self.store.get(key).bytes()).await;
        Ok(value.map_err(failed)?.map(Bytes::from))
    }

    async fn put(&self, key: &str, value: Bytes, ttl: Duration) -> Result<()> {
        if !fits(key) || value.len() > VALUE_BYTES {
            return Ok(());
        }
        SendFuture::new(async {
            let put = self.store.put_bytes(key, &value)?;
            put.expiration_ttl(ttl.as_secs().max(SHORTEST))
                .execute()
                .await
        })
        .await
        .map_err(failed)
    }

    async fn delete(&self, key: &str) -> Result<()> {
        if !fits(key) {
            return Ok(());
        }
        SendFuture::new(self.store.delete(key))
            .await
            .map_err(failed)
    }
}
