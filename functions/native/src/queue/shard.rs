//! One partition of the queue, and the worker that drains it.

use std::{
    panic::AssertUnwindSafe,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures::FutureExt;
use ports::{
    Clock, Commit, Consumer, Error, ErrorKind, Job, Kv, Query, Range, Result, Timestamp, timeout,
};
use tokio::{sync::Notify, task::JoinSet};
use tokio_util::sync::CancellationToken;

use super::{
    AT_ONCE, LEASE,
    entry::{Entry, decode_alarm, due_key, split, time_key},
};

/// The longest sleep: what another process sends is seen after this time at the latest.
const PATIENCE: Duration = Duration::from_secs(10);

/// Records looked at in one go.
const PAGE: usize = 32;

pub(super) struct Shard {
    pub partition: String,
    pub kv: Arc<dyn Kv>,
    pub clock: Arc<dyn Clock>,
    pub changed: Notify,
    /// When the worker looks again by itself; [`BUSY`] while it looks.
    wakes_at: AtomicU64,
}

/// Earlier than this is everything: whatever changes meanwhile is looked at once more.
const BUSY: u64 = u64::MAX;

/// A job in hand.
struct Lease {
    job: Job,
    key: String,
    interrupted: u32,
}

/// Interruptions after which a job is taken for the cause.
const INTERRUPTIONS: u32 = 12;

/// How long a job waits that was in hand when the process ended. At first not at all: a restart should not be felt. A
/// job that ends every process that runs it must not keep all others from running, though, so it waits longer each time.
fn pause(interrupted: u32) -> Duration {
    match interrupted.checked_sub(3) {
        None => Duration::ZERO,
        Some(more) => Duration::from_secs(1 << more.min(8)),
    }
}

impl Shard {
    pub fn new(partition: String, kv: Arc<dyn Kv>, clock: Arc<dyn Clock>) -> Self {
        Self {
            partition,
            kv,
            clock,
            changed: Notify::new(),
            wakes_at: AtomicU64::new(BUSY),
        }
    }

    /// Tells the worker of something to do at this time, unless it looks before that anyway.
    fn tell(&self, at: Timestamp) {
        if at.0 < self.wakes_at.load(Ordering::SeqCst) {
            self.changed.notify_one();
        }
    }

    pub async fn send(&self, jobs: &[Job]) -> Result<()> {
        for chunk in jobs.chunks(PAGE) {
            loop {
                match self.try_send(chunk).await {
                    Err(error) if error.kind() == ErrorKind::Conflict => {}
                    other => break other?,
                }
            }
        }
        if let Some(delay) = jobs.iter().map(|job| job.delay).min() {
            self.tell(self.clock.now() + delay);
        }
        Ok(())
    }

    async fn try_send(&self, jobs: &[Job]) -> Result<()> {
        let markers = jobs.iter().map(|job| Query::Get(format!("j/{}", job.id)));
        let view = self.kv.read(&self.partition, markers.collect()).await?;
        let now = self.clock.now();
        let mut commit = Commit::new();
        for (job, marker) in jobs.iter().zip(view.answers) {
            if !marker.is_empty() {
                continue; // It waits already.
            }
            let key = due_key(now + job.delay, &job.id);
            let entry = Entry {
                job: Job {
                    attempt: 0,
                    delay: Duration::ZERO,
                    ..job.clone()
                },
                leased: false,
                interrupted: 0,
            };
            let marker = format!("j/{}", job.id);
            commit = commit.if_absent(marker.clone()).put(marker, key.clone());
            commit = commit.put(key, entry.encode()?);
        }
        if !commit.writes.is_empty() {
            self.kv.commit(&self.partition, commit).await?;
        }
        Ok(())
    }

    pub async fn recover(&self, watches: &[&str]) -> Result<()> {
        let mut after = None;
        loop {
            let range = Range::prefix("q/", PAGE).after(after);
            let page = self.kv.list(&self.partition, range).await?;
            let now = self.clock.now();
            let mut commit = Commit::new();
            for record in &page {
                let entry = Entry::decode(record)?;
                let id = &entry.job.id;
                let is_late = split(&record.key).is_some_and(|(at, _)| at > now);
                if entry.leased {
                    let interrupted = entry.interrupted + 1;
                    let due = due_key(now + pause(interrupted), id);
                    let entry = Entry {
                        leased: false,
                        interrupted,
                        ..entry
                    };
                    commit = commit.delete(record.key.clone());
                    commit = commit.put(due, entry.encode()?);
                } else if is_late && watches.contains(&&*entry.job.topic) {
                    let due = due_key(now, id);
                    commit = commit.delete(record.key.clone());
                    commit = commit.put(format!("j/{id}"), due.clone());
                    commit = commit.put(due, record.value.clone());
                }
            }
            if !commit.writes.is_empty() {
                self.kv.commit(&self.partition, commit).await?;
            }
            match page.last() {
                Some(last) if page.len() == PAGE => after = Some(last.key.clone()),
                _ => return Ok(()),
            }
        }
    }

    pub async fn run(self: Arc<Self>, consumer: Arc<dyn Consumer>, stop: CancellationToken) {
        let mut running = JoinSet::new();
        while !stop.is_cancelled() {
            while running.try_join_next().is_some() {}
            let free = AT_ONCE.saturating_sub(running.len());
            self.wakes_at.store(BUSY, Ordering::SeqCst);
            let pause = match self.take(free).await {
                Ok((leases, pause)) => {
                    for lease in leases {
                        let (shard, consumer) = (self.clone(), consumer.clone());
                        running.spawn(async move { shard.deliver(&*consumer, lease).await });
                    }
                    if running.len() < AT_ONCE {
                        pause
                    } else {
                        PATIENCE
                    }
                }
                Err(error) if error.kind() == ErrorKind::Conflict => continue,
                Err(error) => {
                    tracing::error!(%error, partition = self.partition, "the queue stands still");
                    PATIENCE
                }
            };
            let wakes_at = self.clock.now() + pause;
            self.wakes_at.store(wakes_at.0, Ordering::SeqCst);
            tokio::select! {
                () = stop.cancelled() => break,
                () = self.changed.notified() => {}
                () = self.clock.sleep(pause) => {}
                Some(_) = running.join_next(), if running.len() >= AT_ONCE => {}
            }
        }
        running.join_all().await;
    }

    /// Takes up to `free` jobs that are due, and says how long there is nothing more to take.
    async fn take(&self, free: usize) -> Result<(Vec<Lease>, Duration)> {
        // One more than can be taken: it says when to look again.
        let queries = [("q/", free + 1), ("t/", PAGE)]
            .map(|(prefix, limit)| Query::List(Range::prefix(prefix, limit)));
        let view = self.kv.read(&self.partition, queries.to_vec()).await?;
        let now = self.clock.now();
        let mut answers = view.answers.into_iter();
        let (jobs, times) = (
            answers.next().unwrap_or_default(),
            answers.next().unwrap_or_default(),
        );
        let mut next = now + PATIENCE;

        let mut fired = false;
        for time in &times {
            let Some((at, name)) = split(&time.key) else {
                continue;
            };
            if at > now {
                next = next.min(at);
                break;
            }
            self.fire(at, name).await?;
            fired = true;
        }
        if fired {
            return Ok((Vec::new(), Duration::ZERO));
        }

        let mut commit = Commit::new();
        let mut leases = Vec::new();
        for record in &jobs {
            let Some((at, id)) = split(&record.key) else {
                continue;
            };
            if at > now || leases.len() == free {
                next = next.min(at);
                break;
            }
            let Entry {
                job,
                leased,
                interrupted,
            } = Entry::decode(record)?;
            // The same id may be in hand with the same end of its lease: one millisecond keeps them apart.
            let key = due_key(now + LEASE + Duration::from_millis(leases.len() as u64), id);
            let count = Job {
                attempt: job.attempt + 1,
                ..job.clone()
            };
            let entry = Entry {
                job: count,
                leased: true,
                interrupted,
            };
            commit = commit
                .if_version(record.key.clone(), record.version)
                .delete(record.key.clone())
                .put(key.clone(), entry.encode()?);
            if !leased {
                commit = commit.delete(format!("j/{id}"));
            }
            leases.push(Lease {
                job,
                key,
                interrupted,
            });
        }
        if !leases.is_empty() {
            self.kv.commit(&self.partition, commit).await?;
        }
        Ok((leases, next.since(now)))
    }

    /// Turns an alarm into a job.
    async fn fire(&self, at: Timestamp, name: &str) -> Result<()> {
        let key = format!("a/{name}");
        let place = time_key(at, name);
        let Some(record) = self.kv.get(&self.partition, &key).await? else {
            return self
                .kv
                .commit(&self.partition, Commit::new().delete(place))
                .await
                .map(|_| ());
        };
        let alarm = decode_alarm(name, &record)?;
        let mut commit = Commit::new()
            .if_version(key.clone(), record.version)
            .delete(place);
        if alarm.at == at {
            let due = due_key(self.clock.now() + alarm.job.delay, &alarm.job.id);
            let marker = format!("j/{}", alarm.job.id);
            let job = Job {
                attempt: 0,
                delay: Duration::ZERO,
                ..alarm.job
            };
            let entry = Entry {
                job,
                leased: false,
                interrupted: 0,
            };
            commit = commit
                .delete(key)
                .put(marker, due.clone())
                .put(due, entry.encode()?);
        }
        self.kv.commit(&self.partition, commit).await.map(|_| ())
    }

    async fn deliver(&self, consumer: &dyn Consumer, mut lease: Lease) {
        let job = lease.job.clone();
        let failures = job.attempt.saturating_sub(lease.interrupted);
        let blamed = lease.interrupted >= INTERRUPTIONS || failures >= Job::MAX_ATTEMPTS;
        let outcome = if blamed {
            Err(Error::new(
                ErrorKind::Internal,
                "the process ended whenever this job ran",
            ))
        } else {
            let consume = AssertUnwindSafe(consumer.consume(&job)).catch_unwind();
            let panicked = |_| {
                Err(Error::new(
                    ErrorKind::Internal,
                    "the handler of this job panicked",
                ))
            };
            self.holding(&mut lease, consume)
                .await
                .unwrap_or_else(panicked)
        };
        let mut again = None;
        let done = match outcome {
            Ok(()) => self.finish(&lease, None).await,
            Err(error) if error.kind().is_retryable() && failures + 1 < Job::MAX_ATTEMPTS => {
                let pause = Job::backoff(failures);
                tracing::warn!(%error, id = job.id, topic = job.topic, ?pause, "a job comes back");
                again = Some(self.clock.now() + pause);
                self.finish(&lease, again).await
            }
            Err(error) => {
                let reason = error.to_string();
                let give_up = AssertUnwindSafe(consumer.give_up(&job, &reason)).catch_unwind();
                if self.holding(&mut lease, give_up).await.is_err() {
                    tracing::error!(id = job.id, "giving up a job panicked");
                }
                self.finish(&lease, None).await
            }
        };
        if let Err(error) = done {
            tracing::warn!(%error, id = job.id, "a finished job may be delivered once more");
        }
        if let Some(at) = again {
            self.tell(at);
        }
    }

    /// Runs `work` and renews the lease while it runs.
    async fn holding<T>(&self, lease: &mut Lease, work: impl Future<Output = T>) -> T {
        let mut work = std::pin::pin!(work);
        loop {
            if let Ok(output) = timeout(&*self.clock, LEASE / 3, work.as_mut()).await {
                return output;
            }
            let key = due_key(self.clock.now() + LEASE, &lease.job.id);
            match self.relocate(&lease.key, &key, true).await {
                Ok(()) => lease.key = key,
                Err(error) => tracing::warn!(%error, id = lease.job.id, "a lease was not renewed"),
            }
        }
    }

    /// Ends a lease: for good, or until a time.
    async fn finish(&self, lease: &Lease, again: Option<Timestamp>) -> Result<()> {
        match again {
            None => {
                let commit = Commit::new().delete(lease.key.clone());
                self.kv.commit(&self.partition, commit).await.map(|_| ())
            }
            Some(at) => {
                self.relocate(&lease.key, &due_key(at, &lease.job.id), false)
                    .await
            }
        }
    }

    /// Moves a job in hand to another time.
    async fn relocate(&self, from: &str, to: &str, leased: bool) -> Result<()> {
        let Some(record) = self.kv.get(&self.partition, from).await? else {
            return Err(Error::new(ErrorKind::Conflict, "the lease was lost"));
        };
        let entry = Entry {
            leased,
            ..Entry::decode(&record)?
        };
        let commit = Commit::new()
            .if_version(from, record.version)
            .delete(from)
            .put(to, entry.encode()?);
        self.kv.commit(&self.partition, commit).await.map(|_| ())
    }
}
