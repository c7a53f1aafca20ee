//! Brings an end user's list in step with a conversation.
//!
//! The two lie in different partitions. The conversation's own record is the outbox: whoever changed it calls
//! [`sync`], and a job of the queue does the same in case that never came to pass. Both copy the state as it is, so
//! that neither order nor repetition matters.

use std::time::Duration;

use ports::{Commit, ErrorKind, Job, Range, Scope};
use serde::{Deserialize, Serialize};

use super::{
    Conversation, KEY, Status,
    list::{Entry, ORDER, entry_key, order_keys, tombstone_until},
    title,
    variable::VARIABLES,
};
use crate::{
    Context, Error, Kind, Result,
    end_user::{self, EndUser},
    file, keys, log,
    message::{self, Message},
    store::{self, Stored},
};

/// The topic of the jobs.
pub const TOPIC: &str = "conversation";

#[derive(Serialize, Deserialize)]
struct Changed {
    tenant_id: String,
    conversation_id: String,
    /// The message whose feedback has changed.
    #[serde(default)]
    message_id: Option<String>,
    /// Whether a model shall make its title.
    #[serde(default)]
    title: bool,
}

/// Time for the change that the job is about.
const LATER: Duration = Duration::from_secs(5);

/// Asks the queue for a [`sync`].
pub(crate) async fn request_sync(
    ctx: &Context,
    tenant_id: &str,
    conversation_id: &str,
) -> Result<()> {
    send(ctx, tenant_id, conversation_id, None, false).await
}

/// Asks for the [`sync`] of a new conversation, and then for a title if it wants one.
pub(crate) async fn request_first_sync(
    ctx: &Context,
    tenant_id: &str,
    conversation_id: &str,
    title: bool,
) -> Result<()> {
    send(ctx, tenant_id, conversation_id, None, title).await
}

/// Asks the queue to copy the feedback on a message.
pub(crate) async fn request_feedback_sync(
    ctx: &Context,
    tenant_id: &str,
    conversation_id: &str,
    message_id: &str,
) -> Result<()> {
    send(ctx, tenant_id, conversation_id, Some(message_id), false).await
}

async fn send(
    ctx: &Context,
    tenant_id: &str,
    conversation_id: &str,
    message_id: Option<&str>,
    title: bool,
) -> Result<()> {
    let changed = Changed {
        tenant_id: tenant_id.to_owned(),
        conversation_id: conversation_id.to_owned(),
        message_id: message_id.map(str::to_owned),
        title,
    };
    let job = Job::new(ctx.uuid(), TOPIC, store::encode(&changed)?).delayed(LATER);
    Ok(ctx.platform.queue.send(vec![job]).await?)
}

/// Handles a job of [`TOPIC`].
pub async fn consume(ctx: &Context, job: &Job) -> Result<()> {
    let changed: Changed = serde_json::from_slice(&job.body).map_err(|error| {
        Error::new(
            Kind::InvalidParam,
            format!("not a job of `{TOPIC}`: {error}"),
        )
    })?;
    let scope = ctx.tenant(&changed.tenant_id);
    if let Some(message_id) = &changed.message_id {
        let stored =
            store::load::<Conversation>(&scope, &keys::conversation(&changed.conversation_id), KEY)
                .await?;
        let Some(stored) = stored else { return Ok(()) };
        return message::sync_feedback(
            &scope,
            &stored.value.app_id,
            &changed.conversation_id,
            message_id,
        )
        .await;
    }
    match sync(ctx, &scope, &changed.conversation_id).await? {
        true if changed.title => {
            let (tenant_id, id) = (&changed.tenant_id, &changed.conversation_id);
            title::improve(ctx, &scope, tenant_id, id).await
        }
        true => Ok(()),
        // The job was sent together with the first commit and may be faster than it.
        false => Err(Error::new(
            Kind::Unavailable,
            "the conversation is not there yet",
        )),
    }
}

/// Copies what a list shows; of a deleted conversation, removes all that is left. `false` if there is no such one.
pub async fn sync(ctx: &Context, scope: &Scope, id: &str) -> Result<bool> {
    let partition = keys::conversation(id);
    let Some(stored) = store::load::<Conversation>(scope, &partition, KEY).await? else {
        return Ok(false);
    };
    let entry = Entry {
        revision: stored.version,
        conversation: stored.value,
    };
    let conversation = &entry.conversation;
    if conversation.status == Status::Deleted {
        remove(ctx, scope, conversation).await?;
        return Ok(true);
    }
    let user = EndUser::new(
        &conversation.app_id,
        &conversation.session_id,
        conversation.created_at,
    );
    upsert(scope, &user, &entry).await?;
    let newest = newest(scope, &partition).await?;
    for message in &newest {
        file::attach(scope, &conversation.app_id, message).await?;
    }
    log::sync(scope, conversation, &newest).await?;
    end_user::ensure(scope, &user).await?;
    Ok(true)
}

/// The same for whoever has just written both, the conversation and this message: nothing is read again.
pub(crate) async fn sync_written(
    scope: &Scope,
    written: Stored<Conversation>,
    is_new: bool,
    message: &Message,
) -> Result<()> {
    let entry = Entry {
        revision: written.version,
        conversation: written.value,
    };
    let conversation = &entry.conversation;
    let user = EndUser::new(
        &conversation.app_id,
        &conversation.session_id,
        conversation.created_at,
    );
    upsert(scope, &user, &entry).await?;
    file::attach(scope, &conversation.app_id, message).await?;
    match is_new {
        true => end_user::ensure(scope, &user).await,
        // Whoever has a conversation is known.
        false => Ok(()),
    }
}

async fn upsert(scope: &Scope, user: &EndUser, entry: &Entry) -> Result<()> {
    let partition = user.partition();
    let key = entry_key(&entry.conversation.id);
    for _ in 0..64 {
        let old = store::load::<Entry>(scope, &partition, &key).await?;
        let mut commit = Commit::new();
        match &old {
            Some(old) if old.value.revision >= entry.revision => return Ok(()),
            Some(old) => {
                commit = commit.if_version(&key, old.version);
                for key in order_keys(&old.value.conversation) {
                    commit = commit.delete(key);
                }
            }
            None => commit = commit.if_absent(&key),
        }
        for key in order_keys(&entry.conversation) {
            commit = commit.put(key, ORDER);
        }
        match scope
            .commit(&partition, commit.put(&key, store::encode(entry)?))
            .await
        {
            Ok(_) => return Ok(()),
            Err(error) if error.kind() == ErrorKind::Conflict => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Error::new(
        Kind::Conflict,
        "too many changes of one conversation at once",
    ))
}

async fn remove(ctx: &Context, scope: &Scope, conversation: &Conversation) -> Result<()> {
    let user = EndUser::new(
        &conversation.app_id,
        &conversation.session_id,
        conversation.created_at,
    );
    log::remove(scope, conversation).await?;
    let listed = user.partition();
    let key = entry_key(&conversation.id);
    if let Some(old) = store::load::<Entry>(scope, &listed, &key).await? {
        let commit = order_keys(&old.value.conversation)
            .into_iter()
            .fold(Commit::new(), Commit::delete);
        scope.commit(&listed, commit.delete(key)).await?;
    }
    // All but the record itself, which keeps late writers out until it expires.
    let partition = keys::conversation(&conversation.id);
    let batch = scope.limits().commit_writes.saturating_sub(1).max(1);
    for prefix in message::PREFIXES.into_iter().chain([VARIABLES]) {
        loop {
            let records = scope.list(&partition, Range::prefix(prefix, batch)).await?;
            if records.is_empty() {
                break;
            }
            let commit = records
                .into_iter()
                .fold(Commit::new(), |commit, record| commit.delete(record.key));
            scope.commit(&partition, commit).await?;
        }
    }
    let until = tombstone_until(ctx.now());
    scope
        .commit(
            &partition,
            Commit::new().put_until(KEY, store::encode(conversation)?, until),
        )
        .await?;
    Ok(())
}

/// The newest messages: what a list or the log may still lack.
async fn newest(scope: &Scope, partition: &str) -> Result<Vec<Message>> {
    let range = Range::prefix(message::MESSAGES, 8).reversed();
    let records = scope.list(partition, range).await?;
    records.iter().map(store::decode).collect()
}
