//! Titles: the first words of the first question, until a model has made a better one.

use std::time::Duration;

use futures::StreamExt;
use model::{ChatRequest, Delta, Models, Parameters, Role};
use ports::{Scope, timeout};

use super::{Conversation, KEY, UNTITLED, sync};
use crate::{
    Context, Error, Kind, Result, apps, chat, keys, message,
    provider::Providers,
    requests::{Of, Purpose, Tab},
    store,
};

/// How much of a question makes a title by itself, in characters.
const TITLE_CHARS: usize = 48;

/// Longest title that a model makes, in characters; and how much of the question it reads.
const MADE_CHARS: usize = 75;
const READ_CHARS: usize = 2_000;

/// A model that has not answered by then makes no title.
const LIMIT: Duration = Duration::from_secs(15);

const ASK: &str = "Write a title of at most six words for a conversation that begins with the message below. Use the \
language of the message. Answer with the title alone: no quotes, no explanation.";

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

/// Whose model may be asked for a title.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// A person wants it now: any.
    ByPerson,
    /// Nobody waits: only one elsewhere, because one in the process would take its time from answers.
    InBackground,
}

/// The title of a conversation that begins with this question: the app's model makes it, else its first words.
pub(super) async fn suggest(
    ctx: &Context,
    conversation: &Conversation,
    tenant_id: &str,
    query: &str,
    asked: Asked,
) -> String {
    let made = make(ctx, conversation, tenant_id, query, asked);
    match timeout(ctx.platform.clock.as_ref(), LIMIT, made).await {
        Ok(Ok(Some(made))) => made,
        Ok(Ok(None)) => title(query),
        Ok(Err(error)) => {
            tracing::info!(%error, conversation = conversation.id, "no model made a title");
            title(query)
        }
        Err(error) => {
            tracing::info!(%error, conversation = conversation.id, "no model made a title in time");
            title(query)
        }
    }
}

async fn make(
    ctx: &Context,
    conversation: &Conversation,
    tenant_id: &str,
    query: &str,
    asked: Asked,
) -> Result<Option<String>> {
    if query.trim().is_empty() {
        return Ok(None);
    }
    let scope = ctx.tenant(tenant_id);
    let gone = || Error::new(Kind::NotFound, "the app is gone");
    let app = apps::get(&scope, &conversation.app_id).await?;
    let config = app.ok_or_else(gone)?.value.config()?;
    let of = Of {
        app_id: Some(conversation.app_id.clone()),
        conversation_id: Some(conversation.id.clone()),
        ..Of::default()
    };
    let tab = Tab::new(ctx, tenant_id, Purpose::Title, of);
    let providers = Providers::on(&tab).await?;
    let llm = chat::resolve(&providers, &config.model).await?;
    if asked == Asked::InBackground && llm.info().provider == Models::LOCAL {
        return Ok(None);
    }
    let question: String = query.chars().take(READ_CHARS).collect();
    let request = ChatRequest {
        messages: vec![
            model::Message::text(Role::System, ASK),
            model::Message::text(Role::User, question),
        ],
        parameters: Parameters {
            temperature: Some(0.0),
            // Some models think aloud first.
            max_tokens: Some(512),
            ..Parameters::default()
        },
        user: Some(conversation.end_user_id.clone()),
        ..ChatRequest::default()
    };
    let mut deltas = llm.stream(request).await?;
    let mut reply = String::new();
    while let Some(delta) = deltas.next().await {
        if let Delta::Text(text) = delta? {
            reply.push_str(&text);
        }
    }
    Ok(read(&reply))
}

/// Gives a conversation the title that a model makes, unless somebody has named it meanwhile.
pub(super) async fn improve(ctx: &Context, scope: &Scope, tenant_id: &str, id: &str) -> Result<()> {
    let partition = keys::conversation(id);
    let Some(stored) = store::load::<Conversation>(scope, &partition, KEY).await? else {
        return Ok(());
    };
    let conversation = stored.value;
    let Some(first) = message::first(scope, id).await? else {
        return Ok(());
    };
    let simple = title(&first.query);
    // A model that just failed is not asked again for something so small.
    if conversation.name != simple || first.error.is_some() {
        return Ok(());
    }
    let background = Asked::InBackground;
    let made = suggest(ctx, &conversation, tenant_id, &first.query, background).await;
    if made == simple {
        return Ok(());
    }
    let set = |conversation: &mut Conversation| {
        if conversation.name == simple {
            conversation.name.clone_from(&made);
        }
        Ok(())
    };
    store::update(scope, &partition, KEY, super::missing().message(), set).await?;
    sync(ctx, scope, id).await.map(drop)
}

/// The title in a model's reply: its first line with words, without what is thought aloud or put around it.
fn read(reply: &str) -> Option<String> {
    let spoken = match reply.rsplit_once("</think>") {
        Some((_, spoken)) => spoken,
        None if reply.contains("<think>") => return None,
        None => reply,
    };
    let line = spoken
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty())?;
    let line = line.strip_prefix("Title:").unwrap_or(line);
    let marks = |c: char| c.is_whitespace() || "\"'`*#“”„«»「」".contains(c);
    let line = line.trim_matches(marks).replace('\0', "");
    let made: String = line.chars().take(MADE_CHARS).collect();
    Some(made).filter(|made| !made.is_empty())
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

    #[test]
    fn what_models_reply() {
        for (reply, expect) in [
            ("Opening hours", Some("Opening hours")),
            ("\n \"Opening hours\"\nIs that fine?", Some("Opening hours")),
            ("Title: **Opening hours**", Some("Opening hours")),
            (
                "<think>Hm.\n</think>\n\nOpening hours",
                Some("Opening hours"),
            ),
            ("<think>Hm, what about", None),
            (" \n\"\"", None),
            (&"x".repeat(80), Some(&*"x".repeat(75))),
        ] {
            assert_eq!(read(reply).as_deref(), expect, "{reply}");
        }
    }
}
