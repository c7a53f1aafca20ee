//! Named tools that a workspace has, of any kind: each a record of the partition `tenant` under its kind's prefix.

use ports::{Commit, Range, Timestamp};
use serde::{Serialize, de::DeserializeOwned};

use crate::{Context, Error, Kind, Result, keys, store};

/// A kind of record.
pub(super) trait Kept: Serialize + DeserializeOwned {
    /// What stands before the id in the key.
    const PREFIX: &'static str;
    /// Most of a workspace.
    const MOST: usize;
    /// One of them, and several, in messages.
    const WORDS: (&'static str, &'static str);

    /// UUID.
    fn id(&self) -> &str;
    /// Unique among those of its kind.
    fn known_as(&self) -> &str;
    /// When it was made.
    fn created_at(&self) -> Timestamp;
}

fn key<T: Kept>(entry: &T) -> String {
    format!("{}{}", T::PREFIX, entry.id())
}

/// All of a workspace, oldest first.
pub(super) async fn list<T: Kept>(ctx: &Context, tenant_id: &str) -> Result<Vec<T>> {
    let range = Range::prefix(T::PREFIX, T::MOST);
    let records = ctx.tenant(tenant_id).list(keys::TENANT, range).await?;
    let mut all: Vec<T> = records.iter().map(store::decode).collect::<Result<_>>()?;
    all.sort_by(|a, b| (a.created_at(), a.id()).cmp(&(b.created_at(), b.id())));
    Ok(all)
}

/// Whether there is room for a new one, and no other than `old` has this name, which stands in the field `field`.
pub(super) fn admit<T: Kept>(all: &[T], old: Option<&T>, field: &str, name: &str) -> Result<()> {
    let (one, several) = T::WORDS;
    if old.is_none() && all.len() >= T::MOST {
        let message = format!("A workspace has at most {} {several}.", T::MOST);
        return Err(Error::new(Kind::BadRequest, message));
    }
    let is_old = |it: &T| old.is_some_and(|old| old.id() == it.id());
    if all.iter().any(|it| it.known_as() == name && !is_old(it)) {
        let message = format!("there is a {one} called {name} already");
        return Err(Error::invalid(field, message));
    }
    Ok(())
}

/// Writes one.
pub(super) async fn put<T: Kept>(ctx: &Context, tenant_id: &str, entry: &T) -> Result<()> {
    let scope = ctx.tenant(tenant_id);
    store::save(&scope, keys::TENANT, &key(entry), entry).await?;
    Ok(())
}

/// Forgets one.
pub(super) async fn delete<T: Kept>(ctx: &Context, tenant_id: &str, entry: &T) -> Result<()> {
    let commit = Commit::new().delete(key(entry));
    ctx.tenant(tenant_id).commit(keys::TENANT, commit).await?;
    Ok(())
}
