//! `Clock`: the time, and waiting for it.

use std::{future::Future, pin::pin, time::Duration};

use async_trait::async_trait;
use futures::future::{Either, select};
use serde::{Deserialize, Serialize};

use crate::{Error, ErrorKind, Result};

/// The wall clock. On edge runtimes it stands still while a request computes.
#[async_trait]
pub trait Clock: Send + Sync {
    /// The time now.
    fn now(&self) -> Timestamp;

    /// Waits.
    async fn sleep(&self, duration: Duration);
}

/// Milliseconds since the Unix epoch.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Timestamp(pub u64);

impl Timestamp {
    /// Whole seconds since the epoch, as the public API gives times.
    pub fn as_secs(self) -> u64 {
        self.0 / 1000
    }

    /// Time passed since an earlier moment; zero if that moment is later.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}

impl std::ops::Add<Duration> for Timestamp {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        Self(
            self.0
                .saturating_add(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)),
        )
    }
}

/// Drops `future` and fails with `Timeout` when it has not ended after `limit`.
pub async fn timeout<F: Future>(
    clock: &dyn Clock,
    limit: Duration,
    future: F,
) -> Result<F::Output> {
    match select(pin!(future), clock.sleep(limit)).await {
        Either::Left((output, _)) => Ok(output),
        Either::Right(_) => Err(Error::new(
            ErrorKind::Timeout,
            format!("no answer within {limit:?}"),
        )),
    }
}
