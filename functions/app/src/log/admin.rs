//! What the makers of an app do with a message: a verdict of their own, and an annotation made of it.

use ports::{Commit, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    ADMIN, LINKS,
    entry::{mark_annotated, of_message},
};
use crate::{
    Context, Error, Result,
    account::Identity,
    annotation::{self, Annotation},
    apps::App,
    keys,
    message::{self, Message, Rating},
    store,
};

/// A verdict of the app's makers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdminFeedback {
    /// The verdict.
    pub rating: Rating,
    /// The words.
    pub content: Option<String>,
    /// The account.
    pub account_id: String,
    /// Name of that.
    pub account_name: String,
    /// When it was given.
    pub created_at: Timestamp,
}

/// The annotation that was made of a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Linked {
    /// The annotation.
    pub annotation_id: String,
    /// As it was asked.
    pub question: String,
    /// As it shall be answered.
    pub answer: String,
    /// The account.
    pub account_id: String,
    /// Name of that.
    pub account_name: String,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Gives, changes or with `None` takes back a verdict.
pub async fn rate(
    ctx: &Context,
    app: &App,
    who: &Identity,
    message_id: &str,
    rating: Option<Rating>,
    content: Option<String>,
) -> Result<()> {
    let partition = known(ctx, app, message_id).await?;
    let key = format!("{ADMIN}{message_id}");
    let commit = match rating {
        None => Commit::new().delete(key),
        Some(rating) => {
            let feedback = AdminFeedback {
                rating,
                content,
                account_id: who.account_id.clone(),
                account_name: who.name.clone(),
                created_at: ctx.now(),
            };
            Commit::new().put(key, store::encode(&feedback)?)
        }
    };
    ctx.tenant(&app.tenant_id)
        .commit(&partition, commit)
        .await?;
    Ok(())
}

/// Makes an annotation of a message, or changes the one that was made of it.
pub async fn annotate(
    ctx: &Context,
    app: &App,
    who: &Identity,
    message_id: &str,
    question: &str,
    answer: &str,
) -> Result<Annotation> {
    let found = of_message(ctx, &app.tenant_id, &app.id, message_id).await?;
    let partition = known(ctx, app, message_id).await?;
    let scope = ctx.tenant(&app.tenant_id);
    let key = format!("{LINKS}{message_id}");
    let old = store::load::<Linked>(&scope, &partition, &key).await?;
    let changed = match old {
        None => None,
        Some(old) => {
            let id = old.value.annotation_id;
            match annotation::update(ctx, app, &id, question, answer).await {
                Ok(changed) => Some(changed),
                // It was deleted: then another is made.
                Err(error) if error.kind() == crate::Kind::NotFound => None,
                Err(error) => return Err(error),
            }
        }
    };
    let made = match changed {
        Some(changed) => changed,
        None => annotation::create(ctx, app, Some(who), question, answer).await?,
    };
    let linked = Linked {
        annotation_id: made.id.clone(),
        question: made.question.clone(),
        answer: made.answer.clone(),
        account_id: who.account_id.clone(),
        account_name: who.name.clone(),
        created_at: ctx.now(),
    };
    let commit = Commit::new().put(key, store::encode(&linked)?);
    scope.commit(&partition, commit).await?;
    mark_annotated(&scope, &found).await?;
    Ok(made)
}

/// The partition of a message of this app that is there.
async fn known(ctx: &Context, app: &App, message_id: &str) -> Result<String> {
    let found = of_message(ctx, &app.tenant_id, &app.id, message_id).await?;
    let (scope, partition) = (ctx.tenant(&app.tenant_id), keys::conversation(&found.id));
    let key = message::key(message_id);
    let stored = store::load::<Message>(&scope, &partition, &key).await?;
    let missing: fn() -> Error = message::missing;
    stored.map(|_| partition).ok_or_else(missing)
}
