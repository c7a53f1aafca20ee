//! `Scope`: a tenant's view of the stores. The tenant is put in front of every name and cannot be taken off.

use std::{ops::Range as Span, sync::Arc, time::Duration};

use bytes::Bytes;

use crate::{
    Blob, BlobInfo, Commit, Kv, KvLimits, Platform, Query, Range, Record, Result, Revision, View,
};

/// One tenant's partitions and blobs. Every crate builds its keys over this, never over [`Kv`] itself.
#[derive(Clone)]
pub struct Scope {
    tenant: Arc<str>,
    kv: Arc<dyn Kv>,
    blob: Arc<dyn Blob>,
}

impl Scope {
    /// What belongs to the tenant with this id.
    pub fn tenant(platform: &Platform, id: &str) -> Self {
        Self::new(platform, format!("t-{}", escape(id)))
    }

    /// What belongs to the installation: accounts by address, keys by hash, the master key's check.
    pub fn system(platform: &Platform) -> Self {
        Self::new(platform, "system".to_owned())
    }

    fn new(platform: &Platform, tenant: String) -> Self {
        Self {
            tenant: tenant.into(),
            kv: platform.kv.clone(),
            blob: platform.blob.clone(),
        }
    }

    fn name(&self, name: &str) -> String {
        format!("{}/{name}", self.tenant)
    }

    /// See [`Kv::limits`].
    pub fn limits(&self) -> KvLimits {
        self.kv.limits()
    }

    /// See [`Kv::read`].
    pub async fn read(&self, partition: &str, queries: Vec<Query>) -> Result<View> {
        self.kv.read(&self.name(partition), queries).await
    }

    /// See [`Kv::get`].
    pub async fn get(&self, partition: &str, key: &str) -> Result<Option<Record>> {
        self.kv.get(&self.name(partition), key).await
    }

    /// See [`Kv::list`].
    pub async fn list(&self, partition: &str, range: Range) -> Result<Vec<Record>> {
        self.kv.list(&self.name(partition), range).await
    }

    /// See [`Kv::commit`].
    pub async fn commit(&self, partition: &str, commit: Commit) -> Result<Revision> {
        self.kv.commit(&self.name(partition), commit).await
    }

    /// See [`Kv::watch`].
    pub async fn watch(
        &self,
        partition: &str,
        after: Revision,
        wait: Duration,
    ) -> Result<Revision> {
        self.kv.watch(&self.name(partition), after, wait).await
    }

    /// See [`Kv::clear`].
    pub async fn clear(&self, partition: &str) -> Result<()> {
        self.kv.clear(&self.name(partition)).await
    }

    /// See [`Blob::put`].
    pub async fn put_blob(&self, name: &str, content: Bytes) -> Result<()> {
        self.blob.put(&self.name(name), content).await
    }

    /// See [`Blob::get`].
    pub async fn get_blob(&self, name: &str) -> Result<Option<Bytes>> {
        self.blob.get(&self.name(name)).await
    }

    /// See [`Blob::get_range`].
    pub async fn get_blob_range(&self, name: &str, range: Span<u64>) -> Result<Option<Bytes>> {
        self.blob.get_range(&self.name(name), range).await
    }

    /// See [`Blob::size`].
    pub async fn blob_size(&self, name: &str) -> Result<Option<u64>> {
        self.blob.size(&self.name(name)).await
    }

    /// See [`Blob::delete`].
    pub async fn delete_blob(&self, name: &str) -> Result<()> {
        self.blob.delete(&self.name(name)).await
    }

    /// See [`Blob::list`]; names come without the tenant.
    pub async fn list_blobs(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<BlobInfo>> {
        let after = after.map(|after| self.name(after));
        let mut blobs = self
            .blob
            .list(&self.name(prefix), after.as_deref(), limit)
            .await?;
        for blob in &mut blobs {
            blob.name.drain(..=self.tenant.len());
        }
        Ok(blobs)
    }
}

/// Keeps an id from reaching into another tenant's names.
fn escape(id: &str) -> String {
    id.replace('%', "%25").replace('/', "%2F")
}
