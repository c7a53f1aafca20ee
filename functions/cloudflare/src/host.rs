//! The small ports: `Clock`, `Entropy`, `Spawn`, `Secrets`.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use futures::future::BoxFuture;
use ports::{Clock, Entropy, Result, Secrets, Spawn, Timestamp};
use worker::{Context, Date, Delay, Env};

use crate::js::{SendFuture, property};

/// The isolate's clock. It stands still while code runs, against timing attacks.
pub(crate) struct IsolateClock;

#[async_trait]
impl Clock for IsolateClock {
    fn now(&self) -> Timestamp {
        Timestamp(Date::now().as_millis())
    }

    async fn sleep(&self, duration: Duration) {
        // A timeout counts milliseconds in 31 bits.
        const LONGEST: Duration = Duration::from_millis(i32::MAX as u64);
        let mut left = duration;
        while left > LONGEST {
            SendFuture::new(Delay::from(LONGEST)).await;
            left -= LONGEST;
        }
        // Rounded up: never early.
        let millis = u64::try_from(left.as_micros().div_ceil(1000)).unwrap_or(0);
        SendFuture::new(Delay::from(Duration::from_millis(millis))).await;
    }
}

/// `crypto.getRandomValues`.
pub(crate) struct WebCrypto;

impl Entropy for WebCrypto {
    fn fill(&self, buffer: &mut [u8]) {
        if getrandom::fill(buffer).is_err() {
            // Keys from a buffer of zeros would be worse than no answer.
            std::process::abort();
        }
    }
}

/// `waitUntil`: up to 30 seconds after the response.
pub(crate) struct WaitUntil(pub(crate) Arc<Context>);

impl Spawn for WaitUntil {
    fn spawn(&self, task: BoxFuture<'static, ()>) {
        self.0.wait_until(task);
    }
}

/// Secret bindings, and `[vars]` for what is none.
pub(crate) struct Bindings(pub(crate) Env);

#[async_trait]
impl Secrets for Bindings {
    async fn get(&self, name: &str) -> Result<Option<String>> {
        Ok(property(&self.0, name).as_string())
    }
}
