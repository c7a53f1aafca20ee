//! A clock that moves by hand, or by itself when everyone waits.

use std::{
    collections::BTreeSet,
    future::poll_fn,
    sync::Mutex,
    task::{Poll, Waker},
    time::Duration,
};

use async_trait::async_trait;

use super::lock;
use crate::{Clock, Timestamp};

/// Virtual time, starting at 2026-01-01T00:00:00Z.
///
/// By default a sleep ends by itself: when nothing else has made progress for a while, the earliest sleeper moves
/// the clock to its own deadline. With [`manual`](Self::manual) it waits for [`advance`](Self::advance).
pub struct FakeClock(Mutex<State>);

struct State {
    now: Timestamp,
    automatic: bool,
    sleepers: BTreeSet<(Timestamp, u64)>,
    next: u64,
    wakers: Vec<Waker>,
}

/// Polls that a sleeper lets pass, so that others who are ready go first: one for each millisecond it would sleep,
/// within these bounds. So a time limit of half a minute does not strike while thousands of small steps are made.
const PATIENCE: std::ops::RangeInclusive<u64> = 64..=100_000;

impl Default for FakeClock {
    fn default() -> Self {
        Self::new()
    }
}

impl FakeClock {
    /// A clock that advances itself.
    pub fn new() -> Self {
        Self(Mutex::new(State {
            now: Timestamp(1_767_225_600_000),
            automatic: true,
            sleepers: BTreeSet::new(),
            next: 0,
            wakers: Vec::new(),
        }))
    }

    /// From now on time passes only by [`advance`](Self::advance).
    pub fn manual(&self) {
        lock(&self.0).automatic = false;
    }

    /// Moves time forward and wakes whoever waited for it.
    pub fn advance(&self, by: Duration) {
        let to = lock(&self.0).now + by;
        self.advance_to(to);
    }

    /// Moves time forward to a moment; never back.
    pub fn advance_to(&self, to: Timestamp) {
        let wakers = {
            let mut state = lock(&self.0);
            state.now = state.now.max(to);
            std::mem::take(&mut state.wakers)
        };
        wakers.into_iter().for_each(Waker::wake);
    }
}

/// Takes a sleeper off the list however its future ends.
struct Sleeper<'a> {
    clock: &'a FakeClock,
    entry: (Timestamp, u64),
}

impl Drop for Sleeper<'_> {
    fn drop(&mut self) {
        lock(&self.clock.0).sleepers.remove(&self.entry);
    }
}

#[async_trait]
impl Clock for FakeClock {
    fn now(&self) -> Timestamp {
        lock(&self.0).now
    }

    async fn sleep(&self, duration: Duration) {
        let entry = {
            let mut state = lock(&self.0);
            state.next += 1;
            let entry = (state.now + duration, state.next);
            state.sleepers.insert(entry);
            entry
        };
        let sleeper = Sleeper { clock: self, entry };
        let (mut polls, mut seen) = (0, Timestamp(0));
        poll_fn(|context| {
            let mut state = lock(&sleeper.clock.0);
            if state.now >= entry.0 {
                return Poll::Ready(());
            }
            if !state.automatic {
                state.wakers.push(context.waker().clone());
                return Poll::Pending;
            }
            if seen != state.now {
                (polls, seen) = (0, state.now);
            }
            polls += 1;
            let left = u64::try_from(entry.0.since(state.now).as_millis()).unwrap_or(u64::MAX);
            let patience = left.clamp(*PATIENCE.start(), *PATIENCE.end());
            let earliest = state.sleepers.first() == Some(&entry);
            // A sleeper whose future is held but not polled must not stop the others for ever.
            if polls > patience && earliest || polls > 16 * patience {
                drop(state);
                sleeper.clock.advance_to(entry.0);
                return Poll::Ready(());
            }
            context.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
    }
}

#[cfg(test)]
mod tests {
    use futures::{executor::block_on, future::join3};

    use super::*;

    #[test]
    fn sleepers_wake_in_the_order_of_their_deadlines() {
        let clock = FakeClock::new();
        let start = clock.now();
        let order = Mutex::new(Vec::new());
        let nap = async |seconds| {
            clock.sleep(Duration::from_secs(seconds)).await;
            lock(&order).push((seconds, clock.now().since(start).as_secs()));
        };
        block_on(join3(nap(30), nap(1), nap(5)));
        assert_eq!(*lock(&order), [(1, 1), (5, 5), (30, 30)]);
    }

    #[test]
    fn a_manual_clock_stands_still() {
        let clock = FakeClock::new();
        clock.manual();
        let mut sleep = clock.sleep(Duration::from_secs(2));
        let mut poll = || {
            let mut context = std::task::Context::from_waker(Waker::noop());
            sleep.as_mut().poll(&mut context).is_ready()
        };
        for _ in 0..10_000 {
            assert!(!poll());
        }
        clock.advance(Duration::from_secs(1));
        assert!(!poll());
        clock.advance(Duration::from_secs(1));
        assert!(poll());
    }
}
