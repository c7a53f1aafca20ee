//! Texts that a visitor of a text generator keeps: `saved/{time}/{message}` in the end user's partition.

use ports::{Commit, Range, Scope};

use crate::{
    Context, Error, Kind, Result,
    conversation::Page,
    end_user::EndUser,
    keys,
    message::{self, Message},
};

/// Most of one end user.
pub const MAX_SAVED: usize = 200;

const SAVED: &str = "saved";

/// Keeps a message of this end user; one that is kept stays where it is.
pub async fn save(ctx: &Context, scope: &Scope, user: &EndUser, message_id: &str) -> Result<()> {
    message::get(scope, user, message_id).await?;
    let known = all(scope, user).await?;
    if known.iter().any(|(_, id)| id == message_id) {
        return Ok(());
    }
    if known.len() >= MAX_SAVED {
        let message = format!("At most {MAX_SAVED} messages can be saved.");
        return Err(Error::new(Kind::BadRequest, message));
    }
    let key = keys::time_key(SAVED, ctx.now(), message_id);
    let commit = Commit::new().put(key, "1");
    scope.commit(&user.partition(), commit).await?;
    Ok(())
}

/// Lets a message go.
pub async fn unsave(scope: &Scope, user: &EndUser, message_id: &str) -> Result<()> {
    let known = all(scope, user).await?;
    let found = known.into_iter().find(|(_, id)| id == message_id);
    let (key, _) = found.ok_or_else(|| Error::not_found("Message Not Exists."))?;
    let commit = Commit::new().delete(key);
    scope.commit(&user.partition(), commit).await?;
    Ok(())
}

/// What an end user keeps, the newest first, after the message `last`. What was deleted meanwhile is left out.
pub async fn saved(
    scope: &Scope,
    user: &EndUser,
    last: Option<&str>,
    limit: usize,
) -> Result<Page<Message>> {
    let all = all(scope, user).await?;
    let from = match last {
        None => 0,
        Some(last) => {
            let place = all.iter().position(|(_, id)| id == last);
            let missing = || Error::not_found("Last Message Not Exists.");
            place.ok_or_else(missing)? + 1
        }
    };
    let mut items = Vec::new();
    for (_, id) in all.iter().skip(from).take(limit) {
        match message::get(scope, user, id).await {
            Ok(stored) => items.push(stored.value),
            Err(error) if error.kind() == Kind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    let has_more = all.len() > from + limit;
    Ok(Page { items, has_more })
}

/// Keys and the ids in them, the newest first.
async fn all(scope: &Scope, user: &EndUser) -> Result<Vec<(String, String)>> {
    let range = Range::prefix(format!("{SAVED}/"), MAX_SAVED).reversed();
    let records = scope.list(&user.partition(), range).await?;
    let pairs = records.into_iter().filter_map(|record| {
        let id = record.key.rsplit('/').next()?.to_owned();
        Some((record.key, id))
    });
    Ok(pairs.collect())
}
