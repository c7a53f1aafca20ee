//! Reads: what the overlay knows, and redb for the rest.

use std::{
    cmp::Ordering,
    sync::{PoisonError, RwLock},
};

use bytes::Bytes;
use ports::{Query, Range, Record, Result, Timestamp, View};
use redb::{ReadOnlyTable, ReadableDatabase};

use super::{
    layout::{self, RECORDS, REVISIONS, Span, Stored},
    overlay::{self, Entry, Overlay},
    store::Store,
};

/// What the overlay knows of the answer to a query.
enum Known {
    /// All of it.
    Whole(Vec<Record>),
    /// Where redb looks, and what stands before what it finds there.
    Part(Span, Vec<(Bytes, Entry)>),
}

impl Known {
    /// Of one that is whole.
    fn records(self) -> Vec<Record> {
        match self {
            Self::Whole(records) => records,
            Self::Part(..) => Vec::new(),
        }
    }
}

/// Answers all queries from one state of the store.
pub(super) fn read(
    store: &Store,
    overlay: &RwLock<Overlay>,
    partition: &str,
    queries: &[Query],
    now: Timestamp,
) -> Result<View> {
    store.read(|database| {
        let held = || overlay.read().unwrap_or_else(PoisonError::into_inner);
        let guard = held();
        let known: Vec<Option<Known>> = queries
            .iter()
            .map(|query| know(&guard, partition, query, now))
            .collect();
        let revision = guard
            .revision(partition)
            .or_else(|| guard.cache.revision(partition));
        let is_whole = |known: &Option<Known>| matches!(known, Some(Known::Whole(_)));
        if let Some(revision) = revision.filter(|_| known.iter().all(is_whole)) {
            let answers = known.into_iter().flatten().map(Known::records);
            return Ok(View {
                revision,
                answers: answers.collect(),
            });
        }
        // While the overlay is held: redb has what it lets go of.
        let transaction = database.begin_read()?;
        let epoch = guard.epoch;
        drop(guard);
        let records = transaction.open_table(RECORDS)?;
        let mut found = Vec::new();
        let mut answers = Vec::with_capacity(queries.len());
        for (query, known) in queries.iter().zip(known) {
            answers.push(match (known, query) {
                (Some(Known::Whole(records)), _) => records,
                (Some(Known::Part(span, newer)), Query::List(range)) => {
                    list(&records, &span, range, newer, now)?
                }
                (_, Query::Get(key)) => {
                    let full = layout::full(partition, key);
                    let entry = records.get(full.as_slice())?;
                    let entry = entry.map(|it| Bytes::copy_from_slice(it.value()));
                    let record = overlay::record(&full, &entry, full.len() - key.len(), now);
                    found.push((full, entry));
                    record.into_iter().collect()
                }
                (None, Query::List(_)) => Vec::new(),
            });
        }
        let latest = match revision {
            Some(revision) => revision,
            None => {
                let revisions = transaction.open_table(REVISIONS)?;
                revisions.get(partition)?.map_or(0, |it| it.value())
            }
        };
        let guard = held();
        if guard.epoch == epoch {
            if revision.is_none() {
                guard.cache.keep_revision(partition, latest);
            }
            for (full, entry) in found {
                guard.cache.keep(full, entry);
            }
        }
        Ok(View {
            revision: latest,
            answers,
        })
    })
}

/// `None`: nothing.
fn know(overlay: &Overlay, partition: &str, query: &Query, now: Timestamp) -> Option<Known> {
    match query {
        Query::Get(key) => {
            let full = layout::full(partition, key);
            let cached;
            let entry = match overlay.get(&full) {
                Some(entry) => entry,
                None => {
                    cached = overlay.cache.get(&full)?;
                    &cached
                }
            };
            let skip = full.len() - key.len();
            let found = overlay::record(&full, entry, skip, now);
            Some(Known::Whole(found.into_iter().collect()))
        }
        Query::List(range) => {
            let span = Span::new(partition, range);
            let newer = overlay.page(&span, range, now);
            match overlay.is_new(partition) {
                true => {
                    let live = newer
                        .iter()
                        .filter_map(|(full, entry)| overlay::record(full, entry, span.skip, now));
                    Some(Known::Whole(live.take(range.limit).collect()))
                }
                false => Some(Known::Part(span, newer)),
            }
        }
    }
}

fn record(key: &[u8], encoded: &[u8], now: Timestamp) -> Option<Record> {
    let stored = Stored::decode(encoded).filter(|it| it.is_live(now))?;
    Some(Record {
        key: String::from_utf8_lossy(key).into_owned(),
        value: Bytes::copy_from_slice(stored.value),
        version: stored.version,
    })
}

/// A page of what redb has and of what came later.
fn list(
    records: &ReadOnlyTable<&'static [u8], &'static [u8]>,
    span: &Span,
    range: &Range,
    newer: Vec<(Bytes, Entry)>,
    now: Timestamp,
) -> Result<Vec<Record>, redb::Error> {
    let Some(bounds) = span.bounds() else {
        return Ok(Vec::new());
    };
    let mut page = Vec::new();
    let mut newer = newer.into_iter().peekable();
    let mut older = records.range::<&[u8]>(bounds)?;
    let mut next_older = || {
        let next = match range.reverse {
            true => older.next_back(),
            false => older.next(),
        };
        next.transpose()
    };
    let mut older = next_older()?;
    while page.len() < range.limit {
        let order = match (newer.peek(), &older) {
            (None, None) => break,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some((newer, _)), Some((older, _))) => match range.reverse {
                true => older.value().cmp(newer),
                false => newer.as_ref().cmp(older.value()),
            },
        };
        // Where both have the key, the newer one stands.
        if order.is_le() {
            if let Some((full, entry)) = newer.next() {
                page.extend(overlay::record(&full, &entry, span.skip, now));
            }
        } else if let Some((full, value)) = &older {
            let key = full.value().get(span.skip..).unwrap_or_default();
            page.extend(record(key, value.value(), now));
        }
        if order.is_ge() {
            older = next_older()?;
        }
    }
    Ok(page)
}
