//! The journal: what came from outside, in order. A run is decided by its plan, its start and its journal alone, so
//! these three repeat it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Run, Start, Step, ask::Pending};
use crate::{Error, ErrorKind, Limits, Reply, Result, TaskId, plan::Plan};

/// One thing that came from outside.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// When, in milliseconds since 1970.
    pub at: i64,
    /// What.
    pub change: Change,
}

/// Kinds of things that come from outside.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// A task was answered.
    Replied {
        /// [`crate::Task::key`].
        key: Arc<str>,
        /// The node's type.
        node_type: Arc<str>,
        /// [`crate::Task::inputs_hash`].
        inputs_hash: Arc<str>,
        /// [`crate::Task::idempotency_key`].
        idempotency_key: Arc<str>,
        /// Milliseconds that it took.
        elapsed: u64,
        /// The answer, with its usage.
        reply: Reply,
    },
    /// The time came for something: another attempt, the end of a form.
    Woke,
    /// The run was stopped.
    Stopped {
        /// Why.
        reason: Arc<str>,
    },
}

/// A run on record, from which it can go on.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Journal {
    /// What it began with. Environment variables are not in here: see [`Start::env`].
    pub start: Start,
    /// When it began.
    pub at: i64,
    /// What came from outside since.
    pub entries: Vec<Entry>,
}

/// How to repeat a run.
#[derive(Debug, Clone, Copy, Default)]
pub struct Replay {
    /// Events up to this number were seen; only later ones are given out again.
    pub seen: u64,
    /// A fork: recorded answers to tasks that ask for something else now are left out, and so are answers that nobody
    /// asks for; the rest of the run happens anew. Otherwise both are errors. Also for a run whose secrets have changed
    /// since: what was asked with the old ones is asked again.
    pub is_fork: bool,
}

impl Entry {
    pub(super) fn at(at: i64, change: Change) -> Self {
        Self { at, change }
    }
}

impl Journal {
    /// The journal of a run that begins anew at `node`: what does not depend on it is kept. Change `start.inputs` or
    /// `start.pinned` to fork with edited values, and give `start` an id of its own.
    ///
    /// # Errors
    /// [`ErrorKind::Input`] when there is no such node.
    pub fn fork(&self, plan: &Plan, node: &str, start: Start) -> Result<Self> {
        let anew = plan.downstream(node);
        if anew.is_empty() {
            return Err(Error::new(
                ErrorKind::Input,
                format!("there is no node `{node}` to fork from"),
            ));
        }
        let is_kept = |entry: &&Entry| match &entry.change {
            Change::Replied { key, .. } => {
                let outermost = key.split(['[', '#', '/']).next().unwrap_or_default();
                !anew.iter().any(|id| **id == *outermost)
            }
            Change::Woke => true,
            Change::Stopped { .. } => false,
        };
        Ok(Self {
            start,
            at: self.at,
            entries: self.entries.iter().filter(is_kept).cloned().collect(),
        })
    }
}

impl Run {
    /// A record of this run so far: begin with `journal` as it was kept, add what is not kept yet.
    pub fn snapshot(&self, kept: &[Entry]) -> Journal {
        let entries = kept.iter().chain(&self.journal).cloned().collect();
        Journal {
            start: (*self.start).clone(),
            at: self.started,
            entries,
        }
    }

    /// Goes on where a record ends. Tasks that were given out and not answered are given out again, under the same
    /// keys: each effect happens at least once, and a host that drops keys it has seen makes that once.
    ///
    /// # Errors
    /// [`ErrorKind::Replay`] when the record does not belong to this plan; the node is named.
    pub fn resume(
        plan: Arc<Plan>,
        journal: &Journal,
        limits: Limits,
        replay: Replay,
        now: i64,
    ) -> Result<Self> {
        let mut run = Self::start(plan, journal.start.clone(), limits, journal.at)?;
        let mut used = Vec::new();
        for entry in &journal.entries {
            run.settle_all();
            run.pass(entry.at);
            match &entry.change {
                Change::Replied {
                    key,
                    inputs_hash,
                    reply,
                    ..
                } => match run.matching(key, inputs_hash, replay.is_fork)? {
                    Some(task) => run.reply(task, reply.clone()),
                    None => continue,
                },
                Change::Woke => run.wake(),
                Change::Stopped { reason } => run.stop(reason.clone()),
            }
            if replay.is_fork {
                used.push(entry.clone());
            }
        }
        // Up to where the last host was: what it has shown is not shown again.
        run.settle_all();
        run.forget_shown(replay.seen);
        // The time in which nobody ran it does not count.
        run.now = run.now.max(now);
        if replay.is_fork {
            run.journal = used;
        }
        Ok(run)
    }

    /// Runs everything that needs no answer.
    pub(super) fn settle_all(&mut self) {
        while self.done.is_none() && self.advance() {}
    }

    fn matching(&self, key: &str, inputs_hash: &str, is_fork: bool) -> Result<Option<TaskId>> {
        let found = self
            .tasks
            .iter()
            .find(|(_, pending)| *pending.task.key == *key);
        match found {
            Some((id, pending)) if *pending.task.inputs_hash == *inputs_hash => Ok(Some(*id)),
            _ if is_fork => Ok(None),
            Some(_) => Err(replay_error(
                key,
                "the record answers another question than is asked now",
            )),
            None => Err(replay_error(key, "the record answers what nobody asks")),
        }
    }

    /// Drops what the last host has shown or done, and asks again for what was not answered.
    fn forget_shown(&mut self, seen: u64) {
        self.out.retain(|step| match step {
            Step::Emit(event) => event.seq > seen,
            Step::Execute(task) => self.tasks.contains_key(&task.id),
            Step::Cancel(_) => false,
            Step::Suspend(_) | Step::Done(_) => true,
        });
    }

    pub(super) fn entry(&self, pending: &Pending, reply: Reply) -> Entry {
        let change = Change::Replied {
            key: pending.task.key.clone(),
            node_type: pending.task.node_type.clone(),
            inputs_hash: pending.task.inputs_hash.clone(),
            idempotency_key: pending.task.idempotency_key.clone(),
            elapsed: self.now.saturating_sub(pending.running.started).max(0) as u64,
            reply,
        };
        Entry::at(self.now, change)
    }
}

fn replay_error(key: &str, message: &str) -> Error {
    let node = key
        .rsplit('/')
        .next()
        .and_then(|last| last.split('#').next())
        .unwrap_or(key);
    Error::new(ErrorKind::Replay, message).at(&node.into(), "")
}
