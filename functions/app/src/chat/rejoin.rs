//! Reading an answer again, from any request on any instance: from its beginning, or from where a stream broke off.
//!
//! The record of the message is where both sides meet. Whoever rejoins says so in the task's partition, every
//! [`SIGN`]; whoever generates stores what there is at once, and often from then on; and a waiting read of the
//! conversation's partition sees it. Nothing is written for an answer that nobody rejoins.

use std::{collections::VecDeque, time::Duration};

use futures::{StreamExt, stream, stream::BoxStream};
use ports::{Query, Revision, Scope, Timestamp};

use super::{End, Event, Head, stop::follow};
use crate::{
    Context, Error, Kind, Result,
    apps::{App, Mode},
    conversation,
    end_user::EndUser,
    id, keys,
    message::{self, Message, Resource, Status, Thought},
};

/// How often somebody who rejoined says so.
pub(super) const SIGN: Duration = Duration::from_secs(10);

/// Silence after which nobody generates the answer any more: three signs were not heard.
const LOST: Duration = Duration::from_secs(35);

/// Hexadecimal digits of a mark.
const MARK: usize = 8;

/// How much of an answer a reader has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Unicode characters.
    characters: usize,
    /// The beginning of the hash of those, if the reader's last event said it.
    mark: Option<String>,
}

impl Seen {
    /// Reads the id of an event: a number of characters, of nine digits at most, or that with a mark.
    pub fn parse(text: &str) -> Option<Self> {
        let (characters, mark) = match text.split_once('-') {
            Some((characters, mark)) => (characters, Some(mark.to_owned())),
            None => (text, None),
        };
        let is_mark = |it: &String| {
            let hex = |digit: u8| matches!(digit, b'0'..=b'9' | b'a'..=b'f');
            it.len() == MARK && it.bytes().all(hex)
        };
        let digits = characters.bytes().all(|digit| digit.is_ascii_digit());
        if !digits || characters.len() > 9 || !mark.as_ref().is_none_or(is_mark) {
            return None;
        }
        let characters = characters.parse().ok()?;
        Some(Self { characters, mark })
    }

    /// What a reader of this much has.
    fn of(text: &str) -> String {
        format!("{}-{}", text.chars().count(), mark(text))
    }

    /// The part of the answer that the reader has; `None` if the reader has something else.
    fn prefix<'a>(&self, answer: &'a str) -> Option<&'a str> {
        let mut ends = answer.char_indices().map(|(at, _)| at);
        let end = ends.nth(self.characters).or_else(|| {
            let whole = answer.chars().count() == self.characters;
            whole.then_some(answer.len())
        })?;
        let prefix = answer.get(..end)?;
        let fits = self.mark.as_ref().is_none_or(|it| *it == mark(prefix));
        fits.then_some(prefix)
    }
}

fn mark(text: &str) -> String {
    keys::hash(text).chars().take(MARK).collect()
}

/// An answer that is read again.
pub struct Rejoined {
    /// What every event repeats. The task of an answer that has ended is that of its message.
    pub head: Head,
    /// Events with their ids; the last one is an `End` or an `Error`.
    pub events: BoxStream<'static, (String, Event)>,
}

/// Rejoins an answer to this end user: of the message with this id, or the last one of the conversation with this id.
/// `seen` is how much the reader has. An answer that has ended is given the same way.
pub async fn rejoin(
    ctx: &Context,
    app: &App,
    user: &EndUser,
    id: &str,
    seen: Option<Seen>,
) -> Result<Rejoined> {
    if matches!(app.mode, Mode::AdvancedChat | Mode::Workflow) {
        let message = "Answers of workflows are rejoined by their runs.";
        return Err(Error::new(Kind::NotChatApp, message));
    }
    let scope = ctx.tenant(&app.tenant_id);
    let conversation_id = id::conversation_of(id).ok_or_else(message::missing)?;
    let which = match conversation_id == id {
        true => message::last_query(1),
        false => Query::Get(message::key(id)),
    };
    let queries = vec![Query::Get(conversation::KEY.to_owned()), which];
    let partition = keys::conversation(&conversation_id);
    let mut view = scope.read(&partition, queries).await?.answers.into_iter();
    let mut first = || view.next().and_then(|found| found.into_iter().next());
    let owner = first().map(|record| message::stored(&record)).transpose()?;
    conversation::owned(owner, user).map_err(|_| message::missing())?;
    let record = first().ok_or_else(message::missing)?;
    let message = message::stored::<Message>(&record)?.value;
    let task_id = match message.task_id.as_str() {
        "" => message.id.clone(),
        task_id => task_id.to_owned(),
    };
    let head = Head {
        task_id,
        message_id: message.id.clone(),
        conversation_id,
        created_at: message.created_at,
        mode: app.mode,
    };
    let follower = Follower {
        ctx: ctx.clone(),
        scope,
        user: user.clone(),
        partition,
        message_id: message.id,
        seen,
        sent: String::new(),
        thoughts: Vec::new(),
        revision: 0,
        signed: None,
        changed: (0, ctx.now()),
        ready: VecDeque::new(),
        is_over: false,
    };
    let events = stream::unfold(follower, |mut follower| async move {
        let event = follower.next().await?;
        Some((event, follower))
    });
    Ok(Rejoined {
        head,
        events: events.boxed(),
    })
}

struct Follower {
    ctx: Context,
    scope: Scope,
    user: EndUser,
    partition: String,
    message_id: String,
    /// What the reader had when it came, until it is compared.
    seen: Option<Seen>,
    /// What the reader has.
    sent: String,
    /// An agent's rounds that the reader has; how many, its event does not say, and one more time does no harm.
    thoughts: Vec<Thought>,
    revision: Revision,
    /// When the generation heard of this reader last.
    signed: Option<Timestamp>,
    /// The version of the message, and since when it has been that.
    changed: (Revision, Timestamp),
    ready: VecDeque<Event>,
    is_over: bool,
}

impl Follower {
    async fn next(&mut self) -> Option<(String, Event)> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some((Seen::of(&self.sent), event));
            }
            if self.is_over {
                return None;
            }
            if let Err(error) = self.look().await {
                self.last(Event::Error(error));
            }
        }
    }

    fn last(&mut self, event: Event) {
        self.ready.push_back(event);
        self.is_over = true;
    }

    /// Waits for something new, if it has looked before, and takes it.
    async fn look(&mut self) -> Result<()> {
        if self.revision > 0 {
            let watched = self.scope.watch(&self.partition, self.revision, SIGN);
            watched.await?;
        }
        let queries = vec![
            Query::Get(message::key(&self.message_id)),
            Query::Get(message::resources_key(&self.message_id)),
        ];
        let view = self.scope.read(&self.partition, queries).await?;
        self.revision = view.revision;
        let mut answers = view.answers.into_iter();
        let mut first = || answers.next().and_then(|found| found.into_iter().next());
        let record = first().ok_or_else(message::missing)?;
        let resources = first();
        let stored = message::stored::<Message>(&record)?;
        let now = self.ctx.now();
        if stored.version != self.changed.0 {
            self.changed = (stored.version, now);
        }
        let message = stored.value;
        self.take(&message);
        if message.status != Status::Running {
            let resources = resources.map(|record| message::stored::<Vec<Resource>>(&record));
            let resources = resources.transpose()?.map(|stored| stored.value);
            self.last(ending(message, resources.unwrap_or_default()));
            return Ok(());
        }
        if now.since(self.changed.1) >= LOST || message.task_id.is_empty() {
            let message = "The answer was cut off; what there is of it is kept.";
            return Err(Error::new(Kind::Unavailable, message));
        }
        if self.signed.is_none_or(|at| now.since(at) >= SIGN) {
            let valid = SIGN + SIGN;
            follow(&self.ctx, &self.scope, &self.user, &message.task_id, valid).await?;
            self.signed = Some(now);
        }
        Ok(())
    }

    /// What is new of the answer.
    fn take(&mut self, message: &Message) {
        for (place, thought) in message.agent_thoughts.iter().enumerate() {
            if self.thoughts.get(place) != Some(thought) {
                self.ready.push_back(Event::Thought(thought.clone()));
            }
        }
        self.thoughts.clone_from(&message.agent_thoughts);
        let answer = &message.answer;
        if let Some(seen) = &self.seen {
            match seen.prefix(answer) {
                Some(prefix) => self.sent = prefix.to_owned(),
                // The record lags behind what the first reader got.
                None if message.status == Status::Running
                    && answer.chars().count() < seen.characters =>
                {
                    return;
                }
                // What the reader has is replaced by what there is.
                None => self.sent = "\0".to_owned(),
            }
            self.seen = None;
        }
        match answer.strip_prefix(self.sent.as_str()) {
            Some("") => return,
            Some(more) => self.ready.push_back(Event::Delta(more.to_owned())),
            None => self.ready.push_back(Event::Replace(answer.clone())),
        }
        self.sent.clone_from(answer);
    }
}

/// How an answer ended.
fn ending(message: Message, resources: Vec<Resource>) -> Event {
    if message.status == Status::Error {
        let why = message.error.unwrap_or_default();
        return Event::Error(Error::new(Kind::CompletionRequestError, why));
    }
    Event::End(Box::new(End {
        resources,
        annotation: None,
        usage: message.usage.unwrap_or_default(),
        files: Vec::new(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_says_what_its_reader_has() {
        let whole = "naïve 🙂 answer";
        let after = |id: &str| Seen::parse(id).map(|seen| seen.prefix(whole).map(str::to_owned));
        for (id, expect) in [
            ("0", Some(Some(""))),
            ("7", Some(Some("naïve 🙂"))),
            ("14", Some(Some("naïve 🙂 answer"))),
            ("15", Some(None)),
            ("7-00000000", Some(None)),
            (&Seen::of("naïve "), Some(Some("naïve "))),
            (&Seen::of("other "), Some(None)),
            (&Seen::of(whole), Some(Some(whole))),
            ("", None),
            ("-1", None),
            ("+1", None),
            ("1-", None),
            ("1-0000000g", None),
            ("1234567890", None),
            ("x", None),
        ] {
            let expect = expect.map(|prefix| prefix.map(str::to_owned));
            assert_eq!(after(id), expect, "{id}");
        }
    }
}
