//! What end users think of answers: kept on the message, and listed for the app in `feedback/{app}`.

use ports::{Commit, Range, Scope, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Message, get, key, missing};
use crate::{Context, Error, Result, apps::App, conversation, end_user::EndUser, keys, store};

/// A verdict with words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Feedback {
    /// UUID.
    pub id: String,
    /// The message.
    pub message_id: String,
    /// Its conversation.
    pub conversation_id: String,
    /// Whose verdict.
    pub end_user_id: String,
    /// The verdict; `None` when it was taken back.
    pub rating: Option<Rating>,
    /// The words.
    pub content: Option<String>,
    /// When it was first given.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// A verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Rating {
    /// Good.
    Like,
    /// Bad.
    Dislike,
}

/// Gives, changes or with `None` takes back a verdict.
pub async fn rate(
    ctx: &Context,
    app: &App,
    user: &EndUser,
    message_id: &str,
    rating: Option<Rating>,
    content: Option<String>,
) -> Result<()> {
    let scope = ctx.tenant(&app.tenant_id);
    let message = get(&scope, user, message_id).await?.value;
    if rating.is_none()
        && message
            .feedback
            .is_none_or(|feedback| feedback.rating.is_none())
    {
        return Err(Error::invalid(
            "rating",
            "rating cannot be None when feedback not exists",
        ));
    }
    // The message is the truth and its own outbox; the list is copied from it, by a job too in case this ends here.
    conversation::request_feedback_sync(ctx, &app.tenant_id, &message.conversation_id, message_id)
        .await?;
    let partition = keys::conversation(&message.conversation_id);
    let now = ctx.now();
    let set = |message: &mut Message| {
        message.feedback = Some(Feedback {
            id: crate::id::derived(&format!("feedback/{message_id}")),
            message_id: message.id.clone(),
            conversation_id: message.conversation_id.clone(),
            end_user_id: user.id.clone(),
            rating,
            content: content.clone(),
            created_at: message.feedback.as_ref().map_or(now, |old| old.created_at),
            updated_at: now,
        });
        Ok(())
    };
    store::update(
        &scope,
        &partition,
        &key(message_id),
        missing().message(),
        set,
    )
    .await?;
    sync(&scope, &app.id, &message.conversation_id, message_id).await
}

/// Copies a message's verdict to the app's list.
pub(crate) async fn sync(
    scope: &Scope,
    app_id: &str,
    conversation_id: &str,
    message_id: &str,
) -> Result<()> {
    let stored = store::load::<Message>(
        scope,
        &keys::conversation(conversation_id),
        &key(message_id),
    )
    .await?;
    let Some(message) = stored.map(|stored| stored.value) else {
        return Ok(());
    };
    crate::log::note_row(scope, app_id, &message).await?;
    let Some(feedback) = message.feedback else {
        return Ok(());
    };
    let listed = keys::time_key("f", feedback.created_at, &feedback.id);
    let commit = match feedback.rating {
        Some(_) => Commit::new().put(listed, store::encode(&feedback)?),
        None => Commit::new().delete(listed),
    };
    scope.commit(&keys::feedback(app_id), commit).await?;
    Ok(())
}

/// Page `page` (from 1) of an app's feedback, newest first.
pub async fn feedbacks(
    scope: &Scope,
    app_id: &str,
    page: usize,
    limit: usize,
) -> Result<Vec<Feedback>> {
    let partition = keys::feedback(app_id);
    let mut after = None;
    for _ in 1..page {
        let skipped = scope
            .list(
                &partition,
                Range::prefix(LIST, limit).after(after.take()).reversed(),
            )
            .await?;
        match skipped.last() {
            Some(record) if skipped.len() == limit => after = Some(record.key.clone()),
            _ => return Ok(Vec::new()),
        }
    }
    let records = scope
        .list(
            &partition,
            Range::prefix(LIST, limit).after(after).reversed(),
        )
        .await?;
    records.iter().map(store::decode).collect()
}

const LIST: &str = "f/";
