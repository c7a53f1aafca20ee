//! Work on a dataset that no document waits for: an index in few large segments, nothing left of what was removed.

use std::time::Duration;

use ports::{Commit, Job, Range, Scope};
use rag::index::Manifest;

use super::{
    Document,
    record::{self, segment_prefix, version_blob},
    steps::{Step, TOPIC, WRITES, index, send},
};
use crate::{Context, Kind, Result, dataset::transact, keys, store};

/// How long replaced segments stay: longer than any search that began with the manifest before.
const LATER: Duration = Duration::from_secs(60);

/// Merges small segments of the index, one merge at a time.
pub(super) async fn compact(ctx: &Context, tenant_id: &str, dataset_id: &str) -> Result<()> {
    let scope = ctx.tenant(tenant_id);
    let record = scope.get(&keys::dataset(dataset_id), Manifest::KEY).await?;
    let manifest = Manifest::decode(record.as_ref().map(|record| &record.value[..]))?;
    let index = index(ctx, &scope, dataset_id);
    let compaction = match index.compact(&manifest).await {
        Ok(Some(compaction)) => compaction,
        Ok(None) => return Ok(()),
        Err(error) => {
            // Another compaction may have removed what this one was to read. It goes on by itself.
            let record = scope.get(&keys::dataset(dataset_id), Manifest::KEY).await?;
            let now = Manifest::decode(record.as_ref().map(|record| &record.value[..]))?;
            return match now.sequence == manifest.sequence {
                true => Err(error.into()),
                false => Ok(()),
            };
        }
    };
    let sweep = Step::Sweep {
        tenant_id: tenant_id.to_owned(),
        dataset_id: dataset_id.to_owned(),
        names: compaction.removed.clone(),
    };
    // Before the commit, so that nothing is left over if the process ends after it.
    let job = Job::new(sweep.id(), TOPIC, store::encode(&sweep)?).delayed(LATER);
    ctx.platform.queue.send(vec![job]).await?;
    let applied = transact(&scope, dataset_id, &[], |draft| {
        Ok(draft
            .index
            .apply(&compaction)
            .then_some(draft.index.sequence))
    });
    let sequence = match applied.await {
        Err(error) if error.kind() == Kind::NotFound => {
            // The dataset was deleted meanwhile, and everything that was its own by then.
            let added = compaction.added.map(|entry| entry.name);
            return Ok(index.delete(&Vec::from_iter(added)).await?);
        }
        applied => applied?,
    };
    let Some(sequence) = sequence else {
        return Ok(());
    };
    let (tenant_id, dataset_id) = (tenant_id.to_owned(), dataset_id.to_owned());
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

/// Deletes segments that were replaced, but for those that the manifest names: a commit may have come to nothing.
pub(super) async fn sweep(
    ctx: &Context,
    tenant_id: &str,
    dataset_id: &str,
    names: &[String],
) -> Result<()> {
    let scope = ctx.tenant(tenant_id);
    let record = scope.get(&keys::dataset(dataset_id), Manifest::KEY).await?;
    let manifest = Manifest::decode(record.as_ref().map(|record| &record.value[..]))?;
    let gone: Vec<String> = names
        .iter()
        .filter(|name| !manifest.names(name))
        .cloned()
        .collect();
    Ok(index(ctx, &scope, dataset_id).delete(&gone).await?)
}

/// Removes what an old version of a document left.
pub(super) async fn clean(
    scope: &Scope,
    dataset_id: &str,
    document_id: &str,
    generation: u16,
) -> Result<()> {
    for what in ["source", "text"] {
        scope
            .delete_blob(&version_blob(dataset_id, what, document_id, generation))
            .await?;
    }
    let Some(group) = record::group(document_id, generation) else {
        return Ok(());
    };
    loop {
        let range = Range::prefix(segment_prefix(group), WRITES);
        let records = scope.list(&keys::dataset(dataset_id), range).await?;
        if records.is_empty() {
            return Ok(());
        }
        let commit = records
            .into_iter()
            .fold(Commit::new(), |commit, record| commit.delete(record.key));
        scope.commit(&keys::dataset(dataset_id), commit).await?;
    }
}

/// Sets documents that are under way going again, whose jobs are elsewhere or nowhere.
pub(crate) async fn resume(ctx: &Context, tenant_id: &str, dataset_id: &str) -> Result<()> {
    let scope = ctx.tenant(tenant_id);
    let mut after = None;
    loop {
        let range = Range::prefix(record::DOCUMENTS, WRITES).after(after);
        let page = scope.list(&keys::dataset(dataset_id), range).await?;
        for record in &page {
            let document: Document = store::decode(record)?;
            if document.status.is_busy() {
                send(ctx, Step::next(tenant_id, &document)).await?;
            }
        }
        match page.last() {
            Some(last) if page.len() == WRITES => after = Some(last.key.clone()),
            _ => return Ok(()),
        }
    }
}
