//! Deterministic in-memory twins of the ports: a clock moved by hand, seeded entropy, a queue drained by the test.
//!
//! Start with [`platform`]: it gives the [`Platform`] for the code under test and [`Handles`] for the test itself.
//! Nothing here needs a runtime: `futures::executor::block_on` drives it, and so does tokio.

mod blob;
mod cache;
mod clock;
mod counting;
mod entropy;
mod fetch;
mod kv;
mod queue;
mod secrets;
mod spawn;

use std::{
    future::{Future, poll_fn},
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::Poll,
};

pub use blob::FakeBlob;
pub use cache::FakeCache;
pub use clock::FakeClock;
pub use counting::{Counted, RoundTrips};
pub use entropy::FakeEntropy;
pub use fetch::{FakeFetch, Recorded};
pub use kv::FakeKv;
pub use queue::{FakeQueue, FakeTimer};
pub use secrets::FakeSecrets;
pub use spawn::FakeSpawn;

use crate::{Consumer, Platform, Runtime};

/// The test's side of a fake platform.
#[derive(Clone)]
pub struct Handles {
    /// Moves time.
    pub clock: Arc<FakeClock>,
    /// The store itself, uncounted.
    pub kv: Arc<FakeKv>,
    /// The cache itself, uncounted.
    pub cache: Arc<FakeCache>,
    /// The blobs themselves, uncounted.
    pub blob: Arc<FakeBlob>,
    /// What waits for a consumer.
    pub queue: Arc<FakeQueue>,
    /// What waits for its time.
    pub timer: Arc<FakeTimer>,
    /// Scripts the world outside.
    pub fetch: Arc<FakeFetch>,
    /// What was started beside the requests.
    pub spawn: Arc<FakeSpawn>,
    /// Sets secrets.
    pub secrets: Arc<FakeSecrets>,
    /// How often the platform's `kv`, `cache` and `blob` were asked.
    pub round_trips: RoundTrips,
}

/// A fresh platform over fakes, and the handles to it.
pub fn platform() -> (Platform, Handles) {
    let clock = Arc::new(FakeClock::new());
    let queue = Arc::new(FakeQueue::new(clock.clone()));
    let handles = Handles {
        kv: Arc::new(FakeKv::new(clock.clone())),
        cache: Arc::new(FakeCache::new(clock.clone())),
        blob: Arc::default(),
        timer: Arc::new(FakeTimer::new(queue.clone())),
        fetch: Arc::default(),
        spawn: Arc::default(),
        secrets: Arc::default(),
        round_trips: RoundTrips::default(),
        queue,
        clock,
    };
    let trips = &handles.round_trips;
    let platform = Platform {
        runtime: Runtime {
            name: "fake",
            document_bytes: 15 << 20,
            index_bytes: 32 << 20,
            setup_token: false,
            turns: None,
        },
        kv: Arc::new(Counted::new(handles.kv.clone(), trips.clone())),
        cache: Arc::new(Counted::new(handles.cache.clone(), trips.clone())),
        blob: Arc::new(Counted::new(handles.blob.clone(), trips.clone())),
        queue: handles.queue.clone(),
        timer: handles.timer.clone(),
        fetch: handles.fetch.clone(),
        clock: handles.clock.clone(),
        entropy: Arc::new(FakeEntropy::new(1)),
        spawn: handles.spawn.clone(),
        secrets: handles.secrets.clone(),
        code: Arc::new(crate::NoCode),
    };
    (platform, handles)
}

impl Handles {
    /// Runs `future` while jobs and alarms that are due reach `consumer` and spawned tasks go on: what a real
    /// runtime does behind a request.
    pub async fn drive<F: Future>(&self, consumer: &dyn Consumer, future: F) -> F::Output {
        let pump = async {
            loop {
                self.queue.run_due(consumer).await;
                yield_now().await;
            }
        };
        let (mut future, mut pump) = (pin!(future), pin!(pump));
        poll_fn(|context| {
            if let Poll::Ready(output) = future.as_mut().poll(context) {
                return Poll::Ready(output);
            }
            let _: Poll<()> = self.spawn.poll(context);
            let _: Poll<()> = pump.as_mut().poll(context);
            Poll::Pending
        })
        .await
    }

    /// Runs jobs and spawned tasks until neither is left, moving the clock over delays and backoffs. Alarms that
    /// lie in the future stay: see [`FakeQueue::run_until`].
    pub async fn settle(&self, consumer: &dyn Consumer) {
        loop {
            self.drive(consumer, self.queue.run_until_idle(consumer))
                .await;
            self.spawn.settle().await;
            if self.queue.is_idle() {
                return;
            }
        }
    }
}

/// Lets everything else that is ready go first.
async fn yield_now() {
    let mut yielded = false;
    poll_fn(|context| {
        if yielded {
            return Poll::Ready(());
        }
        yielded = true;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// A panic of another test thread must not hide behind a poisoned lock.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
