//! Indexing, one small step at a time. A step reads where the document is, does the next piece of work, and writes
//! both the outcome and the progress in one commit: doing it twice changes nothing. Then it asks the queue for the
//! step after it.

use model::{Models, Purpose};
use ports::{Commit, Job, Range, Scope};
use rag::{
    Limits,
    index::{Index, Resident, RowId},
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{
    Document, Segment, Status,
    record::{
        index_prefix, readable, segment_id, segment_key, segment_prefix, source_blob, text_blob,
    },
    upkeep::{clean, compact, sweep},
};
use crate::{
    Context, Error, Kind, Result,
    dataset::{Dataset, transact},
    keys,
    provider::{self},
    requests::{Of, Purpose::Indexing, Tab},
    store,
};

/// The queue's topic.
pub const TOPIC: &str = "document";

/// Passages embedded by one step, at most.
const BATCH: usize = 16;
/// Passages written by one commit, and the bytes of their texts, at most.
pub(super) const WRITES: usize = 100;
const WRITE_BYTES: usize = 256 << 10;

/// A piece of work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "lowercase")]
pub enum Step {
    /// File to text.
    Extract(Version),
    /// Text to passages.
    Split(Version),
    /// The next passages to the index, from this one on.
    Embed {
        /// Of which document.
        #[serde(flatten)]
        version: Version,
        /// How many are done.
        from: u32,
    },
    /// Merges small segments of the index.
    Compact {
        /// The workspace.
        tenant_id: String,
        /// The dataset.
        dataset_id: String,
        /// The state of the index that asked for it.
        sequence: u64,
    },
    /// Removes segments of the index that compactions have replaced.
    Sweep {
        /// The workspace.
        tenant_id: String,
        /// The dataset.
        dataset_id: String,
        /// Of the segments.
        names: Vec<String>,
    },
    /// Removes what an old version of a document left.
    Clean {
        /// The workspace.
        tenant_id: String,
        /// The dataset.
        dataset_id: String,
        /// The document.
        document_id: String,
        /// The version.
        generation: u16,
    },
    /// Removes what a deleted dataset left.
    Forget {
        /// The workspace.
        tenant_id: String,
        /// The dataset.
        dataset_id: String,
    },
    /// Sends a step whose sender may have been cut off.
    Promised {
        /// The step.
        promised: Box<Step>,
    },
}

/// One version of a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// The workspace.
    pub tenant_id: String,
    /// The dataset.
    pub dataset_id: String,
    /// The document.
    pub document_id: String,
    /// The version.
    pub generation: u16,
}

impl Step {
    pub(super) fn first(tenant_id: &str, document: &Document) -> Self {
        Self::Extract(Version::of(tenant_id, document))
    }

    /// What is to be done next.
    pub(super) fn next(tenant_id: &str, document: &Document) -> Self {
        let version = Version::of(tenant_id, document);
        match document.status {
            Status::Splitting => Self::Split(version),
            Status::Indexing => Self::Embed {
                version,
                from: document.indexed,
            },
            _ => Self::Extract(version),
        }
    }

    /// The same for the same work.
    pub(super) fn id(&self) -> String {
        let of = |version: &Version, what: &str| {
            format!(
                "{}/{}/{}/{what}",
                version.dataset_id, version.document_id, version.generation
            )
        };
        match self {
            Self::Extract(version) => of(version, "extract"),
            Self::Split(version) => of(version, "split"),
            Self::Embed { version, from } => of(version, &format!("embed/{from}")),
            Self::Compact {
                dataset_id,
                sequence,
                ..
            } => format!("{dataset_id}/compact/{sequence}"),
            Self::Sweep {
                dataset_id, names, ..
            } => format!(
                "{dataset_id}/sweep/{}",
                names.join("").get(..32).unwrap_or("")
            ),
            Self::Clean {
                dataset_id,
                document_id,
                generation,
                ..
            } => {
                format!("{dataset_id}/{document_id}/{generation}/clean")
            }
            Self::Forget { dataset_id, .. } => format!("{dataset_id}/forget"),
            Self::Promised { promised } => promised.id(),
        }
    }

    fn version(&self) -> Option<&Version> {
        match self {
            Self::Extract(version) | Self::Split(version) | Self::Embed { version, .. } => {
                Some(version)
            }
            _ => None,
        }
    }
}

impl Version {
    fn of(tenant_id: &str, document: &Document) -> Self {
        Self {
            tenant_id: tenant_id.to_owned(),
            dataset_id: document.dataset_id.clone(),
            document_id: document.id.clone(),
            generation: document.generation,
        }
    }
}

pub(crate) async fn send(ctx: &Context, step: Step) -> Result<()> {
    let job = Job::new(step.id(), TOPIC, store::encode(&step)?);
    Ok(ctx.platform.queue.send(vec![job]).await?)
}

/// Does the work of a job. An error brings the job back; what no repetition can mend is written on the document.
pub async fn consume(ctx: &Context, job: &Job) -> ports::Result<()> {
    let Ok(step) = serde_json::from_slice::<Step>(&job.body) else {
        return Err(ports::Error::new(
            ports::ErrorKind::Invalid,
            "the job cannot be read",
        ));
    };
    match run(ctx, &step).await {
        Ok(()) => Ok(()),
        Err(error) if is_passing(&error) => Err(ports::Error::new(
            ports::ErrorKind::Unavailable,
            error.message().to_owned(),
        )),
        Err(error) => match step.version() {
            Some(version) => fail(ctx, version, error.message()).await.map_err(|error| {
                ports::Error::new(ports::ErrorKind::Unavailable, error.message().to_owned())
            }),
            None => Err(ports::Error::new(
                ports::ErrorKind::Internal,
                error.message().to_owned(),
            )),
        },
    }
}

/// Leaves the reason on the document.
pub async fn give_up(ctx: &Context, job: &Job, reason: &str) {
    let step = serde_json::from_slice::<Step>(&job.body).ok();
    let Some(version) = step.as_ref().and_then(Step::version) else {
        tracing::error!(id = job.id, reason, "work on a dataset was given up");
        return;
    };
    if let Err(error) = fail(ctx, version, reason).await {
        tracing::error!(%error, reason, "a document's failure could not be written");
    }
}

/// Whether another attempt may succeed.
fn is_passing(error: &Error) -> bool {
    matches!(
        error.kind(),
        Kind::Unavailable
            | Kind::Conflict
            | Kind::StorageFull
            | Kind::CompletionRequestError
            | Kind::TooManyRequests
    )
}

async fn fail(ctx: &Context, version: &Version, reason: &str) -> Result<()> {
    let now = ctx.now();
    let failed = change(ctx, version, |document| {
        document.status = Status::Error;
        document.error = Some(reason.to_owned());
        document.times.stopped = Some(now);
        Ok(())
    });
    failed.await.map(|_| ())
}

async fn run(ctx: &Context, step: &Step) -> Result<()> {
    match step {
        Step::Extract(version) => extract(ctx, version).await,
        Step::Split(version) => split(ctx, version).await,
        Step::Embed { version, from } => embed(ctx, version, *from).await,
        Step::Compact {
            tenant_id,
            dataset_id,
            ..
        } => compact(ctx, tenant_id, dataset_id).await,
        Step::Sweep {
            tenant_id,
            dataset_id,
            names,
        } => sweep(ctx, tenant_id, dataset_id, names).await,
        Step::Clean {
            tenant_id,
            dataset_id,
            document_id,
            generation,
        } => clean(&ctx.tenant(tenant_id), dataset_id, document_id, *generation).await,
        Step::Forget {
            tenant_id,
            dataset_id,
        } => crate::dataset::forget(&ctx.tenant(tenant_id), dataset_id).await,
        Step::Promised { promised } => super::promise::keep(ctx, promised).await,
    }
}

/// The dataset and the document, if this version is still the one to be indexed.
async fn current(ctx: &Context, version: &Version) -> Result<Option<(Dataset, Document)>> {
    let dataset = match crate::dataset::get(ctx, &version.tenant_id, &version.dataset_id).await {
        Err(error) if error.kind() == Kind::NotFound => return Ok(None),
        dataset => dataset?,
    };
    match super::get(
        ctx,
        &version.tenant_id,
        &version.dataset_id,
        &version.document_id,
    )
    .await
    {
        Ok(document) if document.generation == version.generation => {
            Ok(document.status.is_busy().then_some((dataset, document)))
        }
        Err(error) if error.kind() != Kind::NotFound => Err(error),
        _ => Ok(None),
    }
}

/// Changes the document if this version is still its own; `None` if it is not.
async fn change(
    ctx: &Context,
    version: &Version,
    change: impl Fn(&mut Document) -> Result<()>,
) -> Result<Option<Document>> {
    let (scope, ids) = (
        ctx.tenant(&version.tenant_id),
        [version.document_id.clone()],
    );
    let now = ctx.now();
    let changed = transact(&scope, &version.dataset_id, &ids, |draft| {
        let document = draft.documents.get_mut(&version.document_id);
        let Some(document) = document.filter(|document| document.generation == version.generation)
        else {
            return Ok(None);
        };
        change(document)?;
        document.updated_at = now;
        Ok(Some(document.clone()))
    });
    match changed.await {
        Err(error) if error.kind() == Kind::NotFound => Ok(None),
        changed => changed,
    }
}

async fn extract(ctx: &Context, version: &Version) -> Result<()> {
    let Some((_, document)) = current(ctx, version).await? else {
        return Ok(());
    };
    if matches!(document.status, Status::Splitting | Status::Indexing) {
        return send(ctx, Step::next(&version.tenant_id, &document)).await;
    }
    let now = ctx.now();
    change(ctx, version, |document| {
        document.status = Status::Parsing;
        document.times.processing_started.get_or_insert(now);
        Ok(())
    })
    .await?;
    let scope = ctx.tenant(&version.tenant_id);
    let missing = || Error::not_found("The file of the document is gone.");
    let bytes = scope
        .get_blob(&source_blob(&document))
        .await?
        .ok_or_else(missing)?;
    let limits = Limits::new(ctx.platform.runtime.document_bytes);
    let text = rag::extract(&document.source.name, &bytes, &limits)?.text;
    drop(bytes);
    let words = text.chars().count() as u64;
    scope.put_blob(&text_blob(&document), text.into()).await?;
    let now = ctx.now();
    let changed = change(ctx, version, |document| {
        document.status = Status::Splitting;
        document.word_count = words;
        document.times.parsing_completed = Some(now);
        Ok(())
    });
    match changed.await? {
        Some(_) => send(ctx, Step::Split(version.clone())).await,
        None => Ok(()),
    }
}

async fn split(ctx: &Context, version: &Version) -> Result<()> {
    let Some((dataset, document)) = current(ctx, version).await? else {
        return Ok(());
    };
    if document.status != Status::Splitting {
        return send(ctx, Step::next(&version.tenant_id, &document)).await;
    }
    let scope = ctx.tenant(&version.tenant_id);
    let embedder = embedder(ctx, &dataset).await?;
    if dataset.embedding_provider.as_deref() == Some(Models::LOCAL) {
        // A local model counts exactly only once its weights are in memory.
        embedder
            .embed(&["text".to_owned()], Purpose::Document)
            .await?;
    }
    let missing = || Error::not_found("The text of the document is gone.");
    let text = scope
        .get_blob(&text_blob(&document))
        .await?
        .ok_or_else(missing)?;
    let text = String::from_utf8_lossy(&text);
    let count = |text: &str| embedder.count_tokens(text);
    let max_input = embedder.info().max_input_tokens;
    let chunks = rag::split::split(&text, &document.rule, &count)?;
    let group = document.group().ok_or_else(missing)?;
    let now = ctx.now();
    let (mut tokens, mut position) = (0u64, 0u32);
    let (mut commit, mut bytes) = (Commit::new(), 0);
    for chunk in chunks {
        let content = chunk.content;
        let children = readable(chunk.children, max_input, &count);
        let segment = Segment {
            id: segment_id(RowId { group, position }),
            document_id: document.id.clone(),
            position: position + 1,
            word_count: content.chars().count() as u64,
            tokens: count(&content) as u64,
            hash: hex::encode(Sha256::digest(content.as_bytes())),
            content,
            children,
            hit_count: 0,
            enabled: true,
            created_by: document.created_by.clone(),
            created_at: now,
            revision: 0,
            updated_at: None,
        };
        tokens += segment.tokens;
        let record = store::encode(&segment)?;
        bytes += record.len();
        commit = commit.put(segment_key(group, position), record);
        position += 1;
        if commit.writes.len() >= WRITES || bytes >= WRITE_BYTES {
            scope
                .commit(&keys::dataset(&dataset.id), std::mem::take(&mut commit))
                .await?;
            bytes = 0;
        }
    }
    if !commit.writes.is_empty() {
        scope.commit(&keys::dataset(&dataset.id), commit).await?;
    }
    let now = ctx.now();
    let changed = change(ctx, version, |document| {
        document.status = Status::Indexing;
        document.segments = position;
        document.indexed = 0;
        document.tokens = tokens;
        document.times.cleaning_completed = Some(now);
        document.times.splitting_completed = Some(now);
        Ok(())
    });
    match changed.await? {
        Some(document) => send(ctx, Step::next(&version.tenant_id, &document)).await,
        // Deleted or replaced meanwhile: nobody else knows of these passages.
        None => {
            clean(
                &scope,
                &version.dataset_id,
                &version.document_id,
                version.generation,
            )
            .await
        }
    }
}

async fn embed(ctx: &Context, version: &Version, from: u32) -> Result<()> {
    let Some((dataset, document)) = current(ctx, version).await? else {
        return Ok(());
    };
    // What is done already came once before: only what follows may have been lost.
    let due = document.status == Status::Indexing && document.indexed == from;
    let Some(group) = document.group().filter(|_| due) else {
        return send(ctx, Step::next(&version.tenant_id, &document)).await;
    };
    let scope = ctx.tenant(&version.tenant_id);
    let embedder = embedder(ctx, &dataset).await?;
    let size = embedder.info().batch.clamp(1, BATCH);
    let after = from.checked_sub(1).map(|last| segment_key(group, last));
    let range = Range::prefix(segment_prefix(group), size).after(after);
    let records = scope.list(&keys::dataset(&dataset.id), range).await?;
    let segments: Vec<Segment> = records.iter().map(store::decode).collect::<Result<_>>()?;
    let mut entry = None;
    if !segments.is_empty() {
        let max_input = embedder.info().max_input_tokens;
        let windows: Vec<(RowId, String)> = (from..)
            .map(|position| RowId { group, position })
            .zip(&segments)
            .flat_map(|(id, segment)| {
                let texts = segment.found_by(max_input, &|text| embedder.count_tokens(text));
                texts.into_iter().map(move |text| (id, text))
            })
            .collect();
        let (ids, inputs): (Vec<RowId>, Vec<String>) = windows.into_iter().unzip();
        let mut vectors = Vec::with_capacity(inputs.len());
        for inputs in inputs.chunks(size) {
            vectors.extend(embedder.embed(inputs, Purpose::Document).await?.vectors);
        }
        if vectors.len() != ids.len() {
            let message =
                "the embedding model gave another number of vectors than it was given texts";
            return Err(Error::new(Kind::CompletionRequestError, message));
        }
        let rows: Vec<(RowId, Vec<f32>)> = ids.into_iter().zip(vectors).collect();
        let index = index(ctx, &scope, &dataset.id);
        let dimension = rows.first().map_or(0, |(_, vector)| vector.len());
        entry = Some((index.write(&rows).await?, dimension));
    }
    let done = from + u32::try_from(segments.len()).unwrap_or(0);
    let now = ctx.now();
    let ids = [version.document_id.clone()];
    let outcome = transact(&scope, &version.dataset_id, &ids, |draft| {
        let document = draft.documents.get_mut(&version.document_id);
        let same = |document: &&mut Document| {
            document.generation == version.generation && document.indexed == from
        };
        let Some(document) = document.filter(same) else {
            return Ok(None);
        };
        if let Some((entry, dimension)) = &entry {
            draft.index.add(entry.clone(), *dimension)?;
        }
        document.indexed = done;
        document.updated_at = now;
        if segments.is_empty() || done >= document.segments {
            document.segments = done;
            document.status = Status::Completed;
            document.times.completed = Some(now);
        }
        Ok(Some((document.clone(), draft.index.sequence)))
    });
    match outcome.await {
        Err(error) if error.kind() == Kind::NotFound => Ok(()),
        Err(error) => Err(error),
        // Another delivery of the same job was faster.
        Ok(None) => Ok(()),
        Ok(Some((document, sequence))) if document.status == Status::Completed => {
            let (tenant_id, dataset_id) = (version.tenant_id.clone(), version.dataset_id.clone());
            send(
                ctx,
                Step::Compact {
                    tenant_id,
                    dataset_id,
                    sequence,
                },
            )
            .await
        }
        Ok(Some((document, _))) => send(ctx, Step::next(&version.tenant_id, &document)).await,
    }
}

pub(super) async fn embedder(
    ctx: &Context,
    dataset: &Dataset,
) -> Result<std::sync::Arc<dyn model::Embedder>> {
    let name = |name: &Option<String>| name.clone().unwrap_or_default();
    let (provider, model) = (
        name(&dataset.embedding_provider),
        name(&dataset.embedding_model),
    );
    let tab = Tab::new(ctx, &dataset.tenant_id, Indexing, Of::default());
    provider::embedder(&tab, &provider, &model).await
}

pub(super) fn index<'a>(ctx: &Context, scope: &'a Scope, dataset_id: &str) -> Index<'a> {
    let memory = ctx.platform.runtime.index_bytes;
    Index::new(scope, index_prefix(dataset_id), Resident::shared(), memory)
}
