//! Messages: a question and its answer, in the partition of their conversation.
//!
//! `m/{id}` is the message, `r/{id}` what it cites, `t/{id}` what the model saw: apart, so that a history is read without the passages of its
//! citations. Ids sort by time, see [`crate::id`].

mod feedback;
mod page;
mod record;
mod suggested;
mod thought;
mod trace;

pub(crate) use feedback::sync as sync_feedback;
pub use feedback::{Feedback, Rating, feedbacks, rate};
pub use page::{Cited, page};
pub use record::{Message, MessageFile, Resource, Status};
pub use suggested::suggested;
pub use thought::Thought;
pub use trace::{Said, Trace};

use ports::{Commit, Query, Range, Revision, Scope, View};

use crate::{
    Error, Result, apps::App, conversation, end_user::EndUser, id, keys, store, store::Stored,
};

/// Messages in their conversation's partition.
pub(crate) const MESSAGES: &str = "m/";
/// Citations in their conversation's partition.
pub(crate) const RESOURCES: &str = "r/";
/// What the model saw, in the same partition.
pub(crate) const TRACES: &str = "t/";
/// The summary of what was said first, in the same partition.
pub(crate) const SUMMARY: &str = "s/summary";
/// Everything in that partition but the conversation's record.
pub(crate) const PREFIXES: [&str; 6] = [
    MESSAGES,
    RESOURCES,
    TRACES,
    "s/",
    crate::log::ADMIN,
    crate::log::LINKS,
];

/// The key of a message.
pub(crate) fn key(id: &str) -> String {
    format!("{MESSAGES}{id}")
}

/// The key of what a message cites.
pub(crate) fn resources_key(id: &str) -> String {
    format!("{RESOURCES}{id}")
}

/// What a caller hears of a message that is not there or not its own.
pub(crate) fn missing() -> Error {
    Error::not_found("Message Not Exists.")
}

/// An end user's message by its id alone.
pub async fn get(scope: &Scope, user: &EndUser, message_id: &str) -> Result<Stored<Message>> {
    let conversation_id = id::conversation_of(message_id).ok_or_else(missing)?;
    let queries = vec![
        Query::Get(conversation::KEY.to_owned()),
        Query::Get(key(message_id)),
    ];
    let view = scope
        .read(&keys::conversation(&conversation_id), queries)
        .await?;
    let mut records = view
        .answers
        .into_iter()
        .map(|found| found.into_iter().next());
    let conversation = records
        .next()
        .flatten()
        .map(|record| stored(&record))
        .transpose()?;
    conversation::owned(conversation, user).map_err(|_| missing())?;
    let message = records
        .next()
        .flatten()
        .map(|record| stored(&record))
        .transpose()?;
    message.ok_or_else(missing)
}

/// The first message of a conversation.
pub async fn first(scope: &Scope, conversation_id: &str) -> Result<Option<Message>> {
    let records = scope
        .list(
            &keys::conversation(conversation_id),
            Range::prefix(MESSAGES, 1),
        )
        .await?;
    records.first().map(store::decode).transpose()
}

/// The last rounds of a conversation, oldest first.
pub async fn last(scope: &Scope, conversation_id: &str, limit: usize) -> Result<Vec<Message>> {
    let view = scope
        .read(
            &keys::conversation(conversation_id),
            vec![last_query(limit)],
        )
        .await?;
    history(&view, 0)
}

/// Asks for the newest messages of the partition that it is read from.
pub(crate) fn last_query(limit: usize) -> Query {
    Query::List(Range::prefix(MESSAGES, limit).reversed())
}

/// The answer to [`last_query`], oldest first.
pub(crate) fn history(view: &View, answer: usize) -> Result<Vec<Message>> {
    let records = view
        .answers
        .get(answer)
        .map(Vec::as_slice)
        .unwrap_or_default();
    records.iter().rev().map(store::decode).collect()
}

/// Writes a message and what it cites. With a version, only if nobody has changed it since.
pub(crate) async fn save(
    scope: &Scope,
    message: &Message,
    resources: &[Resource],
    trace: Option<&Trace>,
    version: Option<Revision>,
) -> ports::Result<Revision> {
    let internal = |error: Error| ports::Error::new(ports::ErrorKind::Internal, error.message());
    let limit = scope.limits().value_bytes;
    let mut commit = Commit::new().put(
        key(&message.id),
        message.encode_within(limit).map_err(internal)?,
    );
    if !resources.is_empty() {
        let resources = record::encode_resources(resources, limit).map_err(internal)?;
        commit = commit.put(resources_key(&message.id), resources);
    }
    if let Some(trace) = trace {
        let trace = trace.encode(limit).map_err(internal)?;
        commit = commit.put(format!("{TRACES}{}", message.id), trace);
    }
    if let Some(version) = version {
        commit = commit.if_version(key(&message.id), version);
    }
    scope
        .commit(&keys::conversation(&message.conversation_id), commit)
        .await
}

/// A record with its version.
pub(crate) fn stored<T: serde::de::DeserializeOwned>(record: &ports::Record) -> Result<Stored<T>> {
    Ok(Stored {
        value: store::decode(record)?,
        version: record.version,
    })
}

/// Fails for an app that holds no conversations.
pub fn require_chat(app: &App) -> Result<()> {
    use crate::{Kind, apps::Mode};
    match app.mode {
        Mode::Chat | Mode::AgentChat | Mode::Agent | Mode::AdvancedChat => Ok(()),
        Mode::Workflow | Mode::Completion => {
            let message = "Please check if your app mode matches the right API route.";
            Err(Error::new(Kind::NotChatApp, message))
        }
    }
}
