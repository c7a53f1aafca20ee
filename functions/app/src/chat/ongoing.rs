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

/// How long a generation goes on without a reader.
pub const GRACE: Duration = Duration::from_secs(30);

/// What a generation hears from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signal {
    /// The end user wants it stopped.
    Stop,
    /// Nobody reads any more.
    Left,
    /// Nobody has read for too long.
    Over,
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
        let clock = platform.clock.clone();
        platform.spawn.spawn(
            async move {
                let Ok(rest) = inherited.await else { return };
                if let Either::Right((_, run)) = select(rest.run, clock.sleep(GRACE)).await {
                    let _ = rest.signals.unbounded_send(Signal::Over);
                    run.await;
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
