//! From a plan to the stored answer.
//!
//! Three things go on together: the model answers, the records are created, and somebody may want it stopped. The
//! last word is followed by the last commit, and only then by the end of the stream.

use std::{future::poll_fn, task::Poll, time::Duration};

use futures::{
    FutureExt, Stream, StreamExt, TryFutureExt, TryStreamExt,
    future::{AbortHandle, Either, select},
    stream::{self, BoxStream},
};
use model::{ChatRequest, Delta, Role};
use ports::{Revision, Timestamp};

use super::{
    End, Event, Head, Ongoing, Reply, Usage, ceiling,
    gather::{Plan, Source},
    memory,
    ongoing::{Ends, Signal},
    record::{self, Records},
    rejoin::SIGN,
    screen::{Made, Piece, Replacement, Screens, screened},
    stop::wishes,
};
use crate::{Context, Error, Result, apps, audio, id, message::Status};

/// Longest a generation may take.
const LIMIT: Duration = Duration::from_secs(1200);

/// Without a reader, what exists is stored this often, in case the runtime ends it early.
const CHECKPOINT: Duration = Duration::from_secs(5);

/// The same where somebody reads it from there.
const FOLLOWED: Duration = Duration::from_millis(250);

/// Begins the answer.
pub(super) fn begin(ctx: &Context, plan: Plan) -> Reply {
    let entropy = ctx.platform.entropy.as_ref();
    let now = ctx.now();
    let conversation_id = match &plan.conversation {
        Some(stored) => stored.value.id.clone(),
        None => id::conversation(entropy),
    };
    // The id of a conversation always holds what this needs.
    let last = plan.parent_message_id.as_deref();
    let message_id = id::message(&conversation_id, last, now, entropy);
    let message_id = message_id.unwrap_or_else(|| ctx.uuid());
    let head = Head {
        task_id: plan.task_id.clone(),
        message_id,
        conversation_id,
        created_at: now,
        mode: plan.app.mode,
    };
    plan.tab.name(&head.conversation_id, &head.message_id);
    let (ctx_of_run, head_of_run) = (ctx.clone(), head.clone());
    let start = move |ends| run(ctx_of_run, plan, head_of_run, ends).boxed();
    Reply {
        head,
        events: Ongoing::new(&ctx.platform, start),
    }
}

/// How an answer ended.
enum Finish {
    Done,
    Stopped,
    Failed(Error),
}

/// What can happen while it goes on.
enum Step {
    Model(Result<Piece>),
    ModelDone,
    Created(Result<Revision>),
    Outside(Signal),
    /// What came since the last checkpoint shall wait no longer.
    Due,
}

/// An answer as far as it has come.
#[derive(Default)]
struct Answer {
    text: String,
    /// What the model wrote, where a reader gets something else.
    written: Option<String>,
    usage: Option<model::Usage>,
    first: Option<Timestamp>,
    #[cfg(feature = "agents")]
    thoughts: Vec<crate::message::Thought>,
}

async fn run(ctx: Context, mut plan: Plan, head: Head, ends: Ends) {
    let Ends { events, signals } = ends;
    let mut records = Records::new(&ctx, &plan, &head);
    let screens = std::mem::take(&mut plan.screens);
    let (mut steps, model) = steps(&ctx, &plan, screens, &head, &records, signals);
    let mut answer = Answer::default();
    let mut finish = None;
    let mut created = false;
    // When what exists is to be stored next; nothing says so while only the first reader is there.
    let mut checkpoint: Option<Timestamp> = None;
    let mut followed: Option<Timestamp> = None;
    let mut is_new = false;
    while finish.is_none() || !created {
        // A follower gets the last words of a model that pauses, too.
        let due = checkpoint.filter(|_| created && is_new && followed.is_some());
        let step = match due {
            None => steps.next().await,
            Some(due) => {
                let wait = ctx.platform.clock.sleep(due.since(ctx.now()));
                match select(steps.next(), wait).await {
                    Either::Left((step, _)) => step,
                    Either::Right(_) => Some(Step::Due),
                }
            }
        };
        let Some(step) = step else {
            break;
        };
        match step {
            Step::Model(Ok(piece)) => {
                if let Some(event) = answer.take(piece, ctx.now()) {
                    is_new = true;
                    // Fails when nobody reads any more, which a signal says too.
                    let _ = events.unbounded_send(event);
                    yield_now().await;
                }
            }
            Step::Model(Err(error)) => {
                finish.get_or_insert(Finish::Failed(error));
            }
            Step::ModelDone => {
                finish.get_or_insert(Finish::Done);
            }
            Step::Created(Ok(version)) => {
                records.version = Some(version);
                created = true;
            }
            Step::Created(Err(error)) => {
                // There is no conversation to keep the answer in.
                model.abort();
                finish = Some(Finish::Failed(error));
                break;
            }
            // Whoever rejoined counts as a reader until the next sign is overdue, and has the grace window then.
            Step::Outside(Signal::Over(grace))
                if followed.is_some_and(|at| ctx.now().since(at) < SIGN + grace) => {}
            Step::Outside(Signal::Stop | Signal::Over(_) | Signal::Late) => {
                model.abort();
                finish.get_or_insert(Finish::Stopped);
            }
            Step::Outside(Signal::Left) => checkpoint = Some(ctx.now()),
            Step::Outside(Signal::Followed) => {
                // Stored even if nothing is new: so the follower knows that the model is still being asked.
                (followed, checkpoint) = (Some(ctx.now()), Some(ctx.now()));
            }
            Step::Due => {}
        }
        if checkpoint.is_some_and(|due| created && finish.is_none() && due <= ctx.now()) {
            #[cfg(feature = "agents")]
            records.message.agent_thoughts.clone_from(&answer.thoughts);
            records.checkpoint(&answer.text, ctx.now()).await;
            let pause = followed.map_or(CHECKPOINT, |_| FOLLOWED);
            (checkpoint, is_new) = (Some(ctx.now() + pause), false);
        }
    }
    drop(steps);
    #[cfg(feature = "agents")]
    if let Some(tools) = &plan.tools {
        plan.resources = tools.cited();
    }
    let last = end(&ctx, &plan, &mut records, answer, finish, created).await;
    ceiling::leave(&plan.scope, plan.slot).await;
    let is_aloud = plan.is_aloud && matches!(last, Event::End(_));
    let _ = events.unbounded_send(last);
    // After the last word: nobody shall wait for a row of a list.
    if created {
        records.note(&ctx, &plan.tab).await;
    }
    if is_aloud {
        for event in audio::aloud(&ctx, &plan.app, &records.message.answer).await {
            let _ = events.unbounded_send(event);
        }
    }
}

/// What the model writes; or what is said without it.
fn deltas(plan: &Plan) -> BoxStream<'static, Result<Made>> {
    let prompt = match &plan.source {
        Source::Model(prompt) => prompt,
        Source::Said(text) => {
            return stream::iter([Ok(Made::Delta(Delta::Text(text.clone())))]).boxed();
        }
    };
    let mut parameters = prompt.parameters.clone();
    let request = ChatRequest {
        messages: prompt.messages.clone(),
        response_format: apps::response_format(&mut parameters),
        parameters,
        user: Some(plan.user.id.clone()),
        ..ChatRequest::default()
    };
    let llm = plan.llm.clone();
    #[cfg(feature = "agents")]
    if let Some(tools) = &plan.tools {
        return tools.run(llm, request);
    }
    async move { llm.stream(request).await }
        .try_flatten_stream()
        .map_ok(Made::Delta)
        .map_err(Error::from)
        .boxed()
}

/// Everything that happens, as one stream, and the handle that stops the model.
fn steps(
    ctx: &Context,
    plan: &Plan,
    screens: Screens,
    head: &Head,
    records: &Records,
    signals: impl Stream<Item = Signal> + Send + 'static,
) -> (BoxStream<'static, Step>, AbortHandle) {
    let deltas = screened(deltas(plan), screens)
        .map(Step::Model)
        .chain(stream::iter([Step::ModelDone]));
    let (deltas, model) = stream::abortable(deltas);
    let created =
        record::create(ctx.clone(), plan.scope.clone(), records.clone()).map(Step::Created);
    let wishes = wishes(
        ctx.clone(),
        plan.scope.clone(),
        plan.user.clone(),
        head.task_id.clone(),
    );
    let clock = ctx.platform.clock.clone();
    let limit = async move { clock.sleep(LIMIT).await };
    // The model first: nothing shall delay it.
    let steps = stream::select_all([
        deltas.boxed(),
        created.into_stream().boxed(),
        wishes.map(Step::Outside).boxed(),
        limit
            .map(|()| Step::Outside(Signal::Late))
            .into_stream()
            .boxed(),
        signals.map(Step::Outside).boxed(),
    ]);
    (steps.boxed(), model)
}

/// Stores the answer and says how it ended.
async fn end(
    ctx: &Context,
    plan: &Plan,
    records: &mut Records,
    answer: Answer,
    finish: Option<Finish>,
    created: bool,
) -> Event {
    let now = ctx.now();
    let info = plan.llm.info();
    let tokens = answer
        .usage
        .filter(|usage| usage.total_tokens() > 0)
        .unwrap_or_else(|| {
            let Source::Model(prompt) = &plan.source else {
                return model::Usage::default();
            };
            let written = answer.written.as_ref().unwrap_or(&answer.text);
            let completion_tokens = if written.is_empty() {
                0
            } else {
                let written = [model::Message::text(Role::Assistant, written)];
                plan.llm.count_tokens(&written) as u64
            };
            model::Usage {
                prompt_tokens: prompt.tokens as u64,
                completion_tokens,
                estimated: true,
            }
        });
    let begun = records.message.created_at;
    let first = answer.first.map(|first| first.since(begun));
    let usage = Usage::new(tokens, info.price.as_ref(), first, now.since(begun));
    let (status, failed) = match finish {
        Some(Finish::Done) => (Status::Normal, None),
        Some(Finish::Failed(error)) => (Status::Error, Some(error)),
        Some(Finish::Stopped) | None => (Status::Stopped, None),
    };
    if created {
        let message = &mut records.message;
        message.answer = answer.text;
        #[cfg(feature = "agents")]
        {
            message.agent_thoughts = answer.thoughts;
        }
        message.status = status;
        message.task_id.clear();
        message.error = failed.as_ref().map(|error| error.message().to_owned());
        message.usage = Some(usage.clone());
        message.updated_at = now;
        if let Err(error) = records.save(&plan.resources).await {
            return Event::Error(failed.unwrap_or(error));
        }
    }
    if created && failed.is_none() && plan.is_long {
        let (app, id) = (&plan.app, &records.message.conversation_id);
        if let Err(error) = memory::request(ctx, &app.tenant_id, &app.id, id).await {
            tracing::warn!(%error, conversation = id, "the next answer asks for a summary again");
        }
    }
    match failed {
        Some(error) => Event::Error(error),
        None => Event::End(Box::new(End {
            resources: plan.resources.clone(),
            annotation: plan
                .annotation
                .as_ref()
                .map(|found| found.annotation.clone()),
            usage,
            files: Vec::new(),
        })),
    }
}

impl Answer {
    /// Takes a piece in; gives what a reader sees of it.
    fn take(&mut self, piece: Piece, now: Timestamp) -> Option<Event> {
        let event = match piece {
            Piece::Text(text) => {
                self.text.push_str(&text);
                Event::Delta(text)
            }
            Piece::Replace(Replacement { text, written }) => {
                self.text.clone_from(&text);
                self.written = Some(written);
                Event::Replace(text)
            }
            Piece::Usage(usage) => {
                self.usage = Some(usage);
                return None;
            }
            #[cfg(feature = "agents")]
            Piece::Thought(thought) => {
                thought.clone().put(&mut self.thoughts);
                return Some(Event::Thought(thought));
            }
        };
        self.first.get_or_insert(now);
        Some(event)
    }
}

/// Lets the reader take what there is before more is made.
async fn yield_now() {
    let mut yielded = false;
    poll_fn(|task| {
        if std::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        task.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
