//! `Blob` over R2.

use std::ops::Range;

use async_trait::async_trait;
use bytes::Bytes;
use ports::{Blob, BlobInfo, Error, ErrorKind, Result, check_blob_name as check};
use worker::{Bucket, Object, Range as Part};

use crate::js::{SendFuture, SendWrapper, failed};

/// Most entries that R2 lists in one call.
const PAGE: usize = 1000;

/// A bucket.
pub(crate) struct R2 {
    bucket: SendWrapper<Bucket>,
}

impl R2 {
    pub(crate) fn new(bucket: Bucket) -> Self {
        Self {
            bucket: SendWrapper::new(bucket),
        }
    }
}

fn unavailable(error: worker::Error) -> Error {
    failed(ErrorKind::Unavailable, "R2", &error)
}

async fn content(object: Option<Object>) -> worker::Result<Option<Bytes>> {
    let Some(object) = object else {
        return Ok(None);
    };
    match object.body() {
        Some(body) => Ok(Some(body.bytes().await?.into())),
        None => Ok(Some(Bytes::new())),
    }
}

#[async_trait]
impl Blob for R2 {
    async fn put(&self, name: &str, content: Bytes) -> Result<()> {
        check(name)?;
        let put = self.bucket.put(name, Vec::from(content)).execute();
        SendFuture::new(put).await.map_err(unavailable)?;
        Ok(())
    }

    async fn get(&self, name: &str) -> Result<Option<Bytes>> {
        check(name)?;
        SendFuture::new(async { content(self.bucket.get(name).execute().await?).await })
            .await
            .map_err(unavailable)
    }

    async fn get_range(&self, name: &str, range: Range<u64>) -> Result<Option<Bytes>> {
        // R2 refuses a part that is empty or begins behind the end.
        let Some(size) = self.size(name).await? else {
            return Ok(None);
        };
        let (offset, end) = (range.start, range.end.min(size));
        if offset >= end {
            return Ok(Some(Bytes::new()));
        }
        let part = Part::OffsetWithLength {
            offset,
            length: end - offset,
        };
        SendFuture::new(async { content(self.bucket.get(name).range(part).execute().await?).await })
            .await
            .map_err(unavailable)
    }

    async fn size(&self, name: &str) -> Result<Option<u64>> {
        check(name)?;
        let head = SendFuture::new(self.bucket.head(name)).await;
        Ok(head.map_err(unavailable)?.map(|object| object.size()))
    }

    async fn delete(&self, name: &str) -> Result<()> {
        check(name)?;
        SendFuture::new(self.bucket.delete(name))
            .await
            .map_err(unavailable)
    }

    async fn list(&self, prefix: &str, after: Option<&str>, limit: usize) -> Result<Vec<BlobInfo>> {
        let mut found: Vec<BlobInfo> = Vec::new();
        let mut after = after.map(str::to_owned);
        while found.len() < limit {
            let wanted = u32::try_from((limit - found.len()).min(PAGE)).unwrap_or(1);
            let (page, more) = SendFuture::new(async {
                let mut list = self.bucket.list().limit(wanted);
                if !prefix.is_empty() {
                    list = list.prefix(prefix);
                }
                if let Some(after) = &after {
                    list = list.start_after(after);
                }
                let page = list.execute().await?;
                let info = |object: &Object| BlobInfo {
                    name: object.key(),
                    size: object.size(),
                };
                let blobs: Vec<BlobInfo> = page.objects().iter().map(info).collect();
                Ok((blobs, page.truncated()))
            })
            .await
            .map_err(unavailable)?;
            found.extend(page);
            if !more {
                break;
            }
            after = found.last().map(|blob| blob.name.clone());
        }
        Ok(found)
    }
}
