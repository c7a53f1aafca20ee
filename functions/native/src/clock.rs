//! The wall clock of the machine.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use ports::{Clock, Timestamp};

/// Tells the system's time, and sleeps on tokio's timer.
pub struct SystemClock;

#[async_trait]
impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let passed = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Timestamp(u64::try_from(passed.as_millis()).unwrap_or(u64::MAX))
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}
