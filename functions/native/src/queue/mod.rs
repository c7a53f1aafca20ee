//! `Queue` and `Timer` on `Kv`, with leases.
//!
//! Jobs and alarms lie in [`SHARDS`] partitions, by the hash of their ids. A job that is delivered moves to the time at
//! which its lease ends: if the process dies, it is due again then. One worker per shard sleeps until something is due.
//!
//! In a shard's partition: `q/{due}/{id}` the job; `j/{id}` its key while it waits, so that an id waits once;
//! `a/{name}` the alarm; `t/{at}/{name}` its place in the order of times.

mod entry;
mod shard;
mod timer;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use futures::future::try_join_all;
use ports::{Clock, Consumer, Job, Kv, Queue, Result};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use shard::Shard;

pub use timer::DurableTimer;

/// Partitions that jobs are spread over, so that none gets hot.
const SHARDS: usize = 8;

/// Jobs of one shard that run at once.
const AT_ONCE: usize = 4;

/// A job whose process died comes back after this time; a living one renews it in time.
const LEASE: Duration = Duration::from_secs(60);

/// A durable queue.
#[derive(Clone)]
pub struct DurableQueue {
    shards: Arc<[Arc<Shard>]>,
}

impl DurableQueue {
    /// The queue in this store.
    pub fn new(kv: Arc<dyn Kv>, clock: Arc<dyn Clock>) -> Self {
        let shard = |i| Arc::new(Shard::new(format!("queue/{i}"), kv.clone(), clock.clone()));
        Self {
            shards: (0..SHARDS).map(shard).collect(),
        }
    }

    /// Makes everything due that another process had leased, and every job of the topics in `watches`, which look after what
    /// that process did beside the queue. Only for a store that no other process uses.
    pub async fn recover(&self, watches: &[&str]) -> Result<()> {
        try_join_all(self.shards.iter().map(|shard| shard.recover(watches))).await?;
        Ok(())
    }

    /// Delivers to `consumer` until `stop`, then waits for the jobs that run; whatever is cut off comes back later.
    pub async fn run(&self, consumer: Arc<dyn Consumer>, stop: CancellationToken) {
        let mut workers = JoinSet::new();
        for shard in self.shards.iter() {
            let (shard, consumer, stop) = (shard.clone(), consumer.clone(), stop.clone());
            workers.spawn(async move { shard.run(consumer, stop).await });
        }
        workers.join_all().await;
    }

    fn shard(&self, id: &str) -> Result<&Arc<Shard>> {
        // FNV-1a: the same in every version of this program.
        let hash = id.bytes().fold(0xcbf2_9ce4_8422_2325u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
        });
        let missing = || ports::Error::new(ports::ErrorKind::Internal, "no such shard");
        self.shards
            .get((hash % SHARDS as u64) as usize)
            .ok_or_else(missing)
    }
}

#[async_trait]
impl Queue for DurableQueue {
    async fn send(&self, jobs: Vec<Job>) -> Result<()> {
        jobs.iter().try_for_each(Job::check)?;
        let mut groups: Vec<(&Arc<Shard>, Vec<Job>)> = Vec::new();
        for job in jobs {
            let shard = self.shard(&job.id)?;
            match groups
                .iter_mut()
                .find(|(other, _)| Arc::ptr_eq(other, shard))
            {
                Some((_, group)) if group.iter().any(|other| other.id == job.id) => {}
                Some((_, group)) => group.push(job),
                None => groups.push((shard, vec![job])),
            }
        }
        try_join_all(groups.iter().map(|(shard, group)| shard.send(group))).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
