//! The built-in vector index: immutable segments on `Blob`, named by a small [`Manifest`] that its owner keeps as a
//! record and changes with compare-and-set.
//!
//! A query scans 8-bit codes of all rows and computes exact cosines for every row that could be among the best, so its
//! result is the one of an exhaustive search. Segments are never changed: removing marks groups of rows as dead,
//! [`Index::compact`] writes new segments without them.

mod compact;
mod kernel;
mod manifest;
mod resident;
mod search;
mod segment;

use std::fmt;

use bytes::Bytes;
use ports::Scope;

use crate::Result;
pub use compact::Compaction;
pub use manifest::{Entry, Manifest};
pub use resident::Resident;
pub use search::Found;

/// What a row stands for, in 16 bytes like a UUID: a group (one version of one document) and a place in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowId {
    /// What rows are removed and hidden by.
    pub group: Group,
    /// Which row of the group.
    pub position: u32,
}

/// The first 12 bytes of a [`RowId`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Group(pub [u8; 12]);

impl Group {
    /// 24 hexadecimal digits.
    pub fn hex(&self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// From 24 hexadecimal digits.
    pub fn from_hex(text: &str) -> Option<Self> {
        let mut group = [0; 12];
        if text.len() != 24 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        for (at, byte) in group.iter_mut().enumerate() {
            *byte = u8::from_str_radix(text.get(at * 2..at * 2 + 2)?, 16).ok()?;
        }
        Some(Self(group))
    }
}

impl fmt::Debug for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.hex())
    }
}

/// One index: where its segments lie, and how much of them may stay in memory.
#[derive(Clone)]
pub struct Index<'a> {
    scope: &'a Scope,
    prefix: String,
    resident: &'a Resident,
    memory: usize,
}

impl<'a> Index<'a> {
    /// Segments are blobs under `prefix`; at most `memory` bytes of all indexes stay in `resident`.
    pub fn new(
        scope: &'a Scope,
        prefix: impl Into<String>,
        resident: &'a Resident,
        memory: usize,
    ) -> Self {
        Self {
            scope,
            prefix: prefix.into(),
            resident,
            memory,
        }
    }

    /// Writes rows as one segment. It is not searched before its entry is added to the manifest and that is
    /// committed. Writing the same rows again gives the same entry.
    ///
    /// Fails with `Invalid` for rows of different lengths, or none.
    pub async fn write(&self, rows: &[(RowId, Vec<f32>)]) -> Result<Entry> {
        self.put(rows, "").await
    }

    async fn put(&self, rows: &[(RowId, Vec<f32>)], suffix: &str) -> Result<Entry> {
        let bytes = segment::encode(rows)?;
        let name = segment::name(&bytes) + suffix;
        let entry = Entry {
            rows: u32::try_from(rows.len()).unwrap_or(u32::MAX),
            bytes: bytes.len() as u64,
            since: 0,
            name,
        };
        self.scope
            .put_blob(&self.path(&entry.name), Bytes::from(bytes))
            .await?;
        Ok(entry)
    }

    /// Deletes the content of segments that no manifest names any more.
    pub async fn delete(&self, names: &[String]) -> Result<()> {
        for name in names {
            self.scope.delete_blob(&self.path(name)).await?;
        }
        Ok(())
    }

    fn path(&self, name: &str) -> String {
        format!("{}/{name}", self.prefix)
    }
}

#[cfg(test)]
mod tests;
