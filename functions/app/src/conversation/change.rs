//! Renaming and deleting.

use ports::Scope;

use super::{
    Conversation, KEY, Status, UNTITLED, get, missing, request_sync, sync,
    title::{Asked, suggest},
};
use crate::{Context, Error, Result, end_user::EndUser, keys, message, store};

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
