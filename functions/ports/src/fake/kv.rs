//! The reference `Kv`: the simplest thing that keeps the contract.

use std::{
    collections::BTreeMap,
    future::poll_fn,
    ops::Bound,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    task::{Poll, Waker},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;

use super::{FakeClock, lock};
use crate::{
    Clock, Commit, Error, ErrorKind, Kv, KvLimits, Query, Range, Record, Result, Revision,
    Timestamp, View, Write,
};

/// Partitions in a map.
pub struct FakeKv {
    clock: Arc<FakeClock>,
    state: Mutex<State>,
    /// 0: others write here too.
    life: AtomicU64,
}

#[derive(Default)]
struct State {
    partitions: BTreeMap<String, Partition>,
    watchers: Vec<Waker>,
}

#[derive(Default)]
struct Partition {
    revision: Revision,
    records: BTreeMap<String, Stored>,
}

struct Stored {
    value: Bytes,
    version: Revision,
    expires_at: Option<Timestamp>,
}

impl FakeKv {
    /// An empty store.
    pub fn new(clock: Arc<FakeClock>) -> Self {
        Self {
            clock,
            state: Mutex::default(),
            life: AtomicU64::new(0),
        }
    }

    /// From now on as for a process that has just started and has the store for itself.
    pub fn restart(&self) {
        self.life.fetch_add(1, Ordering::Relaxed);
    }

    /// The names of all partitions that were ever named in a commit.
    pub fn partitions(&self) -> Vec<String> {
        lock(&self.state).partitions.keys().cloned().collect()
    }

    /// Checks and changes under one lock; `change` says whether there is a new revision to tell of.
    fn update(
        &self,
        partition: &str,
        change: impl FnOnce(&mut Partition) -> Result<bool>,
    ) -> Result<Revision> {
        let mut state = lock(&self.state);
        let entry = state.partitions.entry(partition.to_owned()).or_default();
        let mut watchers = Vec::new();
        let changed = change(entry)?;
        let revision = entry.revision;
        if changed {
            watchers = std::mem::take(&mut state.watchers);
        }
        drop(state);
        watchers.into_iter().for_each(Waker::wake);
        Ok(revision)
    }
}

impl Partition {
    fn get(&self, key: &str, now: Timestamp) -> Option<Record> {
        let (key, stored) = self.records.get_key_value(key)?;
        stored.record(key, now)
    }

    fn list(&self, range: &Range, now: Timestamp) -> Vec<Record> {
        let after = range.after.as_deref();
        let in_prefix = |(key, _): &(&String, &Stored)| key.starts_with(&range.prefix);
        let live = |(key, stored): (&String, &Stored)| stored.record(key, now);
        if range.reverse {
            let to = after.map_or(Bound::Unbounded, Bound::Excluded);
            let keys = self
                .records
                .range::<str, _>((Bound::Unbounded, to))
                .rev()
                .skip_while(|entry| !in_prefix(entry));
            keys.take_while(in_prefix)
                .filter_map(live)
                .take(range.limit)
                .collect()
        } else {
            let from = match after {
                Some(after) if after >= range.prefix.as_str() => Bound::Excluded(after),
                _ => Bound::Included(range.prefix.as_str()),
            };
            let keys = self.records.range::<str, _>((from, Bound::Unbounded));
            keys.take_while(in_prefix)
                .filter_map(live)
                .take(range.limit)
                .collect()
        }
    }
}

impl Stored {
    fn record(&self, key: &str, now: Timestamp) -> Option<Record> {
        let live = self.expires_at.is_none_or(|at| at > now);
        live.then(|| Record {
            key: key.to_owned(),
            value: self.value.clone(),
            version: self.version,
        })
    }
}

#[async_trait]
impl Kv for FakeKv {
    fn limits(&self) -> KvLimits {
        // The smallest that any runtime declares, so that what passes here fits everywhere.
        KvLimits {
            value_bytes: 1 << 20,
            commit_writes: 256,
            key_bytes: 512,
        }
    }

    fn life(&self) -> Option<u64> {
        Some(self.life.load(Ordering::Relaxed)).filter(|life| *life > 0)
    }

    async fn read(&self, partition: &str, queries: Vec<Query>) -> Result<View> {
        let now = self.clock.now();
        let state = lock(&self.state);
        let Some(partition) = state.partitions.get(partition) else {
            let answers = queries.iter().map(|_| Vec::new()).collect();
            return Ok(View {
                revision: 0,
                answers,
            });
        };
        let answers = queries.iter().map(|query| match query {
            Query::Get(key) => partition.get(key, now).into_iter().collect(),
            Query::List(range) => partition.list(range, now),
        });
        Ok(View {
            revision: partition.revision,
            answers: answers.collect(),
        })
    }

    async fn commit(&self, partition: &str, commit: Commit) -> Result<Revision> {
        self.limits().check(&commit)?;
        let now = self.clock.now();
        self.update(partition, |partition| {
            for condition in &commit.conditions {
                let record = partition.get(&condition.key, now);
                if record.map(|record| record.version) != condition.version {
                    let message = format!("`{}` has changed", condition.key);
                    return Err(Error::new(ErrorKind::Conflict, message));
                }
            }
            if commit.writes.is_empty() {
                return Ok(false);
            }
            partition.revision += 1;
            let version = partition.revision;
            for write in commit.writes {
                match write {
                    Write::Put {
                        key,
                        value,
                        expires_at,
                    } => {
                        let stored = Stored {
                            value,
                            version,
                            expires_at,
                        };
                        partition.records.insert(key, stored);
                    }
                    Write::Delete { key } => {
                        partition.records.remove(&key);
                    }
                }
            }
            Ok(true)
        })
    }

    async fn watch(&self, partition: &str, after: Revision, wait: Duration) -> Result<Revision> {
        let mut sleep = self.clock.sleep(wait);
        let revision = poll_fn(|context| {
            // Time first: a sleeper that wakes at its deadline still sees a commit of that very moment.
            let over = sleep.as_mut().poll(context).is_ready();
            let mut state = lock(&self.state);
            let revision = state.partitions.get(partition).map_or(0, |it| it.revision);
            if revision > after || over {
                return Poll::Ready(revision);
            }
            state.watchers.push(context.waker().clone());
            Poll::Pending
        })
        .await;
        Ok(revision)
    }

    async fn clear(&self, partition: &str) -> Result<()> {
        self.update(partition, |partition| {
            partition.records.clear();
            partition.revision += 1;
            Ok(true)
        })
        .map(|_| ())
    }
}
