//! `Blob` in SQLite: contents cut into chunks under a random name, and one row that says which content a blob has.
//!
//! A write puts all chunks of the new content first and then moves the row in one statement, so that a reader sees the
//! old content or the new one. What a crash leaves half written is removed by [`sweep`].

use std::{ops::Range, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use ports::{Blob, BlobInfo, Error, ErrorKind, Result, check_blob_name as check};
use spin_sdk::sqlite::Value;

use crate::{
    sql,
    system::{SpinEntropy, now},
};

/// The adapter; all its state is in the database.
pub struct SpinBlob;

/// Small enough for the messages of a distant libSQL.
const CHUNK: usize = 512 * 1024;

/// Chunks read in one statement: a distant database limits the size of an answer.
const PAGE: u64 = 8;

/// A content that is still unnamed after this long belongs to a request that died.
const ABANDONED: Duration = Duration::from_secs(3600);

/// How often a read starts again because the blob was replaced under it.
const RESTARTS: usize = 5;

#[async_trait]
impl Blob for SpinBlob {
    async fn put(&self, name: &str, content: Bytes) -> Result<()> {
        check(name)?;
        let id = ports::token(&SpinEntropy, 22);
        let statement = "INSERT INTO blob_pending (content, since) VALUES (?, ?)";
        sql::run(statement, vec![sql::text(&id), sql::integer(now().0)]).await?;
        let written = write(&id, name, &content).await;
        if written.is_err() {
            // As good as it goes: what stays is swept later.
            _ = discard(&id).await;
        }
        written
    }

    async fn get(&self, name: &str) -> Result<Option<Bytes>> {
        self.get_range(name, 0..u64::MAX).await
    }

    async fn get_range(&self, name: &str, range: Range<u64>) -> Result<Option<Bytes>> {
        check(name)?;
        for _ in 0..RESTARTS {
            let Some((content, size)) = stat(name).await? else {
                return Ok(None);
            };
            let range = range.start.min(size)..range.end.min(size);
            if let Some(bytes) = read(&content, range).await? {
                return Ok(Some(bytes));
            }
        }
        let message = format!("`{name}` is replaced faster than it can be read");
        Err(Error::new(ErrorKind::Unavailable, message))
    }

    async fn size(&self, name: &str) -> Result<Option<u64>> {
        check(name)?;
        Ok(stat(name).await?.map(|(_, size)| size))
    }

    async fn delete(&self, name: &str) -> Result<()> {
        check(name)?;
        let statement = "INSERT INTO blob_swap (name, content, size) VALUES (?, NULL, 0)";
        sql::run(statement, vec![sql::text(name)]).await?;
        Ok(())
    }

    async fn list(&self, prefix: &str, after: Option<&str>, limit: usize) -> Result<Vec<BlobInfo>> {
        let mut statement = String::from("SELECT name, size FROM blob WHERE name >= ?");
        let mut parameters = vec![sql::text(prefix)];
        if let Some(end) = sql::after_prefix(prefix) {
            statement.push_str(" AND name < ?");
            parameters.push(Value::Text(end));
        }
        if let Some(after) = after {
            statement.push_str(" AND name > ?");
            parameters.push(sql::text(after));
        }
        statement.push_str(" ORDER BY name LIMIT ?");
        parameters.push(sql::integer(limit));
        let rows = sql::run(&statement, parameters).await?;
        let info = |mut row| BlobInfo {
            name: sql::take_text(&mut row, 0),
            size: sql::number(&row, 1),
        };
        Ok(rows.into_iter().map(info).collect())
    }
}

async fn write(id: &str, name: &str, content: &Bytes) -> Result<()> {
    for (n, chunk) in content.chunks(CHUNK).enumerate() {
        let statement = "INSERT INTO blob_chunk (content, n, data) VALUES (?, ?, ?)";
        let parameters = vec![sql::text(id), sql::integer(n), Value::Blob(chunk.to_vec())];
        sql::run(statement, parameters).await?;
    }
    let statement = "INSERT INTO blob_swap (name, content, size) VALUES (?, ?, ?)";
    let parameters = vec![sql::text(name), sql::text(id), sql::integer(content.len())];
    sql::run(statement, parameters).await?;
    Ok(())
}

async fn discard(content: &str) -> Result<()> {
    for table in ["blob_chunk", "blob_pending"] {
        let statement = format!("DELETE FROM {table} WHERE content = ?");
        sql::run(&statement, vec![sql::text(content)]).await?;
    }
    Ok(())
}

/// The name of a blob's content, and its size.
async fn stat(name: &str) -> Result<Option<(String, u64)>> {
    let statement = "SELECT content, size FROM blob WHERE name = ?";
    let rows = sql::run(statement, vec![sql::text(name)]).await?;
    let found = |mut row| (sql::take_text(&mut row, 0), sql::number(&row, 1));
    Ok(rows.into_iter().next().map(found))
}

/// The bytes of a range that lies inside the content; `None` if the content has gone meanwhile.
async fn read(content: &str, range: Range<u64>) -> Result<Option<Bytes>> {
    let wanted = range.end.saturating_sub(range.start);
    if wanted == 0 {
        return Ok(Some(Bytes::new()));
    }
    let chunk = CHUNK as u64;
    let mut skip = usize::try_from(range.start % chunk).unwrap_or(0);
    let mut next = range.start / chunk;
    let end = range.end.div_ceil(chunk);
    let mut bytes = Vec::with_capacity(usize::try_from(wanted).unwrap_or(0));
    while next < end {
        let to = end.min(next + PAGE);
        let statement =
            "SELECT data FROM blob_chunk WHERE content = ? AND n >= ? AND n < ? ORDER BY n";
        let parameters = vec![sql::text(content), sql::integer(next), sql::integer(to)];
        let rows = sql::run(statement, parameters).await?;
        if rows.len() as u64 != to - next {
            return Ok(None);
        }
        for mut row in rows {
            let data = sql::take_bytes(&mut row, 0);
            bytes.extend_from_slice(data.get(skip..).unwrap_or_default());
            skip = 0;
        }
        next = to;
    }
    bytes.truncate(usize::try_from(wanted).unwrap_or(usize::MAX));
    Ok(Some(bytes.into()))
}

/// Removes contents that were never named.
pub async fn sweep() -> Result<()> {
    let before = now().0.saturating_sub(ABANDONED.as_millis() as u64);
    let statement = "SELECT content FROM blob_pending WHERE since < ? LIMIT 20";
    for mut row in sql::run(statement, vec![sql::integer(before)]).await? {
        discard(&sql::take_text(&mut row, 0)).await?;
    }
    Ok(())
}
