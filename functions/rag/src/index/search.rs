//! Nearest rows, exactly: scan all codes, then compute the cosine of every row that its bound allows among the best.

use std::{cmp::Ordering, ops::Range, sync::Arc};

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};

use super::{
    Entry, Index, Manifest, RowId, kernel,
    segment::{self, HEADER_BYTES, Head, Segment},
};
use crate::{Error, ErrorKind, Result};

/// A row and its cosine to the query.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Found {
    /// Which row.
    pub id: RowId,
    /// Which of the vectors that were written together under this id, from 0.
    pub part: u32,
    /// -1..=1.
    pub score: f32,
}

/// Blobs read at the same time: an edge runtime has six connections for everything.
const PARALLEL: usize = 4;
/// Most rows that are compared exactly when they must be fetched for it.
const MOST: usize = 4096;

struct Candidate {
    segment: usize,
    row: usize,
    id: RowId,
    part: u32,
    score: f32,
    bound: f32,
}

impl Index<'_> {
    /// The `count` rows nearest to `query`, best first; rows with the same score come in the order of their ids.
    ///
    /// Fails with `Invalid` if the query is of another length than the vectors, with `Corrupt` if a segment is
    /// damaged or missing. A segment can also be missing because a compaction just replaced it: read the manifest
    /// again then, once.
    pub async fn search(
        &self,
        manifest: &Manifest,
        query: &[f32],
        count: usize,
    ) -> Result<Vec<Found>> {
        if manifest.segments.is_empty() || count == 0 {
            return Ok(Vec::new());
        }
        if query.len() != manifest.dimension as usize {
            let message = format!(
                "the query has {} numbers, the vectors of the index {}: the dataset must be indexed again with this \
                 embedding model",
                query.len(),
                manifest.dimension
            );
            return Err(Error::new(ErrorKind::Invalid, message));
        }
        let mut query = query.to_vec();
        kernel::normalise(&mut query);
        let coded = kernel::Query::new(&query);
        // Exact vectors stay in memory as well where all of them fit.
        let whole = manifest.bytes() <= self.memory as u64;
        // Collected, because a closure over borrowed entries would keep the whole search from being `Send`.
        let loads: Vec<_> = (manifest.segments.iter().enumerate())
            .map(|(at, entry)| async move { Ok::<_, Error>((at, self.load(entry, whole).await?)) })
            .collect();
        let mut loaded = stream::iter(loads).buffer_unordered(PARALLEL);
        let mut candidates = Vec::new();
        let mut heads: Vec<Option<(Head, Option<Arc<Segment>>)>> =
            manifest.segments.iter().map(|_| None).collect();
        while let Some((at, segment)) = loaded.try_next().await? {
            scan(manifest, &segment, at, &coded, &mut candidates);
            if let Some(slot) = heads.get_mut(at) {
                // What is not kept in memory anyway must not pile up here.
                let keep = segment.exact.is_some().then(|| segment.clone());
                *slot = Some((segment.head(), keep));
            }
            // Only rows that can still be among the best are worth remembering.
            if candidates.len() > 4 * MOST {
                candidates = promising(candidates, count);
            }
        }
        drop(loaded);
        let mut candidates = promising(candidates, count);
        candidates.sort_by_key(|candidate| (candidate.segment, candidate.row));
        let mut found = Vec::with_capacity(candidates.len());
        for group in candidates.chunk_by(|a, b| a.segment == b.segment) {
            let Some(at) = group.first().map(|first| first.segment) else {
                continue;
            };
            let (Some(entry), Some(Some((head, segment)))) =
                (manifest.segments.get(at), heads.get(at))
            else {
                continue;
            };
            self.rescore(entry, *head, segment.as_deref(), group, &query, &mut found)
                .await?;
        }
        found.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.id.cmp(&b.id)));
        found.truncate(count);
        Ok(found)
    }

    async fn load(&self, entry: &Entry, whole: bool) -> Result<Arc<Segment>> {
        if let Some(segment) = self.resident.get(&entry.name)
            && (segment.exact.is_some() || !whole)
        {
            return Ok(segment);
        }
        let path = self.path(&entry.name);
        let missing = || segment::corrupt("is missing");
        let segment = if whole {
            let bytes = self.scope.get_blob(&path).await?.ok_or_else(missing)?;
            Segment::parse(&bytes)?
        } else {
            // The size of the scan part follows from what the manifest says: one request, no look at the header first.
            let exact = u64::from(entry.rows) * 4 * self.dimension_of(entry);
            let length = entry.bytes.saturating_sub(exact);
            let bytes = self
                .scope
                .get_blob_range(&path, 0..length)
                .await?
                .ok_or_else(missing)?;
            let head = Head::parse(&bytes)?;
            if bytes.len() as u64 != head.scan().end {
                return Err(segment::corrupt("is cut off"));
            }
            Segment::new(head, bytes.slice(HEADER_BYTES as usize..), None)?
        };
        let segment = Arc::new(segment);
        self.resident.put(&entry.name, &segment, self.memory);
        Ok(segment)
    }

    /// bytes = header + rows * (24 + 5 * dimension).
    fn dimension_of(&self, entry: &Entry) -> u64 {
        let row = entry.bytes.saturating_sub(HEADER_BYTES) / u64::from(entry.rows.max(1));
        row.saturating_sub(24) / 5
    }

    async fn rescore(
        &self,
        entry: &Entry,
        head: Head,
        segment: Option<&Segment>,
        candidates: &[Candidate],
        query: &[f32],
        found: &mut Vec<Found>,
    ) -> Result<()> {
        let mut push = |candidate: &Candidate, vector: &[u8]| {
            let score = kernel::dot(query, segment::floats(vector));
            // A vector that contradicts its codes is not the one that was written.
            let off = (score - candidate.score).abs();
            if off.is_nan() || off > candidate.bound + 1e-3 {
                return Err(segment::corrupt("has damaged vectors"));
            }
            found.push(Found {
                id: candidate.id,
                part: candidate.part,
                score: score.clamp(-1.0, 1.0),
            });
            Ok(())
        };
        if let Some(segment) = segment {
            for candidate in candidates {
                push(
                    candidate,
                    segment.exact_row(candidate.row).unwrap_or_default(),
                )?;
            }
            return Ok(());
        }
        let path = self.path(&entry.name);
        let spans = spans(candidates, head.dimension);
        let parts: Vec<(Range<usize>, Bytes)> = stream::iter(spans)
            .map(|rows| {
                let path = &path;
                async move {
                    let bytes = self
                        .scope
                        .get_blob_range(path, head.exact(rows.clone()))
                        .await?;
                    Ok::<_, Error>((rows, bytes.ok_or_else(|| segment::corrupt("is missing"))?))
                }
            })
            .buffered(PARALLEL)
            .try_collect()
            .await?;
        for candidate in candidates {
            let part = parts.iter().find(|(rows, _)| rows.contains(&candidate.row));
            let vector = part.and_then(|(rows, bytes)| {
                let (from, length) = (
                    (candidate.row - rows.start) * head.dimension * 4,
                    head.dimension * 4,
                );
                bytes.get(from..from + length)
            });
            push(
                candidate,
                vector.ok_or_else(|| segment::corrupt("is cut off"))?,
            )?;
        }
        Ok(())
    }
}

fn scan(
    manifest: &Manifest,
    segment: &Segment,
    at: usize,
    query: &kernel::Query,
    out: &mut Vec<Candidate>,
) {
    // Rows of a group lie together: one look at the manifest serves them all.
    let (mut last, mut same) = (None, (None, 0));
    for (row, content) in segment.rows().enumerate() {
        let shown = match last {
            Some((group, shown)) if group == content.id.group => shown,
            _ => manifest.shows(content.id.group),
        };
        last = Some((content.id.group, shown));
        same = match same {
            (Some(id), part) if id == content.id => (Some(id), part + 1),
            _ => (Some(content.id), 0),
        };
        if shown {
            let (score, bound) = query.score(content.codes, content.scale, content.error);
            out.push(Candidate {
                segment: at,
                row,
                id: content.id,
                part: same.1,
                score,
                bound,
            });
        }
    }
}

/// All candidates that can be among the best `count`: those whose best case is not below the worst case of `count`
/// others.
fn promising(mut candidates: Vec<Candidate>, count: usize) -> Vec<Candidate> {
    if candidates.len() > count {
        let worst = |candidate: &Candidate| candidate.score - candidate.bound;
        let descending = |a: &Candidate, b: &Candidate| worst(b).total_cmp(&worst(a));
        let (_, last, _) = candidates.select_nth_unstable_by(count - 1, descending);
        let limit = worst(last);
        candidates.retain(|candidate| candidate.score + candidate.bound >= limit);
    }
    if candidates.len() > MOST.max(count) {
        let best = |a: &Candidate, b: &Candidate| -> Ordering { b.score.total_cmp(&a.score) };
        candidates.select_nth_unstable_by(MOST.max(count) - 1, best);
        candidates.truncate(MOST.max(count));
    }
    candidates
}

/// Ranges of rows to fetch: neighbours that are at most 16 KiB apart go together.
fn spans(candidates: &[Candidate], dimension: usize) -> Vec<Range<usize>> {
    let near = (16 << 10) / (dimension * 4).max(1);
    let mut spans: Vec<Range<usize>> = Vec::new();
    for candidate in candidates {
        match spans.last_mut() {
            Some(span) if candidate.row <= span.end + near => span.end = candidate.row + 1,
            _ => spans.push(candidate.row..candidate.row + 1),
        }
    }
    spans
}
