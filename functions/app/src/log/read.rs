//! Conversations and messages of an app with all that its makers may see.

use ports::{Query, Range, Scope};

use super::{
    ADMIN, AdminFeedback, LINKS, Linked,
    entry::{Entry, found, of_message},
};
use crate::{
    Context, Error, Kind, Result,
    apps::App,
    conversation::{self, Conversation},
    end_user::EndUser,
    keys,
    message::{self, Cited, Message, Rating, Resource, Status, Trace},
    store,
};

/// Messages of a conversation that its row in the list counts; a longer one is counted to here.
const COUNTED: usize = 500;

/// A conversation as the log shows it.
#[derive(Clone, Debug)]
pub struct Detail {
    /// The record.
    pub conversation: Conversation,
    /// The first message.
    pub first: Option<Message>,
    /// How many messages it has.
    pub messages: usize,
    /// How many of them failed.
    pub failed: usize,
    /// Likes and dislikes of the end user.
    pub user: (usize, usize),
    /// Likes and dislikes of the app's makers.
    pub admin: (usize, usize),
    /// Whether an annotation was made of a message.
    pub annotated: bool,
}

/// A message as the log shows it.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The message.
    pub message: Message,
    /// What it cites.
    pub resources: Vec<Resource>,
    /// What the app's makers think of it.
    pub admin: Option<AdminFeedback>,
    /// The annotation that was made of it.
    pub linked: Option<Linked>,
    /// Whose it is.
    pub conversation: Conversation,
}

/// One conversation.
pub async fn conversation(ctx: &Context, app: &App, id: &str) -> Result<Detail> {
    let found = found(ctx, &app.tenant_id, &app.id, id).await?;
    count(&ctx.tenant(&app.tenant_id), found).await
}

/// A row of the list; `None` for one that has been deleted meanwhile.
pub(super) async fn detail(ctx: &Context, app: &App, entry: &Entry) -> Result<Option<Detail>> {
    match conversation(ctx, app, &entry.id).await {
        Ok(detail) => Ok(Some(detail)),
        Err(error) if error.kind() == Kind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

async fn count(scope: &Scope, conversation: Conversation) -> Result<Detail> {
    let partition = keys::conversation(&conversation.id);
    let lists = [message::MESSAGES, ADMIN, LINKS];
    let queries = lists.map(|prefix| Query::List(Range::prefix(prefix, COUNTED)));
    let view = scope.read(&partition, queries.to_vec()).await?;
    let mut answers = view.answers.into_iter();
    let messages = answers.next().unwrap_or_default();
    let messages: Vec<Message> = messages.iter().map(store::decode).collect::<Result<_>>()?;
    let admin = answers.next().unwrap_or_default();
    let admin: Vec<AdminFeedback> = admin.iter().map(store::decode).collect::<Result<_>>()?;
    let annotated = !answers.next().unwrap_or_default().is_empty();
    let user = messages
        .iter()
        .filter_map(|it| it.feedback.as_ref()?.rating);
    let failed = messages.iter().filter(|it| it.status == Status::Error);
    Ok(Detail {
        messages: messages.len(),
        failed: failed.count(),
        user: likes(user),
        admin: likes(admin.iter().map(|it| it.rating)),
        annotated,
        first: messages.first().cloned(),
        conversation,
    })
}

fn likes(ratings: impl Iterator<Item = Rating>) -> (usize, usize) {
    ratings.fold((0, 0), |(likes, dislikes), rating| match rating {
        Rating::Like => (likes + 1, dislikes),
        Rating::Dislike => (likes, dislikes + 1),
    })
}

/// The `limit` messages before the one with the id `first`, or the newest; oldest first.
pub async fn messages(
    ctx: &Context,
    app: &App,
    conversation_id: &str,
    first: Option<&str>,
    limit: usize,
) -> Result<conversation::Page<Shown>> {
    let found = found(ctx, &app.tenant_id, &app.id, conversation_id).await?;
    let scope = ctx.tenant(&app.tenant_id);
    let user = EndUser::new(&app.id, &found.session_id, found.created_at);
    let page = message::page(&scope, &user, conversation_id, first, limit).await?;
    let mut items = Vec::with_capacity(page.items.len());
    for cited in page.items {
        items.push(shown(&scope, &found, cited).await?);
    }
    let has_more = page.has_more;
    Ok(conversation::Page { items, has_more })
}

/// One message.
pub async fn message(ctx: &Context, app: &App, message_id: &str) -> Result<Shown> {
    let found = of_message(ctx, &app.tenant_id, &app.id, message_id).await?;
    let scope = ctx.tenant(&app.tenant_id);
    let partition = keys::conversation(&found.id);
    let queries = [message::key(message_id), message::resources_key(message_id)];
    let view = scope
        .read(&partition, queries.map(Query::Get).to_vec())
        .await?;
    let mut answers = view.answers.into_iter().map(|it| it.into_iter().next());
    let record = answers.next().flatten().ok_or_else(message::missing)?;
    let resources = answers.next().flatten();
    let cited = Cited {
        message: store::decode(&record)?,
        resources: resources
            .as_ref()
            .map(store::decode)
            .transpose()?
            .unwrap_or_default(),
    };
    shown(&scope, &found, cited).await
}

async fn shown(scope: &Scope, conversation: &Conversation, cited: Cited) -> Result<Shown> {
    let partition = keys::conversation(&conversation.id);
    let queries = [ADMIN, LINKS].map(|prefix| format!("{prefix}{}", cited.message.id));
    let view = scope
        .read(&partition, queries.map(Query::Get).to_vec())
        .await?;
    let mut answers = view.answers.into_iter().map(|it| it.into_iter().next());
    let admin = answers.next().flatten();
    let linked = answers.next().flatten();
    Ok(Shown {
        message: cited.message,
        resources: cited.resources,
        admin: admin.as_ref().map(store::decode).transpose()?,
        linked: linked.as_ref().map(store::decode).transpose()?,
        conversation: conversation.clone(),
    })
}

/// What the model saw when it answered a message; `NotFound` for one of which nothing was kept.
pub async fn trace(ctx: &Context, app: &App, message_id: &str) -> Result<(Message, Trace)> {
    let found = of_message(ctx, &app.tenant_id, &app.id, message_id).await?;
    let queries = [
        message::key(message_id),
        format!("{}{message_id}", message::TRACES),
    ];
    let scope = ctx.tenant(&app.tenant_id);
    let partition = keys::conversation(&found.id);
    let view = scope
        .read(&partition, queries.map(Query::Get).to_vec())
        .await?;
    let mut answers = view.answers.into_iter().map(|it| it.into_iter().next());
    let record = answers.next().flatten().ok_or_else(message::missing)?;
    let kept = answers.next().flatten();
    let missing = || Error::not_found("What the model saw was not kept of this message.");
    let trace = store::decode(&kept.ok_or_else(missing)?)?;
    Ok((store::decode(&record)?, trace))
}

/// Deletes a conversation of anybody's, with its messages.
pub async fn delete(ctx: &Context, app: &App, id: &str) -> Result<()> {
    let found = found(ctx, &app.tenant_id, &app.id, id).await?;
    let user = EndUser::new(&app.id, &found.session_id, found.created_at);
    let deleted = conversation::delete(ctx, &app.tenant_id, &user, id).await;
    deleted.map_err(|error| match error.kind() {
        Kind::NotFound => Error::not_found("Conversation Not Exists."),
        _ => error,
    })
}
