//! A queue and alarms that the test drains.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;

use super::{FakeClock, lock};
use crate::{Alarm, Clock, Consumer, Job, Queue, Result, Timer, Timestamp};

/// Jobs and alarms in the order of their times.
pub struct FakeQueue {
    clock: Arc<FakeClock>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    jobs: BTreeMap<(Timestamp, u64), Job>,
    alarms: BTreeMap<String, Alarm>,
    next: u64,
    running: usize,
}

impl FakeQueue {
    /// An empty queue.
    pub fn new(clock: Arc<FakeClock>) -> Self {
        Self {
            clock,
            state: Mutex::default(),
        }
    }

    /// What waits, in the order of their times.
    pub fn waiting(&self) -> Vec<Job> {
        lock(&self.state).jobs.values().cloned().collect()
    }

    /// The alarms that are set, by name.
    pub fn alarms(&self) -> Vec<Alarm> {
        lock(&self.state).alarms.values().cloned().collect()
    }

    /// Whether no job waits or runs. Alarms do not count.
    pub fn is_idle(&self) -> bool {
        let state = lock(&self.state);
        state.jobs.is_empty() && state.running == 0
    }

    /// Consumes the first job that is due now; returns whether there was one.
    pub async fn run_one(&self, consumer: &dyn Consumer) -> bool {
        match self.take_due() {
            Some(job) => {
                self.deliver(consumer, job).await;
                true
            }
            None => false,
        }
    }

    /// Loses every job that waits: what a real queue must never do, and what must be survived nevertheless.
    pub fn lose(&self) {
        lock(&self.state).jobs.clear();
    }

    /// Consumes everything that is due now; returns how many deliveries that were.
    pub async fn run_due(&self, consumer: &dyn Consumer) -> usize {
        let mut deliveries = 0;
        while let Some(job) = self.take_due() {
            deliveries += 1;
            self.deliver(consumer, job).await;
        }
        deliveries
    }

    /// Consumes until no job is left, moving the clock over delays and backoffs. Alarms fire when their time comes
    /// on the way; later ones stay.
    pub async fn run_until_idle(&self, consumer: &dyn Consumer) {
        loop {
            self.run_due(consumer).await;
            let (job, alarm) = self.next();
            match job {
                Some(at) => self
                    .clock
                    .advance_to(alarm.map_or(at, |alarm| alarm.min(at))),
                None if self.is_idle() => return,
                // Another driver holds the last job.
                None => super::yield_now().await,
            }
        }
    }

    /// Consumes jobs and alarms in the order of their times until `end`, and leaves the clock there.
    pub async fn run_until(&self, end: Timestamp, consumer: &dyn Consumer) {
        loop {
            self.run_due(consumer).await;
            let (job, alarm) = self.next();
            let next = job.into_iter().chain(alarm).min();
            match next.filter(|at| *at <= end) {
                Some(at) => self.clock.advance_to(at),
                None => break,
            }
        }
        self.clock.advance_to(end);
    }

    /// When the next job and the next alarm are due.
    fn next(&self) -> (Option<Timestamp>, Option<Timestamp>) {
        let state = lock(&self.state);
        let job = state.jobs.keys().next().map(|(at, _)| *at);
        (job, state.alarms.values().map(|alarm| alarm.at).min())
    }

    fn take_due(&self) -> Option<Job> {
        let now = self.clock.now();
        let mut state = lock(&self.state);
        let due: Vec<_> = state
            .alarms
            .values()
            .filter(|alarm| alarm.at <= now)
            .map(|alarm| alarm.name.clone())
            .collect();
        for alarm in due
            .iter()
            .filter_map(|name| state.alarms.remove(name))
            .collect::<Vec<_>>()
        {
            let at = alarm.at + alarm.job.delay;
            state.insert(at, alarm.job);
        }
        let first = state.jobs.first_entry()?;
        if first.key().0 > now {
            return None;
        }
        let job = first.remove();
        state.running += 1;
        Some(job)
    }

    async fn deliver(&self, consumer: &dyn Consumer, mut job: Job) {
        let outcome = consumer.consume(&job).await;
        if let Err(error) = outcome {
            let again = error.kind().is_retryable() && job.attempt + 1 < Job::MAX_ATTEMPTS;
            if again {
                let at = self.clock.now() + Job::backoff(job.attempt);
                job.attempt += 1;
                lock(&self.state).insert(at, job);
            } else {
                consumer.give_up(&job, &error.to_string()).await;
            }
        }
        lock(&self.state).running -= 1;
    }
}

impl State {
    fn insert(&mut self, at: Timestamp, job: Job) {
        self.next += 1;
        let key = (at, self.next);
        self.jobs.insert(key, job);
    }
}

#[async_trait]
impl Queue for FakeQueue {
    async fn send(&self, jobs: Vec<Job>) -> Result<()> {
        jobs.iter().try_for_each(Job::check)?;
        let now = self.clock.now();
        let mut state = lock(&self.state);
        for job in jobs {
            let waits = state.jobs.values().any(|waiting| waiting.id == job.id);
            if !waits {
                state.insert(now + job.delay, Job { attempt: 0, ..job });
            }
        }
        Ok(())
    }
}

/// Alarms that go to a [`FakeQueue`] when it is drained.
pub struct FakeTimer(Arc<FakeQueue>);

impl FakeTimer {
    /// Alarms for this queue.
    pub fn new(queue: Arc<FakeQueue>) -> Self {
        Self(queue)
    }

    /// The time left until the next alarm.
    pub fn next(&self) -> Option<Duration> {
        let now = self.0.clock.now();
        let alarms = self.0.alarms();
        alarms.iter().map(|alarm| alarm.at.since(now)).min()
    }
}

#[async_trait]
impl Timer for FakeTimer {
    async fn set(&self, alarm: Alarm) -> Result<()> {
        lock(&self.0.state).alarms.insert(alarm.name.clone(), alarm);
        Ok(())
    }

    async fn cancel(&self, name: &str) -> Result<()> {
        lock(&self.0.state).alarms.remove(name);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use futures::executor::block_on;

    use super::*;
    use crate::{Error, ErrorKind, fake};

    /// Fails as often as the job's body says, then notes when it succeeded.
    struct Stubborn(Arc<FakeClock>, Mutex<Vec<String>>);

    #[async_trait]
    impl Consumer for Stubborn {
        async fn consume(&self, job: &Job) -> Result<()> {
            let failures: u32 = std::str::from_utf8(&job.body).unwrap().parse().unwrap();
            if job.attempt < failures {
                return Err(Error::new(ErrorKind::Unavailable, "still down"));
            }
            let second = self.0.now().as_secs() - 1_767_225_600;
            lock(&self.1).push(format!("{} at {second}", job.id));
            Ok(())
        }

        async fn give_up(&self, job: &Job, reason: &str) {
            lock(&self.1).push(format!("{} given up: {reason}", job.id));
        }
    }

    #[test]
    fn delays_backoffs_and_the_last_attempt() {
        let (platform, handles) = fake::platform();
        let consumer = Stubborn(handles.clock.clone(), Mutex::default());
        let jobs = vec![
            Job::new("a", "t", "0").delayed(Duration::from_secs(9)),
            Job::new("b", "t", "2"),
            Job::new("b", "t", "0"),
            Job::new("c", "t", "99"),
        ];
        block_on(async {
            platform.queue.send(jobs).await.unwrap();
            let job = Job::new("d", "t", "0");
            let (at, name) = (
                handles.clock.now() + Duration::from_secs(20),
                "x".to_owned(),
            );
            platform.timer.set(Alarm { name, at, job }).await.unwrap();
            handles.settle(&consumer).await;
        });
        let expected = ["b at 3", "a at 9", "d at 20", "c given up: still down"];
        assert_eq!(*lock(&consumer.1), expected);
        assert!(handles.queue.is_idle());
    }
}
