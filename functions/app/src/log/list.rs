//! The list of an app's conversations.

use futures::future::try_join_all;
use ports::Timestamp;

use super::{
    Detail,
    days::{days, entries},
    entry::Entry,
    read::detail,
};
use crate::{Context, Result, apps::App};

/// Conversations that are looked at for one list: the newest ones.
const MAX_SCANNED: usize = 20_000;

/// Whether annotations were made of a conversation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Annotated {
    /// Either way.
    #[default]
    All,
    /// They were.
    Yes,
    /// They were not.
    No,
}

/// The order of the list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SortBy {
    /// Oldest first.
    Created,
    /// Newest first.
    #[default]
    CreatedDescending,
    /// Longest silent first.
    Updated,
    /// Last used first.
    UpdatedDescending,
}

impl SortBy {
    /// By its name in the query.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "created_at" => Some(Self::Created),
            "-created_at" => Some(Self::CreatedDescending),
            "updated_at" => Some(Self::Updated),
            "-updated_at" => Some(Self::UpdatedDescending),
            _ => None,
        }
    }
}

/// Which conversations to list.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// In the name, the first question or the name of the end user, in any case.
    pub keyword: String,
    /// Begun at this moment or later.
    pub from: Option<Timestamp>,
    /// Begun at this moment or earlier.
    pub to: Option<Timestamp>,
    /// Whether annotations were made of it.
    pub annotated: Annotated,
    /// The order.
    pub sort_by: SortBy,
}

/// One page of the list.
#[derive(Clone, Debug)]
pub struct Page {
    /// In the order asked for.
    pub conversations: Vec<Detail>,
    /// On all pages.
    pub total: usize,
}

/// Page `page` (from 1) of an app's conversations.
pub async fn list(
    ctx: &Context,
    app: &App,
    filter: &Filter,
    page: usize,
    limit: usize,
) -> Result<Page> {
    let scope = ctx.tenant(&app.tenant_id);
    let mut found: Vec<Entry> = Vec::new();
    let mut scanned = 0;
    for day in days(&scope, &app.id, filter.from, filter.to)
        .await?
        .iter()
        .rev()
    {
        let entries = entries(&scope, &app.id, day).await?;
        scanned += entries.len();
        found.extend(entries.into_iter().filter(|entry| fits(filter, entry)));
        if scanned >= MAX_SCANNED {
            break;
        }
    }
    found.sort_by(|a, b| match filter.sort_by {
        SortBy::Created => (a.created_at, &a.id).cmp(&(b.created_at, &b.id)),
        SortBy::CreatedDescending => (b.created_at, &b.id).cmp(&(a.created_at, &a.id)),
        SortBy::Updated => (a.updated_at, &a.id).cmp(&(b.updated_at, &b.id)),
        SortBy::UpdatedDescending => (b.updated_at, &b.id).cmp(&(a.updated_at, &a.id)),
    });
    let total = found.len();
    let shown = found
        .iter()
        .skip(page.saturating_sub(1) * limit)
        .take(limit);
    let details = shown.map(|entry| detail(ctx, app, entry));
    let conversations = try_join_all(details).await?;
    Ok(Page {
        conversations: conversations.into_iter().flatten().collect(),
        total,
    })
}

fn fits(filter: &Filter, entry: &Entry) -> bool {
    let word = filter.keyword.trim().to_lowercase();
    let named = || {
        [&entry.name, &entry.query, &entry.session]
            .iter()
            .any(|text| text.to_lowercase().contains(&word))
    };
    let annotated = match filter.annotated {
        Annotated::All => true,
        Annotated::Yes => entry.annotated,
        Annotated::No => !entry.annotated,
    };
    filter.from.is_none_or(|from| entry.created_at >= from)
        && filter.to.is_none_or(|to| entry.created_at <= to)
        && annotated
        && (word.is_empty() || named())
}
