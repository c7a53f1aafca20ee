//! Writing the log, and reading its rows day by day.

use std::collections::BTreeSet;

use ports::{Commit, Range, Scope, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    day::day,
    days::{BATCH, SHARDS, days, shards},
};
use crate::{
    Context, Result,
    conversation::{self, Conversation},
    end_user::Source,
    id, keys,
    message::{self, Message, Rating, Status},
    requests, store,
};

/// Characters of a question that a list shows and searches.
const SUMMARY: usize = 300;

pub(super) const DAYS: &str = "d/";
pub(super) const CONVERSATIONS: &str = "c/";
pub(super) const ROWS: &str = "m/";
/// Conversations with a message that an annotation was made of.
pub(super) const ANNOTATED: &str = "a/";

/// What a list searches and sorts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Entry {
    pub(super) id: String,
    pub(super) name: String,
    /// The name of the end user.
    pub(super) session: String,
    /// The beginning of the first question.
    pub(super) query: String,
    pub(super) created_at: Timestamp,
    pub(super) updated_at: Timestamp,
    /// Not kept with the rest: see [`ANNOTATED`].
    #[serde(skip)]
    pub(super) annotated: bool,
}

/// The figures of a message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Its conversation.
    pub conversation_id: String,
    /// Whose it is.
    pub end_user_id: String,
    /// When it was asked.
    pub at: Timestamp,
    /// Tokens that were read.
    pub prompt_tokens: u64,
    /// Tokens that were written.
    pub completion_tokens: u64,
    /// Money, as a decimal number.
    pub price: String,
    /// ISO 4217.
    pub currency: String,
    /// From the request to the end, in seconds.
    pub latency: f64,
    /// From the request to the first words, in seconds.
    pub first_token: Option<f64>,
    /// From the first words to the end, in seconds.
    pub generate: Option<f64>,
    /// Whether it failed.
    pub failed: bool,
    /// What the end user thinks of it.
    pub rating: Option<Rating>,
}

impl Row {
    fn of(message: &Message) -> Self {
        let usage = message.usage.clone().unwrap_or_default();
        Self {
            conversation_id: message.conversation_id.clone(),
            end_user_id: message.end_user_id.clone(),
            at: message.created_at,
            prompt_tokens: usage.prompt_tokens,
            completion_tokens: usage.completion_tokens,
            price: usage.total_price,
            currency: usage.currency,
            latency: usage.latency,
            first_token: usage.time_to_first_token,
            generate: usage.time_to_generate,
            failed: message.status == Status::Error,
            rating: message.feedback.as_ref().and_then(|it| it.rating),
        }
    }
}

/// Requests that are written with a message; whoever makes more has more than one commit.
const REQUESTS: usize = 64;

/// Notes a message that has come to its end, its conversation, and what models were asked for it. Says how many of the
/// requests, from the first on, are written with it.
pub(crate) async fn note(
    scope: &Scope,
    conversation: &Conversation,
    message: &Message,
    requests: &[requests::Row],
) -> Result<usize> {
    if Source::of(&conversation.session_id).0 == Source::Console {
        return Ok(0);
    }
    note_conversation(scope, conversation, Some(message)).await?;
    let mut records = requests::records(requests.iter().take(REQUESTS))?;
    let written = records.len();
    records.push(figures(message)?);
    put_all(scope, &conversation.app_id, message, records).await?;
    Ok(written)
}

/// Notes the figures of a message.
pub(crate) async fn note_row(scope: &Scope, app_id: &str, message: &Message) -> Result<()> {
    put_all(scope, app_id, message, vec![figures(message)?]).await
}

fn figures(message: &Message) -> Result<(String, Vec<u8>)> {
    let key = format!("{ROWS}{}", message.id);
    Ok((key, store::encode(&Row::of(message))?))
}

async fn put_all(
    scope: &Scope,
    app_id: &str,
    message: &Message,
    records: Vec<(String, Vec<u8>)>,
) -> Result<()> {
    let (conversation_id, at) = (&message.conversation_id, message.created_at);
    put(scope, app_id, conversation_id, at, records).await
}

/// Copies a conversation and its newest messages: what a crash kept from being noted.
pub(crate) async fn sync(scope: &Scope, stored: &Conversation, newest: &[Message]) -> Result<()> {
    if Source::of(&stored.session_id).0 == Source::Console {
        return Ok(());
    }
    note_conversation(scope, stored, None).await?;
    for message in newest.iter().filter(|it| it.status != Status::Running) {
        note_row(scope, &stored.app_id, message).await?;
    }
    Ok(())
}

async fn note_conversation(
    scope: &Scope,
    conversation: &Conversation,
    message: Option<&Message>,
) -> Result<()> {
    let (app_id, begun) = (&conversation.app_id, conversation.created_at);
    let partition = partition(app_id, &day(begun), &conversation.id);
    let key = format!("{CONVERSATIONS}{}", conversation.id);
    let old = store::load::<Entry>(scope, &partition, &key).await?;
    let query = match (&old, message) {
        (Some(old), _) => old.value.query.clone(),
        (None, Some(message)) if message.created_at == begun => message.query.clone(),
        (None, _) => {
            let first = message::first(scope, &conversation.id).await?;
            first.map(|first| first.query).unwrap_or_default()
        }
    };
    let at = message.map_or(conversation.updated_at, |it| it.created_at);
    let entry = Entry {
        id: conversation.id.clone(),
        name: conversation.name.clone(),
        session: Source::of(&conversation.session_id).1.to_owned(),
        query: query.chars().take(SUMMARY).collect(),
        created_at: begun,
        updated_at: at.max(conversation.updated_at),
        annotated: false,
    };
    if old.is_some_and(|old| old.value == entry) {
        return Ok(());
    }
    let record = (key, store::encode(&entry)?);
    put(scope, app_id, &conversation.id, begun, vec![record]).await
}

/// Remembers that an annotation was made of a message of this conversation.
pub(super) async fn mark_annotated(scope: &Scope, conversation: &Conversation) -> Result<()> {
    let key = format!("{ANNOTATED}{}", conversation.id);
    let (app_id, id) = (&conversation.app_id, &conversation.id);
    let record = (key, b"1".to_vec());
    put(scope, app_id, id, conversation.created_at, vec![record]).await
}

async fn put(
    scope: &Scope,
    app_id: &str,
    conversation_id: &str,
    at: Timestamp,
    records: Vec<(String, Vec<u8>)>,
) -> Result<()> {
    let day = day(at);
    let listed = format!("{DAYS}{day}");
    // The list first: what it does not name is never found again.
    if scope.get(&keys::logs(app_id), &listed).await?.is_none() {
        let commit = Commit::new().put(listed, "1");
        scope.commit(&keys::logs(app_id), commit).await?;
    }
    let commit = records
        .into_iter()
        .fold(Commit::new(), |commit, (key, value)| commit.put(key, value));
    let partition = partition(app_id, &day, conversation_id);
    scope.commit(&partition, commit).await?;
    Ok(())
}

/// Takes a deleted conversation out of the list; its figures stay.
pub(crate) async fn remove(scope: &Scope, conversation: &Conversation) -> Result<()> {
    let day = day(conversation.created_at);
    let partition = partition(&conversation.app_id, &day, &conversation.id);
    let commit = Commit::new()
        .delete(format!("{CONVERSATIONS}{}", conversation.id))
        .delete(format!("{ANNOTATED}{}", conversation.id));
    scope.commit(&partition, commit).await?;
    Ok(())
}

/// Removes all of an app's.
pub(crate) async fn forget(scope: &Scope, app_id: &str) -> Result<()> {
    for partition in partitions(scope, app_id).await? {
        scope.clear(&partition).await?;
    }
    Ok(())
}

/// Removes a day of an app's but for the conversations that `stay` on it; whether there was something to remove.
pub(super) async fn drop_day(
    scope: &Scope,
    app_id: &str,
    day: &str,
    stay: &BTreeSet<String>,
) -> Result<bool> {
    let mut is_changed = stay.is_empty();
    for partition in shards(app_id, day) {
        if stay.is_empty() {
            scope.clear(&partition).await?;
            continue;
        }
        let stays = |key: &str| {
            let of = |prefix| key.strip_prefix(prefix).is_some_and(|id| stay.contains(id));
            of(CONVERSATIONS) || of(ANNOTATED)
        };
        let mut after = None;
        loop {
            let range = Range::prefix("", BATCH).after(after.take());
            let records = scope.list(&partition, range).await?;
            let gone = records.iter().filter(|record| !stays(&record.key));
            let commit = gone.fold(Commit::new(), |commit, record| commit.delete(&record.key));
            after = records.last().map(|record| record.key.clone());
            if !commit.writes.is_empty() {
                is_changed = true;
                scope.commit(&partition, commit).await?;
            }
            if records.len() < BATCH {
                break;
            }
        }
    }
    if stay.is_empty() {
        // Last: what the list does not name is never found again.
        let commit = Commit::new().delete(format!("{DAYS}{day}"));
        scope.commit(&keys::logs(app_id), commit).await?;
    }
    Ok(is_changed)
}

/// All partitions of an app's log, the list of its days last: without it, the others are never found again.
pub(crate) async fn partitions(scope: &Scope, app_id: &str) -> Result<Vec<String>> {
    let days = days(scope, app_id, None, None).await?;
    let mut all: Vec<String> = days.iter().flat_map(|day| shards(app_id, day)).collect();
    all.push(keys::logs(app_id));
    Ok(all)
}

fn partition(app_id: &str, day: &str, conversation_id: &str) -> String {
    let digit = conversation_id.chars().next().and_then(|c| c.to_digit(16));
    keys::log(app_id, day, digit.unwrap_or_default() as u8 % SHARDS)
}

/// The conversation that a message of this app belongs to, whoever asked it.
pub(super) async fn found(
    ctx: &Context,
    tenant_id: &str,
    app_id: &str,
    conversation_id: &str,
) -> Result<Conversation> {
    let scope = ctx.tenant(tenant_id);
    let partition = keys::conversation(conversation_id);
    let stored = store::load::<Conversation>(&scope, &partition, conversation::KEY).await?;
    let stored = stored.map(|stored| stored.value);
    let live =
        |it: &Conversation| it.app_id == app_id && it.status != conversation::Status::Deleted;
    stored.filter(live).ok_or_else(conversation::missing)
}

/// The conversation of a message.
pub(super) async fn of_message(
    ctx: &Context,
    tenant_id: &str,
    app_id: &str,
    message_id: &str,
) -> Result<Conversation> {
    let id = id::conversation_of(message_id).ok_or_else(message::missing)?;
    let conversation = found(ctx, tenant_id, app_id, &id).await;
    conversation.map_err(|error| match error.kind() {
        crate::Kind::NotFound => message::missing(),
        _ => error,
    })
}
