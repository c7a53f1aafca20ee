//! Tasks: what the host was asked for and has not answered.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::{Run, Running, Step, Wake, emit::hash, frame::FrameId};
use crate::{
    Effect, Failure, FormReply, Map, Reply, Task, TaskId, Value,
    arena::Ix,
    nodes::{Ask, Output},
    plan::{Kind, Node},
    reasoning::Splitter,
};

/// A task that was given out.
#[derive(Debug)]
pub(crate) struct Pending {
    pub(super) frame: FrameId,
    pub(super) node: Ix<Node>,
    pub(super) running: Running,
    pub(super) inputs: Arc<Map>,
    pub(super) process_data: Option<Arc<Map>>,
    /// As it was given out, to be given out again after a restart.
    pub(super) task: Task,
    /// Takes thoughts out of the text on its way.
    splitter: Option<Splitter>,
    /// Bytes of text that it has written so far.
    pub(super) written: usize,
}

impl Pending {
    pub(crate) fn is_for_people(&self) -> bool {
        matches!(*self.task.effect, Effect::Human(_))
    }
}

/// A task that is to be given out.
pub(super) struct Asked {
    pub(super) key: Arc<str>,
    pub(super) effect: Effect,
    pub(super) inputs: Arc<Map>,
    pub(super) process_data: Option<Arc<Map>>,
}

impl Run {
    pub(super) fn ask(
        &mut self,
        frame: FrameId,
        ix: Ix<Node>,
        node: &Node,
        running: Running,
        ask: Ask,
    ) {
        let inputs = Arc::new(ask.inputs);
        match ask.effect {
            Effect::Agent(request) => {
                self.open_agent(frame, ix, node, running, *request, inputs);
            }
            effect => {
                let key = self.key(frame, node, running.attempt);
                let asked = Asked {
                    key,
                    effect,
                    inputs,
                    process_data: ask.process_data,
                };
                self.give(frame, ix, node, running, asked);
            }
        }
    }

    /// Gives a task to the host.
    pub(super) fn give(
        &mut self,
        frame: FrameId,
        ix: Ix<Node>,
        node: &Node,
        running: Running,
        asked: Asked,
    ) {
        let id = TaskId(self.next_task);
        self.next_task += 1;
        let key = asked.key;
        let effect = Arc::new(asked.effect);
        let digest = Sha256::digest(serde_json::to_vec(&*effect).unwrap_or_default());
        let inputs_hash: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        let idempotency_key = format!(
            "{:032x}",
            hash(&[self.start.run_id.as_bytes(), key.as_bytes()])
        );
        let splitter = match (&*effect, &node.work) {
            (Effect::Llm(_), Kind::Work(work)) if work.separates_reasoning() => {
                Some(Splitter::default())
            }
            _ => None,
        };
        let task = Task {
            id,
            node_id: node.id.clone(),
            node_type: node.kind.clone(),
            key,
            idempotency_key: idempotency_key.into(),
            inputs_hash: inputs_hash.into(),
            streams: node.feeds || splitter.is_some(),
            effect: effect.clone(),
        };
        if let Effect::Human(form) = &*effect {
            self.emit_form(node, running, form);
            self.timer(form.expires_at, Wake::Expire(id));
        }
        self.out.push_back(Step::Execute(task.clone()));
        let pending = Pending {
            frame,
            node: ix,
            running,
            inputs: asked.inputs,
            process_data: asked.process_data,
            task,
            splitter,
            written: 0,
        };
        self.tasks.insert(id, pending);
    }

    /// Where in the run: the node, below the rounds around it.
    pub(super) fn key(&self, frame: FrameId, node: &Node, attempt: u32) -> Arc<str> {
        let mut rounds = Vec::new();
        let mut above = self.frames.get(frame);
        while let Some(frame) = above {
            if let Some(container) = frame.container.and_then(|id| self.containers.get(id))
                && let Some(home) = self.frames.get(container.frame)
            {
                let name = &self.plan.scopes[home.scope].nodes[container.node].id;
                rounds.push(format!("{name}[{}]/", frame.index));
            }
            above = frame.parent.and_then(|id| self.frames.get(id));
        }
        let path: String = rounds.into_iter().rev().collect();
        format!("{path}{}#{attempt}", node.id).into()
    }

    pub(super) fn delta(&mut self, task: TaskId, text: &Arc<str>) {
        let plan = self.plan.clone();
        let Some(pending) = self.tasks.get_mut(&task) else {
            return;
        };
        let (frame, ix) = (pending.frame, pending.node);
        pending.written += text.len();
        let (text, thought) = match &mut pending.splitter {
            None => (text.clone(), None),
            Some(splitter) => {
                let (text, thought) = splitter.push(text);
                (text.into(), Some(thought))
            }
        };
        let Some(this) = self.frames.get(frame) else {
            return;
        };
        let node = &plan.scopes[this.scope].nodes[ix];
        if let Some(thought) = thought.filter(|thought| !thought.is_empty()) {
            self.emit_reasoning(node, thought.into(), false);
        }
        if node.feeds {
            self.wrote(frame, ix, text);
        }
    }

    /// A task was answered.
    pub(super) fn reply(&mut self, task: TaskId, reply: Reply) {
        let plan = self.plan.clone();
        let Some(mut pending) = self.tasks.remove(&task) else {
            return;
        };
        let Some(this) = self.frames.get(pending.frame) else {
            return;
        };
        let node = &plan.scopes[this.scope].nodes[pending.node];
        let (frame, ix, running) = (pending.frame, pending.node, pending.running);
        self.timers
            .retain(|_, wake| !matches!(wake, Wake::Expire(expiring) if *expiring == task));
        if self.is_paused {
            self.is_paused = false;
            self.emit_started("resumption");
        }
        if let Some(splitter) = &mut pending.splitter {
            let (text, thought) = splitter.finish();
            if !thought.is_empty() || splitter.has_thought() {
                self.emit_reasoning(node, thought.into(), true);
            }
            if node.feeds {
                self.wrote(frame, ix, text.into());
            }
        }
        let reply = match reply {
            Reply::Round(round) => return self.round_over(pending, *round),
            Reply::Called(result) => return self.call_over(&pending, result),
            reply => reply,
        };
        let takes_failures = matches!(&node.work, Kind::Work(work) if work.takes_failures());
        if let Reply::Failed(failure) = &reply
            && !takes_failures
        {
            // What the host says of it does not name the node.
            let failure = failure.clone().of(node);
            self.close_agent(&pending, &failure);
            self.failed(frame, ix, node, running, failure, Some(pending.inputs));
            return;
        }
        if let (Reply::Form(form), Effect::Human(asked)) = (&reply, &*pending.task.effect) {
            self.emit_form_filled(node, asked, form);
        }
        let finished = match &node.work {
            Kind::Work(work) => work.finish(&self.cx(frame, node), &pending.inputs, reply),
            _ => Err(node.failure("InternalError", "is no node that asks")),
        };
        match finished {
            Ok(output) => {
                let output = Output {
                    inputs: output.inputs.or(Some(pending.inputs)),
                    process_data: output.process_data.or(pending.process_data),
                    ..output
                };
                self.finish(frame, ix, node, running, output);
            }
            Err(failure) => self.failed(frame, ix, node, running, failure, Some(pending.inputs)),
        }
    }

    /// Nobody filled in a form in time.
    pub(super) fn expire(&mut self, task: TaskId) {
        let plan = self.plan.clone();
        let Some(pending) = self.tasks.get(&task) else {
            return;
        };
        let Effect::Human(form) = &*pending.task.effect else {
            return;
        };
        let expires_at = form.expires_at;
        let (frame, ix, running, inputs) = (
            pending.frame,
            pending.node,
            pending.running,
            pending.inputs.clone(),
        );
        let Some(this) = self.frames.get(frame) else {
            return;
        };
        let node = &plan.scopes[this.scope].nodes[ix];
        self.cancel(task);
        if self.is_paused {
            self.is_paused = false;
            self.emit_started("resumption");
        }
        self.emit_form_timeout(node, expires_at);
        let finished = match &node.work {
            Kind::Work(work) => work.finish(
                &self.cx(frame, node),
                &inputs,
                Reply::Form(FormReply::default()),
            ),
            _ => Err(node.failure("InternalError", "is no node that asks")),
        };
        match finished {
            Ok(output) => self.finish(frame, ix, node, running, output),
            Err(failure) => self.failed(frame, ix, node, running, failure, None),
        }
    }

    pub(super) fn cancel(&mut self, task: TaskId) {
        if self.tasks.remove(&task).is_some() {
            let unsent = |step: &Step| matches!(step, Step::Execute(other) if other.id == task);
            match self.out.iter().position(unsent) {
                Some(place) => drop(self.out.remove(place)),
                None => self.out.push_back(Step::Cancel(task)),
            }
        }
    }
}

/// The files in a value: itself, or those of a list.
pub(crate) fn files_of(value: &Value) -> Vec<Value> {
    match value {
        Value::File(_) => vec![value.clone()],
        Value::Array(items) => items
            .iter()
            .filter(|item| matches!(item, Value::File(_)))
            .cloned()
            .collect(),
        _ => Vec::new(),
    }
}

/// A failure that another attempt will not mend.
pub(crate) fn lasting(
    node: &Node,
    error_type: &'static str,
    message: impl Into<String>,
) -> Failure {
    Failure {
        retryable: false,
        ..node.failure(error_type, message)
    }
}
