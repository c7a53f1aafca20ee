//! Events of a run.

use std::sync::Arc;

use super::{Outcome, Run, Running, Step, container::Container, frame::FrameId};
use crate::{
    ContainerCompleted, ContainerMetadata, ContainerNext, ContainerStarted, Effect, Elapsed, Event,
    EventKind, ExecutionId, ExecutionMetadata, Extras, Failure, FormReply, HumanForm,
    HumanInputFormFilled, HumanInputFormTimeout, HumanInputRequired, Map, NodeFinished, NodeRetry,
    NodeStarted, ReasoningChunk, Seconds, Status, Value, WorkflowFinished, WorkflowPaused,
    WorkflowStarted,
    nodes::{Output, filled},
    plan::{Kind, Node},
};

/// FNV-1a of 128 bits: the same everywhere and for ever, which names of executions must be.
pub(super) fn hash(parts: &[&[u8]]) -> u128 {
    let mut hash: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    for part in parts {
        for byte in part.iter().chain(&[0xFF]) {
            hash ^= u128::from(*byte);
            hash = hash.wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013B);
        }
    }
    hash
}

impl Run {
    pub(super) fn emit(&mut self, kind: EventKind) {
        if !kind.is_text() {
            self.seq += 1;
        }
        self.out.push_back(Step::Emit(Event {
            seq: self.seq,
            kind,
        }));
    }

    /// The next execution.
    pub(super) fn running(&mut self) -> Running {
        self.index += 1;
        let id = ExecutionId(self.seed ^ hash(&[&self.index.to_le_bytes()]));
        Running {
            index: self.index,
            id,
            started: self.now,
            attempt: 1,
        }
    }

    pub(super) fn emit_started(&mut self, reason: &'static str) {
        let mut inputs = (*self.start.inputs).clone();
        for (key, value) in self
            .start
            .sys
            .iter()
            .filter(|(key, _)| &***key != "conversation_id")
        {
            inputs.insert(format!("sys.{key}").into(), value.clone());
        }
        self.emit(EventKind::WorkflowStarted(WorkflowStarted {
            id: self.start.run_id.clone(),
            workflow_id: self.start.workflow_id.clone(),
            inputs: Arc::new(inputs),
            created_at: Seconds(self.started),
            reason,
        }));
    }

    /// Starts a node's execution.
    pub(super) fn begin(&mut self, _: FrameId, node: &Node) -> Running {
        let running = self.running();
        let agent_strategy = match &node.work {
            Kind::Work(work) => work.agent_strategy(),
            _ => None,
        };
        self.emit(EventKind::NodeStarted(Box::new(NodeStarted {
            id: running.id,
            node_id: node.id.clone(),
            node_type: node.kind.clone(),
            title: node.title.clone(),
            index: running.index,
            predecessor_node_id: None,
            inputs: None,
            inputs_truncated: false,
            created_at: Seconds(running.started),
            extras: Extras {},
            iteration_id: node.iteration_id.clone(),
            loop_id: node.loop_id.clone(),
            agent_strategy,
        })));
        running
    }

    pub(super) fn emit_finished(
        &mut self,
        frame: FrameId,
        node: &Node,
        running: Running,
        output: &Output,
        status: Status,
        failure: Option<&Failure>,
    ) {
        let finished = self.finished(frame, node, running, output, status, failure);
        self.emit(EventKind::NodeFinished(Box::new(finished)));
    }

    pub(super) fn emit_retry(
        &mut self,
        frame: FrameId,
        node: &Node,
        running: Running,
        output: &Output,
        failure: &Failure,
    ) {
        let attempt = self.finished(frame, node, running, output, Status::Retry, Some(failure));
        self.emit(EventKind::NodeRetry(Box::new(NodeRetry {
            attempt,
            retry_index: running.attempt,
        })));
    }

    fn finished(
        &self,
        frame: FrameId,
        node: &Node,
        running: Running,
        output: &Output,
        status: Status,
        failure: Option<&Failure>,
    ) -> NodeFinished {
        let index = self.frames.get(frame).map(|frame| frame.index as u64);
        let strategy = if status == Status::Exception {
            node.strategy.name()
        } else {
            None
        };
        NodeFinished {
            id: running.id,
            node_id: node.id.clone(),
            node_type: node.kind.clone(),
            title: node.title.clone(),
            index: running.index,
            predecessor_node_id: None,
            inputs: output.inputs.clone(),
            inputs_truncated: false,
            process_data: output.process_data.clone(),
            process_data_truncated: false,
            outputs: Some(output.outputs.clone()),
            outputs_truncated: false,
            status,
            error: failure.map(|failure| failure.message.clone()),
            elapsed_time: Elapsed(self.now.saturating_sub(running.started).max(0) as u64),
            execution_metadata: ExecutionMetadata {
                total_tokens: output.usage.as_ref().map(|usage| usage.total_tokens),
                total_price: output.usage.as_ref().map(|usage| usage.total_price.clone()),
                currency: output.usage.as_ref().map(|usage| usage.currency.clone()),
                iteration_index: node.iteration_id.as_ref().and(index),
                iteration_id: node.iteration_id.clone(),
                loop_index: node.loop_id.as_ref().and(index),
                loop_id: node.loop_id.clone(),
                error_strategy: strategy,
                agent_log: output.agent_log.clone(),
                ..ExecutionMetadata::default()
            },
            created_at: Seconds(running.started),
            finished_at: Seconds(self.now),
            files: output
                .outputs
                .values()
                .flat_map(super::ask::files_of)
                .collect(),
            iteration_id: node.iteration_id.clone(),
            loop_id: node.loop_id.clone(),
        }
    }

    pub(super) fn emit_container_started(
        &mut self,
        node: &Node,
        running: Running,
        inputs: Arc<Map>,
        metadata: ContainerMetadata,
    ) {
        let started = Box::new(ContainerStarted {
            id: node.id.clone(),
            node_id: node.id.clone(),
            node_type: node.kind.clone(),
            title: node.title.clone(),
            created_at: Seconds(running.started),
            extras: Extras {},
            metadata,
            inputs,
            inputs_truncated: false,
        });
        self.emit(match &node.work {
            Kind::Loop(_) => EventKind::LoopStarted(started),
            _ => EventKind::IterationStarted(started),
        });
    }

    pub(super) fn emit_next(&mut self, node: &Node, index: u64) {
        let is_loop = matches!(node.work, Kind::Loop(_));
        let next = Box::new(ContainerNext {
            id: node.id.clone(),
            node_id: node.id.clone(),
            node_type: node.kind.clone(),
            title: node.title.clone(),
            index,
            pre_loop_output: is_loop.then_some(Extras {}),
            created_at: Seconds(self.now),
            extras: Extras {},
        });
        self.emit(if is_loop {
            EventKind::LoopNext(next)
        } else {
            EventKind::IterationNext(next)
        });
    }

    pub(super) fn emit_container_completed(
        &mut self,
        node: &Node,
        container: &Container,
        outputs: Option<Arc<Map>>,
        failure: Option<&Failure>,
        reason: &'static str,
    ) {
        let is_loop = matches!(node.work, Kind::Loop(_));
        let seconds = |(index, millis): &(usize, u64)| {
            (index.to_string(), Value::Float(*millis as f64 / 1000.0))
        };
        let durations = match Value::object(container.durations.iter().map(seconds)) {
            Value::Object(map) => Some(map),
            _ => None,
        };
        let completed = Box::new(ContainerCompleted {
            id: node.id.clone(),
            node_id: node.id.clone(),
            node_type: node.kind.clone(),
            title: node.title.clone(),
            outputs,
            outputs_truncated: false,
            created_at: Seconds(container.running.started),
            extras: Extras {},
            inputs: container.inputs.clone(),
            inputs_truncated: false,
            status: Self::container_status(failure),
            error: None,
            elapsed_time: Elapsed(self.now.saturating_sub(container.running.started).max(0) as u64),
            total_tokens: container.tokens,
            execution_metadata: ExecutionMetadata {
                total_tokens: Some(container.tokens),
                iteration_duration_map: if is_loop { None } else { durations.clone() },
                loop_duration_map: if is_loop { durations } else { None },
                loop_variable_map: self.loop_variables(node, container),
                completed_reason: (is_loop && failure.is_none()).then_some(reason),
                ..ExecutionMetadata::default()
            },
            finished_at: Seconds(self.now),
            steps: container.durations.len() as u64,
        });
        self.emit(if is_loop {
            EventKind::LoopCompleted(completed)
        } else {
            EventKind::IterationCompleted(completed)
        });
    }

    pub(super) fn emit_reasoning(&mut self, node: &Node, reasoning: Arc<str>, is_final: bool) {
        self.emit(EventKind::ReasoningChunk(ReasoningChunk {
            message_id: None,
            reasoning,
            node_id: node.id.clone(),
            is_final,
        }));
    }

    pub(super) fn emit_form(&mut self, node: &Node, running: Running, form: &HumanForm) {
        self.emit(EventKind::HumanInputRequired(Box::new(
            HumanInputRequired {
                form_id: running.id,
                node_id: node.id.clone(),
                node_title: node.title.clone(),
                form_content: form.content.clone(),
                inputs: form.inputs.clone(),
                actions: form.actions.clone(),
                display_in_ui: true,
                form_token: None,
                resolved_default_values: form.defaults.clone(),
                expiration_time: Seconds(form.expires_at),
            },
        )));
    }

    pub(super) fn emit_form_filled(&mut self, node: &Node, form: &HumanForm, reply: &FormReply) {
        let (rendered_content, action_text) = filled(form, reply);
        self.emit(EventKind::HumanInputFormFilled(Box::new(
            HumanInputFormFilled {
                node_id: node.id.clone(),
                node_title: node.title.clone(),
                rendered_content,
                action_id: reply.action.clone(),
                action_text,
                submitted_data: Some(Arc::new(reply.inputs.clone())),
            },
        )));
    }

    pub(super) fn emit_form_timeout(&mut self, node: &Node, expires_at: i64) {
        self.emit(EventKind::HumanInputFormTimeout(HumanInputFormTimeout {
            node_id: node.id.clone(),
            node_title: node.title.clone(),
            expiration_time: Seconds(expires_at),
        }));
    }

    pub(super) fn emit_paused(&mut self) {
        let mut paused_nodes = Vec::new();
        let mut reasons = Vec::new();
        for pending in self.tasks.values() {
            let task = &pending.task;
            if let Effect::Human(form) = &*task.effect {
                paused_nodes.push(task.node_id.clone());
                reasons.push(Value::object([
                    ("type", Value::from("human_input_required")),
                    ("form_id", Value::from(pending.running.id.to_string())),
                    ("node_id", Value::String(task.node_id.clone())),
                    ("form_content", Value::String(form.content.clone())),
                    ("inputs", form.inputs.clone()),
                    ("actions", form.actions.clone()),
                    (
                        "resolved_default_values",
                        Value::Object(form.defaults.clone()),
                    ),
                    (
                        "expiration_time",
                        Value::Int(form.expires_at.div_euclid(1000)),
                    ),
                ]));
            }
        }
        self.emit(EventKind::WorkflowPaused(WorkflowPaused {
            workflow_run_id: self.start.run_id.clone(),
            paused_nodes,
            outputs: Extras {},
            reasons,
            status: Status::Paused,
            created_at: Seconds(self.started),
            elapsed_time: Elapsed(self.active),
            total_tokens: self.tokens,
            total_steps: self.steps,
        }));
    }

    pub(super) fn emit_workflow_finished(&mut self, outcome: &Outcome) {
        self.emit(EventKind::WorkflowFinished(Box::new(WorkflowFinished {
            id: self.start.run_id.clone(),
            workflow_id: self.start.workflow_id.clone(),
            status: outcome.status,
            outputs: Some(outcome.outputs.clone()),
            error: outcome.error.clone(),
            elapsed_time: Elapsed(outcome.elapsed),
            total_tokens: outcome.total_tokens,
            total_steps: outcome.total_steps,
            created_by: self.start.created_by.clone(),
            created_at: Seconds(self.started),
            finished_at: Seconds(self.now),
            exceptions_count: outcome.exceptions,
            files: outcome
                .outputs
                .values()
                .flat_map(super::ask::files_of)
                .collect(),
        })));
    }
}
