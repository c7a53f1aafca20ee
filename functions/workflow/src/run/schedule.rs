//! Which node runs when: edges that are decided, nodes that become ready or are skipped, frames that end.

use std::sync::Arc;

use super::{
    Run, Running, Wake,
    frame::{FrameId, Phase},
};
use crate::{
    Failure, Map, Status, Value,
    arena::Ix,
    nodes::{Output, Ran, Write},
    plan::{FAIL, Kind, Node, Plan, SOURCE, Strategy},
};

impl Run {
    /// Makes a frame's first node ready and skips the others that nothing leads to.
    pub(super) fn open_frame(&mut self, frame: FrameId, first: Ix<Node>) {
        let plan = self.plan.clone();
        let Some(this) = self.frames.get_mut(frame) else {
            return;
        };
        let nodes = &plan.scopes[this.scope].nodes;
        if let Some(state) = this.state(first) {
            state.phase = Phase::Running;
            state.taken = true;
        }
        this.open += 1;
        self.ready.push_back((frame, first));
        for (ix, node) in nodes.iter() {
            if node.incoming == 0 && ix != first {
                if let Some(state) = self.frames.get_mut(frame).and_then(|frame| frame.state(ix)) {
                    state.phase = Phase::Skipped;
                }
                self.open_edges.push((ix, None));
            }
        }
        self.decide(&plan, frame);
        self.certain(&plan, frame, first);
        self.pump(frame);
    }

    /// Starts a node that is ready.
    pub(super) fn step(&mut self, frame: FrameId, ix: Ix<Node>) {
        let plan = self.plan.clone();
        let Some(this) = self.frames.get(frame) else {
            return;
        };
        let node = &plan.scopes[this.scope].nodes[ix];
        self.steps += 1;
        if self.steps > self.limits.steps {
            let message = format!("the run reached its limit of {} steps", self.limits.steps);
            self.fail_run(node.failure("StepLimit", message));
            return;
        }
        let is_pinned = frame == self.root && self.start.pinned.contains_key(&node.id);
        match &node.work {
            Kind::Iteration(iteration) if !is_pinned => {
                self.enter_iteration(frame, ix, node, iteration)
            }
            Kind::Loop(this) if !is_pinned => self.enter_loop(frame, ix, node, this),
            _ => {
                let running = self.begin(frame, node);
                self.work(frame, ix, running);
            }
        }
    }

    /// Runs a node, for the first time or again.
    pub(super) fn work(&mut self, frame: FrameId, ix: Ix<Node>, running: Running) {
        let plan = self.plan.clone();
        let Some(this) = self.frames.get(frame) else {
            return;
        };
        let node = &plan.scopes[this.scope].nodes[ix];
        let pinned = if frame == self.root {
            self.start.pinned.get(&node.id)
        } else {
            None
        };
        if let Some(Value::Object(outputs)) = pinned {
            let output = Output {
                outputs: outputs.clone(),
                is_result: node.response.is_some(),
                ..Output::new(Map::default())
            };
            self.finish(frame, ix, node, running, output);
            return;
        }
        let ran = match &node.work {
            Kind::Work(work) => work.run(&self.cx(frame, node)),
            _ => Err(Failure {
                retryable: false,
                ..node.failure(
                    "UnknownNodeType",
                    format!("the node type `{}` is unknown to this engine", node.kind),
                )
            }),
        };
        match ran {
            Ok(Ran::Done(output)) => self.finish(frame, ix, node, running, output),
            Ok(Ran::Ask(ask)) => self.ask(frame, ix, node, running, ask),
            Err(failure) => self.failed(frame, ix, node, running, failure, None),
        }
    }

    /// A node has its result.
    pub(super) fn finish(
        &mut self,
        frame: FrameId,
        ix: Ix<Node>,
        node: &Node,
        running: Running,
        output: Output,
    ) {
        if let Err(failure) = self.within_limits(node, &output.outputs) {
            self.failed(frame, ix, node, running, failure, None);
            return;
        }
        for write in &output.writes {
            self.write(frame, write);
        }
        if let Some(usage) = &output.usage {
            self.count_tokens(frame, usage.total_tokens);
        }
        self.emit_finished(frame, node, running, &output, Status::Succeeded, None);
        if output.is_result {
            self.add_result(node, &output.outputs);
        }
        if output.breaks
            && let Some(frame) = self.frames.get_mut(frame)
        {
            frame.broken = true;
        }
        self.settle(frame, ix, output.outputs, output.handle);
    }

    /// Holds outputs to the limits. Values that deepen or grow a little in each round of a loop would else end in the
    /// stack or the memory.
    fn within_limits(&self, node: &Node, outputs: &Map) -> Result<(), Failure> {
        let (bytes, depth) = (self.limits.variable_bytes, self.limits.depth);
        let lasting = |kind, message| Failure {
            retryable: false,
            ..node.failure(kind, message)
        };
        let mut size = 0;
        for value in outputs.values() {
            size += value.measure(depth).ok_or_else(|| {
                let message =
                    format!("its outputs are nested deeper than the limit of {depth} levels");
                lasting("VariableDepthLimit", message)
            })?;
        }
        if size > bytes {
            let message = format!("its outputs hold more than the limit of {bytes} bytes");
            return Err(lasting("VariableSizeLimit", message));
        }
        Ok(())
    }

    fn write(&mut self, frame: FrameId, write: &Write) {
        match write {
            Write::Conversation(place, value) => {
                if let Some(variable) = self.conversation.get_mut(*place) {
                    *variable = value.clone();
                }
            }
            Write::Loop { up, place, value } => {
                let mut above = Some(frame);
                for _ in 0..*up {
                    above = above.and_then(|id| self.frames.get(id)?.parent);
                }
                let container = above.and_then(|id| self.frames.get(id)?.container);
                if let Some(variables) =
                    container.and_then(|id| self.containers.get_mut(id)?.variables_mut())
                    && let Some(variable) = variables.get_mut(*place)
                {
                    *variable = value.clone();
                }
            }
        }
    }

    fn add_result(&mut self, node: &Node, outputs: &Arc<Map>) {
        let is_answer = node
            .response
            .as_ref()
            .is_some_and(|response| response.is_answer);
        for (name, value) in outputs.iter() {
            // Several answers are one message.
            let value = match (is_answer, self.outputs.get(name), value) {
                (true, Some(Value::String(before)), Value::String(text)) => {
                    Value::from(format!("{before}{text}"))
                }
                (true, Some(Value::Array(before)), Value::Array(items)) => {
                    Value::array(before.iter().chain(items.iter()).cloned())
                }
                (_, _, value) => value.clone(),
            };
            self.outputs.insert(name.clone(), value);
        }
    }

    /// A node failed: it is tried again, or its strategy decides.
    pub(super) fn failed(
        &mut self,
        frame: FrameId,
        ix: Ix<Node>,
        node: &Node,
        running: Running,
        failure: Failure,
        inputs: Option<Arc<Map>>,
    ) {
        let mut output = Output::new(Map::default());
        output.inputs = inputs;
        if failure.retryable && running.attempt <= node.retry.times {
            output.outputs = failure.outputs.clone().unwrap_or_default();
            self.emit_retry(frame, node, running, &output, &failure);
            self.forget_text(frame, ix);
            let due = self.now.saturating_add_unsigned(node.retry.interval);
            self.timer(
                due,
                Wake::Retry {
                    frame,
                    node: ix,
                    running,
                },
            );
            return;
        }
        match self.by_strategy(node, &failure) {
            None => {
                output.outputs = failure.outputs.clone().unwrap_or_default();
                self.emit_finished(
                    frame,
                    node,
                    running,
                    &output,
                    Status::Failed,
                    Some(&failure),
                );
                self.fail_frame(frame, failure);
            }
            Some((outputs, handle)) => {
                output.outputs = outputs.clone();
                self.emit_finished(
                    frame,
                    node,
                    running,
                    &output,
                    Status::Exception,
                    Some(&failure),
                );
                self.forget_text(frame, ix);
                self.settle(frame, ix, outputs, handle);
            }
        }
    }

    /// What a failed node's strategy gives: outputs and a handle, or nothing.
    pub(super) fn by_strategy(
        &mut self,
        node: &Node,
        failure: &Failure,
    ) -> Option<(Arc<Map>, u16)> {
        let (mut outputs, handle) = match &node.strategy {
            Strategy::Abort => return None,
            Strategy::FailBranch => (
                failure.outputs.as_deref().cloned().unwrap_or_default(),
                FAIL,
            ),
            Strategy::Default(values) => (values.iter().cloned().collect::<Map>(), SOURCE),
        };
        self.exceptions += 1;
        outputs.insert(
            "error_message".into(),
            Value::String(failure.message.clone()),
        );
        outputs.insert(
            "error_type".into(),
            Value::String(failure.error_type.clone()),
        );
        Some((Arc::new(outputs), handle))
    }

    /// A node has ended with these outputs: decides its edges, and ends the frame with its last node.
    pub(super) fn settle(&mut self, frame: FrameId, ix: Ix<Node>, outputs: Arc<Map>, handle: u16) {
        let plan = self.plan.clone();
        let Some(this) = self.frames.get_mut(frame) else {
            return;
        };
        if let Some(state) = this.state(ix) {
            state.phase = Phase::Done;
            state.outputs = Some(outputs);
        }
        self.open_edges.push((ix, Some(handle)));
        self.decide(&plan, frame);
        self.pump(frame);
        let Some(this) = self.frames.get_mut(frame) else {
            return;
        };
        this.open = this.open.saturating_sub(1);
        if this.open == 0 {
            self.end_frame(frame);
        }
    }

    /// Decides the edges of nodes that ended or were skipped. A node whose edges are all decided becomes ready when one
    /// was taken; else it is skipped and its own edges are decided too.
    fn decide(&mut self, plan: &Plan, id: FrameId) {
        while let Some((ix, handle)) = self.open_edges.pop() {
            let Some(frame) = self.frames.get_mut(id) else {
                continue;
            };
            let node = &plan.scopes[frame.scope].nodes[ix];
            for edge in &node.edges {
                let Some(frame) = self.frames.get_mut(id) else {
                    break;
                };
                let is_taken = handle == Some(edge.handle);
                let Some(state) = frame.state(edge.to) else {
                    continue;
                };
                state.undecided = state.undecided.saturating_sub(1);
                state.taken |= is_taken;
                if state.undecided == 0 && state.phase == Phase::Waiting {
                    if state.taken {
                        state.phase = Phase::Running;
                        frame.open += 1;
                        self.ready.push_back((id, edge.to));
                    } else {
                        state.phase = Phase::Skipped;
                        self.open_edges.push((edge.to, None));
                    }
                }
                if is_taken && node.branching {
                    self.certain(plan, id, edge.to);
                }
            }
        }
    }
}
