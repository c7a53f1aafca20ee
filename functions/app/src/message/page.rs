//! The messages of a conversation, newest page first.

use ports::{Query, Range, Scope};

use super::{MESSAGES, Message, RESOURCES, Resource, key, resources_key};
use crate::{
    Error, Result,
    conversation::{self, Page},
    end_user::EndUser,
    keys, store,
};

/// A message with what it cites.
#[derive(Clone, Debug, PartialEq)]
pub struct Cited {
    /// The message.
    pub message: Message,
    /// What it cites.
    pub resources: Vec<Resource>,
}

/// The `limit` messages before the one with the id `first`, or the newest; oldest first.
pub async fn page(
    scope: &Scope,
    user: &EndUser,
    conversation_id: &str,
    first: Option<&str>,
    limit: usize,
) -> Result<Page<Cited>> {
    let before = |prefix: &str, key: fn(&str) -> String| {
        Query::List(
            Range::prefix(prefix, limit + 1)
                .after(first.map(key))
                .reversed(),
        )
    };
    let mut queries = vec![
        Query::Get(conversation::KEY.to_owned()),
        before(MESSAGES, key),
        // Few messages cite nothing, so this page reaches at least as far back as the other.
        before(RESOURCES, resources_key),
    ];
    queries.extend(first.map(|first| Query::Get(key(first))));
    let view = scope
        .read(&keys::conversation(conversation_id), queries)
        .await?;
    let mut answers = view.answers.into_iter();
    let found = answers.next().unwrap_or_default();
    conversation::owned(found.first().map(super::stored).transpose()?, user)?;
    let messages = answers.next().unwrap_or_default();
    let citations = answers.next().unwrap_or_default();
    if first.is_some() && answers.next().unwrap_or_default().is_empty() {
        return Err(Error::not_found("First Message Not Exists."));
    }
    let has_more = messages.len() > limit;
    let mut items = Vec::with_capacity(limit);
    for record in messages.iter().take(limit).rev() {
        let message: Message = store::decode(record)?;
        let key = resources_key(&message.id);
        let cited = citations.iter().find(|record| record.key == key);
        let resources = cited.map(store::decode).transpose()?.unwrap_or_default();
        items.push(Cited { message, resources });
    }
    Ok(Page { items, has_more })
}
