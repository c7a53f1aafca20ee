//! A bundle into an empty workspace: staged and checked as a whole first, then written by jobs, part by part.

use bytes::Bytes;
use futures::{Stream, TryStreamExt, pin_mut};
use ports::{Commit, Job, Range, Scope, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{
    line::{FORMAT, LINE_BYTES, Line, decode},
    walk::STAGED,
};
use crate::{Context, Error, Kind, Result, conversation, document, keys, log, store};

/// The topic of the jobs.
pub const TOPIC: &str = "restore";

/// Parts are cut behind the line with which they reach this size.
const PART_BYTES: usize = 1 << 20;

/// Bytes of values that are committed together.
const COMMIT_BYTES: usize = 512 << 10;

const KEY: &str = "restore";

/// How far a restore is. The last one of a workspace is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// UUID.
    pub id: String,
    /// The workspace that the bundle was made of.
    pub source: String,
    /// Parts that are written.
    pub done: u64,
    /// All parts.
    pub parts: u64,
    /// Where it stands.
    pub status: Status,
    /// Why it ended early.
    pub error: Option<String>,
    /// When the bundle had come in.
    pub created_at: Timestamp,
}

/// Where a restore stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Jobs write it.
    Running,
    /// Everything is there.
    Completed,
    /// It ended early, and what was written stays.
    Error,
}

#[derive(Serialize, Deserialize)]
struct Part {
    tenant_id: String,
    restore_id: String,
    number: u64,
}

impl Part {
    fn job(&self) -> Result<Job> {
        let id = format!("{}/{}", self.restore_id, self.number);
        Ok(Job::new(id, TOPIC, store::encode(self)?))
    }
}

fn staged(id: &str, number: u64) -> String {
    format!("{STAGED}{id}/{number:08}")
}

/// Takes a bundle in. Nothing of the workspace changes before all of it is here and whole.
///
/// Fails with `Conflict` if the workspace has apps or datasets or another restore runs, and with `BadRequest` for what is
/// no bundle, has an end missing, or was altered.
pub async fn receive(
    ctx: &Context,
    tenant_id: &str,
    body: impl Stream<Item = Result<Bytes>> + Send,
) -> Result<Progress> {
    let scope = ctx.tenant(tenant_id);
    empty(&scope).await?;
    let id = ctx.uuid();
    let received = stage(&scope, &id, body).await;
    let (source, parts) = match received {
        Ok(received) => received,
        Err(error) => {
            discard(&scope, &id).await?;
            return Err(error);
        }
    };
    let progress = Progress {
        id: id.clone(),
        source,
        done: 0,
        parts,
        status: Status::Running,
        error: None,
        created_at: ctx.now(),
    };
    store::save(&scope, keys::TENANT, KEY, &progress).await?;
    let first = Part {
        tenant_id: tenant_id.to_owned(),
        restore_id: id,
        number: 0,
    };
    ctx.platform.queue.send(vec![first.job()?]).await?;
    Ok(progress)
}

/// The last restore of a workspace.
pub async fn progress(ctx: &Context, tenant_id: &str) -> Result<Option<Progress>> {
    let found = store::load(&ctx.tenant(tenant_id), keys::TENANT, KEY).await?;
    Ok(found.map(|stored| stored.value))
}

async fn empty(scope: &Scope) -> Result<()> {
    for (prefix, what) in [("app/", "apps"), ("dataset/", "datasets")] {
        let found = scope.list(keys::TENANT, Range::prefix(prefix, 1)).await?;
        if !found.is_empty() {
            let message =
                format!("The workspace has {what}. A bundle is restored into an empty workspace.");
            return Err(Error::new(Kind::Conflict, message));
        }
    }
    let running = store::load::<Progress>(scope, keys::TENANT, KEY).await?;
    match running.map(|stored| stored.value.status) {
        Some(Status::Running) => Err(Error::new(
            Kind::Conflict,
            "Another bundle is being restored.",
        )),
        _ => Ok(()),
    }
}

/// Checks every line and puts them by in parts; answers the source and the number of parts.
async fn stage(
    scope: &Scope,
    id: &str,
    body: impl Stream<Item = Result<Bytes>> + Send,
) -> Result<(String, u64)> {
    let wrong = |message: String| Error::new(Kind::BadRequest, message);
    let mut check = Check::default();
    let (mut line, mut part, mut parts) = (Vec::new(), Vec::new(), 0);
    pin_mut!(body);
    while let Some(chunk) = body.try_next().await? {
        for piece in chunk.split_inclusive(|byte| *byte == b'\n') {
            line.extend_from_slice(piece);
            if line.len() > LINE_BYTES {
                let message = format!("Line {} of the bundle is too long.", check.lines + 1);
                return Err(wrong(message));
            }
            if line.last() != Some(&b'\n') {
                continue;
            }
            check.line(&line)?;
            part.append(&mut line);
            if part.len() >= PART_BYTES {
                let content = Bytes::from(std::mem::take(&mut part));
                scope.put_blob(&staged(id, parts), content).await?;
                parts += 1;
            }
        }
    }
    if !line.is_empty() || !check.ended {
        return Err(wrong(format!(
            "The bundle ends early, after line {}: it was cut on its way.",
            check.lines
        )));
    }
    if !part.is_empty() {
        scope.put_blob(&staged(id, parts), part.into()).await?;
        parts += 1;
    }
    Ok((check.source, parts))
}

#[derive(Default)]
struct Check {
    lines: u64,
    digest: Sha256,
    source: String,
    ended: bool,
}

impl Check {
    fn line(&mut self, text: &[u8]) -> Result<()> {
        let wrong = |message: String| Err(Error::new(Kind::BadRequest, message));
        if self.ended {
            return wrong("The bundle goes on after its end.".to_owned());
        }
        match Line::parse(text, self.lines + 1)? {
            Line::Edgewise { format, tenant_id } if self.lines == 0 => {
                if format != FORMAT {
                    return wrong(format!(
                        "The bundle has format {format}; this program reads {FORMAT}."
                    ));
                }
                self.source = tenant_id;
            }
            _ if self.lines == 0 => {
                return wrong("The file does not begin as a bundle does.".to_owned());
            }
            Line::Edgewise { .. } => {
                return wrong(format!("Line {} is another beginning.", self.lines + 1));
            }
            Line::End { lines, sha256 } => {
                let found = hex::encode(self.digest.clone().finalize());
                if lines != self.lines || sha256 != found {
                    return wrong("The bundle was altered: its SHA-256 is another.".to_owned());
                }
                self.ended = true;
            }
            // A name may not lead out of the workspace, or to what is not to be restored.
            Line::System { partition, .. }
                if !["key/", "site/", "form/"]
                    .iter()
                    .any(|kind| partition.starts_with(kind)) =>
            {
                return wrong(format!("`{partition}` is no part of a workspace."));
            }
            Line::Blob { name, .. } if name.starts_with(STAGED) => {
                return wrong(format!("`{name}` is no part of a workspace."));
            }
            _ => {}
        }
        self.digest.update(text);
        self.lines += 1;
        Ok(())
    }
}

/// Handles a job of [`TOPIC`]: writes one part. Doing it again changes nothing.
pub async fn consume(ctx: &Context, job: &Job) -> Result<()> {
    let part = part(job)?;
    let scope = ctx.tenant(&part.tenant_id);
    let Some(progress) = progress(ctx, &part.tenant_id).await? else {
        return Ok(());
    };
    let is_due = progress.id == part.restore_id
        && progress.status == Status::Running
        && progress.done == part.number;
    if is_due {
        let content = scope
            .get_blob(&staged(&part.restore_id, part.number))
            .await?;
        let content = content.ok_or_else(|| Error::not_found("A part of the bundle is gone."))?;
        write(ctx, &scope, &part.tenant_id, &progress.source, &content).await?;
    }
    let set = |progress: &mut Progress| {
        if progress.id == part.restore_id && progress.done == part.number {
            progress.done += 1;
            if progress.done == progress.parts {
                progress.status = Status::Completed;
            }
        }
        Ok(())
    };
    let missing = "The restore is gone.";
    let (progress, ()) = store::update(&scope, keys::TENANT, KEY, missing, set).await?;
    match progress.status {
        Status::Running => {
            let next = Part {
                number: part.number + 1,
                ..part
            };
            Ok(ctx.platform.queue.send(vec![next.job()?]).await?)
        }
        _ => {
            log::resume(ctx, &part.tenant_id).await?;
            discard(&scope, &part.restore_id).await
        }
    }
}

/// Notes that a job of [`TOPIC`] failed for good.
pub async fn give_up(ctx: &Context, job: &Job, reason: &str) {
    let Ok(part) = part(job) else { return };
    let scope = ctx.tenant(&part.tenant_id);
    let set = |progress: &mut Progress| {
        if progress.id == part.restore_id {
            progress.status = Status::Error;
            progress.error = Some(reason.to_owned());
        }
        Ok(())
    };
    let noted = store::update(&scope, keys::TENANT, KEY, "The restore is gone.", set).await;
    if let Err(error) = noted {
        tracing::error!(%error, id = part.restore_id, reason, "a restore ended early");
    }
    if let Err(error) = discard(&scope, &part.restore_id).await {
        tracing::warn!(%error, "a bundle that is not restored stays");
    }
}

fn part(job: &Job) -> Result<Part> {
    serde_json::from_slice(&job.body).map_err(|error| {
        Error::new(
            Kind::InvalidParam,
            format!("not a job of `{TOPIC}`: {error}"),
        )
    })
}

async fn discard(scope: &Scope, id: &str) -> Result<()> {
    let prefix = format!("{STAGED}{id}/");
    loop {
        let page = scope.list_blobs(&prefix, None, 100).await?;
        if page.is_empty() {
            return Ok(());
        }
        for info in page {
            scope.delete_blob(&info.name).await?;
        }
    }
}

/// Writes the lines of a part, with this workspace in the place of the one they came from.
async fn write(
    ctx: &Context,
    scope: &Scope,
    tenant_id: &str,
    source: &str,
    content: &[u8],
) -> Result<()> {
    let system = ctx.system();
    let mut batch = Batch::default();
    for (number, text) in content.split_inclusive(|byte| *byte == b'\n').enumerate() {
        // Contents are left as they are: only records name their workspace.
        let text = match Line::parse(text, number as u64)? {
            Line::Blob { name, base64 } => {
                scope.put_blob(&name, decode(&base64)?).await?;
                continue;
            }
            _ => String::from_utf8_lossy(text).replace(source, tenant_id),
        };
        let (target, partition, key, value) = match Line::parse(text.as_bytes(), number as u64)? {
            Line::Record {
                partition,
                key,
                value,
            } => (scope, partition, key, value.bytes()?),
            Line::System {
                partition,
                key,
                value,
            } => (&system, partition, key, value.bytes()?),
            other => {
                batch.flush(scope).await?;
                settle(ctx, scope, tenant_id, other).await?;
                continue;
            }
        };
        let is_system = std::ptr::eq(target, &system);
        if is_system {
            target
                .commit(&partition, Commit::new().put(key, value))
                .await?;
            continue;
        }
        batch.put(scope, partition, key, value).await?;
    }
    batch.flush(scope).await
}

async fn settle(ctx: &Context, scope: &Scope, tenant_id: &str, line: Line) -> Result<()> {
    match line {
        Line::Conversation { id } => conversation::sync(ctx, scope, &id).await.map(drop),
        Line::Dataset { id } => document::resume(ctx, tenant_id, &id).await,
        _ => Ok(()),
    }
}

/// Records of one partition that are committed together.
#[derive(Default)]
struct Batch {
    partition: String,
    commit: Commit,
    bytes: usize,
}

impl Batch {
    async fn put(
        &mut self,
        scope: &Scope,
        partition: String,
        key: String,
        value: Bytes,
    ) -> Result<()> {
        let is_full = self.bytes + value.len() > COMMIT_BYTES
            || self.commit.writes.len() >= scope.limits().commit_writes;
        if partition != self.partition || is_full {
            self.flush(scope).await?;
            self.partition = partition;
        }
        self.bytes += value.len();
        self.commit = std::mem::take(&mut self.commit).put(key, value);
        Ok(())
    }

    async fn flush(&mut self, scope: &Scope) -> Result<()> {
        let commit = std::mem::take(&mut self.commit);
        self.bytes = 0;
        if !commit.writes.is_empty() {
            scope.commit(&self.partition, commit).await?;
        }
        Ok(())
    }
}
