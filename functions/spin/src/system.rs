//! The small ports: time, randomness, tasks, secrets.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use futures::future::BoxFuture;
use ports::{Clock, Entropy, Error, ErrorKind, Result, Secrets, Spawn, Timestamp};
use spin_sdk::{variables, wasip3::random::random};

/// The time now.
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    Timestamp(since.map_or(0, |since| {
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    }))
}

/// The host's clocks.
pub struct SpinClock;

#[async_trait]
impl Clock for SpinClock {
    fn now(&self) -> Timestamp {
        now()
    }

    async fn sleep(&self, duration: Duration) {
        spin_sdk::time::sleep(duration).await;
    }
}

/// The host's random numbers.
pub struct SpinEntropy;

impl Entropy for SpinEntropy {
    fn fill(&self, mut buffer: &mut [u8]) {
        while !buffer.is_empty() {
            // The host may give fewer bytes than were asked for.
            let bytes = random::get_random_bytes(buffer.len() as u64);
            let count = bytes.len().min(buffer.len());
            let (filled, rest) = std::mem::take(&mut buffer).split_at_mut(count);
            filled.copy_from_slice(bytes.get(..count).unwrap_or_default());
            buffer = rest;
        }
    }
}

/// Tasks that the instance finishes after the response, before it is idle.
pub struct SpinSpawn;

impl Spawn for SpinSpawn {
    fn spawn(&self, task: BoxFuture<'static, ()>) {
        crate::task::spawn(task);
    }
}

/// Variables: the secret `EDGEWISE_MASTER_KEY` is the variable `edgewise_master_key`. One that is empty counts as not
/// configured, because a manifest cannot declare a variable without a value.
pub struct SpinSecrets;

#[async_trait]
impl Secrets for SpinSecrets {
    async fn get(&self, name: &str) -> Result<Option<String>> {
        match variables::get(name.to_ascii_lowercase()).await {
            Ok(value) if value.is_empty() => Ok(None),
            Ok(value) => Ok(Some(value)),
            Err(variables::Error::Undefined(_) | variables::Error::InvalidName(_)) => Ok(None),
            Err(error) => {
                let message = format!("the variable for {name} could not be read");
                Err(Error::new(ErrorKind::Unavailable, message).with_source(error))
            }
        }
    }
}
