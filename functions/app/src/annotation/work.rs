//! What is done with annotations behind the requests, in small steps that may be repeated.

use std::time::Duration;

use ports::{Commit, Range, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    ANNOTATIONS, Annotation, BATCH,
    change::{crowded, write},
    hit::{self, Noted},
    import, key,
    reply::{self, Indexer, Reply},
};
use crate::{Context, Error, Kind, Result, keys, store, store::Stored};

/// The topic of the jobs.
pub const TOPIC: &str = "annotation";

/// How long the state of a job can be read.
const KEPT: Duration = Duration::from_secs(24 * 60 * 60);

/// A chat still reads the segments that a merge replaced.
const STALE: Duration = Duration::from_secs(60);

/// Something that takes longer than a request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// UUID.
    pub id: String,
    /// What it does.
    pub kind: JobKind,
    /// Where it stands.
    pub status: JobStatus,
    /// Why it failed.
    pub error: String,
    /// How far it has come: a key, or a number of rows.
    pub(super) done: String,
    /// When it was asked for.
    pub created_at: Timestamp,
}

/// What a job does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum JobKind {
    /// Has annotations answer.
    Enable,
    /// Has them answer no more.
    Disable,
    /// Writes the rows of a file.
    Import,
}

/// Where a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum JobStatus {
    /// Nothing has happened.
    Waiting,
    /// Something has.
    Processing,
    /// All has.
    Completed,
    /// It went wrong.
    Error,
}

impl JobStatus {
    /// As the public API says it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Processing => "processing",
            Self::Completed => "completed",
            Self::Error => "error",
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Order {
    tenant_id: String,
    app_id: String,
    step: Step,
}

#[derive(Serialize, Deserialize)]
enum Step {
    /// The next step of a [`Job`].
    Job(String),
    /// An annotation answered.
    Hit(Box<Noted>),
    /// Many small segments become one.
    Compact,
    /// Segments that nobody searches any more.
    Discard(Vec<String>),
}

impl Job {
    pub(super) fn new(ctx: &Context, kind: JobKind) -> Self {
        Self {
            id: ctx.uuid(),
            kind,
            status: JobStatus::Waiting,
            error: String::new(),
            done: String::new(),
            created_at: ctx.now(),
        }
    }

    fn key(id: &str) -> String {
        format!("job/{id}")
    }

    /// Adds its record to a commit.
    pub(super) fn put(&self, ctx: &Context, commit: Commit) -> Result<Commit> {
        Ok(commit.put_until(Self::key(&self.id), store::encode(self)?, ctx.now() + KEPT))
    }

    fn is_over(&self) -> bool {
        matches!(self.status, JobStatus::Completed | JobStatus::Error)
    }
}

/// A job of an app.
pub async fn job(ctx: &Context, tenant_id: &str, app_id: &str, id: &str) -> Result<Job> {
    let stored = load(ctx, tenant_id, app_id, id).await?;
    let gone = || Error::invalid("job_id", "The job does not exist.");
    Ok(stored.ok_or_else(gone)?.value)
}

async fn load(
    ctx: &Context,
    tenant_id: &str,
    app_id: &str,
    id: &str,
) -> Result<Option<Stored<Job>>> {
    let scope = ctx.tenant(tenant_id);
    store::load(&scope, &keys::annotation(app_id), &Job::key(id)).await
}

/// Asks for the next step of a job.
pub(super) async fn go_on(ctx: &Context, tenant_id: &str, app_id: &str, job: &Job) -> Result<()> {
    send(
        ctx,
        tenant_id,
        app_id,
        Step::Job(job.id.clone()),
        Duration::ZERO,
    )
    .await
}

pub(super) async fn note_later(
    ctx: &Context,
    tenant_id: &str,
    app_id: &str,
    noted: Noted,
) -> Result<()> {
    let step = Step::Hit(Box::new(noted));
    send(ctx, tenant_id, app_id, step, Duration::ZERO).await
}

pub(super) async fn compact_later(ctx: &Context, tenant_id: &str, app_id: &str) -> Result<()> {
    send(ctx, tenant_id, app_id, Step::Compact, Duration::ZERO).await
}

pub(super) async fn discard_later(
    ctx: &Context,
    tenant_id: &str,
    app_id: &str,
    names: Vec<String>,
) -> Result<()> {
    match names.is_empty() {
        true => Ok(()),
        false => send(ctx, tenant_id, app_id, Step::Discard(names), STALE).await,
    }
}

async fn send(
    ctx: &Context,
    tenant_id: &str,
    app_id: &str,
    step: Step,
    delay: Duration,
) -> Result<()> {
    let order = Order {
        tenant_id: tenant_id.to_owned(),
        app_id: app_id.to_owned(),
        step,
    };
    let job = ports::Job::new(ctx.uuid(), TOPIC, store::encode(&order)?).delayed(delay);
    Ok(ctx.platform.queue.send(vec![job]).await?)
}

fn read(job: &ports::Job) -> Result<Order> {
    serde_json::from_slice(&job.body).map_err(|error| {
        let message = format!("not a job of `{TOPIC}`: {error}");
        Error::new(Kind::InvalidParam, message)
    })
}

/// Handles a job of [`TOPIC`].
pub async fn consume(ctx: &Context, job: &ports::Job) -> Result<()> {
    let Order {
        tenant_id,
        app_id,
        step,
    } = read(job)?;
    let scope = ctx.tenant(&tenant_id);
    match step {
        Step::Hit(noted) => hit::keep(&scope, &app_id, &noted).await,
        Step::Compact => compact(ctx, &tenant_id, &app_id).await,
        Step::Discard(names) => discard(ctx, &tenant_id, &app_id, names).await,
        Step::Job(id) => {
            let Some(stored) = load(ctx, &tenant_id, &app_id, &id).await? else {
                return Ok(());
            };
            if stored.value.is_over() {
                return Ok(());
            }
            match stored.value.kind {
                JobKind::Enable => enable(ctx, &tenant_id, &app_id, stored).await,
                JobKind::Disable => disable(ctx, &tenant_id, &app_id, stored.value).await,
                JobKind::Import => import::step(ctx, &tenant_id, &app_id, stored.value).await,
            }
        }
    }
}

/// A job that failed too often says so.
pub async fn give_up(ctx: &Context, job: &ports::Job, reason: &str) {
    let Ok(Order {
        tenant_id,
        app_id,
        step: Step::Job(id),
    }) = read(job)
    else {
        return;
    };
    let failed = async {
        if let Some(stored) = load(ctx, &tenant_id, &app_id, &id).await? {
            let mut job = stored.value;
            (job.status, job.error) = (JobStatus::Error, reason.to_owned());
            save(ctx, &tenant_id, &app_id, &job).await?;
        }
        Ok::<_, Error>(())
    };
    if let Err(error) = failed.await {
        tracing::warn!(%error, id, "a job of annotations failed, and nobody can see it");
    }
}

pub(super) async fn save(ctx: &Context, tenant_id: &str, app_id: &str, job: &Job) -> Result<()> {
    let commit = job.put(ctx, Commit::new())?;
    let scope = ctx.tenant(tenant_id);
    scope.commit(&keys::annotation(app_id), commit).await?;
    Ok(())
}

/// Puts some annotations into the index; after the last, tells the app.
async fn enable(ctx: &Context, tenant_id: &str, app_id: &str, stored: Stored<Job>) -> Result<()> {
    let scope = ctx.tenant(tenant_id);
    let partition = keys::annotation(app_id);
    let Stored {
        value: mut job,
        version,
    } = stored;
    let mut indexer = Indexer::open(ctx, tenant_id, app_id).await?;
    let current = indexer.reply().filter(|reply| reply.job == job.id);
    let Some(setting) = current.map(|reply| reply.setting.clone()) else {
        let reason = "Somebody has changed the setting meanwhile.";
        (job.status, job.error) = (JobStatus::Error, reason.to_owned());
        return save(ctx, tenant_id, app_id, &job).await;
    };
    let after = Some(job.done.clone()).filter(|done| !done.is_empty());
    let records = scope
        .list(&partition, Range::prefix(ANNOTATIONS, BATCH).after(after))
        .await?;
    let Some(last) = records.last() else {
        reply::tell(ctx, tenant_id, app_id, Some(setting)).await?;
        job.status = JobStatus::Completed;
        return save(ctx, tenant_id, app_id, &job).await;
    };
    job.status = JobStatus::Processing;
    job.done.clone_from(&last.key);
    let mut annotations: Vec<Annotation> =
        records.iter().map(store::decode).collect::<Result<_>>()?;
    let before = annotations.clone();
    indexer.add(&mut annotations).await?;
    let mut commit = job.put(ctx, indexer.commit()?)?;
    commit = commit.if_version(Job::key(&job.id), version);
    for ((annotation, before), record) in annotations.iter().zip(&before).zip(&records) {
        if annotation != before {
            commit = commit
                .put(key(&annotation.id), store::encode(annotation)?)
                .if_version(key(&annotation.id), record.version);
        }
    }
    if !write(&scope, &partition, commit).await? {
        // Somebody wrote an annotation: the queue brings this step again.
        return Err(crowded());
    }
    go_on(ctx, tenant_id, app_id, &job).await
}

async fn disable(ctx: &Context, tenant_id: &str, app_id: &str, mut job: Job) -> Result<()> {
    reply::tell(ctx, tenant_id, app_id, None).await?;
    let scope = ctx.tenant(tenant_id);
    let partition = keys::annotation(app_id);
    if let Some(stored) = store::load::<Reply>(&scope, &partition, reply::KEY).await? {
        let segments = stored.value.index.segments;
        let names = segments.into_iter().map(|entry| entry.name).collect();
        discard_later(ctx, tenant_id, app_id, names).await?;
        let commit = Commit::new()
            .delete(reply::KEY)
            .if_version(reply::KEY, stored.version);
        if !write(&scope, &partition, commit).await? {
            return Err(crowded());
        }
    }
    job.status = JobStatus::Completed;
    save(ctx, tenant_id, app_id, &job).await
}

async fn compact(ctx: &Context, tenant_id: &str, app_id: &str) -> Result<()> {
    let scope = ctx.tenant(tenant_id);
    let partition = keys::annotation(app_id);
    let Some(stored) = store::load::<Reply>(&scope, &partition, reply::KEY).await? else {
        return Ok(());
    };
    let Stored {
        value: mut reply,
        version,
    } = stored;
    let index = reply::index(ctx, &scope, app_id);
    let Some(compaction) = index.compact(&reply.index).await? else {
        return Ok(());
    };
    if !reply.index.apply(&compaction) {
        return Ok(());
    }
    let commit = Commit::new()
        .put(reply::KEY, store::encode(&reply)?)
        .if_version(reply::KEY, version);
    if !write(&scope, &partition, commit).await? {
        return Err(crowded());
    }
    discard_later(ctx, tenant_id, app_id, compaction.removed).await
}

/// Deletes what the index does not name: a segment that was written again with the same content stays.
async fn discard(ctx: &Context, tenant_id: &str, app_id: &str, names: Vec<String>) -> Result<()> {
    let scope = ctx.tenant(tenant_id);
    let stored = store::load::<Reply>(&scope, &keys::annotation(app_id), reply::KEY).await?;
    let kept = stored.map(|stored| stored.value.index.segments);
    let kept = kept.unwrap_or_default();
    let gone: Vec<String> = names
        .into_iter()
        .filter(|name| kept.iter().all(|entry| entry.name != *name))
        .collect();
    Ok(reply::index(ctx, &scope, app_id).delete(&gone).await?)
}
