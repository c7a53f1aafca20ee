//! What a group of operations changes, decided one after the other on the newest state.

use std::{
    ops::Bound,
    sync::{Arc, PoisonError, RwLock},
};

use bytes::Bytes;
use ports::{Commit, Error, ErrorKind, Result, Revision, Timestamp, Write};
use redb::{Database, ReadOnlyTable, ReadableDatabase};

use super::{
    layout::{self, RECORDS, REVISIONS, Stored},
    overlay::{Generation, Overlay},
    store::Store,
    writer::{Operation, Request},
};

/// The changes, and what each operation is answered once they are durable.
pub(super) struct Staged {
    pub changes: Generation,
    pub outcomes: Vec<Result<Revision>>,
}

/// Only the thread that writes may call this: nobody else changes what it reads.
pub(super) fn stage(batch: &[Request], store: &Store, overlay: &RwLock<Overlay>) -> Result<Staged> {
    // Held, because redb may have taken it, and the overlay let go of it, before this is through.
    let settling = {
        let overlay = overlay.read().unwrap_or_else(PoisonError::into_inner);
        overlay.settling.clone()
    };
    store.read(|database| {
        let mut staging = Staging {
            changes: Generation::default(),
            overlay,
            settling: settling.clone(),
            database,
            snapshot: None,
        };
        let mut outcomes = Vec::with_capacity(batch.len());
        for request in batch {
            outcomes.push(staging.decide(request)?);
        }
        Ok(Staged {
            changes: staging.changes,
            outcomes,
        })
    })
}

struct Staging<'a> {
    changes: Generation,
    overlay: &'a RwLock<Overlay>,
    settling: Option<Arc<Generation>>,
    database: &'a Database,
    snapshot: Option<Snapshot>,
}

struct Snapshot {
    records: ReadOnlyTable<&'static [u8], &'static [u8]>,
    revisions: ReadOnlyTable<&'static str, u64>,
}

impl Staging<'_> {
    fn decide(&mut self, request: &Request) -> Result<Result<Revision>, redb::Error> {
        match &request.operation {
            Operation::Commit { partition, commit } => {
                if let Some(key) = self.broken(partition, commit, request.now)? {
                    let message = format!("`{key}` has changed");
                    return Ok(Err(Error::new(ErrorKind::Conflict, message)));
                }
                match commit.writes.is_empty() {
                    true => self.revision(partition).map(Ok),
                    false => self.apply(partition, commit).map(Ok),
                }
            }
            Operation::Clear { partition } => self.clear(partition).map(Ok),
            // Not decided here.
            Operation::Sweep | Operation::Settle => Ok(Ok(0)),
        }
    }

    /// The first key whose condition does not hold.
    fn broken<'c>(
        &mut self,
        partition: &str,
        commit: &'c Commit,
        now: Timestamp,
    ) -> Result<Option<&'c str>, redb::Error> {
        for condition in &commit.conditions {
            let full = layout::full(partition, &condition.key);
            if self.version(&full, now)? != condition.version {
                return Ok(Some(&condition.key));
            }
        }
        Ok(None)
    }

    fn apply(&mut self, partition: &str, commit: &Commit) -> Result<Revision, redb::Error> {
        let version = self.advance(partition)?;
        for write in &commit.writes {
            let full = Bytes::from(layout::full(partition, write.key()));
            let entry = match write {
                Write::Put {
                    value, expires_at, ..
                } => {
                    let stored = Stored {
                        version,
                        // 0 stands for "never", and 1970 has passed either way.
                        expires_at: expires_at.map_or(0, |at| at.0.max(1)),
                        value,
                    };
                    Some(stored.encode())
                }
                Write::Delete { .. } => None,
            };
            self.changes.set(full, entry);
        }
        Ok(version)
    }

    fn clear(&mut self, partition: &str) -> Result<Revision, redb::Error> {
        let base = layout::base(partition);
        let end = layout::end(&base);
        let is_inside = |full: &[u8]| end.as_deref().is_none_or(|end| full < end);
        let from = (Bound::Included(base.as_slice()), Bound::Unbounded);
        let staged = self.changes.records.range::<[u8], _>(from);
        let staged = staged.map(|(full, _)| full.clone());
        let mut keys: Vec<Bytes> = staged.take_while(|full| is_inside(full)).collect();
        keys.extend(self.overlay().keys(&base, end.as_deref()));
        for entry in self.snapshot()?.records.range(base.as_slice()..)? {
            let (full, _) = entry?;
            if !is_inside(full.value()) {
                break;
            }
            keys.push(Bytes::copy_from_slice(full.value()));
        }
        for full in keys {
            self.changes.set(full, None);
        }
        self.advance(partition)
    }

    fn advance(&mut self, partition: &str) -> Result<Revision, redb::Error> {
        let revision = self.revision(partition)? + 1;
        if revision == 1 {
            self.changes.born.insert(partition.to_owned());
        }
        match self.changes.revisions.get_mut(partition) {
            Some(known) => *known = revision,
            None => drop(
                self.changes
                    .revisions
                    .insert(partition.to_owned(), revision),
            ),
        }
        Ok(revision)
    }

    fn revision(&mut self, partition: &str) -> Result<Revision, redb::Error> {
        let of = |generation: &Generation| generation.revisions.get(partition).copied();
        let known = of(&self.changes)
            .or_else(|| of(&self.overlay().growing))
            .or_else(|| self.settling.as_deref().and_then(of));
        match known {
            Some(revision) => Ok(revision),
            None => {
                let found = self.snapshot()?.revisions.get(partition)?;
                Ok(found.map_or(0, |it| it.value()))
            }
        }
    }

    /// The version that a condition compares with.
    fn version(&mut self, full: &[u8], now: Timestamp) -> Result<Option<Revision>, redb::Error> {
        let live = |encoded: &[u8]| {
            let stored = Stored::decode(encoded).filter(|it| it.is_live(now));
            stored.map(|it| it.version)
        };
        let of = |generation: &Generation| {
            let entry = generation.records.get(full)?;
            Some(entry.as_deref().and_then(live))
        };
        let known = of(&self.changes)
            .or_else(|| of(&self.overlay().growing))
            .or_else(|| self.settling.as_deref().and_then(of));
        match known {
            Some(version) => Ok(version),
            None => {
                let found = self.snapshot()?.records.get(full)?;
                Ok(found.and_then(|it| live(it.value())))
            }
        }
    }

    fn overlay(&self) -> std::sync::RwLockReadGuard<'_, Overlay> {
        self.overlay.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// redb as it is now: with the settling generation or without.
    fn snapshot(&mut self) -> Result<&Snapshot, redb::Error> {
        if self.snapshot.is_none() {
            let transaction = self.database.begin_read()?;
            self.snapshot = Some(Snapshot {
                records: transaction.open_table(RECORDS)?,
                revisions: transaction.open_table(REVISIONS)?,
            });
        }
        let missing = || redb::Error::Corrupted("no snapshot".to_owned());
        self.snapshot.as_ref().ok_or_else(missing)
    }
}
