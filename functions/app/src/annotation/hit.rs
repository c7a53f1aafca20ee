//! When annotations answered.

use ports::{Commit, Range, Scope, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    Annotation, BATCH,
    change::{crowded, write},
    key,
};
use crate::{Context, Result, keys, store, store::Stored};

const HITS: &str = "h/";

/// One answer by an annotation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hit {
    /// The message that was answered.
    pub message_id: String,
    /// What was asked.
    pub question: String,
    /// The annotation's question then.
    pub matched: String,
    /// What was answered.
    pub response: String,
    /// Cosine of the two questions.
    pub score: f32,
    /// Where it came in, such as `api`.
    pub source: String,
    /// When it was asked.
    pub created_at: Timestamp,
}

/// What a chat tells of an answer by an annotation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Noted {
    pub(crate) annotation_id: String,
    pub(crate) hit: Hit,
}

/// Has the queue write it down.
pub(crate) async fn note(ctx: &Context, tenant_id: &str, app_id: &str, noted: Noted) -> Result<()> {
    super::work::note_later(ctx, tenant_id, app_id, noted).await
}

/// Writes it down, once for a message however often it is told.
pub(super) async fn keep(scope: &Scope, app_id: &str, noted: &Noted) -> Result<()> {
    let partition = keys::annotation(app_id);
    let (id, hit) = (&noted.annotation_id, &noted.hit);
    let kept = format!("{}{}", prefix(id), tail(hit));
    for _ in 0..64 {
        let stored = store::load::<Annotation>(scope, &partition, &key(id)).await?;
        let Some(Stored { mut value, version }) = stored else {
            return Ok(());
        };
        if scope.get(&partition, &kept).await?.is_some() {
            return Ok(());
        }
        value.hit_count += 1;
        let commit = Commit::new()
            .put(key(id), store::encode(&value)?)
            .if_version(key(id), version)
            .put(&kept, store::encode(hit)?)
            .if_absent(&kept);
        if write(scope, &partition, commit).await? {
            return Ok(());
        }
    }
    Err(crowded())
}

/// Page `page` (from 1) of an annotation's answers, newest first, and how many there are on all pages.
pub async fn hits(
    scope: &Scope,
    app_id: &str,
    annotation_id: &str,
    page: usize,
    limit: usize,
) -> Result<(Vec<Hit>, u64)> {
    let total = super::get(scope, app_id, annotation_id).await?.hit_count;
    let partition = keys::annotation(app_id);
    let prefix = prefix(annotation_id);
    let mut after = None;
    for _ in 1..page {
        let range = Range::prefix(&prefix, limit).after(after.take()).reversed();
        match scope.list(&partition, range).await?.last() {
            Some(last) => after = Some(last.key.clone()),
            None => return Ok((Vec::new(), total)),
        }
    }
    let range = Range::prefix(&prefix, limit).after(after).reversed();
    let records = scope.list(&partition, range).await?;
    let hits = records.iter().map(store::decode).collect::<Result<_>>()?;
    Ok((hits, total))
}

/// Removes the history of an annotation.
pub(super) async fn clear(scope: &Scope, app_id: &str, annotation_id: &str) -> Result<()> {
    clear_prefix(scope, app_id, &prefix(annotation_id)).await
}

/// Removes the histories of all.
pub(super) async fn clear_all(scope: &Scope, app_id: &str) -> Result<()> {
    clear_prefix(scope, app_id, HITS).await
}

async fn clear_prefix(scope: &Scope, app_id: &str, prefix: &str) -> Result<()> {
    let partition = keys::annotation(app_id);
    loop {
        let records = scope.list(&partition, Range::prefix(prefix, BATCH)).await?;
        if records.is_empty() {
            return Ok(());
        }
        let commit = records
            .into_iter()
            .fold(Commit::new(), |commit, record| commit.delete(record.key));
        scope.commit(&partition, commit).await?;
    }
}

fn prefix(annotation_id: &str) -> String {
    format!("{HITS}{annotation_id}/")
}

fn tail(hit: &Hit) -> String {
    format!("{:013}/{}", hit.created_at.0, hit.message_id)
}
