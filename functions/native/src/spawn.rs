//! Work beside the request, on tokio.

use futures::future::BoxFuture;
use ports::Spawn;
use tokio_util::task::TaskTracker;

/// Spawns tasks, and knows which still run, so that a shutdown can wait for them.
#[derive(Clone, Default)]
pub struct Tasks {
    tracker: TaskTracker,
}

impl Tasks {
    /// Waits until every task has ended. More may be spawned meanwhile.
    pub async fn finished(&self) {
        self.tracker.close();
        self.tracker.wait().await;
    }
}

impl Spawn for Tasks {
    fn spawn(&self, task: BoxFuture<'static, ()>) {
        self.tracker.spawn(task);
    }
}
