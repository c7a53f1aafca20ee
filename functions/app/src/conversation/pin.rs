//! Conversations that an end user keeps on top of the list: `p/{id}` in the end user's partition.

use ports::{Commit, Range, Scope};

use super::{
    Conversation, Page, SortBy, get,
    list::{ORDER, list_where},
};
use crate::{Error, Kind, Result, end_user::EndUser};

/// Most of one end user.
pub const MAX_PINNED: usize = 100;

const PINNED: &str = "p/";

/// Pins a conversation of this end user, or lets it go.
pub async fn pin(scope: &Scope, user: &EndUser, id: &str, pinned: bool) -> Result<()> {
    get(scope, user, id).await?;
    let key = format!("{PINNED}{id}");
    let commit = match pinned {
        false => Commit::new().delete(key),
        true if self::pinned(scope, user).await?.len() >= MAX_PINNED => {
            let message = format!("At most {MAX_PINNED} conversations can be pinned.");
            return Err(Error::new(Kind::BadRequest, message));
        }
        true => Commit::new().put(key, ORDER),
    };
    scope.commit(&user.partition(), commit).await?;
    Ok(())
}

/// Conversations that are pinned, or those that are not; see [`super::list()`].
pub async fn list_pinned(
    scope: &Scope,
    user: &EndUser,
    pinned: bool,
    sort_by: SortBy,
    last: Option<&str>,
    limit: usize,
) -> Result<Page<Conversation>> {
    let ids = self::pinned(scope, user).await?;
    let keep = |id: &str| ids.iter().any(|known| known == id) == pinned;
    list_where(scope, user, sort_by, last, limit, keep).await
}

/// The ids of those that are pinned.
pub async fn pinned(scope: &Scope, user: &EndUser) -> Result<Vec<String>> {
    let range = Range::prefix(PINNED, MAX_PINNED);
    let records = scope.list(&user.partition(), range).await?;
    let ids = records
        .iter()
        .filter_map(|record| record.key.strip_prefix(PINNED));
    Ok(ids.map(str::to_owned).collect())
}
