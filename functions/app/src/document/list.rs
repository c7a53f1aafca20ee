//! Lists of documents and passages.

use std::time::Duration;

use ports::{Query, Range, Scope};
use serde::{Deserialize, Serialize};

use super::{
    Document, Segment,
    record::{self, order_key, segment_key, segment_prefix, segment_row},
    steps::Step,
};
use crate::{
    Context, Error, Result,
    dataset::{Dataset, Page},
    keys, store,
};

/// Which documents or passages to list.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only what contains this, whatever the case.
    pub keyword: Option<String>,
    /// Only in one of these states.
    pub status: Vec<String>,
}

/// What the order of documents keeps of each.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Listed {
    pub(super) id: String,
    pub(super) name: String,
}

/// Records read in one round trip.
const READ: usize = 500;

/// After so long without a change, work on a document is taken for lost and started again.
const REST: Duration = Duration::from_secs(10 * 60);

/// A document.
pub async fn get(ctx: &Context, tenant_id: &str, dataset_id: &str, id: &str) -> Result<Document> {
    let missing = || Error::not_found("Document not found.");
    let scope = ctx.tenant(tenant_id);
    let found =
        store::load::<Document>(&scope, &keys::dataset(dataset_id), &record::key(id)).await?;
    let document = found.map(|stored| stored.value).ok_or_else(missing)?;
    if document.id == id {
        Ok(document)
    } else {
        Err(missing())
    }
}

/// A page of a dataset's documents, newest first.
pub async fn list(
    ctx: &Context,
    dataset: &Dataset,
    filter: &Filter,
    page: usize,
    limit: usize,
) -> Result<Page<Document>> {
    let scope = ctx.tenant(&dataset.tenant_id);
    let partition = keys::dataset(&dataset.id);
    let keyword = filter.keyword.as_deref().unwrap_or_default().to_lowercase();
    let mut ids: Vec<String> = Vec::new();
    let mut after = Some(order_key(dataset.next_position));
    loop {
        let range = Range::prefix("order/", READ).after(after).reversed();
        let records = scope.list(&partition, range).await?;
        for record in &records {
            let entry: Listed = store::decode(record)?;
            if entry.name.to_lowercase().contains(&keyword) {
                ids.push(entry.id);
            }
        }
        after = records.last().map(|record| record.key.clone());
        if records.len() < READ {
            break;
        }
    }
    let from = (page.max(1) - 1).saturating_mul(limit);
    if filter.status.is_empty() {
        let shown: Vec<String> = ids.iter().skip(from).take(limit).cloned().collect();
        let data = load(&scope, &partition, &shown).await?;
        return Ok(Page {
            data,
            total: ids.len(),
            page,
            limit,
        });
    }
    let mut matching = Vec::new();
    for ids in ids.chunks(READ) {
        matching.append(&mut load(&scope, &partition, ids).await?);
    }
    matching.retain(|document| {
        filter
            .status
            .iter()
            .any(|status| status == document.display_status())
    });
    let total = matching.len();
    let data = matching.into_iter().skip(from).take(limit).collect();
    Ok(Page {
        data,
        total,
        page,
        limit,
    })
}

async fn load(scope: &Scope, partition: &str, ids: &[String]) -> Result<Vec<Document>> {
    let queries = ids.iter().map(|id| Query::Get(record::key(id))).collect();
    let view = scope.read(partition, queries).await?;
    view.into_records()
        .map(|record| store::decode(&record))
        .collect()
}

/// The documents of a batch. Work that has come to rest is started again.
pub async fn indexing_status(
    ctx: &Context,
    dataset: &Dataset,
    batch: &str,
) -> Result<Vec<Document>> {
    let scope = ctx.tenant(&dataset.tenant_id);
    let partition = keys::dataset(&dataset.id);
    let prefix = record::batch_key(batch, "");
    let records = scope.list(&partition, Range::prefix(&prefix, READ)).await?;
    let ids = records
        .iter()
        .filter_map(|record| record.key.strip_prefix(&prefix));
    let ids: Vec<String> = ids.map(str::to_owned).collect();
    if ids.is_empty() {
        return Err(Error::not_found("Documents not found."));
    }
    let mut documents = load(&scope, &partition, &ids).await?;
    documents.sort_by_key(|document| document.position);
    for document in &documents {
        if document.status.is_busy() && ctx.now().since(document.updated_at) > REST {
            super::steps::send(ctx, Step::next(&dataset.tenant_id, document)).await?;
        }
    }
    Ok(documents)
}

/// A page of a document's passages, in their order.
pub async fn segments(
    ctx: &Context,
    tenant_id: &str,
    document: &Document,
    filter: &Filter,
    page: usize,
    limit: usize,
) -> Result<Page<Segment>> {
    let scope = ctx.tenant(tenant_id);
    let partition = keys::dataset(&document.dataset_id);
    let empty = Page {
        data: Vec::new(),
        total: 0,
        page,
        limit,
    };
    let Some(group) = document.group() else {
        return Ok(empty);
    };
    let from = (page.max(1) - 1).saturating_mul(limit);
    let wanted = |segment: &Segment| {
        let status = segment.status(document);
        filter.status.is_empty() || filter.status.iter().any(|wanted| wanted == status)
    };
    // Without gaps, a place says which passage of the list it is.
    let everything = filter.keyword.is_none() && filter.status.is_empty() && document.removed == 0;
    if everything {
        // Without a filter the place says the key.
        let after = from
            .checked_sub(1)
            .and_then(|last| u32::try_from(last).ok());
        let after = after.map(|last| segment_key(group, last));
        let range = Range::prefix(segment_prefix(group), limit).after(after);
        let records = scope.list(&partition, range).await?;
        let data = records.iter().map(store::decode).collect::<Result<_>>()?;
        return Ok(Page {
            data,
            total: document.segments as usize,
            page,
            limit,
        });
    }
    let keyword = filter.keyword.as_deref().unwrap_or_default().to_lowercase();
    let mut matching: Vec<Segment> = Vec::new();
    let mut after = None;
    loop {
        let range = Range::prefix(segment_prefix(group), READ).after(after);
        let records = scope.list(&partition, range).await?;
        for record in &records {
            let segment: Segment = store::decode(record)?;
            if wanted(&segment) && segment.content.to_lowercase().contains(&keyword) {
                matching.push(segment);
            }
        }
        after = records.last().map(|record| record.key.clone());
        if records.len() < READ {
            break;
        }
    }
    let total = matching.len();
    let data = matching.into_iter().skip(from).take(limit).collect();
    Ok(Page {
        data,
        total,
        page,
        limit,
    })
}

/// A passage of a document.
pub async fn segment(
    ctx: &Context,
    tenant_id: &str,
    document: &Document,
    id: &str,
) -> Result<Segment> {
    let missing = || Error::not_found("Segment not found.");
    let row = segment_row(id)
        .filter(|row| Some(row.group) == document.group())
        .ok_or_else(missing)?;
    let (scope, key) = (ctx.tenant(tenant_id), segment_key(row.group, row.position));
    let found = store::load(&scope, &keys::dataset(&document.dataset_id), &key).await?;
    found.map(|stored| stored.value).ok_or_else(missing)
}

impl Segment {
    /// How far it is, in the words of the public API.
    pub fn status(&self, document: &Document) -> &'static str {
        if self.position <= document.indexed {
            "completed"
        } else if document.status == super::Status::Error {
            "error"
        } else {
            "indexing"
        }
    }
}
