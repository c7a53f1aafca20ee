//! The Durable Object: one partition of `Kv`, or one alarm of `Timer`, over its own SQLite database.
//!
//! This side owns atomicity, revisions, waiting and waking. Its caller owns limits and names.

mod store;

use std::{cell::RefCell, time::Duration};

use futures::{channel::oneshot, future::select};
use ports::{Alarm, Commit, Error, ErrorKind, Queue, Result, Revision, Timestamp};
use worker::{
    Date, Delay, DurableObject, Env, Request, Response, ScheduledTime, State, durable_object,
};

use self::store::Store;
use crate::{
    js::failed,
    queue,
    wire::{Call, Reply, decode, encode},
};

/// Expired records are absent at once; their rows are removed this much later, many together.
const SWEEP_AFTER: Duration = Duration::from_secs(60);
/// The pause after an alarm that could not be handed to the queue.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// See the module.
#[durable_object(alarm)]
pub struct Partition {
    state: State,
    env: Env,
    store: Store,
    watchers: RefCell<Vec<oneshot::Sender<()>>>,
}

impl DurableObject for Partition {
    fn new(state: State, env: Env) -> Self {
        let store = Store::new(state.storage());
        Self {
            state,
            env,
            store,
            watchers: RefCell::default(),
        }
    }

    async fn fetch(&self, mut request: Request) -> worker::Result<Response> {
        let body = request.bytes().await?;
        let reply = match decode(&body) {
            Ok(call) => self.answer(call).await.unwrap_or_else(Reply::from),
            Err(error) => error.into(),
        };
        let bytes = encode(&reply).map_err(|error| error.to_string())?;
        Response::from_bytes(bytes)
    }

    async fn alarm(&self) -> worker::Result<Response> {
        let done = self.wake().await;
        // An error would have the host repeat this a few times and then forget it: the alarm is set again instead.
        if let Err(error) = done {
            worker::console_error!("an alarm failed: {error}");
            self.state.storage().set_alarm(RETRY_AFTER).await?;
        }
        Response::empty()
    }
}

impl Partition {
    async fn answer(&self, call: Call) -> Result<Reply> {
        Ok(match call {
            Call::Read(queries) => Reply::View(self.store.read(&queries, now())?),
            Call::Commit(commit) => Reply::Revision(self.commit(commit).await?),
            Call::Watch {
                after,
                milliseconds,
            } => Reply::Revision(self.watch(after, milliseconds).await?),
            Call::Clear => {
                self.store.clear()?;
                self.wake_watchers();
                Reply::Done
            }
            Call::SetAlarm(alarm) => self.set_alarm(&alarm).await?,
            Call::CancelAlarm => {
                self.store.set_timer(None)?;
                self.schedule().await?;
                Reply::Done
            }
        })
    }

    async fn commit(&self, commit: Commit) -> Result<Revision> {
        let revision = self.store.commit(&commit, now())?;
        if !commit.writes.is_empty() {
            self.wake_watchers();
        }
        if commit.writes.iter().any(store::expires) {
            self.schedule().await?;
        }
        Ok(revision)
    }

    async fn watch(&self, after: Revision, milliseconds: u64) -> Result<Revision> {
        let revision = self.store.revision()?;
        if revision > after || milliseconds == 0 {
            return Ok(revision);
        }
        let (sender, woken) = oneshot::channel();
        {
            let mut watchers = self.watchers.borrow_mut();
            watchers.retain(|watcher| !watcher.is_canceled());
            watchers.push(sender);
        }
        // Every wake-up is an advance, and a revision never goes back: once is enough.
        let limit = Delay::from(Duration::from_millis(milliseconds.min(i32::MAX as u64)));
        select(woken, limit).await;
        self.store.revision()
    }

    fn wake_watchers(&self) {
        for watcher in self.watchers.take() {
            // Whoever left no longer listens.
            let _ = watcher.send(());
        }
    }

    async fn set_alarm(&self, alarm: &Alarm) -> Result<Reply> {
        self.store
            .set_timer(Some((alarm.at, &encode(&alarm.job)?)))?;
        self.schedule().await?;
        Ok(Reply::Done)
    }

    async fn wake(&self) -> Result<()> {
        if let Some((at, job)) = self.store.timer()?
            && at <= now()
        {
            queue::producer(&self.env)?
                .send(vec![decode(&job)?])
                .await?;
            // Unless it was set anew while the queue took it.
            if self
                .store
                .timer()?
                .is_some_and(|current| current == (at, job))
            {
                self.store.set_timer(None)?;
            }
        }
        self.store.sweep(now())?;
        self.schedule().await
    }

    /// Sets the object's one alarm to the earliest thing that it waits for.
    async fn schedule(&self) -> Result<()> {
        let sweep = self.store.first_expiry()?.map(|at| at + SWEEP_AFTER);
        let timer = self.store.timer()?.map(|(at, _)| at);
        let storage = self.state.storage();
        let done = match sweep.into_iter().chain(timer).min() {
            Some(at) => {
                #[allow(clippy::cast_precision_loss)]
                // milliseconds since 1970 are exact in a double
                let date = js_sys::Date::new(&(at.0 as f64).into());
                storage.set_alarm(ScheduledTime::new(date)).await
            }
            None => storage.delete_alarm().await,
        };
        done.map_err(|error| failed(ErrorKind::Internal, "an alarm could not be set", &error))
    }
}

fn now() -> Timestamp {
    Timestamp(Date::now().as_millis())
}

/// An error of this object's database.
fn broken(error: &worker::Error) -> Error {
    let text = error.to_string();
    let kind = if text.contains("SQLITE_TOOBIG") {
        ErrorKind::TooLarge
    } else if text.contains("SQLITE_FULL") {
        ErrorKind::Full
    } else if text.contains("SQLITE_CORRUPT") {
        ErrorKind::Corrupt
    } else {
        ErrorKind::Internal
    };
    failed(kind, "the partition's database", error)
}
