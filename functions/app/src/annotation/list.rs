//! Reading annotations.

use ports::{Range, Scope};

use super::{ANNOTATIONS, Annotation, key, missing};
use crate::{Result, keys, store, store::Stored};

/// Records of one read.
const READ: usize = 500;

/// Some of an app's annotations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The newest first.
    pub items: Vec<Annotation>,
    /// On all pages.
    pub total: usize,
}

/// Page `page` (from 1) of the annotations with `keyword`, in any case, in their question or answer.
pub async fn list(
    scope: &Scope,
    app_id: &str,
    keyword: &str,
    page: usize,
    limit: usize,
) -> Result<Page> {
    let mut found = all(scope, app_id).await?;
    let keyword = keyword.to_lowercase();
    if !keyword.is_empty() {
        let has = |text: &str| text.to_lowercase().contains(&keyword);
        found.retain(|annotation| has(&annotation.question) || has(&annotation.answer));
    }
    let total = found.len();
    let items = found.into_iter().skip(page.saturating_sub(1) * limit);
    Ok(Page {
        items: items.take(limit).collect(),
        total,
    })
}

/// All of them, the newest first.
pub async fn all(scope: &Scope, app_id: &str) -> Result<Vec<Annotation>> {
    let partition = keys::annotation(app_id);
    let mut found: Vec<Annotation> = Vec::new();
    let mut after = None;
    loop {
        let range = Range::prefix(ANNOTATIONS, READ).after(after);
        let records = scope.list(&partition, range).await?;
        for record in &records {
            found.push(store::decode(record)?);
        }
        after = records.last().map(|record| record.key.clone());
        if records.len() < READ {
            break;
        }
    }
    found.sort_by(|a, b| (b.created_at, &b.id).cmp(&(a.created_at, &a.id)));
    Ok(found)
}

/// One of an app's annotations.
pub async fn get(scope: &Scope, app_id: &str, id: &str) -> Result<Annotation> {
    Ok(load(scope, app_id, id).await?.value)
}

pub(super) async fn load(scope: &Scope, app_id: &str, id: &str) -> Result<Stored<Annotation>> {
    let stored = store::load(scope, &keys::annotation(app_id), &key(id)).await?;
    stored.ok_or_else(missing)
}
