//! Blobs in memory.

use std::{
    collections::BTreeMap,
    ops::{Bound, Range},
    sync::Mutex,
};

use async_trait::async_trait;
use bytes::Bytes;

use super::lock;
use crate::{Blob, BlobInfo, Result, blob::check_name};

/// An ordered map of blobs.
#[derive(Default)]
pub struct FakeBlob(Mutex<BTreeMap<String, Bytes>>);

#[async_trait]
impl Blob for FakeBlob {
    async fn put(&self, name: &str, content: Bytes) -> Result<()> {
        check_name(name)?;
        lock(&self.0).insert(name.to_owned(), content);
        Ok(())
    }

    async fn get(&self, name: &str) -> Result<Option<Bytes>> {
        check_name(name)?;
        Ok(lock(&self.0).get(name).cloned())
    }

    async fn get_range(&self, name: &str, range: Range<u64>) -> Result<Option<Bytes>> {
        let content = self.get(name).await?;
        Ok(content.map(|content| {
            let cut = |at| usize::try_from(at).map_or(content.len(), |at| at.min(content.len()));
            let (start, end) = (cut(range.start), cut(range.end));
            content.slice(start..end.max(start))
        }))
    }

    async fn size(&self, name: &str) -> Result<Option<u64>> {
        Ok(self.get(name).await?.map(|content| content.len() as u64))
    }

    async fn delete(&self, name: &str) -> Result<()> {
        check_name(name)?;
        lock(&self.0).remove(name);
        Ok(())
    }

    async fn list(&self, prefix: &str, after: Option<&str>, limit: usize) -> Result<Vec<BlobInfo>> {
        let from = match after {
            Some(after) if after >= prefix => Bound::Excluded(after),
            _ => Bound::Included(prefix),
        };
        let blobs = lock(&self.0);
        let page = blobs
            .range::<str, _>((from, Bound::Unbounded))
            .take_while(|(name, _)| name.starts_with(prefix))
            .take(limit);
        let info = page.map(|(name, content)| BlobInfo {
            name: name.clone(),
            size: content.len() as u64,
        });
        Ok(info.collect())
    }
}
