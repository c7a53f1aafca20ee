//! How records lie in redb's tables.
//!
//! `records`: length of the partition's name (2 bytes, big-endian), name, key -> version (8 bytes, little-endian), time of
//! expiry (8 bytes; 0: none), value. `revisions`: partition -> revision. `expiry`: time, full key -> nothing. `meta`: what
//! the file is.

use std::ops::Bound::{self, Excluded, Included, Unbounded};

use bytes::Bytes;
use ports::{Range, Revision, Timestamp};
use redb::TableDefinition;

pub(super) const RECORDS: TableDefinition<&[u8], &[u8]> = TableDefinition::new("records");
pub(super) const REVISIONS: TableDefinition<&str, u64> = TableDefinition::new("revisions");
pub(super) const EXPIRY: TableDefinition<(u64, &[u8]), ()> = TableDefinition::new("expiry");
pub(super) const META: TableDefinition<&str, u64> = TableDefinition::new("meta");

/// In `meta`: the [`FORMAT`], the store's own number, and the last frame of the log that the tables hold.
pub(super) const META_FORMAT: &str = "format";
pub(super) const META_STORE: &str = "store";
pub(super) const META_SETTLED: &str = "settled";

/// Changes when the layout does.
pub(super) const FORMAT: u64 = 1;

/// What stands before the key: everything of a partition lies together.
pub(super) fn base(partition: &str) -> Vec<u8> {
    // Names are checked to be short.
    let length = u16::try_from(partition.len()).unwrap_or(u16::MAX);
    let mut base = length.to_be_bytes().to_vec();
    base.extend_from_slice(partition.as_bytes());
    base
}

/// The full key.
pub(super) fn full(partition: &str, key: &str) -> Vec<u8> {
    let mut full = base(partition);
    full.extend_from_slice(key.as_bytes());
    full
}

/// The least key above everything that starts with `prefix`; none if there is no such key.
pub(super) fn end(prefix: &[u8]) -> Option<Vec<u8>> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if last < u8::MAX {
            end.push(last + 1);
            return Some(end);
        }
    }
    None
}

/// Bytes before a stored value.
pub(super) const HEAD: usize = 16;

/// A stored value with its head.
#[derive(Clone, Copy)]
pub(super) struct Stored<'a> {
    pub version: Revision,
    pub expires_at: u64,
    pub value: &'a [u8],
}

impl<'a> Stored<'a> {
    /// Every value was written by [`encode`](Self::encode), so a shorter one is a damaged store: it reads as absent.
    pub fn decode(bytes: &'a [u8]) -> Option<Self> {
        let (version, rest) = bytes.split_first_chunk()?;
        let (expires_at, value) = rest.split_first_chunk()?;
        Some(Self {
            version: u64::from_le_bytes(*version),
            expires_at: u64::from_le_bytes(*expires_at),
            value,
        })
    }

    pub fn encode(&self) -> Bytes {
        let mut bytes = Vec::with_capacity(HEAD + self.value.len());
        bytes.extend_from_slice(&self.version.to_le_bytes());
        bytes.extend_from_slice(&self.expires_at.to_le_bytes());
        bytes.extend_from_slice(self.value);
        bytes.into()
    }

    pub fn is_live(&self, now: Timestamp) -> bool {
        self.expires_at == 0 || self.expires_at > now.0
    }
}

/// From a key to a key.
pub(super) type Bounds<'a> = (Bound<&'a [u8]>, Bound<&'a [u8]>);

/// Where a page is looked for.
pub(super) struct Span {
    /// Length of the partition's part of a key.
    pub skip: usize,
    prefix: Vec<u8>,
    /// The least key above all that start with the prefix.
    above: Option<Vec<u8>>,
    after: Option<Vec<u8>>,
    reverse: bool,
}

impl Span {
    pub fn new(partition: &str, range: &Range) -> Self {
        let prefix = full(partition, &range.prefix);
        Self {
            skip: base(partition).len(),
            above: end(&prefix),
            after: range.after.as_deref().map(|key| full(partition, key)),
            prefix,
            reverse: range.reverse,
        }
    }

    /// From the first to the last key that may be on the page; `None` if there is none.
    pub fn bounds(&self) -> Option<Bounds<'_>> {
        let (mut from, mut to) = (
            Included(self.prefix.as_slice()),
            self.above.as_deref().map_or(Unbounded, Excluded),
        );
        let Some(after) = self.after.as_deref() else {
            return Some((from, to));
        };
        if self.reverse {
            if after <= self.prefix.as_slice() {
                return None;
            }
            if self.above.as_deref().is_none_or(|above| after < above) {
                to = Excluded(after);
            }
        } else {
            if self.above.as_deref().is_some_and(|above| after >= above) {
                return None;
            }
            if after >= self.prefix.as_slice() {
                from = Excluded(after);
            }
        }
        Some((from, to))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_prefix() {
        let check = |prefix: &[u8], want: Option<&[u8]>| {
            assert_eq!(end(prefix).as_deref(), want, "{prefix:?}");
        };
        check(b"ab", Some(b"ac"));
        check(b"a\xff", Some(b"b"));
        check(b"\xff\xff", None);
        check(b"", None);
    }
}
