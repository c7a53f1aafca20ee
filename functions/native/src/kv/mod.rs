//! `Kv` on one machine: redb, with a log in front of it.
//!
//! All commits go through one thread ([`writer`]), which puts those that wait together into one frame of the [`log`]:
//! many concurrent commits cost one append and one `fsync`. A commit has returned only when it is on the device. What the
//! log made durable stands in the [`overlay`] as well, until another thread ([`settle`]) has brought it into redb, some
//! seconds later and all at once. Reads look at both, without a change of threads where they are short: what
//! changes seldom is kept in a [`cache`]. A start after a crash repeats what the log holds and redb does not.

mod cache;
mod layout;
mod log;
mod overlay;
mod read;
mod settle;
mod space;
mod staging;
mod store;
mod watchers;
mod writer;

use std::{
    path::Path,
    sync::{Arc, RwLock},
    time::Duration,
};

use async_trait::async_trait;
use ports::{
    Clock, Commit, Entropy, Error, ErrorKind, Kv, KvLimits, Query, Result, Revision, View,
};

use crate::entropy::SystemEntropy;
use log::{Damage, Log};
use overlay::Overlay;
use store::Store;
use watchers::Watchers;
use writer::{Operation, Writer};

pub use space::Space;

/// The store of one process.
pub struct RedbKv {
    store: Arc<Store>,
    overlay: Arc<RwLock<Overlay>>,
    watchers: Arc<Watchers>,
    writer: Writer,
    clock: Arc<dyn Clock>,
    life: u64,
}

/// The same on every runtime, so that what works here works there: a row of a Durable Object has 2 MB.
const LIMITS: KvLimits = KvLimits {
    value_bytes: 1 << 20,
    commit_writes: 256,
    key_bytes: 512,
};

/// Records that are read without a change of threads.
const SHORT: usize = 512;

/// Longest name of a partition, in bytes.
const PARTITION_BYTES: usize = 1024;

impl RedbKv {
    /// Opens the store at `path`, or makes it. Fails with `Corrupt` for a file that is not a whole store and with
    /// `Unavailable` when another process has it open.
    pub fn open(path: &Path, clock: Arc<dyn Clock>) -> Result<Self> {
        Self::open_with(path, clock, Space::of(path))
    }

    /// The same with another measure of free space.
    pub fn open_with(path: &Path, clock: Arc<dyn Clock>, space: Space) -> Result<Self> {
        let store = Arc::new(Store::open(path)?);
        let (number, settled) = store.identity()?;
        let (log, pending) =
            Log::open(path, number, settled).map_err(|damage| damaged(damage, path))?;
        if pending.frames > 0 {
            tracing::info!(frames = pending.frames, "repeating the store's log");
            store.write(|database| settle::apply(&pending.generation, database))?;
        }
        let overlay = Arc::new(RwLock::new(Overlay::default()));
        let watchers = Arc::new(Watchers::default());
        let writer = Writer::start(store.clone(), log, overlay.clone(), watchers.clone(), space)?;
        Ok(Self {
            store,
            overlay,
            watchers,
            writer,
            clock,
            life: life(),
        })
    }

    /// Removes records that have expired, a thousand at most; returns how many.
    pub async fn sweep(&self) -> Result<u64> {
        self.writer.send(Operation::Sweep, self.clock.now()).await
    }

    /// Brings everything that the log holds into redb, which happens by itself within seconds.
    pub async fn settle(&self) -> Result<()> {
        let settled = self.writer.send(Operation::Settle, self.clock.now());
        settled.await.map(|_| ())
    }

    /// Syncs of the log since the start: fewer than commits, because commits that wait together share one.
    pub fn syncs(&self) -> u64 {
        self.writer.frames()
    }

    async fn write(&self, operation: Operation) -> Result<Revision> {
        self.writer.send(operation, self.clock.now()).await
    }

    async fn revision(&self, partition: &str) -> Result<Revision> {
        Ok(self.read(partition, Vec::new()).await?.revision)
    }
}

/// The store is open in one process at a time, so each has a name of its own.
fn life() -> u64 {
    let mut bytes = [0; 8];
    SystemEntropy.fill(&mut bytes);
    u64::from_le_bytes(bytes)
}

/// Keys start with the partition's length in two bytes.
fn check_partition(partition: &str) -> Result<()> {
    if partition.is_empty() || partition.len() > PARTITION_BYTES {
        let message = format!("a partition's name has 1 to {PARTITION_BYTES} bytes");
        return Err(Error::new(ErrorKind::Invalid, message));
    }
    Ok(())
}

#[async_trait]
impl Kv for RedbKv {
    fn limits(&self) -> KvLimits {
        LIMITS
    }

    fn life(&self) -> Option<u64> {
        Some(self.life)
    }

    async fn read(&self, partition: &str, queries: Vec<Query>) -> Result<View> {
        check_partition(partition)?;
        let (store, partition, now) = (self.store.clone(), partition.to_owned(), self.clock.now());
        let records = queries.iter().map(|query| match query {
            Query::Get(_) => 1,
            Query::List(range) => range.limit,
        });
        let is_short = records.sum::<usize>() <= SHORT;
        let overlay = self.overlay.clone();
        let read = move || read::read(&store, &overlay, &partition, &queries, now);
        match is_short {
            true => read(),
            false => blocking(read).await,
        }
    }

    async fn commit(&self, partition: &str, commit: Commit) -> Result<Revision> {
        check_partition(partition)?;
        LIMITS.check(&commit)?;
        let partition = partition.to_owned();
        self.write(Operation::Commit { partition, commit }).await
    }

    async fn watch(&self, partition: &str, after: Revision, wait: Duration) -> Result<Revision> {
        // Listening before looking: a commit between the two is not missed.
        let mut listener = self.watchers.listen(partition);
        let revision = self.revision(partition).await?;
        if revision > after || wait.is_zero() {
            return Ok(revision);
        }
        match ports::timeout(&*self.clock, wait, listener.above(after)).await {
            Ok(revision) => Ok(revision),
            Err(_) => self.revision(partition).await,
        }
    }

    async fn clear(&self, partition: &str) -> Result<()> {
        check_partition(partition)?;
        let partition = partition.to_owned();
        self.write(Operation::Clear { partition }).await.map(|_| ())
    }
}

/// Why the log cannot be read, for people.
fn damaged(damage: Damage, store: &Path) -> Error {
    match damage {
        Damage::Io(path, error) => store::from_io(&path, error),
        Damage::Gap(path) => {
            let message = format!(
                "the log {} is damaged, or belongs to another copy of {}: put the copies of one moment in their place",
                path.display(),
                store.display()
            );
            Error::new(ErrorKind::Corrupt, message)
        }
    }
}

/// Runs what may wait for the device where it holds up nobody.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => {
            Err(Error::new(ErrorKind::Internal, "the work was interrupted").with_source(error))
        }
    }
}
