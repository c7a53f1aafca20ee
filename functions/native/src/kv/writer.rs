//! The one thread that writes. What waits when it is free goes into one transaction: group commit.

use std::{sync::Arc, thread, time::Duration};

use ports::{Commit, Error, ErrorKind, Result, Revision, Timestamp, Write};
use redb::{Database, ReadableTable, Table};
use tokio::sync::{mpsc, oneshot};

use super::{
    layout::{self, EXPIRY, RECORDS, REVISIONS, Stored},
    space::Space,
    store::Store,
    watchers::Watchers,
};

/// Something to write.
pub(super) enum Operation {
    Commit { partition: String, commit: Commit },
    Clear { partition: String },
    Sweep,
}

struct Request {
    operation: Operation,
    now: Timestamp,
    reply: oneshot::Sender<Result<Revision>>,
}

/// Most operations of one transaction, and most bytes of values in it.
const BATCH: usize = 256;
const BATCH_BYTES: u64 = 16 << 20;

/// While transactions hold so many operations, the next one waits a little for more: a transaction costs as much as
/// dozens of operations, and whoever commits in such a crowd waits for its turn anyway.
const CROWD: usize = 4;
const GATHERING: Duration = Duration::from_millis(1);

/// Most operations that wait; more hold up their callers.
const WAITING: usize = 1024;

/// Records that one sweep removes.
const SWEEP: usize = 1000;

/// The way to the thread. It ends, with all that was sent done, when this is dropped.
pub(super) struct Writer {
    sender: Option<mpsc::Sender<Request>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Writer {
    pub fn start(store: Arc<Store>, watchers: Arc<Watchers>, space: Space) -> Result<Self> {
        let (sender, receiver) = mpsc::channel(WAITING);
        let work = move || run(receiver, &store, &watchers, &space);
        let thread = thread::Builder::new()
            .name("kv-writer".to_owned())
            .spawn(work);
        let thread = thread.map_err(|error| {
            Error::new(ErrorKind::Internal, "no thread for the store").with_source(error)
        })?;
        Ok(Self {
            sender: Some(sender),
            thread: Some(thread),
        })
    }

    pub async fn send(&self, operation: Operation, now: Timestamp) -> Result<Revision> {
        let stopped = || Error::new(ErrorKind::Internal, "the store's writer has stopped");
        let (reply, answer) = oneshot::channel();
        let request = Request {
            operation,
            now,
            reply,
        };
        let sender = self.sender.as_ref().ok_or_else(stopped)?;
        sender.send(request).await.map_err(|_| stopped())?;
        answer.await.map_err(|_| stopped())?
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.sender = None;
        if let Some(thread) = self.thread.take() {
            // It only fails after a panic, which was printed.
            let _: thread::Result<()> = thread.join();
        }
    }
}

fn run(mut receiver: mpsc::Receiver<Request>, store: &Store, watchers: &Watchers, space: &Space) {
    let mut crowded = false;
    while let Some(first) = receiver.blocking_recv() {
        if crowded {
            thread::sleep(GATHERING);
        }
        let mut bytes = first.operation.bytes();
        let mut batch = vec![first];
        while batch.len() < BATCH && bytes < BATCH_BYTES {
            let Ok(next) = receiver.try_recv() else { break };
            bytes += next.operation.bytes();
            batch.push(next);
        }
        crowded = batch.len() >= CROWD;
        let (fitting, refused): (Vec<_>, Vec<_>) = if space.fits(bytes) {
            (batch, Vec::new())
        } else {
            // Alone, a small one may still fit; and deletions make room.
            batch
                .into_iter()
                .partition(|request| space.fits(request.operation.bytes()))
        };
        for request in refused {
            let message = format!("no room left for the store {}", store.path().display());
            answer(request, Err(Error::new(ErrorKind::Full, message)));
        }
        if !fitting.is_empty() {
            write(fitting, store, watchers);
        }
    }
}

/// One transaction for all of them.
fn write(batch: Vec<Request>, store: &Store, watchers: &Watchers) {
    match store.write(|database| transact(&batch, database)) {
        Ok(outcomes) => {
            store.count();
            for (request, outcome) in batch.into_iter().zip(outcomes) {
                if let (Some(partition), Ok(revision)) = (request.operation.partition(), &outcome) {
                    watchers.tell(partition, *revision);
                }
                answer(request, outcome);
            }
        }
        Err(error) => {
            tracing::error!(%error, "a transaction failed");
            fail(batch, &error);
        }
    }
}

fn fail(batch: Vec<Request>, error: &Error) {
    for request in batch {
        answer(request, Err(Error::new(error.kind(), error.to_string())));
    }
}

fn answer(request: Request, outcome: Result<Revision>) {
    // Whoever asked may have gone.
    let _: Result<(), _> = request.reply.send(outcome);
}

type Outcomes = Vec<Result<Revision>>;

fn transact(batch: &[Request], database: &Database) -> Result<Outcomes, redb::Error> {
    let transaction = database.begin_write()?;
    let mut changed = false;
    let mut outcomes = Vec::with_capacity(batch.len());
    {
        let mut tables = Tables {
            records: transaction.open_table(RECORDS)?,
            revisions: transaction.open_table(REVISIONS)?,
            expiry: transaction.open_table(EXPIRY)?,
        };
        for request in batch {
            let now = request.now;
            outcomes.push(match &request.operation {
                Operation::Commit { partition, commit } => {
                    match tables.broken(partition, commit, now)? {
                        Some(key) => {
                            let message = format!("`{key}` has changed");
                            Err(Error::new(ErrorKind::Conflict, message))
                        }
                        None if commit.writes.is_empty() => Ok(tables.revision(partition)?),
                        None => {
                            changed = true;
                            Ok(tables.apply(partition, commit)?)
                        }
                    }
                }
                Operation::Clear { partition } => {
                    changed = true;
                    Ok(tables.clear(partition)?)
                }
                Operation::Sweep => {
                    let swept = tables.sweep(now)?;
                    changed |= swept > 0;
                    Ok(swept)
                }
            });
        }
    }
    if changed {
        transaction.commit()?;
    } else {
        transaction.abort()?;
    }
    Ok(outcomes)
}

struct Tables<'t> {
    records: Table<'t, &'static [u8], &'static [u8]>,
    revisions: Table<'t, &'static str, u64>,
    expiry: Table<'t, (u64, &'static [u8]), ()>,
}

impl Tables<'_> {
    fn revision(&self, partition: &str) -> Result<Revision, redb::Error> {
        Ok(self.revisions.get(partition)?.map_or(0, |it| it.value()))
    }

    fn advance(&mut self, partition: &str) -> Result<Revision, redb::Error> {
        let revision = self.revision(partition)? + 1;
        self.revisions.insert(partition, revision)?;
        Ok(revision)
    }

    /// The first key whose condition does not hold.
    fn broken<'c>(
        &self,
        partition: &str,
        commit: &'c Commit,
        now: Timestamp,
    ) -> Result<Option<&'c str>, redb::Error> {
        for condition in &commit.conditions {
            let found = layout::version(&self.records, partition, &condition.key, now)?;
            if found != condition.version {
                return Ok(Some(&condition.key));
            }
        }
        Ok(None)
    }

    fn apply(&mut self, partition: &str, commit: &Commit) -> Result<Revision, redb::Error> {
        let version = self.advance(partition)?;
        for write in &commit.writes {
            let full = layout::full(partition, write.key());
            let Write::Put {
                value, expires_at, ..
            } = write
            else {
                self.remove(&full)?;
                continue;
            };
            // 0 stands for "never", and 1970 has passed either way.
            let expires_at = expires_at.map_or(0, |at| at.0.max(1));
            let stored = Stored {
                version,
                expires_at,
                value,
            };
            let encoded = stored.encode();
            // One way down the tree, for what was there as well.
            let before = self.records.insert(full.as_slice(), encoded.as_slice())?;
            let expired = before.and_then(|it| expiry(it.value()));
            if let Some(at) = expired.filter(|at| *at != expires_at) {
                self.expiry.remove((at, full.as_slice()))?;
            }
            if expires_at > 0 {
                self.expiry.insert((expires_at, full.as_slice()), ())?;
            }
        }
        Ok(version)
    }

    fn remove(&mut self, full: &[u8]) -> Result<(), redb::Error> {
        let removed = self.records.remove(full)?;
        if let Some(at) = removed.and_then(|it| expiry(it.value())) {
            self.expiry.remove((at, full))?;
        }
        Ok(())
    }

    fn clear(&mut self, partition: &str) -> Result<Revision, redb::Error> {
        let base = layout::base(partition);
        let end = layout::end(&base);
        let mut keys = Vec::new();
        for entry in self.records.range(base.as_slice()..)? {
            let (key, _) = entry?;
            if end
                .as_ref()
                .is_some_and(|end| key.value() >= end.as_slice())
            {
                break;
            }
            keys.push(key.value().to_vec());
        }
        for key in keys {
            self.remove(&key)?;
        }
        self.advance(partition)
    }

    fn sweep(&mut self, now: Timestamp) -> Result<u64, redb::Error> {
        let mut due = Vec::new();
        let empty: &[u8] = &[];
        for entry in self.expiry.range(..(now.0 + 1, empty))?.take(SWEEP) {
            due.push(entry?.0.value().1.to_vec());
        }
        for full in &due {
            self.remove(full)?;
        }
        Ok(due.len() as u64)
    }
}

/// When a stored record ends, if ever.
fn expiry(stored: &[u8]) -> Option<u64> {
    let stored = Stored::decode(stored)?;
    (stored.expires_at > 0).then_some(stored.expires_at)
}

impl Operation {
    /// The values it adds.
    fn bytes(&self) -> u64 {
        let Self::Commit { commit, .. } = self else {
            return 0;
        };
        let sizes = commit.writes.iter().map(|write| match write {
            // The key stands in the index of expiry as well; a page is shared with neighbours.
            Write::Put { key, value, .. } => key.len() + value.len() + 256,
            Write::Delete { .. } => 0,
        });
        sizes.sum::<usize>() as u64
    }

    fn partition(&self) -> Option<&str> {
        match self {
            Self::Commit { partition, .. } | Self::Clear { partition } => Some(partition),
            Self::Sweep => None,
        }
    }
}
