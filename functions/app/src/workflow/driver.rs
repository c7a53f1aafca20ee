//! The loop around a run: it polls the engine, does what it asks, keeps the journal, and shows the events.
//!
//! A driver is a task of its own: a client that leaves does not end it. Before anything outside is touched, what was
//! decided so far is committed; so whoever takes a run over repeats no effect that was answered.

mod people;
mod turn;

use std::{collections::BTreeMap, future::poll_fn, sync::Arc, task::Poll, time::Duration};

use futures::{
    FutureExt, StreamExt,
    channel::mpsc,
    future::{AbortHandle, BoxFuture, abortable, pending},
    stream::FuturesUnordered,
};
use ports::{Commit, Job};
use serde_json::{Value, json};
use workflow::{Effect, Input, Journal, Outcome, Reply, Run, Step, Suspend, Task, TaskId};

use self::turn::Turn;
use super::{
    chatflow,
    effect::Hands,
    flow::Flow,
    form, inspect,
    journal::{Event, LEASE_TIME, Log},
    record::{GRAPH, Record, START, list_run, pack},
    resume,
    stop::{stop_child, stopped},
    tally::Tally,
};
use crate::{Context, Error, Kind, Result, chat, telemetry};

/// Text that is on its way is kept for those who rejoin at least this often.
const TEXT: Duration = Duration::from_millis(500);

/// Steps without a pause: others want to go on too.
const TURN: u32 = 256;

/// Drives one run.
pub(super) struct Driver {
    pub(super) hands: Arc<Hands>,
    pub(super) flow: Arc<Flow>,
    pub(super) record: Record,
    pub(super) run: Run,
    pub(super) log: Log,
    pub(super) tally: Tally,
    /// Whether the graph must be kept with the run: it is of no published version.
    pub(super) keeps_graph: bool,
    pub(super) deltas: mpsc::UnboundedReceiver<(TaskId, Arc<str>)>,
    out: mpsc::UnboundedSender<Event>,
    /// Shown when the run exists.
    unsent: Vec<Event>,
    last: Option<workflow::Event>,
    /// Of a chatflow: what was said so far.
    answer: String,
    /// What a node is about to ask a person: the event waits for the form's address.
    asking: Option<(Value, u64)>,
    /// Forms that people were asked to fill in.
    people: Vec<Task>,
    /// Forms that the next commit makes.
    forms: Vec<form::Asked>,
    /// The addresses of forms, by their ids.
    pub(super) tokens: BTreeMap<String, Option<String>>,
    works: FuturesUnordered<BoxFuture<'static, Option<(TaskId, Reply)>>>,
    handles: BTreeMap<TaskId, AbortHandle>,
    /// Keys of the calls of tools under way: such a call may have begun a run.
    calls: BTreeMap<TaskId, Arc<str>>,
    slot: Option<chat::Slot>,
    turn: Turn,
}

/// What ends a wait.
enum Woken {
    Delta(TaskId, Arc<str>),
    Reply(TaskId, Reply),
    Stop,
    Time,
}

impl Driver {
    /// A driver, and what it will show.
    #[allow(
        clippy::too_many_arguments,
        reason = "a constructor of what belongs together"
    )]
    pub(super) fn new(
        hands: Hands,
        deltas: mpsc::UnboundedReceiver<(TaskId, Arc<str>)>,
        flow: Arc<Flow>,
        record: Record,
        run: Run,
        log: Log,
        slot: Option<chat::Slot>,
    ) -> (Self, mpsc::UnboundedReceiver<Event>) {
        let (out, events) = mpsc::unbounded();
        let driver = Self {
            turn: Turn::new(&hands.ctx.platform.runtime),
            hands: Arc::new(hands),
            flow,
            keeps_graph: record.version == "draft",
            record,
            run,
            log,
            tally: Tally::default(),
            deltas,
            out,
            unsent: Vec::new(),
            last: None,
            answer: String::new(),
            asking: None,
            people: Vec::new(),
            forms: Vec::new(),
            tokens: BTreeMap::new(),
            works: FuturesUnordered::new(),
            handles: BTreeMap::new(),
            calls: BTreeMap::new(),
            slot,
        };
        (driver, events)
    }

    /// Runs it to its end, beside the request.
    pub(super) fn spawn(self) {
        let spawn = self.hands.ctx.platform.spawn.clone();
        spawn.spawn(self.drive().boxed());
    }

    /// Runs it to its end.
    pub(super) async fn drive(mut self) {
        let driven = self.go().await;
        chat::leave(&self.hands.scope, self.slot.take()).await;
        let Err(error) = driven else { return };
        tracing::error!(%error, run = self.record.id, "a run cannot be driven on");
        // Whoever waits hears of it; the queue gives the run to another driver if it exists.
        let data = json!({ "code": "internal_server_error", "status": 500,
            "message": "Internal Server Error, please contact support." });
        let _ = self.out.unbounded_send(Event {
            id: self.log.last_event + 1,
            name: "error".to_owned(),
            data,
            seq: 0,
        });
    }

    async fn go(&mut self) -> Result<()> {
        let ctx = self.hands.ctx.clone();
        let mut stop: BoxFuture<'static, ()> =
            stopped(ctx.clone(), self.hands.scope.clone(), self.record.clone()).boxed();
        let mut start: Vec<Task> = Vec::new();
        let mut turns = 0;
        loop {
            turns += 1;
            if turns % TURN == 0 {
                if !self.log.exists() {
                    self.commit().await?;
                }
                yield_now().await;
            }
            match self.run.poll(now(&ctx)) {
                Step::Emit(event) => self.show(event),
                Step::Execute(task) => {
                    self.ask(&task);
                    start.push(task);
                }
                Step::Cancel(task) => {
                    let waiting = start.iter().find(|waiting| waiting.id == task);
                    let waiting = waiting.map(|waiting| waiting.idempotency_key.clone());
                    if let Some(key) = self.calls.remove(&task).or(waiting) {
                        let (hands, above) = (&self.hands, &self.record.id);
                        stop_child(&ctx, &hands.tenant_id, above, &key).await?;
                    }
                    start.retain(|waiting| waiting.id != task);
                    self.people.retain(|waiting| waiting.id != task);
                    if let Some(handle) = self.handles.remove(&task) {
                        handle.abort();
                    }
                }
                Step::Done(outcome) => return self.finish(&outcome).await,
                Step::Suspend(suspend) => {
                    self.keep(!start.is_empty()).await?;
                    if self.is_spent() {
                        return self.rest().await;
                    }
                    let mut is_answered = false;
                    for task in start.drain(..) {
                        is_answered |= self.begin(task).await?;
                    }
                    if is_answered {
                        continue;
                    }
                    // Whoever is paused hears no wish to stop.
                    if suspend.for_people && !self.is_unwanted().await? {
                        return self.pause().await;
                    }
                    self.wait(&suspend, &mut stop).await?;
                }
            }
        }
    }

    /// Commits what there is to commit. Text alone may wait a little.
    async fn keep(&mut self, is_urgent: bool) -> Result<()> {
        self.log.entries.extend(self.run.take_journal());
        let age = Duration::from_millis(self.hands.ctx.now().0.saturating_sub(self.log.at));
        let is_due = (self.log.is_dirty() && age >= TEXT) || age * 3 >= LEASE_TIME;
        match is_urgent || !self.log.exists() || !self.log.entries.is_empty() || is_due {
            true => self.commit().await,
            false => Ok(()),
        }
    }

    async fn commit(&mut self) -> Result<()> {
        for form in std::mem::take(&mut self.forms) {
            form.put(&self.hands.ctx, &self.hands.tenant_id, &self.record)
                .await?;
        }
        if self.log.exists() {
            self.log.commit(Commit::new(), None).await?;
            self.release();
            return Ok(());
        }
        // The job first: a run that exists is always driven to its end by somebody.
        let job: Job = resume::job(&self.hands.tenant_id, &self.record.id, 0, LEASE_TIME)?;
        self.hands.ctx.platform.queue.send(vec![job]).await?;
        let record = self.record.clone();
        let first = self.first().await?;
        self.log.commit(first, Some(&record)).await?;
        self.release();
        Ok(())
    }

    /// What the first commit writes beside the record.
    async fn first(&mut self) -> Result<Commit> {
        let (scope, id) = (&self.hands.scope, &self.record.id);
        let begun = Journal {
            entries: Vec::new(),
            ..self.run.snapshot(&[])
        };
        let mut commit = Commit::new().put(START, pack(scope, id, START, &begun).await?);
        if self.keeps_graph {
            commit = commit.put(GRAPH, pack(scope, id, GRAPH, &self.flow.workflow).await?);
        }
        Ok(commit)
    }

    /// Starts an effect. True when it is a form that somebody has answered already.
    async fn begin(&mut self, task: Task) -> Result<bool> {
        if matches!(*task.effect, Effect::Human(_)) {
            if let Some(reply) = form::answer(&self.hands.scope, &self.record.id, &task).await? {
                let reply = Reply::Form(reply);
                self.tell(Input::Reply {
                    task: task.id,
                    reply,
                })?;
                return Ok(true);
            }
            self.people.push(task.clone());
        }
        if matches!(*task.effect, Effect::Tool(_) | Effect::AgentCall(_)) {
            self.calls.insert(task.id, task.idempotency_key.clone());
        }
        let (hands, id) = (self.hands.clone(), task.id);
        let work = async move { (id, hands.perform(&task).await) };
        let (work, handle) = abortable(work);
        self.handles.insert(id, handle);
        self.works.push(work.map(std::result::Result::ok).boxed());
        Ok(false)
    }

    async fn wait(&mut self, suspend: &Suspend, stop: &mut BoxFuture<'static, ()>) -> Result<()> {
        let ctx = self.hands.ctx.clone();
        let mut longest = self.turn.wait(LEASE_TIME / 3);
        if self.log.is_dirty() {
            longest = longest.min(TEXT);
        }
        if let Some(until) = suspend.until {
            let left = u64::try_from(until.saturating_sub(now(&ctx))).unwrap_or_default();
            longest = longest.min(Duration::from_millis(left));
        }
        let mut sleep = ctx.platform.clock.sleep(longest);
        let woken = poll_fn(|cx| {
            if let Poll::Ready(Some((task, text))) = self.deltas.poll_next_unpin(cx) {
                return Poll::Ready(Woken::Delta(task, text));
            }
            while let Poll::Ready(Some(done)) = self.works.poll_next_unpin(cx) {
                // One that was cancelled says nothing.
                if let Some((task, reply)) = done {
                    return Poll::Ready(Woken::Reply(task, reply));
                }
            }
            // What was said while an effect was polled.
            if let Poll::Ready(Some((task, text))) = self.deltas.poll_next_unpin(cx) {
                return Poll::Ready(Woken::Delta(task, text));
            }
            if stop.poll_unpin(cx).is_ready() {
                return Poll::Ready(Woken::Stop);
            }
            sleep.poll_unpin(cx).map(|()| Woken::Time)
        })
        .await;
        drop(sleep);
        match woken {
            Woken::Delta(task, text) => self.tell(Input::Delta { task, text })?,
            Woken::Reply(task, reply) => {
                // The text that was said before the answer was complete.
                while let Some(Some((task, text))) = self.deltas.next().now_or_never() {
                    self.tell(Input::Delta { task, text })?;
                }
                self.handles.remove(&task);
                // A run below that was stopped fails: who stopped it may have meant this one, and said so before.
                if self.calls.remove(&task).is_some()
                    && has_failed(&reply)
                    && self.is_unwanted().await?
                {
                    return self.stop();
                }
                self.people.retain(|waiting| waiting.id != task);
                self.tally.take(&reply);
                self.tell(Input::Reply { task, reply })?;
            }
            Woken::Stop => {
                *stop = pending().boxed();
                self.stop()?;
            }
            Woken::Time => {}
        }
        Ok(())
    }

    /// Somebody wants the run to end.
    pub(super) fn stop(&mut self) -> Result<()> {
        let reason = "Stopped by user.".into();
        self.tell(Input::Stop { reason })
    }

    fn tell(&mut self, input: Input) -> Result<()> {
        let now = now(&self.hands.ctx);
        self.run
            .handle(input, now)
            .map_err(|error| Error::new(Kind::Internal, error.to_string()))
    }

    /// Shows an event of the engine; the last waits for the last commit.
    fn show(&mut self, event: workflow::Event) {
        let seq = event.seq;
        let is_chat = self.record.chat.is_some();
        let (name, data) = match &event.kind {
            workflow::EventKind::WorkflowFinished(_) => {
                self.last = Some(event);
                return;
            }
            workflow::EventKind::TextChunk(chunk) if is_chat => {
                self.answer.push_str(&chunk.text);
                let data = json!({ "answer": chunk.text, "from_variable_selector": chunk.from_variable_selector });
                ("message", data)
            }
            workflow::EventKind::TextReplace(stands) if is_chat => {
                self.answer = stands.text.to_string();
                let data = json!({ "answer": stands.text, "reason": "" });
                ("message_replace", data)
            }
            workflow::EventKind::HumanInputRequired(form) => {
                self.asking = Some((serde_json::to_value(form).unwrap_or_default(), seq));
                return;
            }
            kind => (kind.name(), serde_json::to_value(kind).unwrap_or_default()),
        };
        let mut data = data;
        if let workflow::EventKind::WorkflowPaused(_) = &event.kind {
            self.name_forms(&mut data);
        }
        if let (workflow::EventKind::ReasoningChunk(_), Some(turn)) =
            (&event.kind, &self.record.chat)
        {
            put(&mut data, "message_id", json!(turn.message_id));
        }
        self.send(name, data, seq);
    }

    fn send(&mut self, name: &str, data: Value, seq: u64) {
        self.log.last_event += 1;
        let event = Event {
            id: self.log.last_event,
            name: name.to_owned(),
            data,
            seq,
        };
        self.log.events.push(event.clone());
        self.unsent.push(event);
        // Nothing is told of a run that may still turn out not to exist, nor of a form.
        if self.log.exists() && self.forms.is_empty() {
            self.release();
        }
    }

    fn release(&mut self) {
        for event in self.unsent.drain(..) {
            // Fails when nobody reads any more, which does not end a run.
            let _ = self.out.unbounded_send(event);
        }
    }

    /// Keeps how it ended, then says so.
    async fn finish(&mut self, outcome: &Outcome) -> Result<()> {
        self.handles.values().for_each(AbortHandle::abort);
        self.log.entries.extend(self.run.take_journal());
        let scope = self.hands.scope.clone();
        let record = &mut self.record;
        record.status = json!(outcome.status)
            .as_str()
            .unwrap_or_default()
            .to_owned();
        record.outputs = serde_json::to_value(&outcome.outputs).ok();
        record.error = outcome.error.as_ref().map(ToString::to_string);
        record.elapsed = outcome.elapsed;
        record.total_tokens = outcome.total_tokens;
        record.total_steps = outcome.total_steps;
        record.exceptions_count = outcome.exceptions;
        record.finished_at = Some(self.hands.ctx.now());
        let record = self.record.clone();
        let mut end = None;
        if let Some(turn) = &record.chat {
            let told = chatflow::Told {
                answer: std::mem::take(&mut self.answer),
                usage: self.tally.usage(),
                asked: !self.tokens.is_empty(),
                resources: match turn.cites {
                    true => self.tally.resources(),
                    false => Vec::new(),
                },
            };
            let plan = &self.flow.plan;
            end = Some(
                chatflow::finish(&self.hands.ctx, &scope, &record, turn, plan, outcome, told)
                    .await?,
            );
        }
        let finished = self.last.take().map(|event| {
            let data = serde_json::to_value(&event.kind).unwrap_or_default();
            (data, event.seq)
        });
        let was_new = !self.log.exists();
        let first = match was_new {
            true => self.first().await?,
            false => Commit::new(),
        };
        let (data, seq) = finished.unwrap_or_default();
        // As if the run did not exist: what comes now is told after the commit.
        let mut tail: Vec<(&str, Value, u64)> = vec![("workflow_finished", data, seq)];
        if let Some(end) = end {
            match record.status.as_str() {
                "failed" => {
                    let message = format!(
                        "Run failed: {}",
                        record.error.as_deref().unwrap_or_default()
                    );
                    let data =
                        json!({ "code": "invalid_param", "message": message, "status": 400 });
                    tail.push(("error", data, 0));
                }
                "stopped" => tail.push(("message_end", end, 0)),
                _ => tail.insert(0, ("message_end", end, 0)),
            }
        }
        let mut late = Vec::new();
        for (name, data, seq) in tail {
            self.log.last_event += 1;
            let event = Event {
                id: self.log.last_event,
                name: name.to_owned(),
                data,
                seq,
            };
            self.log.events.push(event.clone());
            late.push(event);
        }
        if record.is_trial() {
            let (flow, log) = (&self.flow, &self.log);
            inspect::keep(&self.hands.ctx, &scope, flow, &record, log, outcome).await?;
        }
        // Before the run's own last commit: a run that is known to have ended is in the list.
        list_run(&scope, &record).await?;
        self.log.commit(first, Some(&record)).await?;
        telemetry::ran(&self.hands.ctx, &record);
        self.unsent.append(&mut late);
        self.release();
        Ok(())
    }

    /// Puts back what was said before this driver took over.
    pub(super) fn remember(&mut self, events: &[Event]) {
        self.answer = super::watch::answer(events);
    }
}

/// Whether a call of a tool came to nothing.
fn has_failed(reply: &Reply) -> bool {
    match reply {
        Reply::Failed(_) => true,
        Reply::Called(result) => result.is_error,
        _ => false,
    }
}

/// The engine's clock.
pub(super) fn now(ctx: &Context) -> i64 {
    i64::try_from(ctx.now().0).unwrap_or(i64::MAX)
}

pub(super) fn put(data: &mut Value, key: &str, value: Value) {
    if let Value::Object(fields) = data {
        fields.insert(key.to_owned(), value);
    }
}

/// Lets others take their turn.
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
