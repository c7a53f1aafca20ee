//! How records lie in redb's tables.
//!
//! `records`: length of the partition's name (2 bytes, big-endian), name, key -> version (8 bytes, little-endian), time of
//! expiry (8 bytes; 0: none), value. `revisions`: partition -> revision. `expiry`: time, full key -> nothing.

use bytes::Bytes;
use ports::{Range, Record, Revision, Timestamp};
use redb::{ReadableTable, TableDefinition};

pub(super) const RECORDS: TableDefinition<&[u8], &[u8]> = TableDefinition::new("records");
pub(super) const REVISIONS: TableDefinition<&str, u64> = TableDefinition::new("revisions");
pub(super) const EXPIRY: TableDefinition<(u64, &[u8]), ()> = TableDefinition::new("expiry");
/// `format` -> [`FORMAT`].
pub(super) const META: TableDefinition<&str, u64> = TableDefinition::new("meta");

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

    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(16 + self.value.len());
        bytes.extend_from_slice(&self.version.to_le_bytes());
        bytes.extend_from_slice(&self.expires_at.to_le_bytes());
        bytes.extend_from_slice(self.value);
        bytes
    }

    pub fn is_live(&self, now: Timestamp) -> bool {
        self.expires_at == 0 || self.expires_at > now.0
    }

    fn record(&self, key: &[u8]) -> Record {
        Record {
            key: String::from_utf8_lossy(key).into_owned(),
            value: Bytes::copy_from_slice(self.value),
            version: self.version,
        }
    }
}

/// The version that a condition compares with.
pub(super) fn version(
    records: &impl ReadableTable<&'static [u8], &'static [u8]>,
    partition: &str,
    key: &str,
    now: Timestamp,
) -> Result<Option<Revision>, redb::Error> {
    let found = records.get(full(partition, key).as_slice())?;
    let stored = found.as_ref().and_then(|it| Stored::decode(it.value()));
    Ok(stored.filter(|it| it.is_live(now)).map(|it| it.version))
}

/// One record.
pub(super) fn get(
    records: &impl ReadableTable<&'static [u8], &'static [u8]>,
    partition: &str,
    key: &str,
    now: Timestamp,
) -> Result<Option<Record>, redb::Error> {
    let found = records.get(full(partition, key).as_slice())?;
    let stored = found.as_ref().and_then(|it| Stored::decode(it.value()));
    Ok(stored
        .filter(|it| it.is_live(now))
        .map(|it| it.record(key.as_bytes())))
}

/// One page.
pub(super) fn list(
    records: &impl ReadableTable<&'static [u8], &'static [u8]>,
    partition: &str,
    range: &Range,
    now: Timestamp,
) -> Result<Vec<Record>, redb::Error> {
    use std::ops::Bound::{Excluded, Included, Unbounded};

    let (skip, prefix) = (base(partition).len(), full(partition, &range.prefix));
    let after = range.after.as_deref().map(|key| full(partition, key));
    let above = end(&prefix);
    let (mut from, mut to) = (
        Included(prefix.as_slice()),
        above.as_deref().map_or(Unbounded, Excluded),
    );
    match &after {
        Some(after) if range.reverse => {
            if after.as_slice() <= prefix.as_slice() {
                return Ok(Vec::new());
            }
            if above.as_ref().is_none_or(|above| after < above) {
                to = Excluded(after.as_slice());
            }
        }
        Some(after) => {
            if above.as_ref().is_some_and(|above| after >= above) {
                return Ok(Vec::new());
            }
            if after.as_slice() >= prefix.as_slice() {
                from = Excluded(after.as_slice());
            }
        }
        None => {}
    }
    let mut page = Vec::new();
    let mut found = records.range::<&[u8]>((from, to))?;
    while page.len() < range.limit {
        let next = if range.reverse {
            found.next_back()
        } else {
            found.next()
        };
        let Some(entry) = next else { break };
        let (full, value) = entry?;
        let live = Stored::decode(value.value()).filter(|it| it.is_live(now));
        if let (Some(stored), Some(key)) = (live, full.value().get(skip..)) {
            page.push(stored.record(key));
        }
    }
    Ok(page)
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
