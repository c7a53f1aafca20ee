//! A generation that its reader drives, and that outlives its reader for a while.
//!
//! While somebody reads, the reader's own polls drive it: no task, no thread, and a slow reader slows the model
//! down. When the reader is dropped, what is left of it moves to a task that was spawned at the start for that case,
//! because a runtime may not let one be spawned when the request is already over.

use std::{
    pin::Pin,
    task::{Context as Task, Poll},
    time::Duration,
};

use futures::{
    FutureExt, Stream, StreamExt,
    channel::{mpsc, oneshot},
    future::{BoxFuture, Either, select},
};
use ports::Platform;

use super::Event;

/// How long a generation goes on without a reader, where the operator says nothing else.
pub const GRACE: Duration = Duration::from_secs(30);

/// The operator's word on that, in seconds.
const GRACE_SECRET: &str = "EDGEWISE_CHAT_GRACE";

/// What it may say at most; a generation has a limit of its own.
const MAX_GRACE: u64 = 600;

/// How often it is asked again whether a generation that somebody rejoined has lost its readers.
const RECHECK: Duration = Duration::from_secs(5);

/// What a generation hears from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signal {
    /// The end user wants it stopped.
    Stop,
    /// Nobody reads any more.
    Left,
    /// Somebody reads it again, from another request.
    Followed,
    /// Nobody has read for this long, unless somebody rejoined.
    Over(Duration),
    /// It has gone on for too long.
    Late,
}

/// Where a generation speaks and listens.
pub(super) struct Ends {
    pub(super) events: mpsc::UnboundedSender<Event>,
    pub(super) signals: mpsc::UnboundedReceiver<Signal>,
}

/// The events of a generation.
pub struct Ongoing {
    events: mpsc::UnboundedReceiver<Event>,
    rest: Option<Rest>,
    heir: Option<oneshot::Sender<Rest>>,
}

struct Rest {
    run: BoxFuture<'static, ()>,
    signals: mpsc::UnboundedSender<Signal>,
}

impl Ongoing {
    /// Prepares a generation; it starts when the stream is read.
    pub(super) fn new(
        platform: &Platform,
        start: impl FnOnce(Ends) -> BoxFuture<'static, ()>,
    ) -> Self {
        let (sender, events) = mpsc::unbounded();
        let (signals, receiver) = mpsc::unbounded();
        let run = start(Ends {
            events: sender,
            signals: receiver,
        });
        let (heir, inherited) = oneshot::channel::<Rest>();
        let (clock, secrets) = (platform.clock.clone(), platform.secrets.clone());
        platform.spawn.spawn(
            async move {
                let Ok(rest) = inherited.await else { return };
                let (mut run, asked) = (rest.run, grace(secrets.get(GRACE_SECRET)));
                // The model is not kept waiting for a setting.
                let grace = match select(run, asked.boxed()).await {
                    Either::Left(_) => return,
                    Either::Right((grace, rest)) => {
                        run = rest;
                        grace
                    }
                };
                let mut wait = grace;
                while let Either::Right((_, rest_of_run)) = select(run, clock.sleep(wait)).await {
                    let _ = rest.signals.unbounded_send(Signal::Over(grace));
                    (run, wait) = (rest_of_run, RECHECK);
                }
            }
            .boxed(),
        );
        Self {
            events,
            rest: Some(Rest { run, signals }),
            heir: Some(heir),
        }
    }
}

/// What the operator says, if it can be understood.
async fn grace(asked: impl Future<Output = ports::Result<Option<String>>>) -> Duration {
    let said = match asked.await {
        Ok(Some(said)) => said,
        Ok(None) => return GRACE,
        Err(error) => {
            tracing::warn!(%error, "{GRACE_SECRET} cannot be read");
            return GRACE;
        }
    };
    match said.trim().parse() {
        Ok(seconds) if seconds <= MAX_GRACE => Duration::from_secs(seconds),
        _ => {
            tracing::warn!("{GRACE_SECRET} must be a number of seconds from 0 to {MAX_GRACE}");
            GRACE
        }
    }
}

impl Stream for Ongoing {
    type Item = Event;

    fn poll_next(mut self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<Option<Event>> {
        // What is there goes out before more is made: so the reader's pace is the model's.
        if let Poll::Ready(event) = self.events.poll_next_unpin(task) {
            return Poll::Ready(event);
        }
        if let Some(rest) = &mut self.rest
            && rest.run.poll_unpin(task).is_ready()
        {
            self.rest = None;
        }
        self.events.poll_next_unpin(task)
    }
}

impl Drop for Ongoing {
    fn drop(&mut self) {
        let (Some(rest), Some(heir)) = (self.rest.take(), self.heir.take()) else {
            return;
        };
        let _ = rest.signals.unbounded_send(Signal::Left);
        self.events.close();
        // Lost only where the runtime dropped the heir, and with it everything else.
        let _ = heir.send(rest);
    }
}
