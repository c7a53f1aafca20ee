//! From a question to passages.

use std::collections::{BTreeMap, btree_map::Entry};

use futures::future::{join, join_all};
use model::{Embedder, Models, Purpose};
use ports::Scope;
use rag::{
    index::{Index, Manifest, Resident},
    retrieve::{Scores, select, semantic},
};

use super::{
    Dataset, MetadataFilter, Reranking, RetrievalModel,
    memory::{self, Seen},
    passages::{count_hits, read},
};
use crate::{
    Context, Error, Kind, Result,
    document::{self, Document, Segment},
    provider::{self, normalize},
    requests::{self, Tab},
};

/// Longest query of the retrieval routes, in characters.
pub const MAX_QUERY: usize = 250;

/// How to search.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settings {
    /// Most hits, of all datasets together.
    pub top_k: usize,
    /// Least score; applied last.
    pub score_threshold: Option<f32>,
    /// How hits are ordered before the best are taken.
    pub reranking: Reranking,
    /// Which documents are looked at.
    pub filter: MetadataFilter,
}

impl Settings {
    /// Those of one dataset.
    pub fn of(model: &RetrievalModel) -> Self {
        let mode = model.reranking_mode.as_deref();
        // A hybrid search by weights needs no switch: the weights are what makes it one.
        let hybrid = model.search_method == "hybrid_search" && mode == Some("weighted_score");
        Self {
            top_k: model.top_k as usize,
            score_threshold: model.threshold().map(|threshold| threshold as f32),
            reranking: match model.reranking_enable || hybrid {
                true => Reranking::of(mode, model.reranking_model.as_ref(), model.weights.as_ref()),
                false => Reranking::Off,
            },
            filter: MetadataFilter::default(),
        }
    }
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
    /// Of a parent: which of its children are near, by their places from 0, and how near.
    pub children: Vec<(usize, f32)>,
}

/// Finds passages in some datasets of a workspace, best first. Datasets that are gone are left out.
///
/// One round trip when the datasets were searched here before and their embedding model is local; else one or two
/// more, and the segments of an index that are not in memory.
pub async fn retrieve(
    tab: &Tab,
    dataset_ids: &[String],
    query: &str,
    settings: Settings,
) -> Result<Vec<Hit>> {
    if dataset_ids.is_empty() || query.trim().is_empty() || settings.top_k == 0 {
        return Ok(Vec::new());
    }
    let (ctx, tenant_id) = (tab.ctx(), tab.tenant_id());
    let tab = tab.to(requests::Purpose::Query);
    let search = Search {
        tab: &tab,
        ctx,
        scope: ctx.tenant(tenant_id),
        tenant_id,
        query,
        top_k: settings.reranking.candidates(settings.top_k),
        filter: &settings.filter,
    };
    let found = async {
        // What was remembered may be out of date.
        match search.run(dataset_ids, true).await? {
            Some(hits) => Ok(Some(hits)),
            None => search.run(dataset_ids, false).await,
        }
    };
    let (found, reranker) = join(found, settings.reranking.model(&tab)).await;
    let mut hits = found?.unwrap_or_default();
    hits.sort_by(|a, b| b.score.total_cmp(&a.score));
    settings.reranking.apply(reranker, query, &mut hits).await?;
    let mut hits = select(
        hits,
        |hit: &Hit| hit.score,
        settings.top_k,
        settings.score_threshold,
    );
    for (hit, position) in hits.iter_mut().zip(1..) {
        hit.position = position;
        // The nearest child is why it is there; the others are shown if they are near themselves.
        let nearest = hit.children.first().map(|(place, _)| *place);
        let least = settings.score_threshold.unwrap_or(f32::MIN);
        hit.children
            .retain(|(place, score)| Some(*place) == nearest || *score >= least);
    }
    count_hits(ctx, &search.scope, &hits);
    Ok(hits)
}

struct Search<'a> {
    tab: &'a Tab,
    ctx: &'a Context,
    scope: Scope,
    tenant_id: &'a str,
    query: &'a str,
    top_k: usize,
    filter: &'a MetadataFilter,
}

/// A dataset to be searched.
struct Opened {
    dataset: Dataset,
    index: Manifest,
    seen: Seen,
    /// From memory, and still to be confirmed.
    guessed: bool,
}

impl Opened {
    fn new(seen: Seen, guessed: bool) -> Result<Self> {
        let dataset = serde_json::from_slice(&seen.dataset).map_err(|error| {
            Error::new(Kind::Internal, format!("a dataset cannot be read: {error}"))
        })?;
        let index = Manifest::decode(seen.index.as_deref())?;
        Ok(Self {
            dataset,
            index,
            seen,
            guessed,
        })
    }

    fn model(&self) -> (String, String) {
        let name = |name: &Option<String>| name.clone().unwrap_or_default();
        (
            name(&self.dataset.embedding_provider),
            name(&self.dataset.embedding_model),
        )
    }
}

impl Search<'_> {
    /// All hits of all datasets; `None` if something remembered turned out to be out of date.
    async fn run(&self, ids: &[String], from_memory: bool) -> Result<Option<Vec<Hit>>> {
        let recalled = ids.iter().map(|id| {
            from_memory
                .then(|| memory::recall(self.tenant_id, id))
                .flatten()
        });
        let opened = join_all(
            ids.iter()
                .zip(recalled)
                .map(|(id, recalled)| self.open(id, recalled)),
        );
        let mut datasets = Vec::new();
        for dataset in opened.await {
            datasets.extend(dataset?);
        }
        let vectors = self.vectors(&datasets).await?;
        let found = join_all(datasets.into_iter().map(|opened| {
            let vector = vectors
                .get(&opened.model())
                .map(Vec::as_slice)
                .unwrap_or_default();
            self.one(opened, vector)
        }));
        let mut hits = Vec::new();
        for found in found.await {
            match found? {
                Some(mut found) => hits.append(&mut found),
                None => return Ok(None),
            }
        }
        Ok(Some(hits))
    }

    async fn open(&self, id: &str, recalled: Option<Seen>) -> Result<Option<Opened>> {
        if let Some(seen) = recalled {
            return Opened::new(seen, true).map(Some);
        }
        let Some(seen) = read(&self.scope, id, &[]).await?.seen else {
            return Ok(None);
        };
        memory::remember(self.tenant_id, id, seen.clone());
        Opened::new(seen, false).map(Some)
    }

    /// The query's vector for each embedding model that is needed.
    async fn vectors(&self, datasets: &[Opened]) -> Result<BTreeMap<(String, String), Vec<f32>>> {
        let mut vectors = BTreeMap::new();
        for opened in datasets
            .iter()
            .filter(|opened| !opened.index.segments.is_empty())
        {
            if let Entry::Vacant(slot) = vectors.entry(opened.model()) {
                let (provider, model) = slot.key();
                let embedder = self.embedder(provider, model).await?;
                let embedded = embedder
                    .embed(&[self.query.to_owned()], Purpose::Query)
                    .await?;
                let missing = "the embedding model gave no vector for the query";
                let vector = embedded.vectors.into_iter().next();
                slot.insert(
                    vector.ok_or_else(|| Error::new(Kind::CompletionRequestError, missing))?,
                );
            }
        }
        Ok(vectors)
    }

    async fn embedder(&self, provider: &str, model: &str) -> Result<std::sync::Arc<dyn Embedder>> {
        // A model of the process needs no look at the workspace's providers.
        if normalize(provider) == Models::LOCAL
            && let Some(embedder) = self.ctx.models.local_embedder(model)
        {
            return Ok(self.tab.embedder(embedder, None));
        }
        provider::embedder(self.tab, provider, model).await
    }

    /// The hits of one dataset. Rows whose passage or document is switched off are skipped, and the search goes
    /// deeper until there are enough. `None`: what was remembered of it is out of date.
    async fn one(&self, mut opened: Opened, vector: &[f32]) -> Result<Option<Vec<Hit>>> {
        let memory_bytes = self.ctx.platform.runtime.index_bytes;
        let id = opened.dataset.id.clone();
        let index = Index::new(
            &self.scope,
            document::index_prefix(&id),
            Resident::shared(),
            memory_bytes,
        );
        let mut hits: Vec<Hit> = Vec::new();
        let (mut depth, mut taken, mut reopened) = (self.top_k + 4, 0, false);
        loop {
            let found = match semantic(&index, &opened.index, vector, depth).await {
                Err(_) if opened.guessed => return Ok(self.outdated(&id)),
                // A compaction may have replaced a segment since the manifest was read.
                Err(error) if error.kind() == rag::ErrorKind::Corrupt && !reopened => {
                    reopened = true;
                    match read(&self.scope, &id, &[]).await?.seen {
                        Some(seen) => opened = Opened::new(seen, false)?,
                        None => return Ok(Some(Vec::new())),
                    }
                    continue;
                }
                found => found?,
            };
            let fresh = found.get(taken..).unwrap_or_default();
            if !fresh.is_empty() || opened.guessed {
                let rows: Vec<_> = fresh
                    .iter()
                    .map(|hit| (hit.id.group, hit.id.position))
                    .collect();
                let reading = read(&self.scope, &id, &rows).await?;
                if opened.guessed && reading.seen.as_ref() != Some(&opened.seen) {
                    return Ok(self.outdated(&id));
                }
                opened.guessed = false;
                for (hit, passage) in fresh.iter().zip(reading.passages) {
                    let Some((document, segment)) = passage else {
                        continue;
                    };
                    if !self.filter.accepts(&document) {
                        continue;
                    }
                    let near = hit
                        .parts
                        .iter()
                        .map(|(part, score)| (*part as usize, *score));
                    let children = near.filter(|(place, _)| *place < segment.children.len());
                    hits.push(Hit {
                        children: children.collect(),
                        position: 0,
                        dataset_id: id.clone(),
                        dataset_name: opened.dataset.name.clone(),
                        document,
                        segment,
                        score: hit.score,
                        scores: hit.scores,
                    });
                }
            }
            taken = found.len();
            if hits.len() >= self.top_k || found.len() < depth {
                break;
            }
            depth = depth.saturating_mul(4);
        }
        hits.truncate(self.top_k);
        Ok(Some(hits))
    }

    fn outdated(&self, id: &str) -> Option<Vec<Hit>> {
        memory::forget(self.tenant_id, id);
        None
    }
}
