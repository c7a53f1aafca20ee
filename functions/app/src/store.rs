//! Records as JSON over a [`Scope`]: load with a version, change with compare-and-set.

use ports::{Commit, ErrorKind, Record, Revision, Scope};
use serde::{Serialize, de::DeserializeOwned};

use crate::{Error, Kind, Result};

/// A record and the version it was read at.
#[derive(Clone, Debug)]
pub struct Stored<T> {
    /// The record.
    pub value: T,
    /// For the condition of the next commit.
    pub version: Revision,
}

/// A record as it is kept.
pub fn encode<T: Serialize>(value: &T) -> Result<Vec<u8>> {
    serde_json::to_vec(value).map_err(|error| {
        Error::new(
            Kind::Internal,
            format!("a record cannot be written: {error}"),
        )
    })
}

/// A record as it was kept. What is unknown is ignored, what is missing gets its default.
pub fn decode<T: DeserializeOwned>(record: &Record) -> Result<T> {
    serde_json::from_slice(&record.value).map_err(|error| {
        Error::new(
            Kind::Internal,
            format!("the record `{}` cannot be read: {error}", record.key),
        )
    })
}

/// The record under a key.
pub async fn load<T: DeserializeOwned>(
    scope: &Scope,
    partition: &str,
    key: &str,
) -> Result<Option<Stored<T>>> {
    let Some(record) = scope.get(partition, key).await? else {
        return Ok(None);
    };
    Ok(Some(Stored {
        value: decode(&record)?,
        version: record.version,
    }))
}

/// Creates or replaces the record under a key.
pub async fn save<T: Serialize>(
    scope: &Scope,
    partition: &str,
    key: &str,
    value: &T,
) -> Result<Revision> {
    Ok(scope
        .commit(partition, Commit::new().put(key, encode(value)?))
        .await?)
}

/// Reads, changes and writes one record, again if somebody else was faster. `change` may run several times.
/// Fails with `NotFound` and `missing` when there is no such record.
pub async fn update<T, R>(
    scope: &Scope,
    partition: &str,
    key: &str,
    missing: &str,
    mut change: impl FnMut(&mut T) -> Result<R>,
) -> Result<(T, R)>
where
    T: Serialize + DeserializeOwned,
{
    for _ in 0..64 {
        let Some(Stored { mut value, version }) = load::<T>(scope, partition, key).await? else {
            return Err(Error::not_found(missing));
        };
        let outcome = change(&mut value)?;
        let commit = Commit::new()
            .put(key, encode(&value)?)
            .if_version(key, version);
        match scope.commit(partition, commit).await {
            Ok(_) => return Ok((value, outcome)),
            Err(error) if error.kind() == ErrorKind::Conflict => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Error::new(
        Kind::Conflict,
        "too many changes at once; try again",
    ))
}
