//! `Cache` on Spin's key-value store. The store knows no expiry, so the time stands in front of the value, and a
//! table remembers what [`sweep`] has to remove.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use ports::{Cache, Error, ErrorKind, Result};
use spin_sdk::key_value::{Error as StoreError, Store};

use crate::{sql, system::now};

/// The adapter.
pub struct SpinCache;

/// One handle for all requests of an instance.
static STORE: Mutex<Option<Arc<Store>>> = Mutex::new(None);

#[async_trait]
impl Cache for SpinCache {
    async fn get(&self, key: &str) -> Result<Option<Bytes>> {
        let Some(value) = store().await?.get(key).await.map_err(translate)? else {
            return Ok(None);
        };
        let Some((until, _)) = value.split_first_chunk() else {
            return Ok(None);
        };
        if u64::from_be_bytes(*until) <= now().0 {
            return Ok(None);
        }
        Ok(Some(Bytes::from(value).split_off(size_of::<u64>())))
    }

    async fn put(&self, key: &str, value: Bytes, ttl: Duration) -> Result<()> {
        let until = (now() + ttl).0;
        let statement = "INSERT OR REPLACE INTO cache_entry (key, expires_at) VALUES (?, ?)";
        sql::run(statement, vec![sql::text(key), sql::integer(until)]).await?;
        let mut kept = Vec::with_capacity(size_of::<u64>() + value.len());
        kept.extend_from_slice(&until.to_be_bytes());
        kept.extend_from_slice(&value);
        store().await?.set(key, kept).await.map_err(translate)
    }

    async fn delete(&self, key: &str) -> Result<()> {
        store().await?.delete(key).await.map_err(translate)
    }
}

async fn store() -> Result<Arc<Store>> {
    if let Some(store) = STORE.lock().ok().and_then(|store| store.clone()) {
        return Ok(store);
    }
    let opened = Arc::new(Store::open_default().await.map_err(translate)?);
    if let Ok(mut store) = STORE.lock() {
        *store = Some(opened.clone());
    }
    Ok(opened)
}

fn translate(error: StoreError) -> Error {
    let (kind, message) = match &error {
        StoreError::AccessDenied | StoreError::NoSuchStore => (
            ErrorKind::Forbidden,
            "spin.toml does not grant the key-value store `default`",
        ),
        StoreError::StoreTableFull => (ErrorKind::Unavailable, "too many open stores"),
        StoreError::Other(_) => (ErrorKind::Unavailable, "the key-value store failed"),
    };
    Error::new(kind, message).with_source(error)
}

/// Removes what expired.
pub async fn sweep() -> Result<()> {
    let statement = "DELETE FROM cache_entry WHERE key IN
        (SELECT key FROM cache_entry WHERE expires_at <= ? LIMIT 100) RETURNING key";
    for mut row in sql::run(statement, vec![sql::integer(now().0)]).await? {
        let key = sql::take_text(&mut row, 0);
        store().await?.delete(&key).await.map_err(translate)?;
    }
    Ok(())
}
