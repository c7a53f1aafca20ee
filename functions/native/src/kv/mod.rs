//! `Kv` in one file, by redb.
//!
//! All commits go through one thread ([`writer`]), which puts those that wait together into one transaction: many
//! concurrent commits cost one `fsync`. Reads are snapshots; short ones happen where they are asked for, since pages
//! mostly lie in memory and a change of threads costs many times as much. A commit has returned only when it is on the
//! device.

mod layout;
mod space;
mod store;
mod watchers;
mod writer;

use std::{path::Path, sync::Arc, time::Duration};

use async_trait::async_trait;
use ports::{Clock, Commit, Error, ErrorKind, Kv, KvLimits, Query, Result, Revision, View};
use redb::ReadableDatabase;

use layout::{RECORDS, REVISIONS};
use store::Store;
use watchers::Watchers;
use writer::{Operation, Writer};

pub use space::Space;

/// The store of one process.
pub struct RedbKv {
    store: Arc<Store>,
    watchers: Arc<Watchers>,
    writer: Writer,
    clock: Arc<dyn Clock>,
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
        let watchers = Arc::new(Watchers::default());
        let writer = Writer::start(store.clone(), watchers.clone(), space)?;
        Ok(Self {
            store,
            watchers,
            writer,
            clock,
        })
    }

    /// Removes records that have expired, a thousand at most; returns how many.
    pub async fn sweep(&self) -> Result<u64> {
        self.writer.send(Operation::Sweep, self.clock.now()).await
    }

    /// Transactions since the start: fewer than commits, because commits that wait together share one.
    pub fn transactions(&self) -> u64 {
        self.store.transactions()
    }

    async fn write(&self, operation: Operation) -> Result<Revision> {
        self.writer.send(operation, self.clock.now()).await
    }

    async fn revision(&self, partition: &str) -> Result<Revision> {
        Ok(self.read(partition, Vec::new()).await?.revision)
    }
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

    async fn read(&self, partition: &str, queries: Vec<Query>) -> Result<View> {
        check_partition(partition)?;
        let (store, partition, now) = (self.store.clone(), partition.to_owned(), self.clock.now());
        let records = queries.iter().map(|query| match query {
            Query::Get(_) => 1,
            Query::List(range) => range.limit,
        });
        let is_short = records.sum::<usize>() <= SHORT;
        let read = move || {
            store.read(|database| {
                let transaction = database.begin_read()?;
                let revisions = transaction.open_table(REVISIONS)?;
                let records = transaction.open_table(RECORDS)?;
                let revision = revisions
                    .get(partition.as_str())?
                    .map_or(0, |it| it.value());
                let mut answers = Vec::with_capacity(queries.len());
                for query in &queries {
                    answers.push(match query {
                        Query::Get(key) => layout::get(&records, &partition, key, now)?
                            .into_iter()
                            .collect(),
                        Query::List(range) => layout::list(&records, &partition, range, now)?,
                    });
                }
                Ok(View { revision, answers })
            })
        };
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
