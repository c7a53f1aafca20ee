//! The thread that brings what the log made durable into redb, some seconds later, as one transaction.
//!
//! A record that was written ten times meanwhile is written once, pages that many records share are, too, and who
//! commits waits for none of it.

use std::{
    sync::{
        Arc, PoisonError, RwLock,
        mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel},
    },
    thread,
    time::Duration,
};

use ports::{Error, ErrorKind, Result, Timestamp};
use redb::{Database, ReadableTable, Table};
use tokio::sync::oneshot;

use super::{
    layout::{EXPIRY, META, META_SETTLED, RECORDS, REVISIONS, Stored},
    overlay::{Entry, Generation, Overlay},
    store::Store,
};

/// Records that one sweep removes.
const SWEEP: usize = 1000;

/// What waits in the log is asked for after this time.
const PERIOD: Duration = Duration::from_secs(2);

/// Something to do.
enum Task {
    /// Brings the overlay's settling generation into redb, if there is one.
    Settle(SyncSender<Result<()>>),
    /// The same, and nobody waits for it.
    Hurry,
    Sweep(Timestamp, oneshot::Sender<Result<u64>>),
}

/// The way to the thread, which ends when this is dropped.
pub(super) struct Settler {
    sender: Option<SyncSender<Task>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Settler {
    /// `is_due` is called now and then on the thread.
    pub fn start(
        store: Arc<Store>,
        overlay: Arc<RwLock<Overlay>>,
        is_due: impl Fn() + Send + 'static,
    ) -> Result<Self> {
        let (sender, receiver) = sync_channel(64);
        let work = move || run(&receiver, &store, &overlay, is_due);
        let thread = spawn("kv-settler", work)?;
        Ok(Self {
            sender: Some(sender),
            thread: Some(thread),
        })
    }

    fn send(&self, task: Task) -> Result<()> {
        let sent = self.sender.as_ref().map(|sender| sender.send(task));
        match sent {
            Some(Ok(())) => Ok(()),
            _ => Err(stopped()),
        }
    }

    /// Begins to bring the settling generation into redb.
    pub fn hurry(&self) -> Result<()> {
        self.send(Task::Hurry)
    }

    /// Waits until there is none.
    pub fn settle(&self) -> Result<()> {
        let (reply, answer) = sync_channel(1);
        self.send(Task::Settle(reply))?;
        answer.recv().map_err(|_| stopped())?
    }

    /// Removes what has expired in redb, [`SWEEP`] records at most.
    pub fn sweep(&self, now: Timestamp, reply: oneshot::Sender<Result<u64>>) -> Result<()> {
        self.send(Task::Sweep(now, reply))
    }
}

impl Drop for Settler {
    fn drop(&mut self) {
        self.sender = None;
        join(self.thread.take());
    }
}

/// A thread of the store.
pub(super) fn spawn(
    name: &str,
    work: impl FnOnce() + Send + 'static,
) -> Result<thread::JoinHandle<()>> {
    let spawned = thread::Builder::new().name(name.to_owned()).spawn(work);
    spawned.map_err(|error| {
        Error::new(ErrorKind::Internal, "no thread for the store").with_source(error)
    })
}

pub(super) fn join(thread: Option<thread::JoinHandle<()>>) {
    if let Some(thread) = thread {
        // It only fails after a panic, which was printed.
        let _: thread::Result<()> = thread.join();
    }
}

fn stopped() -> Error {
    Error::new(ErrorKind::Internal, "the store's settler has stopped")
}

fn run(receiver: &Receiver<Task>, store: &Store, overlay: &RwLock<Overlay>, is_due: impl Fn()) {
    loop {
        match receiver.recv_timeout(PERIOD) {
            Ok(Task::Hurry) => {
                // Whoever writes hears of it when there is no more room to wait in.
                if let Err(error) = settle(store, overlay) {
                    tracing::error!(%error, "what was committed stays in the log for now");
                }
            }
            Ok(Task::Settle(reply)) => {
                let _: Result<(), _> = reply.send(settle(store, overlay));
            }
            Ok(Task::Sweep(now, reply)) => {
                let swept = store.write(|database| sweep(database, now));
                if !matches!(swept, Ok(0)) {
                    let mut overlay = overlay.write().unwrap_or_else(PoisonError::into_inner);
                    overlay.cache.clear();
                    overlay.epoch += 1;
                }
                let _: Result<(), _> = reply.send(swept);
            }
            Err(RecvTimeoutError::Timeout) => is_due(),
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

fn settle(store: &Store, overlay: &RwLock<Overlay>) -> Result<()> {
    let settling = {
        let overlay = overlay.read().unwrap_or_else(PoisonError::into_inner);
        overlay.settling.clone()
    };
    let Some(settling) = settling else {
        return Ok(());
    };
    store.write(|database| apply(&settling, database))?;
    // From here on whoever reads redb finds it there.
    let mut overlay = overlay.write().unwrap_or_else(PoisonError::into_inner);
    overlay.settled();
    Ok(())
}

/// Puts a generation into the tables, and keeps the number of its last frame with it.
pub(super) fn apply(generation: &Generation, database: &Database) -> Result<(), redb::Error> {
    let transaction = database.begin_write()?;
    {
        let mut tables = Tables {
            records: transaction.open_table(RECORDS)?,
            expiry: transaction.open_table(EXPIRY)?,
        };
        let mut revisions = transaction.open_table(REVISIONS)?;
        for (partition, revision) in &generation.revisions {
            revisions.insert(partition.as_str(), revision)?;
        }
        for (full, entry) in &generation.records {
            tables.set(full, entry)?;
        }
        let mut meta = transaction.open_table(META)?;
        meta.insert(META_SETTLED, generation.last_frame)?;
    }
    transaction.commit()?;
    Ok(())
}

fn sweep(database: &Database, now: Timestamp) -> Result<u64, redb::Error> {
    let transaction = database.begin_write()?;
    let mut due = Vec::new();
    {
        let mut tables = Tables {
            records: transaction.open_table(RECORDS)?,
            expiry: transaction.open_table(EXPIRY)?,
        };
        let empty: &[u8] = &[];
        for entry in tables.expiry.range(..(now.0 + 1, empty))?.take(SWEEP) {
            due.push(entry?.0.value().1.to_vec());
        }
        for full in &due {
            tables.set(full, &None)?;
        }
    }
    match due.is_empty() {
        true => transaction.abort()?,
        false => transaction.commit()?,
    }
    Ok(due.len() as u64)
}

struct Tables<'t> {
    records: Table<'t, &'static [u8], &'static [u8]>,
    expiry: Table<'t, (u64, &'static [u8]), ()>,
}

impl Tables<'_> {
    fn set(&mut self, full: &[u8], entry: &Entry) -> Result<(), redb::Error> {
        // One way down the tree, for what was there as well.
        let before = match entry {
            Some(encoded) => self.records.insert(full, encoded.as_ref())?,
            None => self.records.remove(full)?,
        };
        let before = before.and_then(|it| expiry(it.value()));
        let after = entry.as_deref().and_then(expiry);
        if before != after {
            if let Some(at) = before {
                self.expiry.remove((at, full))?;
            }
            if let Some(at) = after {
                self.expiry.insert((at, full), ())?;
            }
        }
        Ok(())
    }
}

/// When a stored record ends, if ever.
fn expiry(stored: &[u8]) -> Option<u64> {
    let stored = Stored::decode(stored)?;
    (stored.expires_at > 0).then_some(stored.expires_at)
}
