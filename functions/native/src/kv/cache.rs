//! What redb was asked for lately: apps, keys and settings are read by every request, and change once a day.
//!
//! A record stands here only while no generation that changed it has come into redb since it was read there. Whoever looks
//! asks the overlay first and holds it meanwhile; what is on its way into redb is forgotten before the overlay lets go of it.

use bytes::Bytes;
use ports::Revision;
use quick_cache::{Weighter, sync};

use super::overlay::{Entry, Generation};

/// Keys and values, in bytes: the settings of some hundred apps.
const BYTES: u64 = 4 << 20;

/// What a record of this length costs beside its bytes.
const OVERHEAD: u64 = 96;

/// An app with its prompt has a tenth of that.
const USUAL: usize = 1024;

/// Partitions whose revision is remembered.
const PARTITIONS: usize = 4096;

/// Records and revisions as redb has them.
pub(super) struct Cache {
    records: sync::Cache<Bytes, Entry, Bulk>,
    revisions: sync::Cache<String, Revision>,
}

#[derive(Clone)]
struct Bulk;

impl Weighter<Bytes, Entry> for Bulk {
    fn weight(&self, full: &Bytes, entry: &Entry) -> u64 {
        let value = entry.as_ref().map_or(0, Bytes::len);
        (full.len() + value) as u64 + OVERHEAD
    }
}

impl Default for Cache {
    fn default() -> Self {
        Self {
            records: sync::Cache::with_weighter(BYTES as usize / USUAL, BYTES, Bulk),
            revisions: sync::Cache::new(PARTITIONS),
        }
    }
}

impl Cache {
    /// A record, or that there is none; `None` if redb has to be asked.
    pub fn get(&self, full: &[u8]) -> Option<Entry> {
        self.records.get(full)
    }

    /// A partition's revision.
    pub fn revision(&self, partition: &str) -> Option<Revision> {
        self.revisions.get(partition)
    }

    /// Keeps what redb says, see [`Overlay::cache`](super::overlay::Overlay::cache).
    pub fn keep(&self, full: Vec<u8>, entry: Entry) {
        self.records.insert(full.into(), entry);
    }

    /// The same of a revision.
    pub fn keep_revision(&self, partition: &str, revision: Revision) {
        self.revisions.insert(partition.to_owned(), revision);
    }

    /// Forgets what a generation changed.
    pub fn forget(&self, settled: &Generation) {
        for full in settled.records.keys() {
            self.records.remove(full.as_ref());
        }
        for partition in settled.revisions.keys() {
            self.revisions.remove(partition.as_str());
        }
    }

    /// Forgets everything.
    pub fn clear(&self) {
        self.records.clear();
        self.revisions.clear();
    }
}
