//! Counts round trips to the stores, so that a test can hold a latency budget without a stopwatch.

use std::{
    ops::Range as Span,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;

use super::{lock, yield_now};
use crate::{Blob, BlobInfo, Cache, Commit, Kv, KvLimits, Query, Result, Revision, View};

/// How often the stores were asked, and how many of these had to wait for one another.
#[derive(Clone, Default)]
pub struct RoundTrips(Arc<Mutex<Counts>>);

#[derive(Default)]
struct Counts {
    total: usize,
    sequential: usize,
    names: Vec<String>,
}

impl RoundTrips {
    /// All of them.
    pub fn total(&self) -> usize {
        lock(&self.0).total
    }

    /// The longest chain in which each began after the one before had ended: what a request waits for.
    pub fn sequential(&self) -> usize {
        lock(&self.0).sequential
    }

    /// What was asked, in order, such as `kv.read app/1`: for the message of a failed assertion.
    pub fn names(&self) -> Vec<String> {
        lock(&self.0).names.clone()
    }

    /// Begins anew.
    pub fn reset(&self) {
        *lock(&self.0) = Counts::default();
    }

    /// Counts one. It yields once before the answer, as a real store would, so that calls made together are seen to
    /// overlap.
    async fn count<T>(&self, name: String, call: impl Future<Output = Result<T>>) -> Result<T> {
        let depth = {
            let mut counts = lock(&self.0);
            counts.total += 1;
            counts.names.push(name);
            counts.sequential + 1
        };
        yield_now().await;
        let result = call.await;
        let mut counts = lock(&self.0);
        counts.sequential = counts.sequential.max(depth);
        result
    }
}

/// A store whose round trips are counted. `watch` is not: it is a wait, not a trip.
pub struct Counted<S> {
    store: Arc<S>,
    trips: RoundTrips,
}

impl<S> Counted<S> {
    /// Counts what goes to `store`.
    pub fn new(store: Arc<S>, trips: RoundTrips) -> Self {
        Self { store, trips }
    }
}

#[async_trait]
impl<S: Kv> Kv for Counted<S> {
    fn limits(&self) -> KvLimits {
        self.store.limits()
    }

    fn life(&self) -> Option<u64> {
        self.store.life()
    }

    async fn read(&self, partition: &str, queries: Vec<Query>) -> Result<View> {
        let call = self.store.read(partition, queries);
        self.trips.count(format!("kv.read {partition}"), call).await
    }

    async fn commit(&self, partition: &str, commit: Commit) -> Result<Revision> {
        let call = self.store.commit(partition, commit);
        self.trips
            .count(format!("kv.commit {partition}"), call)
            .await
    }

    async fn watch(&self, partition: &str, after: Revision, wait: Duration) -> Result<Revision> {
        self.store.watch(partition, after, wait).await
    }

    async fn clear(&self, partition: &str) -> Result<()> {
        let call = self.store.clear(partition);
        self.trips
            .count(format!("kv.clear {partition}"), call)
            .await
    }
}

#[async_trait]
impl<S: Cache> Cache for Counted<S> {
    async fn get(&self, key: &str) -> Result<Option<Bytes>> {
        let call = self.store.get(key);
        self.trips.count(format!("cache.get {key}"), call).await
    }

    async fn put(&self, key: &str, value: Bytes, ttl: Duration) -> Result<()> {
        let call = self.store.put(key, value, ttl);
        self.trips.count(format!("cache.put {key}"), call).await
    }

    async fn delete(&self, key: &str) -> Result<()> {
        let call = self.store.delete(key);
        self.trips.count(format!("cache.delete {key}"), call).await
    }
}

#[async_trait]
impl<S: Blob> Blob for Counted<S> {
    async fn put(&self, name: &str, content: Bytes) -> Result<()> {
        let call = self.store.put(name, content);
        self.trips.count(format!("blob.put {name}"), call).await
    }

    async fn get(&self, name: &str) -> Result<Option<Bytes>> {
        let call = self.store.get(name);
        self.trips.count(format!("blob.get {name}"), call).await
    }

    async fn get_range(&self, name: &str, range: Span<u64>) -> Result<Option<Bytes>> {
        let call = self.store.get_range(name, range);
        self.trips.count(format!("blob.get {name}"), call).await
    }

    async fn size(&self, name: &str) -> Result<Option<u64>> {
        let call = self.store.size(name);
        self.trips.count(format!("blob.size {name}"), call).await
    }

    async fn delete(&self, name: &str) -> Result<()> {
        let call = self.store.delete(name);
        self.trips.count(format!("blob.delete {name}"), call).await
    }

    async fn list(&self, prefix: &str, after: Option<&str>, limit: usize) -> Result<Vec<BlobInfo>> {
        let call = self.store.list(prefix, after, limit);
        self.trips.count(format!("blob.list {prefix}"), call).await
    }
}

#[cfg(test)]
mod tests {
    use futures::{executor::block_on, future::join};

    use crate::fake;

    #[test]
    fn calls_made_together_are_one_trip_deep() {
        let (platform, handles) = fake::platform();
        block_on(async {
            let both = join(platform.kv.get("a", "k"), platform.cache.get("k")).await;
            both.0.unwrap();
            assert_eq!(handles.round_trips.sequential(), 1);
            platform.kv.get("a", "k").await.unwrap();
        });
        let trips = &handles.round_trips;
        assert_eq!((trips.total(), trips.sequential()), (3, 2));
        assert_eq!(trips.names().last().unwrap(), "kv.read a");
    }
}
