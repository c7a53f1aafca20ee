//! A run: what happens to a plan. It decides, and asks the host for everything else.

mod agents;
mod ask;
mod container;
mod emit;
mod frame;
mod journal;
mod outcome;
mod pool;
mod rounds;
mod schedule;
mod start;
mod stream;

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

pub(crate) use ask::{files_of, lasting};
pub use journal::{Change, Entry, Journal, Replay};
pub(crate) use pool::Cx;
pub use start::Start;

use crate::{
    Error, ErrorKind, Event, ExecutionId, Failure, Limits, Map, Reply, Result, Task, TaskId, Value,
    arena::Ix,
    plan::{Node, Plan},
    selector::SYS,
};
use agents::Agents;
use ask::Pending;
use container::Containers;
use frame::{Frame, FrameId, Frames};
use stream::Shown;

/// What the host is to do next.
#[derive(Debug)]
pub enum Step {
    /// Show this to whoever watches.
    Emit(Event),
    /// Do this and answer with [`Run::handle`]; polling goes on meanwhile. Before it is done, what
    /// [`Run::take_journal`] gives should be kept: from then on the run can be repeated without doing it again.
    Execute(Task),
    /// The answer is not wanted any more.
    Cancel(TaskId),
    /// Nothing to do before an answer comes or the time is reached.
    Suspend(Suspend),
    /// The run has ended. Every further poll says so again.
    Done(Arc<Outcome>),
}

/// Why nothing can be done now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suspend {
    /// Tasks whose answers are awaited.
    pub tasks: usize,
    /// When to poll again at the latest, in milliseconds since 1970.
    pub until: Option<i64>,
    /// Whether only people are waited for: the run may be put aside for long.
    pub for_people: bool,
}

/// What the host tells the run.
#[derive(Debug, Clone)]
pub enum Input {
    /// A piece of the text that a task writes.
    Delta {
        /// Which task.
        task: TaskId,
        /// The piece.
        text: Arc<str>,
    },
    /// A task's answer.
    Reply {
        /// Which task.
        task: TaskId,
        /// The answer.
        reply: Reply,
    },
    /// The run is to end.
    Stop {
        /// Such as `Stopped by user.`.
        reason: Arc<str>,
    },
}

/// How a run ended.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// `succeeded`, `partial-succeeded`, `failed` or `stopped`.
    pub status: crate::Status,
    /// The outputs of the end nodes that were reached, or `answer` and `files`.
    pub outputs: Arc<Map>,
    /// Why it failed or was stopped.
    pub error: Option<Arc<str>>,
    /// Conversation variables with their values now.
    pub conversation: Arc<Map>,
    /// Tokens of all nodes.
    pub total_tokens: u64,
    /// Nodes that were started.
    pub total_steps: u64,
    /// Nodes that failed and whose error strategy went on.
    pub exceptions: u64,
    /// Milliseconds in which the run worked.
    pub elapsed: u64,
}

/// A node's execution.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Running {
    pub(crate) index: u64,
    pub(crate) id: ExecutionId,
    pub(crate) started: i64,
    /// From 1.
    pub(crate) attempt: u32,
}

/// What happens at a time.
#[derive(Debug, Clone, Copy)]
enum Wake {
    Retry {
        frame: FrameId,
        node: Ix<Node>,
        running: Running,
    },
    Expire(TaskId),
}

/// A run of a plan. See the crate's documentation for the loop around it.
#[derive(Debug)]
pub struct Run {
    plan: Arc<Plan>,
    start: Arc<Start>,
    limits: Limits,
    frames: Frames,
    root: FrameId,
    containers: Containers,
    ready: VecDeque<(FrameId, Ix<Node>)>,
    tasks: BTreeMap<TaskId, Pending>,
    agents: Agents,
    next_task: u64,
    timers: BTreeMap<(i64, u64), Wake>,
    next_timer: u64,
    sys: Vec<Value>,
    env: Vec<Value>,
    conversation: Vec<Value>,
    out: VecDeque<Step>,
    journal: Vec<Entry>,
    now: i64,
    started: i64,
    /// Milliseconds in which something other than a person was waited for.
    active: u64,
    seq: u64,
    index: u64,
    steps: u64,
    tokens: u64,
    exceptions: u64,
    outputs: Map,
    /// The text that is out.
    shown: Vec<Shown>,
    is_paused: bool,
    done: Option<Arc<Outcome>>,
    seed: u128,
    /// Kept between uses: skipped nodes whose edges are to be decided.
    open_edges: Vec<(Ix<Node>, Option<u16>)>,
}

impl Run {
    /// Begins a run. `now` is in milliseconds since 1970, here and wherever it is asked for.
    ///
    /// # Errors
    /// [`ErrorKind::Input`] when the root does not exist or a variable is of another type than declared.
    pub fn start(plan: Arc<Plan>, start: Start, limits: Limits, now: i64) -> Result<Self> {
        let root_scope = plan.root;
        let nodes = &plan.scopes[root_scope].nodes;
        let named = |ix: &&Ix<Node>| {
            start
                .root
                .as_ref()
                .is_some_and(|root| nodes[**ix].id == *root)
        };
        let is_start = |ix: &&Ix<Node>| &*nodes[**ix].kind == "start";
        let first = match &start.root {
            Some(root) => plan.roots.iter().find(named).ok_or_else(|| {
                Error::new(
                    ErrorKind::Input,
                    format!("a run cannot start from `{root}`"),
                )
            })?,
            None => plan
                .roots
                .iter()
                .find(is_start)
                .or(plan.roots.first())
                .ok_or_else(|| Error::new(ErrorKind::Input, "there is nothing to start from"))?,
        };
        let first = *first;
        let sys = SYS.iter().map(|key| match start.sys.get(*key) {
            None if *key == "files" => Value::Array(Arc::default()),
            value => value.cloned().unwrap_or_default(),
        });
        let sys = sys.collect();
        let env = declared(&plan.env, &start.env, "env")?;
        let conversation = declared(&plan.conversation, &start.conversation, "conversation")?;
        let mut frames = Frames::default();
        let root = frames.insert(Frame::new(root_scope, &plan.scopes[root_scope]));
        let seed = emit::hash(&[start.run_id.as_bytes()]);
        let mut run = Self {
            frames,
            root,
            limits,
            containers: Containers::default(),
            ready: VecDeque::new(),
            tasks: BTreeMap::new(),
            agents: Agents::default(),
            next_task: 1,
            timers: BTreeMap::new(),
            next_timer: 0,
            sys,
            env,
            conversation,
            out: VecDeque::new(),
            journal: Vec::new(),
            now,
            started: now,
            active: 0,
            seq: 0,
            index: 0,
            steps: 0,
            tokens: 0,
            exceptions: 0,
            shown: Vec::new(),
            outputs: Map::default(),
            is_paused: false,
            done: None,
            seed,
            open_edges: Vec::new(),
            start: Arc::new(start),
            plan,
        };
        run.emit_started("initial");
        run.open_frame(root, first);
        Ok(run)
    }

    /// The next thing to do.
    pub fn poll(&mut self, now: i64) -> Step {
        loop {
            if let Some(step) = self.out.pop_front() {
                return step;
            }
            if let Some(outcome) = &self.done {
                return Step::Done(outcome.clone());
            }
            self.tick(now);
            if !self.out.is_empty() || self.done.is_some() || self.advance() {
                continue;
            }
            if self.wake_due() || !self.out.is_empty() || self.done.is_some() {
                continue;
            }
            return Step::Suspend(self.suspend());
        }
    }

    /// Takes an answer, a piece of text or an order to stop. Answers that come after a cancellation are dropped.
    ///
    /// # Errors
    /// [`ErrorKind::State`] when the task was never asked for.
    pub fn handle(&mut self, input: Input, now: i64) -> Result<()> {
        // What can run has run when an answer is taken: so the order of answers alone decides, and a journal repeats it.
        self.settle_all();
        self.pass(now);
        match input {
            Input::Delta { task, text } => {
                self.known(task)?;
                self.delta(task, &text);
            }
            Input::Reply { task, reply } => {
                self.known(task)?;
                if let Some(pending) = self.tasks.get(&task) {
                    let entry = self.entry(pending, reply.clone());
                    self.journal.push(entry);
                    self.reply(task, reply);
                }
            }
            Input::Stop { reason } => {
                if self.done.is_none() {
                    self.journal.push(Entry::at(
                        self.now,
                        Change::Stopped {
                            reason: reason.clone(),
                        },
                    ));
                    self.stop(reason);
                }
            }
        }
        Ok(())
    }

    /// Conversation variables with their values now.
    pub fn conversation(&self) -> Map {
        let names = self
            .plan
            .conversation
            .iter()
            .map(|declared| declared.name.clone());
        names.zip(self.conversation.iter().cloned()).collect()
    }

    /// What happened since the last call, to be kept.
    pub fn take_journal(&mut self) -> Vec<Entry> {
        std::mem::take(&mut self.journal)
    }

    /// Tasks that were given out and not answered, oldest first.
    pub fn pending(&self) -> impl Iterator<Item = TaskId> {
        self.tasks.keys().copied()
    }

    fn known(&self, task: TaskId) -> Result<()> {
        if task.0 < self.next_task {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::State,
            format!("there is no task {}", task.0),
        ))
    }

    /// Time passes.
    fn pass(&mut self, now: i64) {
        let passed = now.saturating_sub(self.now);
        if passed > 0 {
            if !self.ready.is_empty()
                || self.tasks.values().any(|task| !task.is_for_people())
                || self.retries()
            {
                self.active += passed as u64;
            }
            self.now = now;
        }
    }

    fn retries(&self) -> bool {
        self.timers
            .values()
            .any(|wake| matches!(wake, Wake::Retry { .. }))
    }

    /// Time passes, and what was due happens.
    fn tick(&mut self, now: i64) {
        self.pass(now);
        if self.active > self.limits.time {
            let limit = self.limits.time;
            self.fail_run(Failure::lasting(
                "TimeLimit",
                format!("the run took longer than its limit of {limit} ms"),
            ));
        }
    }

    /// Does what is due, once nothing else can run: as with answers, see [`Self::handle`].
    fn wake_due(&mut self) -> bool {
        let is_due = self
            .timers
            .first_key_value()
            .is_some_and(|((due, _), _)| *due <= self.now);
        if is_due {
            self.journal.push(Entry::at(self.now, Change::Woke));
            self.wake();
        }
        is_due
    }

    fn wake(&mut self) {
        while let Some(first) = self.timers.first_entry() {
            if first.key().0 > self.now {
                break;
            }
            match first.remove() {
                Wake::Retry {
                    frame,
                    node,
                    running,
                } => {
                    let running = Running {
                        attempt: running.attempt + 1,
                        ..running
                    };
                    self.work(frame, node, running);
                }
                Wake::Expire(task) => self.expire(task),
            }
        }
    }

    fn timer(&mut self, due: i64, wake: Wake) {
        self.next_timer += 1;
        self.timers.insert((due, self.next_timer), wake);
    }

    /// Runs the next node; false when there is none.
    fn advance(&mut self) -> bool {
        while let Some((frame, node)) = self.ready.pop_front() {
            if self.frames.get(frame).is_some() {
                self.step(frame, node);
                return true;
            }
        }
        if self.tasks.is_empty() && self.timers.is_empty() && self.done.is_none() {
            // Every frame ends when its last node does: if one did not, say so instead of waiting for ever.
            self.fail_run(Failure::lasting(
                "InternalError",
                "the run has nothing to do and has not ended",
            ));
            return true;
        }
        if !self.is_paused
            && !self.tasks.is_empty()
            && self.tasks.values().all(Pending::is_for_people)
            && !self.retries()
        {
            self.is_paused = true;
            self.emit_paused();
        }
        false
    }

    fn suspend(&self) -> Suspend {
        let due = self.timers.first_key_value().map(|((due, _), _)| *due);
        let works = self.retries() || self.tasks.values().any(|task| !task.is_for_people());
        let limit = works.then(|| {
            self.now
                .saturating_add_unsigned(self.limits.time.saturating_sub(self.active) + 1)
        });
        Suspend {
            tasks: self.tasks.len(),
            until: due.into_iter().chain(limit).min(),
            for_people: !works,
        }
    }

    fn cx<'a>(&'a self, frame: FrameId, node: &'a Node) -> Cx<'a> {
        Cx {
            start: &self.start,
            limits: &self.limits,
            frames: &self.frames,
            containers: &self.containers,
            sys: &self.sys,
            env: &self.env,
            conversation: &self.conversation,
            frame,
            node,
            now: self.now,
        }
    }
}

/// Declared variables with the values that were given.
fn declared(list: &[crate::plan::Declared], given: &Map, scope: &str) -> Result<Vec<Value>> {
    let mut values = Vec::with_capacity(list.len());
    for variable in list {
        let value = given
            .get(&variable.name)
            .cloned()
            .unwrap_or_else(|| variable.value.clone());
        let value = match (variable.kind, value) {
            (crate::Type::Secret, Value::String(text)) => Value::Secret(text),
            (_, value) => value,
        };
        if !variable.kind.admits(&value) {
            let message = format!(
                "is of type {}, declared is {}",
                value.type_name(),
                variable.kind.name()
            );
            let mut error = Error::new(ErrorKind::Input, message);
            error.field = format!("{scope}.{}", variable.name);
            return Err(error);
        }
        values.push(value);
    }
    Ok(values)
}
