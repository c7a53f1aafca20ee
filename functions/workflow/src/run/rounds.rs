//! Rounds of iterations and loops: how they begin, end and fail.

use std::sync::Arc;

use super::{
    Run, Running,
    container::{Container, ContainerId, State},
    frame::{Frame, FrameId},
};
use crate::{
    ContainerMetadata, Failure, Map, Status, Value,
    arena::Ix,
    nodes::{ErrorMode, Initial, Iteration, Loop},
    plan::{Kind, Node, SOURCE},
};

impl Run {
    pub(super) fn enter_iteration(
        &mut self,
        frame: FrameId,
        ix: Ix<Node>,
        node: &Node,
        iteration: &Iteration,
    ) {
        let running = self.running();
        let given = self.cx(frame, node).get(&iteration.items);
        let items = match given {
            Some(Value::Array(items)) => Ok(items),
            Some(other) => Err(format!(
                "field `iterator_selector`: `{}` is no list but of type {}",
                iteration.items.dotted(),
                other.type_name()
            )),
            None => Err(format!(
                "field `iterator_selector`: there is no variable `{}`",
                iteration.items.dotted()
            )),
        };
        let items = items.and_then(|items| match items.len() > self.limits.iteration_items {
            true => Err(format!(
                "{} items are more than the limit of {}",
                items.len(),
                self.limits.iteration_items
            )),
            false => Ok(items),
        });
        let mut inputs = Map::default();
        inputs.insert(
            "iterator_selector".into(),
            Value::Array(items.as_ref().cloned().unwrap_or_default()),
        );
        let length = items.as_ref().map_or(0, |items| items.len());
        let state = State::Iteration {
            items: items.as_ref().cloned().unwrap_or_default(),
            next: 0,
            open: 0,
            results: vec![None; length],
        };
        let metadata = ContainerMetadata {
            iteration_length: Some(length as u64),
            loop_length: None,
        };
        let id = self.open_container(frame, ix, node, running, inputs, state, metadata);
        match items {
            Err(message) => self.fail_container(
                id,
                Failure {
                    retryable: false,
                    ..node.failure("IterationError", message)
                },
            ),
            Ok(items) if items.is_empty() => self.end_container(id, "iteration_completed"),
            Ok(_) => {
                for _ in 0..iteration.parallel.min(self.limits.parallel.max(1)) {
                    self.next_round(id);
                }
            }
        }
    }

    pub(super) fn enter_loop(&mut self, frame: FrameId, ix: Ix<Node>, node: &Node, this: &Loop) {
        let running = self.running();
        let mut inputs = Map::default();
        let mut variables = Vec::new();
        let mut wrong = None;
        for (label, kind, initial) in &this.variables {
            let value = match initial {
                Initial::Constant(value) => value.clone(),
                Initial::Variable(variable) => self.cx(frame, node).value(variable).reveal(),
            };
            if !kind.admits(&value) {
                let message = format!(
                    "field `loop_variables`: `{label}` is declared as {}, the value is of type {}",
                    kind.name(),
                    value.type_name()
                );
                wrong = Some(message);
            }
            inputs.insert(label.clone(), value.clone());
            variables.push(value);
        }
        if this.rounds > self.limits.loop_rounds {
            wrong = Some(format!(
                "field `loop_count`: {} rounds are more than the limit of {}",
                this.rounds, self.limits.loop_rounds
            ));
        }
        inputs.insert("loop_count".into(), Value::Int(this.rounds as i64));
        let metadata = ContainerMetadata {
            iteration_length: None,
            loop_length: Some(this.rounds),
        };
        let state = State::Loop {
            round: 0,
            variables,
        };
        let id = self.open_container(frame, ix, node, running, inputs, state, metadata);
        match wrong {
            Some(message) => self.fail_container(
                id,
                Failure {
                    retryable: false,
                    ..node.failure("LoopError", message)
                },
            ),
            None => self.next_round(id),
        }
    }

    #[allow(
        clippy::too_many_arguments,
        reason = "the parts of one record, named where it is made"
    )]
    fn open_container(
        &mut self,
        frame: FrameId,
        node_ix: Ix<Node>,
        node: &Node,
        running: Running,
        inputs: Map,
        state: State,
        metadata: ContainerMetadata,
    ) -> ContainerId {
        let inputs = Arc::new(inputs);
        self.emit_container_started(node, running, inputs.clone(), metadata);
        self.containers.insert(Container {
            frame,
            node: node_ix,
            running,
            inputs,
            tokens: 0,
            durations: Vec::new(),
            begun: Vec::new(),
            state,
        })
    }

    /// Begins the next round, if there is one to begin.
    fn next_round(&mut self, id: ContainerId) {
        let plan = self.plan.clone();
        let now = self.now;
        let Some(container) = self.containers.get_mut(id) else {
            return;
        };
        let parent = container.frame;
        let Some(home) = self.frames.get(parent) else {
            return;
        };
        let node = &plan.scopes[home.scope].nodes[container.node];
        let Some(inner) = node.inner() else { return };
        let scope = &plan.scopes[inner];
        let Some(first) = scope.start else { return };
        let (index, item) = match &mut container.state {
            State::Iteration {
                items, next, open, ..
            } => {
                let Some(item) = items.get(*next).cloned() else {
                    return;
                };
                *next += 1;
                *open += 1;
                (*next - 1, item)
            }
            State::Loop { round, .. } => (*round, Value::Null),
        };
        let mut frame = Frame::new(inner, scope);
        frame.parent = Some(parent);
        frame.container = Some(id);
        frame.index = index;
        frame.item = item;
        container.begun.push((index, now));
        let frame = self.frames.insert(frame);
        if let Kind::Loop(this) = &node.work
            && index == 0
            && self.breaks(frame, node, this) == Ok(true)
        {
            self.frames.remove(frame);
            self.end_container(id, "loop_break");
            return;
        }
        self.emit_next(node, index as u64);
        self.open_frame(frame, first);
    }

    fn breaks(&self, frame: FrameId, node: &Node, this: &Loop) -> Result<bool, Failure> {
        if this.breaks.is_empty() {
            return Ok(false);
        }
        this.breaks.hold(&self.cx(frame, node), &mut Vec::new())
    }

    /// A frame's last node has ended.
    pub(super) fn end_frame(&mut self, frame: FrameId) {
        if frame == self.root {
            self.succeed();
            return;
        }
        let plan = self.plan.clone();
        let Some(this) = self.frames.get(frame) else {
            return;
        };
        let (index, broken) = (this.index, this.broken);
        let Some(id) = this.container else { return };
        let Some((home, node_ix)) = self
            .containers
            .get(id)
            .map(|container| (container.frame, container.node))
        else {
            return;
        };
        let Some(home) = self.frames.get(home) else {
            return;
        };
        let node = &plan.scopes[home.scope].nodes[node_ix];
        match &node.work {
            Kind::Iteration(iteration) => {
                // The output is looked up from inside, as one of the round's own nodes would.
                let output = iteration
                    .output
                    .as_ref()
                    .map(|output| self.cx(frame, node).value(output));
                self.frames.remove(frame);
                self.end_round(id, index, output.unwrap_or_default().into());
            }
            Kind::Loop(this) => {
                let stops = if broken {
                    Ok(true)
                } else {
                    self.breaks(frame, node, this)
                };
                self.frames.remove(frame);
                self.lap(id, index);
                match stops {
                    Err(failure) => self.fail_container(id, failure),
                    Ok(true) => self.end_container(id, "loop_break"),
                    Ok(false) if index as u64 + 1 >= this.rounds => {
                        self.end_container(id, "loop_completed")
                    }
                    Ok(false) => self.next_round(id),
                }
            }
            _ => {}
        }
    }

    /// Notes how long a round took.
    fn lap(&mut self, id: ContainerId, index: usize) {
        let now = self.now;
        let Some(container) = self.containers.get_mut(id) else {
            return;
        };
        if let State::Loop { round, .. } = &mut container.state {
            *round += 1;
        }
        if let Some(at) = container
            .begun
            .iter()
            .position(|(begun, _)| *begun == index)
        {
            let (_, begun) = container.begun.swap_remove(at);
            container
                .durations
                .push((index, now.saturating_sub(begun).max(0) as u64));
        }
    }

    /// An iteration's round has ended and leaves `result`, or nothing.
    fn end_round(&mut self, id: ContainerId, index: usize, result: Option<Value>) {
        self.lap(id, index);
        let Some(container) = self.containers.get_mut(id) else {
            return;
        };
        let State::Iteration {
            items,
            next,
            open,
            results,
        } = &mut container.state
        else {
            return;
        };
        *open = open.saturating_sub(1);
        if let Some(slot) = results.get_mut(index) {
            *slot = result;
        }
        if *next < items.len() {
            self.next_round(id);
        } else if *open == 0 {
            self.end_container(id, "iteration_completed");
        }
    }

    /// A container has done its rounds.
    fn end_container(&mut self, id: ContainerId, reason: &'static str) {
        let plan = self.plan.clone();
        let Some(mut container) = self.containers.remove(id) else {
            return;
        };
        let Some(home) = self.frames.get(container.frame) else {
            return;
        };
        let node = &plan.scopes[home.scope].nodes[container.node];
        let mut outputs = Map::default();
        match (&node.work, &mut container.state) {
            (Kind::Iteration(iteration), State::Iteration { results, .. }) => {
                let results = std::mem::take(results).into_iter().flatten().collect();
                outputs.insert("output".into(), iteration.join(results));
            }
            (Kind::Loop(this), State::Loop { variables, round }) => {
                for ((label, _, _), value) in this.variables.iter().zip(variables) {
                    outputs.insert(label.clone(), value.clone());
                }
                outputs.insert("loop_round".into(), Value::Int(*round as i64));
            }
            _ => {}
        }
        let outputs = Arc::new(outputs);
        self.emit_container_completed(node, &container, Some(outputs.clone()), None, reason);
        self.settle(container.frame, container.node, outputs, SOURCE);
    }

    /// A container fails as a whole: what still runs in it ends, and its own strategy decides.
    fn fail_container(&mut self, id: ContainerId, failure: Failure) {
        let plan = self.plan.clone();
        let Some(container) = self.containers.remove(id) else {
            return;
        };
        self.drop_frames(id);
        let Some(home) = self.frames.get(container.frame) else {
            return;
        };
        let node = &plan.scopes[home.scope].nodes[container.node];
        self.emit_container_completed(node, &container, None, Some(&failure), "failed");
        match self.by_strategy(node, &failure) {
            Some((outputs, handle)) => {
                self.settle(container.frame, container.node, outputs, handle)
            }
            None => self.fail_frame(container.frame, failure),
        }
    }

    /// A node failed for good in this frame.
    pub(super) fn fail_frame(&mut self, frame: FrameId, failure: Failure) {
        if frame == self.root {
            self.fail_run(failure);
            return;
        }
        let plan = self.plan.clone();
        let Some(this) = self.frames.remove(frame) else {
            return;
        };
        self.drop_orphans();
        let Some(id) = this.container else { return };
        let Some((home, node_ix)) = self
            .containers
            .get(id)
            .map(|container| (container.frame, container.node))
        else {
            return;
        };
        let Some(home) = self.frames.get(home) else {
            return;
        };
        let node = &plan.scopes[home.scope].nodes[node_ix];
        match &node.work {
            Kind::Iteration(iteration) => match iteration.errors {
                ErrorMode::Terminated => self.fail_container(id, failure),
                ErrorMode::Continue => self.end_round(id, this.index, Some(Value::Null)),
                ErrorMode::Remove => self.end_round(id, this.index, None),
            },
            _ => self.fail_container(id, failure),
        }
    }

    fn drop_frames(&mut self, id: ContainerId) {
        for frame in self.frames.of(id) {
            self.frames.remove(frame);
        }
        self.drop_orphans();
    }

    /// Ends what belonged to frames that are gone: containers in them, and tasks.
    fn drop_orphans(&mut self) {
        loop {
            let orphans = self
                .containers
                .orphans(|frame| self.frames.get(frame).is_none());
            if orphans.is_empty() {
                break;
            }
            for id in orphans {
                self.containers.remove(id);
                for frame in self.frames.of(id) {
                    self.frames.remove(frame);
                }
            }
        }
        let gone = self
            .tasks
            .iter()
            .filter(|(_, task)| self.frames.get(task.frame).is_none());
        let gone: Vec<_> = gone.map(|(id, _)| *id).collect();
        for task in gone {
            self.cancel(task);
        }
        let frames = &self.frames;
        self.agents
            .retain(|(frame, _), _| frames.get(*frame).is_some());
        self.timers.retain(|_, wake| match wake {
            super::Wake::Retry { frame, .. } => frames.get(*frame).is_some(),
            super::Wake::Expire(task) => self.tasks.contains_key(task),
        });
    }

    /// Adds tokens to the run and to the containers around a frame.
    pub(super) fn count_tokens(&mut self, frame: FrameId, tokens: u64) {
        self.tokens += tokens;
        let mut above = Some(frame);
        while let Some(frame) = above.and_then(|id| self.frames.get(id)) {
            if let Some(container) = frame.container.and_then(|id| self.containers.get_mut(id)) {
                container.tokens += tokens;
            }
            above = frame.parent;
        }
    }

    /// The loop variables of a container, by label.
    pub(super) fn loop_variables(&self, node: &Node, container: &Container) -> Option<Arc<Map>> {
        let Kind::Loop(this) = &node.work else {
            return None;
        };
        let labels = this.variables.iter().map(|(label, _, _)| label.clone());
        Some(Arc::new(
            labels.zip(container.variables()?.iter().cloned()).collect(),
        ))
    }

    /// How a completed container's status is told.
    pub(super) fn container_status(failure: Option<&Failure>) -> Status {
        if failure.is_some() {
            Status::Failed
        } else {
            Status::Succeeded
        }
    }
}
