//! Few large segments instead of many small ones, without their dead rows.

use super::{Entry, Index, Manifest, segment};
use crate::Result;

/// Segments grow to about this size: what a function can hold while it merges.
const TARGET: u64 = 4 << 20;
/// This many small ones are merged.
const MANY: usize = 8;

/// What a compaction did; see [`Manifest::apply`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compaction {
    /// Segments that are replaced.
    pub removed: Vec<String>,
    /// By this one; `None` if no row was left.
    pub added: Option<Entry>,
    /// The sequence of the manifest it was planned on.
    pub planned_at: u64,
}

impl Index<'_> {
    /// Merges some segments if that is worth it; call again until there is nothing to do. The caller commits
    /// [`Manifest::apply`] and then deletes what was removed.
    pub async fn compact(&self, manifest: &Manifest) -> Result<Option<Compaction>> {
        let chosen = plan(manifest);
        if chosen.is_empty() {
            return Ok(None);
        }
        let mut rows = Vec::new();
        for entry in &chosen {
            let bytes = self.scope.get_blob(&self.path(&entry.name)).await?;
            let bytes = bytes.ok_or_else(|| segment::corrupt("is missing"))?;
            let segment = segment::Segment::parse(&bytes)?;
            for (at, row) in segment.rows().enumerate() {
                if !manifest.is_dead(row.id.group) {
                    let vector = segment.exact_row(at).unwrap_or_default();
                    rows.push((row.id, segment::floats(vector).collect::<Vec<f32>>()));
                }
            }
        }
        let added = match rows.is_empty() {
            true => None,
            // A segment that was replaced is deleted later: without the state it was planned on in its name, a merge
            // that leaves the rows of an old segment would give a name that is about to be deleted.
            false => Some(self.put(&rows, &format!("-{}", manifest.sequence)).await?),
        };
        let removed: Vec<String> = chosen.iter().map(|entry| entry.name.clone()).collect();
        // Rewriting one segment without a change would go on for ever.
        if let (Some(added), [removed]) = (&added, &removed[..])
            && content(&added.name) == content(removed)
            && manifest.last_death() == 0
        {
            return Ok(None);
        }
        Ok(Some(Compaction {
            removed,
            added,
            planned_at: manifest.sequence,
        }))
    }
}

/// The part of a segment's name that follows from its content.
fn content(name: &str) -> &str {
    name.split_once('-').map_or(name, |(content, _)| content)
}

fn plan(manifest: &Manifest) -> Vec<&Entry> {
    let mut small: Vec<&Entry> = manifest
        .segments
        .iter()
        .filter(|entry| entry.bytes < TARGET / 4)
        .collect();
    if small.len() >= MANY {
        small.sort_by_key(|entry| entry.bytes);
        return fitting(&small);
    }
    let death = manifest.last_death();
    if death > 0 && manifest.dead_rows() * 4 > manifest.rows() {
        let mut stale: Vec<&Entry> = manifest
            .segments
            .iter()
            .filter(|entry| entry.since < death)
            .collect();
        stale.sort_by_key(|entry| entry.since);
        return fitting(&stale);
    }
    Vec::new()
}

/// As many from the front as make one segment; at least one.
fn fitting<'a>(entries: &[&'a Entry]) -> Vec<&'a Entry> {
    let mut total = 0;
    let mut chosen = Vec::new();
    for entry in entries {
        total += entry.bytes;
        if total > TARGET && !chosen.is_empty() {
            break;
        }
        chosen.push(*entry);
    }
    chosen
}
