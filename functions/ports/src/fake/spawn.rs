//! Spawned tasks, kept until the test drives them.

use std::{
    future::poll_fn,
    sync::Mutex,
    task::{Context, Poll},
};

use futures::{
    future::BoxFuture,
    stream::{FuturesUnordered, Stream},
};

use super::lock;
use crate::Spawn;

/// Collects tasks; they go on while [`poll`](Self::poll) or [`settle`](Self::settle) is called.
#[derive(Default)]
pub struct FakeSpawn {
    // Apart from `running`, because a running task may spawn another.
    started: Mutex<Vec<BoxFuture<'static, ()>>>,
    running: Mutex<FuturesUnordered<BoxFuture<'static, ()>>>,
}

impl FakeSpawn {
    /// Lets every task go as far as it can. Ready when none is left.
    pub fn poll(&self, context: &mut Context<'_>) -> Poll<()> {
        let mut running = lock(&self.running);
        loop {
            running.extend(lock(&self.started).drain(..));
            match std::pin::Pin::new(&mut *running).poll_next(context) {
                Poll::Ready(Some(())) => {}
                Poll::Ready(None) if lock(&self.started).is_empty() => return Poll::Ready(()),
                Poll::Ready(None) => {}
                Poll::Pending if lock(&self.started).is_empty() => return Poll::Pending,
                Poll::Pending => {}
            }
        }
    }

    /// Waits until every task has ended.
    pub async fn settle(&self) {
        poll_fn(|context| self.poll(context)).await;
    }

    /// Drops every task in mid-flight, as a runtime may.
    pub fn lose(&self) {
        lock(&self.started).clear();
        lock(&self.running).clear();
    }

    /// Tasks that have not ended.
    pub fn pending(&self) -> usize {
        lock(&self.started).len() + lock(&self.running).len()
    }
}

impl Spawn for FakeSpawn {
    fn spawn(&self, task: BoxFuture<'static, ()>) {
        lock(&self.started).push(task);
    }
}
