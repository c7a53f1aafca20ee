//! `Blob`: files, index segments, weights.

use async_trait::async_trait;
use bytes::Bytes;
use std::ops::Range;

use crate::{Error, ErrorKind, Result};

/// A store of immutable-in-practice byte strings by name. Names are `/`-separated, without empty, `.` or `..`
/// parts; an invalid name fails with `Invalid` (see [`check_name`]).
#[async_trait]
pub trait Blob: Send + Sync {
    /// Creates or replaces. A reader sees the old or the new content, never a mixture; a crash leaves no torn blob.
    async fn put(&self, name: &str, content: Bytes) -> Result<()>;

    /// The whole content.
    async fn get(&self, name: &str) -> Result<Option<Bytes>>;

    /// The bytes of `range`, cut at the end of the blob.
    async fn get_range(&self, name: &str, range: Range<u64>) -> Result<Option<Bytes>>;

    /// Its size in bytes, without reading it.
    async fn size(&self, name: &str) -> Result<Option<u64>>;

    /// Removes it; nothing happens if it is absent.
    async fn delete(&self, name: &str) -> Result<()>;

    /// Up to `limit` blobs whose names start with `prefix`, in the order of their names, strictly after `after`.
    async fn list(&self, prefix: &str, after: Option<&str>, limit: usize) -> Result<Vec<BlobInfo>>;
}

/// One entry of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlobInfo {
    /// The full name.
    pub name: String,
    /// In bytes.
    pub size: u64,
}

/// Fails with [`ErrorKind::Invalid`] for a name that no adapter may accept: over 512 bytes, a part that is empty, `.`,
/// `..` or over 80 bytes (a file name has 255, and escaping may triple it), or a control character.
pub fn check_name(name: &str) -> Result<()> {
    let bad_part = |part: &str| matches!(part, "" | "." | "..") || part.len() > 80;
    if name.len() > 512 || name.contains(char::is_control) || name.split('/').any(bad_part) {
        let message = format!("`{}` is no name for a blob", name.escape_debug());
        return Err(Error::new(ErrorKind::Invalid, message));
    }
    Ok(())
}
