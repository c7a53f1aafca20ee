//! Which segments make up an index, and which of their rows count.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Compaction, Group};
use crate::{Error, ErrorKind, Result};

/// The state of an index: small enough for one record, changed by its owner with compare-and-set.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Numbers in a vector; 0 while empty.
    pub dimension: u32,
    /// Grows with every change.
    pub sequence: u64,
    /// What is searched.
    pub segments: Vec<Entry>,
    /// Removed groups whose rows may still lie in segments: at which sequence, and how many rows. Keys are hex.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    dead: BTreeMap<String, (u64, u32)>,
    /// Groups that are not found for now. Keys are hex.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    hidden: BTreeMap<String, ()>,
}

/// A segment in a manifest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its name, which no other content ever has.
    pub name: String,
    /// Rows in it, dead ones included.
    pub rows: u32,
    /// Its size.
    pub bytes: u64,
    /// The sequence at which it was added: it holds no row of a group that died before.
    pub since: u64,
}

impl Manifest {
    /// The key under which an owner keeps it.
    pub const KEY: &'static str = "index";

    /// From a record; `None` is an empty index.
    pub fn decode(record: Option<&[u8]>) -> Result<Self> {
        match record {
            None => Ok(Self::default()),
            Some(bytes) => serde_json::from_slice(bytes).map_err(|error| {
                Error::new(
                    ErrorKind::Corrupt,
                    format!("the manifest of an index is damaged: {error}"),
                )
            }),
        }
    }

    /// As a record.
    pub fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// All rows, dead ones included.
    pub fn rows(&self) -> u64 {
        self.segments
            .iter()
            .map(|entry| u64::from(entry.rows))
            .sum()
    }

    /// Whether a segment of this name is part of the index.
    pub fn names(&self, segment: &str) -> bool {
        self.segments.iter().any(|entry| entry.name == segment)
    }

    /// All bytes of the segments.
    pub fn bytes(&self) -> u64 {
        self.segments.iter().map(|entry| entry.bytes).sum()
    }

    /// Adds a segment; nothing happens if it is there already. Fails with `Invalid` if its vectors are of another
    /// length than those before.
    pub fn add(&mut self, mut entry: Entry, dimension: usize) -> Result<()> {
        let dimension = u32::try_from(dimension).unwrap_or(u32::MAX);
        if self.segments.is_empty() {
            self.dimension = dimension;
        }
        if self.dimension != dimension {
            let message = format!(
                "the index has vectors of {} numbers, the embedding model gave {dimension}: the dataset must be indexed again",
                self.dimension
            );
            return Err(Error::new(ErrorKind::Invalid, message));
        }
        if self.segments.iter().all(|known| known.name != entry.name) {
            self.sequence += 1;
            entry.since = self.sequence;
            self.segments.push(entry);
        }
        Ok(())
    }

    /// Removes a group of about `rows` rows for good.
    pub fn kill(&mut self, group: Group, rows: u32) {
        self.sequence += 1;
        self.hidden.remove(&group.hex());
        if !self.segments.is_empty() && rows > 0 {
            self.dead.insert(group.hex(), (self.sequence, rows));
        }
    }

    /// Hides a group, or shows it again.
    pub fn hide(&mut self, group: Group, hide: bool) {
        self.sequence += 1;
        if hide {
            self.hidden.insert(group.hex(), ());
        } else {
            self.hidden.remove(&group.hex());
        }
    }

    /// Whether the rows of a group are to be found.
    pub fn shows(&self, group: Group) -> bool {
        if self.dead.is_empty() && self.hidden.is_empty() {
            return true;
        }
        let key = group.hex();
        !self.dead.contains_key(&key) && !self.hidden.contains_key(&key)
    }

    /// Whether the rows of a group are gone for good.
    pub(super) fn is_dead(&self, group: Group) -> bool {
        self.dead.contains_key(&group.hex())
    }

    /// Rows that are dead but still lie in segments.
    pub(super) fn dead_rows(&self) -> u64 {
        self.dead.values().map(|(_, rows)| u64::from(*rows)).sum()
    }

    /// The last sequence at which a group died.
    pub(super) fn last_death(&self) -> u64 {
        self.dead.values().map(|(at, _)| *at).max().unwrap_or(0)
    }

    /// Puts the outcome of a compaction in place; `false` if its segments are no longer all there.
    #[must_use]
    pub fn apply(&mut self, compaction: &Compaction) -> bool {
        let is_removed = |entry: &Entry| compaction.removed.contains(&entry.name);
        if self
            .segments
            .iter()
            .filter(|entry| is_removed(entry))
            .count()
            != compaction.removed.len()
        {
            return false;
        }
        self.segments.retain(|entry| !is_removed(entry));
        self.sequence += 1;
        if let Some(entry) = &compaction.added {
            // Groups that died while it was written are still in it: its age is that of the plan.
            let mut entry = entry.clone();
            entry.since = compaction.planned_at;
            self.segments.push(entry);
        }
        let oldest = self.segments.iter().map(|entry| entry.since).min();
        self.dead
            .retain(|_, (died, _)| oldest.is_some_and(|oldest| oldest < *died));
        true
    }
}
