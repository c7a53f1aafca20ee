//! Who waits for a commit, by partition.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use ports::Revision;
use tokio::sync::watch;

/// The partitions that somebody watches.
#[derive(Default)]
pub(super) struct Watchers(Mutex<HashMap<String, watch::Sender<Revision>>>);

impl Watchers {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, watch::Sender<Revision>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hears of every commit from now on.
    pub fn listen(self: &Arc<Self>, partition: &str) -> Listener {
        let mut partitions = self.lock();
        let sender = partitions.entry(partition.to_owned()).or_default();
        Listener {
            receiver: Some(sender.subscribe()),
            watchers: self.clone(),
            partition: partition.to_owned(),
        }
    }

    /// Tells of a commit.
    pub fn tell(&self, partition: &str, revision: Revision) {
        if let Some(sender) = self.lock().get(partition) {
            sender.send_replace(revision);
        }
    }
}

/// One who waits.
pub(super) struct Listener {
    receiver: Option<watch::Receiver<Revision>>,
    watchers: Arc<Watchers>,
    partition: String,
}

impl Listener {
    /// Waits for a commit whose revision is above `after`; for ever, if there is none.
    pub async fn above(&mut self, after: Revision) -> Revision {
        if let Some(receiver) = &mut self.receiver
            && let Ok(revision) = receiver.wait_for(|revision| *revision > after).await
        {
            return *revision;
        }
        std::future::pending().await
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let mut partitions = self.watchers.lock();
        self.receiver = None;
        // The last one takes the entry away, or the table would grow with every conversation.
        if partitions
            .get(&self.partition)
            .is_some_and(|sender| sender.receiver_count() == 0)
        {
            partitions.remove(&self.partition);
        }
    }
}
