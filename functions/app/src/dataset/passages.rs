//! Passages by their rows, and counting how often they were found.

use std::collections::BTreeMap;

use ports::{Commit, Query, Scope};
use rag::index::{Group, Manifest};

use super::{Dataset, Hit, memory::Seen};
use crate::{
    Context, Result,
    document::{self, Document, Segment},
    keys, store,
};

/// A dataset with the passages of some rows, read together in one round trip.
pub(super) struct Reading {
    /// The records as they are; `None` for a dataset that is gone.
    pub(super) seen: Option<Seen>,
    /// One for each row; `None` for what is not to be found.
    pub(super) passages: Vec<Option<(Document, Segment)>>,
}

pub(super) async fn read(scope: &Scope, dataset: &str, rows: &[(Group, u32)]) -> Result<Reading> {
    let mut queries = vec![
        Query::Get(Dataset::KEY.to_owned()),
        Query::Get(Manifest::KEY.to_owned()),
    ];
    for (group, position) in rows {
        let (place, _) = document::place_of(*position);
        queries.push(Query::Get(document::segment_key(*group, place)));
        queries.push(Query::Get(document::key_of_group(*group)));
    }
    let view = scope.read(&keys::dataset(dataset), queries).await?;
    let mut answers = view
        .answers
        .into_iter()
        .map(|records| records.into_iter().next());
    let (record, index) = (answers.next().flatten(), answers.next().flatten());
    let seen = record.map(|record| Seen {
        dataset: record.value,
        index: index.map(|index| index.value),
    });
    let mut passages = Vec::with_capacity(rows.len());
    for (group, position) in rows {
        let (segment, document) = (answers.next().flatten(), answers.next().flatten());
        let (Some(segment), Some(document)) = (segment, document) else {
            passages.push(None);
            continue;
        };
        let (segment, document): (Segment, Document) =
            (store::decode(&segment)?, store::decode(&document)?);
        let (_, revision) = document::place_of(*position);
        let current = document.group() == Some(*group) && segment.revision == revision;
        let shown = document.is_available() && segment.enabled && current;
        passages.push(shown.then_some((document, segment)));
    }
    Ok(Reading { seen, passages })
}

/// Counts what was found, beside the request: a count may be lost.
pub(super) fn count_hits(ctx: &Context, scope: &Scope, hits: &[Hit]) {
    let mut found: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    for hit in hits {
        if let Some(group) = hit.document.group() {
            let segment = document::segment_key(group, hit.segment.position.saturating_sub(1));
            let entry = found.entry(hit.dataset_id.clone()).or_default();
            entry.push((segment, document::key(&hit.document.id)));
        }
    }
    if found.is_empty() {
        return;
    }
    let scope = scope.clone();
    ctx.platform.spawn.spawn(Box::pin(async move {
        for (dataset, found) in found {
            if let Err(error) = count(&scope, &keys::dataset(&dataset), &found).await {
                tracing::debug!(%error, "hits were not counted");
            }
        }
    }));
}

async fn count(scope: &Scope, partition: &str, found: &[(String, String)]) -> Result<()> {
    let mut documents: Vec<&String> = found.iter().map(|(_, document)| document).collect();
    documents.sort();
    documents.dedup();
    let segments = found.iter().map(|(segment, _)| Query::Get(segment.clone()));
    let queries = segments.chain(
        documents
            .into_iter()
            .map(|document| Query::Get(document.clone())),
    );
    let view = scope.read(partition, queries.collect()).await?;
    let mut commit = Commit::new();
    for record in view.into_records() {
        let value = if record.key.starts_with("segment/") {
            let mut segment: Segment = store::decode(&record)?;
            segment.hit_count += 1;
            store::encode(&segment)?
        } else {
            let mut document: Document = store::decode(&record)?;
            let hits = found.iter().filter(|(_, key)| *key == record.key).count();
            document.hit_count += hits as u64;
            store::encode(&document)?
        };
        commit = commit
            .put(&record.key, value)
            .if_version(record.key, record.version);
    }
    scope.commit(partition, commit).await?;
    Ok(())
}
