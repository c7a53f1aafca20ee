//! Tasks beside the one that answers.
//!
//! The runtime of `wit-bindgen` looks at new tasks only when its request's task is woken: one that is spawned while
//! everybody waits would not start before something else happens. Everything that runs here therefore remembers its
//! waker, and [`spawn`] uses it.

use std::{
    cell::RefCell,
    pin::{Pin, pin},
    task::{Context, Poll, Waker},
};

use axum::body::Body as AxumBody;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use spin_sdk::wit_bindgen;

thread_local! {
    /// The waker of what is being polled. An instance has one thread.
    static CURRENT: RefCell<Option<Waker>> = const { RefCell::new(None) };
}

/// Runs a future beside the request; the instance finishes it before it counts as idle.
pub fn spawn(task: impl Future<Output = ()> + 'static) {
    wit_bindgen::spawn(tracked(task));
    CURRENT.with_borrow(|waker| {
        if let Some(waker) = waker {
            waker.wake_by_ref();
        }
    });
}

/// Remembers the waker while `future` is polled.
pub async fn tracked<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    std::future::poll_fn(|cx| remembering(cx, |cx| future.as_mut().poll(cx))).await
}

/// Lets other tasks of the instance run before this one goes on.
#[cfg(feature = "weights")]
pub async fn yield_now() {
    let mut yielded = false;
    std::future::poll_fn(|cx| {
        if yielded {
            return Poll::Ready(());
        }
        yielded = true;
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

fn remembering<T>(cx: &mut Context<'_>, poll: impl FnOnce(&mut Context<'_>) -> T) -> T {
    let outer = CURRENT.replace(Some(cx.waker().clone()));
    let result = poll(cx);
    CURRENT.set(outer);
    result
}

/// The body of an answer: remembers the waker while it is polled, and does one thing when it has been sent or given up.
pub struct Answer {
    body: AxumBody,
    after: Option<Box<dyn FnOnce() + Send>>,
}

impl Answer {
    /// Calls `after` when the body has ended.
    pub fn new(body: AxumBody, after: impl FnOnce() + Send + 'static) -> Self {
        Self {
            body,
            after: Some(Box::new(after)),
        }
    }
}

impl Body for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        remembering(cx, |cx| Pin::new(&mut self.body).poll_frame(cx))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        if let Some(after) = self.after.take() {
            after();
        }
    }
}
