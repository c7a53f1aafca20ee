//! Alarms, in the partitions of the queue: one commit turns an alarm into a job.

use async_trait::async_trait;
use ports::{Alarm, Commit, ErrorKind, Result, Timer};

use super::{
    DurableQueue,
    entry::{decode_alarm, encode_alarm, time_key},
    shard::Shard,
};

/// Durable alarms of a queue.
#[derive(Clone)]
pub struct DurableTimer(DurableQueue);

impl DurableTimer {
    /// Alarms that become jobs of this queue.
    pub fn new(queue: DurableQueue) -> Self {
        Self(queue)
    }
}

#[async_trait]
impl Timer for DurableTimer {
    async fn set(&self, alarm: Alarm) -> Result<()> {
        alarm.job.check()?;
        let shard = self.0.shard(&alarm.name)?;
        loop {
            match replace(shard, &alarm.name, Some(&alarm)).await {
                Err(error) if error.kind() == ErrorKind::Conflict => {}
                other => break other?,
            }
        }
        shard.changed.notify_one();
        Ok(())
    }

    async fn cancel(&self, name: &str) -> Result<()> {
        let shard = self.0.shard(name)?;
        loop {
            match replace(shard, name, None).await {
                Err(error) if error.kind() == ErrorKind::Conflict => {}
                other => break other,
            }
        }
    }
}

/// Puts `alarm` in the place of the one with this name.
async fn replace(shard: &Shard, name: &str, alarm: Option<&Alarm>) -> Result<()> {
    let key = format!("a/{name}");
    let mut commit = Commit::new();
    match shard.kv.get(&shard.partition, &key).await? {
        Some(record) => {
            let old = decode_alarm(name, &record)?;
            commit = commit
                .if_version(key.clone(), record.version)
                .delete(time_key(old.at, name))
                .delete(key.clone());
        }
        None => commit = commit.if_absent(key.clone()),
    }
    if let Some(alarm) = alarm {
        commit = commit
            .put(time_key(alarm.at, name), "")
            .put(key, encode_alarm(alarm)?);
    }
    if commit.writes.is_empty() {
        return Ok(());
    }
    shard.kv.commit(&shard.partition, commit).await.map(|_| ())
}
