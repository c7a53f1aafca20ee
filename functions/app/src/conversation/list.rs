//! An end user's conversations, in two orders.
//!
//! In the end user's partition, `c/{id}` is what a list shows of a conversation; `t/{created}/{id}` and
//! `u/{updated}/{id}` order them. An order key that no longer fits its entry is skipped.

use ports::{Query, Range, Revision, Scope, Timestamp};
use serde::{Deserialize, Serialize};

use super::Conversation;
use crate::{Error, Result, end_user::EndUser, keys, store};

/// What the list keeps of a conversation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Entry {
    /// The conversation as it was at that revision.
    pub(super) conversation: Conversation,
    /// The version of its record: an older copy never replaces a newer one.
    pub(super) revision: Revision,
}

/// The order of a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum SortBy {
    /// Oldest first.
    #[serde(rename = "created_at")]
    Created,
    /// Newest first.
    #[serde(rename = "-created_at")]
    CreatedDescending,
    /// Longest silent first.
    #[serde(rename = "updated_at")]
    Updated,
    /// Last used first.
    #[default]
    #[serde(rename = "-updated_at")]
    UpdatedDescending,
}

impl SortBy {
    fn is_descending(self) -> bool {
        matches!(self, Self::CreatedDescending | Self::UpdatedDescending)
    }

    fn prefix(self) -> &'static str {
        match self {
            Self::Created | Self::CreatedDescending => "t",
            Self::Updated | Self::UpdatedDescending => "u",
        }
    }

    fn key(self, conversation: &Conversation) -> String {
        let at = match self {
            Self::Created | Self::CreatedDescending => conversation.created_at,
            Self::Updated | Self::UpdatedDescending => conversation.updated_at,
        };
        keys::time_key(self.prefix(), at, &conversation.id)
    }
}

/// A page of a list that is followed by more or not.
#[derive(Clone, Debug, PartialEq)]
pub struct Page<T> {
    /// In the order asked for.
    pub items: Vec<T>,
    /// Whether there are more.
    pub has_more: bool,
}

/// Conversations of an end user, strictly after the one with the id `last`.
pub async fn list(
    scope: &Scope,
    user: &EndUser,
    sort_by: SortBy,
    last: Option<&str>,
    limit: usize,
) -> Result<Page<Conversation>> {
    list_where(scope, user, sort_by, last, limit, |_| true).await
}

/// The same, of those that `keep` wants by their ids.
pub(super) async fn list_where(
    scope: &Scope,
    user: &EndUser,
    sort_by: SortBy,
    last: Option<&str>,
    limit: usize,
    keep: impl Fn(&str) -> bool,
) -> Result<Page<Conversation>> {
    let partition = user.partition();
    let mut after = None;
    if let Some(last) = last {
        let entry = store::load::<Entry>(scope, &partition, &entry_key(last)).await?;
        let entry = entry.ok_or_else(|| Error::not_found("Last Conversation Not Exists."))?;
        after = Some(sort_by.key(&entry.value.conversation));
    }
    let mut page = Page {
        items: Vec::new(),
        has_more: false,
    };
    loop {
        let mut range =
            Range::prefix(format!("{}/", sort_by.prefix()), limit + 1).after(after.take());
        range.reverse = sort_by.is_descending();
        let order = scope.list(&partition, range).await?;
        let is_last = order.len() <= limit;
        after = order.last().map(|record| record.key.clone());
        let ids = order
            .iter()
            .filter_map(|record| record.key.rsplit('/').next());
        let queries: Vec<_> = ids.map(|id| Query::Get(entry_key(id))).collect();
        let entries = scope.read(&partition, queries).await?;
        for (key, found) in order.iter().map(|record| &record.key).zip(entries.answers) {
            let Some(record) = found.first() else {
                continue;
            };
            let conversation = store::decode::<Entry>(record)?.conversation;
            if sort_by.key(&conversation) != *key || !keep(&conversation.id) {
                continue;
            }
            if page.items.len() == limit {
                page.has_more = true;
                return Ok(page);
            }
            page.items.push(conversation);
        }
        if is_last {
            return Ok(page);
        }
    }
}

/// Entries in the end user's partition.
pub(crate) const ENTRIES: &str = "c/";

pub(super) fn entry_key(id: &str) -> String {
    format!("{ENTRIES}{id}")
}

/// Whether a key of an end user's partition belongs to the list, which can be made again from the conversations.
pub(crate) fn is_of_list(key: &str) -> bool {
    let orders = [SortBy::Created, SortBy::Updated].map(SortBy::prefix);
    let (first, _) = key.split_once('/').unwrap_or((key, ""));
    key.starts_with(ENTRIES) || orders.contains(&first)
}

/// The keys that order an entry.
pub(super) fn order_keys(conversation: &Conversation) -> [String; 2] {
    [
        SortBy::Created.key(conversation),
        SortBy::Updated.key(conversation),
    ]
}

/// The value of an order key; never read.
pub(super) const ORDER: &[u8] = b"1";

/// A record that is gone at this time, however often its deletion is repeated.
pub(super) fn tombstone_until(now: Timestamp) -> Timestamp {
    now + std::time::Duration::from_secs(24 * 60 * 60)
}
