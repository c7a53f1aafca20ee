//! `Spawn`: work that may be lost.

use futures::future::BoxFuture;

/// Runs a future beside the request. It may be dropped at any moment: what must happen goes to `Queue`.
pub trait Spawn: Send + Sync {
    /// Starts it.
    fn spawn(&self, task: BoxFuture<'static, ()>);
}
