//! What is on the device in the log, and in redb later: the newest state of everything written lately.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    ops::Bound,
    sync::Arc,
};

use bytes::Bytes;
use ports::{Range, Record, Revision, Timestamp};

use super::{
    cache::Cache,
    layout::{self, Span, Stored},
};

/// A record as the store holds it, see [`Stored`]; `None` where it was removed.
pub(super) type Entry = Option<Bytes>;

/// Changes that go into redb together.
#[derive(Default)]
pub(super) struct Generation {
    /// Full key -> what stands there.
    pub records: BTreeMap<Bytes, Entry>,
    /// Partition -> revision.
    pub revisions: HashMap<String, Revision>,
    /// Partitions of which redb has nothing.
    pub born: HashSet<String>,
    /// Keys and values, in bytes; what was overwritten counts, as it does in the log.
    pub bytes: u64,
    /// The last frame of the log that it holds.
    pub last_frame: u64,
}

impl Generation {
    pub fn is_empty(&self) -> bool {
        self.records.is_empty() && self.revisions.is_empty()
    }

    /// Puts or removes a record.
    pub fn set(&mut self, full: Bytes, entry: Entry) {
        self.bytes += (full.len() + entry.as_ref().map_or(0, Bytes::len)) as u64;
        self.records.insert(full, entry);
    }

    /// Takes over what came later.
    pub fn merge(&mut self, later: Self) {
        for (full, entry) in later.records {
            self.records.insert(full, entry);
        }
        self.revisions.extend(later.revisions);
        self.born.extend(later.born);
        self.bytes += later.bytes;
        self.last_frame = later.last_frame;
    }
}

/// The generation that grows, and the one that is on its way into redb.
#[derive(Default)]
pub(super) struct Overlay {
    pub growing: Generation,
    pub settling: Option<Arc<Generation>>,
    /// What redb has, of what neither of them holds. Kept in it is what was read at an epoch that is still the same: then
    /// nothing has been changed in redb of what the overlay had not.
    pub cache: Cache,
    /// How often redb was changed.
    pub epoch: u64,
}

impl Overlay {
    /// Newest first.
    fn generations(&self) -> impl Iterator<Item = &Generation> {
        std::iter::once(&self.growing).chain(self.settling.as_deref())
    }

    /// What it knows of a record; `None` if redb has to be asked.
    pub fn get(&self, full: &[u8]) -> Option<&Entry> {
        self.generations()
            .find_map(|generation| generation.records.get(full))
    }

    /// What it knows of a partition's revision.
    pub fn revision(&self, partition: &str) -> Option<Revision> {
        self.generations()
            .find_map(|generation| generation.revisions.get(partition).copied())
    }

    /// Whether redb has nothing of a partition.
    pub fn is_new(&self, partition: &str) -> bool {
        self.generations()
            .any(|generation| generation.born.contains(partition))
    }

    /// Lets go of the generation that redb has now.
    pub fn settled(&mut self) {
        if let Some(settled) = self.settling.take() {
            self.cache.forget(&settled);
        }
        self.epoch += 1;
    }

    /// Bytes that redb has still to take.
    pub fn bytes(&self) -> u64 {
        self.generations().map(|generation| generation.bytes).sum()
    }

    /// Everything in the span that a page of `limit` live records can depend on, in the order of the listing: a record
    /// behind as many live ones as the page has cannot be on it.
    pub fn page(&self, span: &Span, range: &Range, now: Timestamp) -> Vec<(Bytes, Entry)> {
        let Some((from, to)) = span.bounds() else {
            return Vec::new();
        };
        let of = |generation: &Generation| {
            let mut live = 0;
            let mut found = Vec::new();
            let mut records = generation.records.range::<[u8], _>((from, to));
            while live < range.limit {
                let next = match range.reverse {
                    true => records.next_back(),
                    false => records.next(),
                };
                let Some((full, entry)) = next else { break };
                live += usize::from(is_live(entry, now));
                found.push((full.clone(), entry.clone()));
            }
            found
        };
        let growing = of(&self.growing);
        match &self.settling {
            None => growing,
            Some(settling) => merge(growing, of(settling), range.reverse),
        }
    }

    /// Every key in the span.
    pub fn keys(&self, from: &[u8], to: Option<&[u8]>) -> Vec<Bytes> {
        let bounds = (
            Bound::Included(from),
            to.map_or(Bound::Unbounded, Bound::Excluded),
        );
        self.generations()
            .flat_map(|generation| generation.records.range::<[u8], _>(bounds))
            .map(|(full, _)| full.clone())
            .collect()
    }
}

/// Whether somebody who reads sees the record.
fn is_live(entry: &Entry, now: Timestamp) -> bool {
    let stored = entry.as_deref().and_then(Stored::decode);
    stored.is_some_and(|stored| stored.is_live(now))
}

/// Both in order; where they name the same key, the newer one stands.
fn merge(
    newer: Vec<(Bytes, Entry)>,
    older: Vec<(Bytes, Entry)>,
    reverse: bool,
) -> Vec<(Bytes, Entry)> {
    let mut all: BTreeMap<Bytes, Entry> = older.into_iter().collect();
    all.extend(newer);
    match reverse {
        true => all.into_iter().rev().collect(),
        false => all.into_iter().collect(),
    }
}

/// A record for whoever reads it, if it is live; `skip` is the length of the partition's part of its key.
pub(super) fn record(full: &[u8], entry: &Entry, skip: usize, now: Timestamp) -> Option<Record> {
    let encoded = entry.as_ref()?;
    let stored = Stored::decode(encoded).filter(|stored| stored.is_live(now))?;
    Some(Record {
        key: String::from_utf8_lossy(full.get(skip..)?).into_owned(),
        value: encoded.slice(layout::HEAD..),
        version: stored.version,
    })
}
