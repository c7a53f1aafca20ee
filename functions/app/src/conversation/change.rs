//! Renaming and deleting.

use ports::Scope;

use super::{Conversation, KEY, Status, UNTITLED, get, missing, request_sync, sync};
use crate::{Context, Error, Result, end_user::EndUser, keys, message, store};

/// Longest name, in characters; also how much of a question makes a title.
const NAME_CHARS: usize = 255;
const TITLE_CHARS: usize = 48;

/// Gives a conversation a name, or with `None` the title that its first question suggests.
pub async fn rename(
    ctx: &Context,
    tenant_id: &str,
    user: &EndUser,
    id: &str,
    name: Option<&str>,
) -> Result<Conversation> {
    let scope = ctx.tenant(tenant_id);
    get(&scope, user, id).await?;
    let name = match name {
        Some(name) if name.chars().count() > NAME_CHARS => {
            let message = format!("name must have at most {NAME_CHARS} characters");
            return Err(Error::invalid("name", message));
        }
        Some(name) => name.trim().to_owned(),
        None => message::first(&scope, id)
            .await?
            .map_or_else(|| UNTITLED.to_owned(), |first| title(&first.query)),
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

/// A title from the first question: its first words.
pub fn title(query: &str) -> String {
    let line = query.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.is_empty() {
        return UNTITLED.to_owned();
    }
    if line.chars().count() <= TITLE_CHARS {
        return line;
    }
    let cut: String = line.chars().take(TITLE_CHARS).collect();
    // Languages without spaces, or one very long word: cut where the room ends.
    let end = cut
        .rfind(' ')
        .filter(|at| *at > TITLE_CHARS / 2)
        .unwrap_or(cut.len());
    format!(
        "{}…",
        cut.get(..end)
            .unwrap_or(&cut)
            .trim_end_matches([' ', ',', ';', ':'])
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles() {
        for (query, expect) in [
            ("", UNTITLED),
            (" \n ", UNTITLED),
            ("What is\n Edgewise?", "What is Edgewise?"),
            (
                "How do I deploy the worker with its weights, and what does it cost per month?",
                "How do I deploy the worker with its weights…",
            ),
            (&"字".repeat(60), &format!("{}…", "字".repeat(TITLE_CHARS))),
        ] {
            assert_eq!(title(query), expect);
        }
    }
}
