//! From a question to passages.

use std::collections::BTreeMap;

use futures::future::join_all;
use model::Purpose;
use ports::{Commit, Query, Scope};
use rag::{
    index::{Group, Index, Manifest, Resident},
    retrieve::{Scores, select, semantic},
};

use super::Dataset;
use crate::{
    Context, Error, Kind, Result,
    document::{self, Document, Segment},
    keys,
    provider::Providers,
    store,
};

/// Longest query of the retrieval routes, in characters.
pub const MAX_QUERY: usize = 250;

/// How to search.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// Most hits, of all datasets together.
    pub top_k: usize,
    /// Least score; applied last.
    pub score_threshold: Option<f32>,
}

/// A passage that was found.
#[derive(Clone, Debug)]
pub struct Hit {
    /// From 1, in the order of the scores.
    pub position: u32,
    /// The dataset.
    pub dataset_id: String,
    /// Its name.
    pub dataset_name: String,
    /// The document, with its source and name.
    pub document: Document,
    /// The passage: its id, text, words, hash, place and how often it was found.
    pub segment: Segment,
    /// What it is ordered by.
    pub score: f32,
    /// What that is made of.
    pub scores: Scores,
}

/// Finds passages in some datasets of a workspace, best first. Datasets that are gone are left out.
pub async fn retrieve(
    ctx: &Context,
    tenant_id: &str,
    dataset_ids: &[String],
    query: &str,
    settings: Settings,
) -> Result<Vec<Hit>> {
    if dataset_ids.is_empty() || query.trim().is_empty() || settings.top_k == 0 {
        return Ok(Vec::new());
    }
    let scope = ctx.tenant(tenant_id);
    let (providers, opened) = futures::join!(
        Providers::load(ctx, tenant_id),
        join_all(dataset_ids.iter().map(|id| open(&scope, id)))
    );
    let providers = providers?;
    let mut datasets = Vec::new();
    for dataset in opened {
        datasets.extend(dataset?.filter(|(_, index)| !index.segments.is_empty()));
    }
    // One embedding for all datasets of a model.
    let mut vectors: BTreeMap<(String, String), Vec<f32>> = BTreeMap::new();
    for (dataset, _) in &datasets {
        let names = model_names(dataset);
        if !vectors.contains_key(&names) {
            let embedder = providers.embedder(&names.0, &names.1).await?;
            let embedded = embedder.embed(&[query.to_owned()], Purpose::Query).await?;
            let vector = embedded.vectors.into_iter().next();
            let missing = || {
                Error::new(
                    Kind::CompletionRequestError,
                    "the embedding model gave no vector for the query",
                )
            };
            vectors.insert(names, vector.ok_or_else(missing)?);
        }
    }
    let found = join_all(datasets.into_iter().map(|(dataset, index)| {
        let vector = vectors
            .get(&model_names(&dataset))
            .cloned()
            .unwrap_or_default();
        let scope = &scope;
        async move { one(ctx, scope, dataset, index, &vector, settings.top_k).await }
    }));
    let mut hits = Vec::new();
    for found in found.await {
        hits.append(&mut found?);
    }
    let mut hits = select(
        hits,
        |hit: &Hit| hit.score,
        settings.top_k,
        settings.score_threshold,
    );
    for (hit, position) in hits.iter_mut().zip(1..) {
        hit.position = position;
    }
    count_hits(ctx, &scope, &hits);
    Ok(hits)
}

fn model_names(dataset: &Dataset) -> (String, String) {
    let name = |name: &Option<String>| name.clone().unwrap_or_default();
    (
        name(&dataset.embedding_provider),
        name(&dataset.embedding_model),
    )
}

async fn open(scope: &Scope, id: &str) -> Result<Option<(Dataset, Manifest)>> {
    let queries = vec![
        Query::Get(Dataset::KEY.to_owned()),
        Query::Get(Manifest::KEY.to_owned()),
    ];
    let view = scope.read(&keys::dataset(id), queries).await?;
    let mut answers = view
        .answers
        .into_iter()
        .map(|records| records.into_iter().next());
    let Some(record) = answers.next().flatten() else {
        return Ok(None);
    };
    let manifest = answers.next().flatten();
    let manifest = Manifest::decode(manifest.as_ref().map(|record| &record.value[..]))?;
    Ok(Some((store::decode(&record)?, manifest)))
}

/// The hits of one dataset. Rows whose passage or document is switched off are skipped, and the search goes deeper
/// until there are enough.
async fn one(
    ctx: &Context,
    scope: &Scope,
    dataset: Dataset,
    mut manifest: Manifest,
    vector: &[f32],
    top_k: usize,
) -> Result<Vec<Hit>> {
    let memory = ctx.platform.runtime.index_bytes;
    let index = Index::new(
        scope,
        document::index_prefix(&dataset.id),
        Resident::shared(),
        memory,
    );
    let mut hits: Vec<Hit> = Vec::new();
    let (mut depth, mut seen, mut reopened) = (top_k + 4, 0, false);
    while hits.len() < top_k {
        let found = match semantic(&index, &manifest, vector, depth).await {
            // A compaction may have replaced a segment since the manifest was read.
            Err(error) if error.kind() == rag::ErrorKind::Corrupt && !reopened => {
                reopened = true;
                match open(scope, &dataset.id).await? {
                    Some((_, fresh)) => manifest = fresh,
                    None => return Ok(Vec::new()),
                }
                continue;
            }
            found => found?,
        };
        let fresh = found.get(seen..).unwrap_or_default();
        let passages = read(
            scope,
            &dataset.id,
            fresh.iter().map(|hit| (hit.id.group, hit.id.position)),
        )
        .await?;
        for (hit, passage) in fresh.iter().zip(passages) {
            if let Some((document, segment)) = passage {
                hits.push(Hit {
                    position: 0,
                    dataset_id: dataset.id.clone(),
                    dataset_name: dataset.name.clone(),
                    document,
                    segment,
                    score: hit.score,
                    scores: hit.scores,
                });
            }
        }
        seen = found.len();
        if found.len() < depth {
            break;
        }
        depth = depth.saturating_mul(4);
    }
    hits.truncate(top_k);
    Ok(hits)
}

/// Passages with their documents, in one round trip; `None` for what is not to be found.
async fn read(
    scope: &Scope,
    dataset_id: &str,
    rows: impl Iterator<Item = (Group, u32)>,
) -> Result<Vec<Option<(Document, Segment)>>> {
    let rows: Vec<(Group, u32)> = rows.collect();
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let mut queries = Vec::new();
    for (group, position) in &rows {
        queries.push(Query::Get(document::segment_key(*group, *position)));
        queries.push(Query::Get(document::key_of_group(*group)));
    }
    let view = scope.read(&keys::dataset(dataset_id), queries).await?;
    let mut answers = view
        .answers
        .into_iter()
        .map(|records| records.into_iter().next());
    let mut passages = Vec::with_capacity(rows.len());
    for (group, _) in rows {
        let (segment, document) = (answers.next().flatten(), answers.next().flatten());
        let (Some(segment), Some(document)) = (segment, document) else {
            passages.push(None);
            continue;
        };
        let (segment, document): (Segment, Document) =
            (store::decode(&segment)?, store::decode(&document)?);
        let shown = document.is_available() && document.group() == Some(group) && segment.enabled;
        passages.push(shown.then_some((document, segment)));
    }
    Ok(passages)
}

/// Counts what was found, beside the request: a count may be lost.
fn count_hits(ctx: &Context, scope: &Scope, hits: &[Hit]) {
    let mut found: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    for hit in hits {
        if let Some(group) = hit.document.group() {
            let segment = document::segment_key(group, hit.segment.position.saturating_sub(1));
            let entry = found.entry(hit.dataset_id.clone()).or_default();
            entry.push((segment, document::key(&hit.document.id)));
        }
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
