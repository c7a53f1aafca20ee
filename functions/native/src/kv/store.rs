//! The open file, and what its failures mean.

use std::{
    fs, io,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::{PoisonError, RwLock},
};

use ports::{Error, ErrorKind, Result};
use redb::{Builder, Database, ReadableDatabase};

use super::layout::{
    EXPIRY, FORMAT, META, META_FORMAT, META_SETTLED, META_STORE, RECORDS, REVISIONS,
};

/// The file.
pub(super) struct Store {
    path: PathBuf,
    file: RwLock<OpenFile>,
}

struct OpenFile {
    /// `None` while it cannot be opened after a failure of the device.
    database: Option<Database>,
    /// How often it was opened again.
    generation: u64,
}

/// Pages kept in memory. What was written lately stands in the overlay, and the operating system caches the file as well.
const CACHE_BYTES: usize = 16 << 20;

/// A file up to this size is read and compared with its checksums whenever it is opened: a quarter of a second at most.
/// A larger one is, too, when `EDGEWISE_CHECK_STORE` is set.
const CHECKED_BYTES: u64 = 128 << 20;

/// In which generation of the file, and what; nothing where the file is closed.
type Failure = (u64, Option<redb::Error>);

impl Store {
    pub fn open(path: &Path) -> Result<Self> {
        Ok(Self {
            path: path.to_owned(),
            file: RwLock::new(OpenFile {
                database: Some(open(path)?),
                generation: 0,
            }),
        })
    }

    /// Reads. redb accepts nothing more after an I/O error, not even reading: then the file is opened again, by whoever
    /// comes first, and read once more.
    pub fn read<T>(&self, work: impl Fn(&Database) -> Result<T, redb::Error>) -> Result<T> {
        match self.attempt(&work) {
            Err((generation, None | Some(redb::Error::PreviousIo))) => {
                self.reopen(generation)?;
                self.attempt(work).map_err(|failure| self.failed(failure))
            }
            outcome => outcome.map_err(|failure| self.failed(failure)),
        }
    }

    /// Writes, at most once: nobody knows what a failed commit left on the device.
    pub fn write<T>(&self, work: impl FnOnce(&Database) -> Result<T, redb::Error>) -> Result<T> {
        let closed = self.attempt(|_| Ok(())).err();
        if let Some((generation, _)) = closed {
            self.reopen(generation)?;
        }
        self.attempt(work).map_err(|failure| self.failed(failure))
    }

    /// What callers are told; the file is opened again where redb needs that.
    fn failed(&self, (generation, error): Failure) -> Error {
        let Some(error) = error else {
            return closed(&self.path);
        };
        if matches!(error, redb::Error::Io(_) | redb::Error::PreviousIo)
            && let Err(error) = self.reopen(generation)
        {
            return error;
        }
        explain(&self.path, error)
    }

    fn attempt<T>(
        &self,
        work: impl FnOnce(&Database) -> Result<T, redb::Error>,
    ) -> Result<T, Failure> {
        let file = self.file.read().unwrap_or_else(PoisonError::into_inner);
        let Some(database) = &file.database else {
            return Err((file.generation, None));
        };
        work(database).map_err(|error| (file.generation, Some(error)))
    }

    /// Closes the file and opens it again, unless somebody did since that generation.
    fn reopen(&self, generation: u64) -> Result<()> {
        let mut file = self.file.write().unwrap_or_else(PoisonError::into_inner);
        if file.generation != generation {
            return Ok(());
        }
        // The old one first: it holds the lock of the file.
        file.database = None;
        let opened = open(&self.path);
        if let Err(error) = &opened {
            tracing::error!(%error, "the store stays closed");
        }
        file.database = Some(opened?);
        file.generation += 1;
        Ok(())
    }

    /// The store's own number, and the last frame of the log that its tables hold.
    pub fn identity(&self) -> Result<(u64, u64)> {
        self.read(|database| {
            let meta = database.begin_read()?.open_table(META)?;
            let number = |key| Ok::<_, redb::Error>(meta.get(key)?.map_or(0, |it| it.value()));
            Ok((number(META_STORE)?, number(META_SETTLED)?))
        })
    }

    /// For messages.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

fn open(path: &Path) -> Result<Database> {
    let size = fs::metadata(path).map_or(0, |metadata| metadata.len());
    let check = size <= CHECKED_BYTES || std::env::var_os("EDGEWISE_CHECK_STORE").is_some();
    // A damaged file that is not checked can make redb panic.
    let opened = catch_unwind(AssertUnwindSafe(|| {
        let mut builder = Builder::new();
        builder.set_cache_size(CACHE_BYTES);
        builder.set_check_integrity_on_open(check && size > 0);
        builder.set_repair_callback(|_| {});
        let database = builder.create(path)?;
        prepare(&database)?;
        Ok(database)
    }));
    match opened {
        Ok(Ok(database)) => Ok(database),
        Ok(Err(error)) => Err(explain(path, error)),
        Err(_) => Err(corrupt(path)),
    }
}

/// Makes the tables, once, and refuses the layout of another version.
fn prepare(database: &Database) -> Result<(), redb::Error> {
    if let Ok(meta) = database.begin_read()?.open_table(META)
        && let Some(format) = meta.get(META_FORMAT)?.map(|it| it.value())
    {
        if format != FORMAT {
            let message = format!("written in format {format}, this program knows {FORMAT}");
            return Err(redb::Error::Corrupted(message));
        }
        if meta.get(META_STORE)?.is_some() {
            return Ok(());
        }
    }
    let mut store = [0; 8];
    getrandom::fill(&mut store).map_err(|error| redb::Error::Io(error.into()))?;
    let transaction = database.begin_write()?;
    {
        let mut meta = transaction.open_table(META)?;
        meta.insert(META_FORMAT, FORMAT)?;
        meta.insert(META_STORE, u64::from_le_bytes(store))?;
    }
    transaction.open_table(RECORDS)?;
    transaction.open_table(REVISIONS)?;
    transaction.open_table(EXPIRY)?;
    transaction.commit()?;
    Ok(())
}

/// What people and callers make of redb's errors.
pub(super) fn explain(path: &Path, error: redb::Error) -> Error {
    let store = path.display();
    match error {
        redb::Error::DatabaseAlreadyOpen => {
            let message = format!(
                "another process serves from the store {store}: stop it, or choose another folder with --data"
            );
            Error::new(ErrorKind::Unavailable, message)
        }
        redb::Error::Io(error) => from_io(path, error),
        redb::Error::PreviousIo => closed(path),
        redb::Error::Corrupted(_)
        | redb::Error::UpgradeRequired(_)
        | redb::Error::RepairAborted
        | redb::Error::TypeDefinitionChanged { .. }
        | redb::Error::TableTypeMismatch { .. } => corrupt(path).with_source(error),
        error => {
            Error::new(ErrorKind::Internal, format!("the store {store} failed")).with_source(error)
        }
    }
}

/// The same for the store's other files.
pub(super) fn from_io(path: &Path, error: io::Error) -> Error {
    let store = path.display();
    let (kind, message) = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            (
                ErrorKind::Full,
                format!("no room left for the store {store}"),
            )
        }
        io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => {
            return corrupt(path).with_source(error);
        }
        _ => (
            ErrorKind::Unavailable,
            format!("the store {store} cannot be used"),
        ),
    };
    Error::new(kind, message).with_source(error)
}

fn corrupt(path: &Path) -> Error {
    let message = format!(
        "the store {} is damaged, or is no store: put a copy in its place, or move it away to begin anew",
        path.display()
    );
    Error::new(ErrorKind::Corrupt, message)
}

fn closed(path: &Path) -> Error {
    let message = format!(
        "the store {} is closed after an error of its device",
        path.display()
    );
    Error::new(ErrorKind::Unavailable, message)
}
