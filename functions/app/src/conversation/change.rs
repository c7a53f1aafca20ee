//! Renaming and deleting.

use ports::{Commit, Range, Scope};

use super::{
    Conversation, KEY, Status, UNTITLED, get,
    list::ENTRIES,
    missing, request_sync, sync,
    title::{Asked, suggest},
};
use crate::{Context, Error, Kind, Result, end_user::EndUser, keys, message, store};

/// Conversations of one read.
const BATCH: usize = 32;

/// Longest name, in characters.
const NAME_CHARS: usize = 255;

/// Gives a conversation a name, or with `None` the title that the app's model makes of its first question.
pub async fn rename(
    ctx: &Context,
    tenant_id: &str,
    user: &EndUser,
    id: &str,
    name: Option<&str>,
) -> Result<Conversation> {
    let scope = ctx.tenant(tenant_id);
    let conversation = get(&scope, user, id).await?.value;
    let name = match name {
        Some(name) if name.chars().count() > NAME_CHARS => {
            let message = format!("name must have at most {NAME_CHARS} characters");
            return Err(Error::invalid("name", message));
        }
        Some(name) => name.trim().to_owned(),
        None => match message::first(&scope, id).await? {
            None => UNTITLED.to_owned(),
            Some(first) => {
                let by = Asked::ByPerson;
                suggest(ctx, &conversation, tenant_id, &first.query, by).await
            }
        },
    };
    let now = ctx.now();
    change(ctx, tenant_id, &scope, id, |conversation| {
        conversation.name.clone_from(&name);
        conversation.updated_at = now;
    })
    .await
}

/// Deletes all that an end user has of a removed app, with all messages.
pub(crate) async fn remove_all(ctx: &Context, scope: &Scope, user: &EndUser) -> Result<()> {
    loop {
        let range = Range::prefix(ENTRIES, BATCH);
        let records = scope.list(&user.partition(), range).await?;
        if records.is_empty() {
            return Ok(());
        }
        for record in &records {
            let id = record.key.strip_prefix(ENTRIES).unwrap_or_default();
            let delete = |conversation: &mut Conversation| {
                conversation.status = Status::Deleted;
                Ok(())
            };
            let partition = keys::conversation(id);
            let words = missing();
            match store::update(scope, &partition, KEY, words.message(), delete).await {
                Ok(_) => drop(sync(ctx, scope, id).await?),
                Err(error) if error.kind() == Kind::NotFound => {}
                Err(error) => return Err(error),
            }
            // Its record may be gone already; the list must not name it in any case.
            let commit = Commit::new().delete(&record.key);
            scope.commit(&user.partition(), commit).await?;
        }
    }
}

/// Deletes a conversation with its messages.
pub async fn delete(ctx: &Context, tenant_id: &str, user: &EndUser, id: &str) -> Result<()> {
    let scope = ctx.tenant(tenant_id);
    get(&scope, user, id).await?;
    change(ctx, tenant_id, &scope, id, |conversation| {
        conversation.status = Status::Deleted
    })
    .await?;
    Ok(())
}

/// The job first, because it survives; then the change; then the list at once, so that the caller sees what it did.
async fn change(
    ctx: &Context,
    tenant_id: &str,
    scope: &Scope,
    id: &str,
    mut change: impl FnMut(&mut Conversation),
) -> Result<Conversation> {
    request_sync(ctx, tenant_id, id).await?;
    let partition = keys::conversation(id);
    let applied = |conversation: &mut Conversation| {
        if conversation.status == Status::Deleted {
            return Err(missing());
        }
        change(conversation);
        Ok(())
    };
    let (conversation, ()) =
        store::update(scope, &partition, KEY, missing().message(), applied).await?;
    if let Err(error) = sync(ctx, scope, id).await {
        tracing::warn!(%error, conversation = id, "the list follows later, by the queue");
    }
    Ok(conversation)
}
