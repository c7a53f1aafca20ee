//! Lists of datasets.

use futures::future::join_all;
use ports::{Range, Timestamp};
use serde::{Deserialize, Serialize};

use super::Dataset;
use crate::{Context, Result, keys, store};

/// Which datasets to list.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only names that contain this, whatever the case.
    pub keyword: Option<String>,
    /// Only these.
    pub ids: Option<Vec<String>>,
}

/// One page of a list.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// What is on it.
    pub data: Vec<T>,
    /// Of all pages.
    pub total: usize,
    /// From 1.
    pub page: usize,
    /// As it was asked for.
    pub limit: usize,
}

impl<T> Page<T> {
    /// Whether another page follows.
    pub fn has_more(&self) -> bool {
        self.page.saturating_mul(self.limit) < self.total
    }
}

/// What the workspace's list keeps of a dataset.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Listed {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) created_at: Timestamp,
}

impl Listed {
    pub(super) fn of(dataset: &Dataset) -> Self {
        Self {
            id: dataset.id.clone(),
            name: dataset.name.clone(),
            created_at: dataset.created_at,
        }
    }
}

/// Records read in one round trip.
const READ: usize = 500;

/// A page of the workspace's datasets, newest first.
pub async fn list(
    ctx: &Context,
    tenant_id: &str,
    filter: &Filter,
    page: usize,
    limit: usize,
) -> Result<Page<Dataset>> {
    let scope = ctx.tenant(tenant_id);
    let mut listed: Vec<Listed> = Vec::new();
    let mut after = None;
    loop {
        let range = Range::prefix("dataset/", READ).after(after);
        let records = scope.list(keys::TENANT, range).await?;
        for record in &records {
            listed.push(store::decode(record)?);
        }
        after = records.last().map(|record| record.key.clone());
        if records.len() < READ {
            break;
        }
    }
    let keyword = filter.keyword.as_deref().unwrap_or_default().to_lowercase();
    listed.retain(|entry| entry.name.to_lowercase().contains(&keyword));
    if let Some(ids) = &filter.ids {
        listed.retain(|entry| ids.contains(&entry.id));
    }
    listed.sort_by(|a, b| b.created_at.cmp(&a.created_at).then(a.id.cmp(&b.id)));
    let total = listed.len();
    let shown = listed
        .iter()
        .skip((page.max(1) - 1).saturating_mul(limit))
        .take(limit);
    let found = join_all(shown.map(|entry| {
        let (scope, partition) = (scope.clone(), keys::dataset(&entry.id));
        async move { store::load::<Dataset>(&scope, &partition, Dataset::KEY).await }
    }));
    let mut data = Vec::new();
    for dataset in found.await {
        data.extend(dataset?.map(|stored| stored.value));
    }
    Ok(Page {
        data,
        total,
        page,
        limit,
    })
}
