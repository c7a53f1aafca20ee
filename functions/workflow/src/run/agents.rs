//! Agent nodes at work: round after round of tasks, until a round calls nothing.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::{
    Run, Running,
    ask::{Asked, Pending},
    emit::hash,
    frame::FrameId,
};
use crate::{
    AgentCallRequest, AgentLog, AgentRequest, AgentResult, AgentRound, Effect, EventKind,
    ExecutionId, Failure, Map, PastRound, Reply, ToolReply, Usage, Value,
    arena::Ix,
    nodes::Output,
    plan::{Kind, Node},
};

/// The agents that work, by their places.
pub(super) type Agents = FxHashMap<(FrameId, Ix<Node>), Working>;

/// An agent node at work.
#[derive(Debug)]
pub(super) struct Working {
    request: AgentRequest,
    inputs: Arc<Map>,
    /// [`crate::Task::key`] of the node, before what each step adds.
    key: Arc<str>,
    /// The round whose calls are made, and what came of them so far.
    round: AgentRound,
    results: Vec<Option<AgentResult>>,
    /// Its steps so far, in the order in which they began, with when they did.
    logs: Vec<(AgentLog, i64)>,
}

impl Working {
    /// Of the round under way, from 1.
    fn position(&self) -> usize {
        self.request.past.len() + 1
    }

    /// The key of a step of this round.
    fn step(&self, step: &str) -> Arc<str> {
        format!("{}.{}{step}", self.key, self.position()).into()
    }
}

impl Run {
    pub(super) fn open_agent(
        &mut self,
        frame: FrameId,
        ix: Ix<Node>,
        node: &Node,
        running: Running,
        request: AgentRequest,
        inputs: Arc<Map>,
    ) {
        let working = Working {
            request,
            inputs,
            key: self.key(frame, node, running.attempt),
            round: AgentRound::default(),
            results: Vec::new(),
            logs: Vec::new(),
        };
        self.agents.insert((frame, ix), working);
        self.next_agent_round(frame, ix, node, running);
    }

    fn next_agent_round(&mut self, frame: FrameId, ix: Ix<Node>, node: &Node, running: Running) {
        let Some(working) = self.agents.get(&(frame, ix)) else {
            return;
        };
        let asked = Asked {
            key: working.step(""),
            effect: Effect::Agent(Box::new(working.request.clone())),
            inputs: working.inputs.clone(),
            process_data: None,
        };
        let label = format!("ROUND {}", working.position());
        self.begin_step(frame, ix, node, running, "", None, label);
        self.begin_step(
            frame,
            ix,
            node,
            running,
            "/thought",
            Some(""),
            "Thought".to_owned(),
        );
        self.give(frame, ix, node, running, asked);
    }

    /// The model has spoken.
    pub(super) fn round_over(&mut self, pending: Pending, round: AgentRound) {
        let plan = self.plan.clone();
        let (frame, ix, running) = (pending.frame, pending.node, pending.running);
        let Some(this) = self.frames.get(frame) else {
            return;
        };
        let node = &plan.scopes[this.scope].nodes[ix];
        if !self.agents.contains_key(&(frame, ix)) {
            let failure = node.failure("InternalError", "got a round and is no agent");
            self.failed(frame, ix, node, running, failure, Some(pending.inputs));
            return;
        }
        // What was not told while it was written: a journal has the whole of it.
        let rest = round.shown.get(pending.written..).unwrap_or_default();
        if node.feeds {
            self.wrote(frame, ix, rest.into());
        }
        let calls = round.calls.iter().map(|call| {
            Value::object([
                ("name", Value::String(call.name.clone())),
                ("label", Value::String(call.label.clone())),
                ("args", arguments(&call.arguments)),
            ])
        });
        let data = Value::object([
            ("model", Value::String(round.model.clone())),
            ("output", Value::String(round.thought.clone())),
            ("tool_calls", Value::array(calls)),
        ]);
        self.end_step(frame, ix, "/thought", data, None, Some(&round.usage));
        let Some(working) = self.agents.get_mut(&(frame, ix)) else {
            return;
        };
        working.results = vec![None; round.calls.len()];
        working.round = round;
        if working.round.calls.is_empty() {
            self.agent_done(frame, ix, node, running);
            return;
        }
        let asked = working.round.calls.iter().enumerate().map(|(place, call)| {
            let request = AgentCallRequest {
                parameters: working.request.parameters.clone(),
                job: working.request.job.clone(),
                call: call.clone(),
                place,
                result_bytes: working.round.result_bytes,
            };
            let asked = Asked {
                key: working.step(&step_of(place)),
                effect: Effect::AgentCall(Box::new(request)),
                inputs: working.inputs.clone(),
                process_data: None,
            };
            (place, format!("CALL {}", call.name), asked)
        });
        let asked: Vec<_> = asked.collect();
        for (place, label, asked) in asked {
            let step = step_of(place);
            self.begin_step(frame, ix, node, running, &step, Some(""), label);
            self.give(frame, ix, node, running, asked);
        }
    }

    /// A tool has answered.
    pub(super) fn call_over(&mut self, pending: &Pending, result: AgentResult) {
        let plan = self.plan.clone();
        let (frame, ix) = (pending.frame, pending.node);
        let Some(this) = self.frames.get(frame) else {
            return;
        };
        let node = &plan.scopes[this.scope].nodes[ix];
        let Effect::AgentCall(request) = &*pending.task.effect else {
            return;
        };
        let data = Value::object([
            ("tool_name", Value::String(request.call.name.clone())),
            ("tool_call_id", Value::String(request.call.id.clone())),
            ("tool_call_args", arguments(&request.call.arguments)),
            ("output", Value::String(result.text.clone())),
        ]);
        let error = result.is_error.then(|| result.text.clone());
        let step = step_of(request.place);
        self.end_step(frame, ix, &step, data, error, None);
        let Some(working) = self.agents.get_mut(&(frame, ix)) else {
            return;
        };
        if let Some(slot) = working.results.get_mut(request.place) {
            *slot = Some(result);
        }
        let results: Option<Vec<_>> = working.results.iter().cloned().collect();
        let Some(results) = results else { return };
        let told = working.round.calls.iter().zip(&results);
        let told = told.map(|(call, result)| {
            Value::object([
                ("tool_call_id", Value::String(call.id.clone())),
                ("tool_call_name", Value::String(call.name.clone())),
                ("tool_response", Value::String(result.text.clone())),
            ])
        });
        let told = Value::array(told.collect::<Vec<_>>());
        self.end_round_step(frame, ix, told);
        if let Some(working) = self.agents.get_mut(&(frame, ix)) {
            let round = std::mem::take(&mut working.round);
            working.request.past.push(PastRound { round, results });
        }
        self.next_agent_round(frame, ix, node, pending.running);
    }

    /// It called nothing: that was its answer.
    fn agent_done(&mut self, frame: FrameId, ix: Ix<Node>, node: &Node, running: Running) {
        self.end_round_step(frame, ix, Value::Array(Arc::default()));
        let Some(working) = self.agents.remove(&(frame, ix)) else {
            return;
        };
        let past = working.request.past.iter().map(|past| &*past.round.shown);
        let text: String = past.chain([&*working.round.shown]).collect();
        let steps = working.logs.iter().map(|(log, _)| {
            let json = serde_json::to_value(log).unwrap_or_default();
            Value::from(&json)
        });
        let reply = Reply::Tool(Box::new(ToolReply {
            text: text.into(),
            json: steps.collect(),
            usage: Some(working.round.total),
            ..ToolReply::default()
        }));
        let Kind::Work(work) = &node.work else { return };
        match work.finish(&self.cx(frame, node), &working.inputs, reply) {
            Ok(output) => {
                let output = Output {
                    inputs: Some(working.inputs),
                    ..output
                };
                self.finish(frame, ix, node, running, output);
            }
            Err(failure) => self.failed(frame, ix, node, running, failure, Some(working.inputs)),
        }
    }

    /// One of its tasks failed, and so does the node: what else it waits for is not wanted any more.
    pub(super) fn close_agent(&mut self, pending: &Pending, failure: &Failure) {
        let (frame, ix) = (pending.frame, pending.node);
        if !self.agents.contains_key(&(frame, ix)) {
            return;
        }
        let step = match &*pending.task.effect {
            Effect::AgentCall(request) => step_of(request.place),
            _ => "/thought".to_owned(),
        };
        for step in [step.as_str(), ""] {
            let error = Some(failure.message.clone());
            self.end_step(frame, ix, step, Value::Null, error, None);
        }
        self.agents.remove(&(frame, ix));
        let siblings = self
            .tasks
            .iter()
            .filter(|(_, task)| (task.frame, task.node) == (frame, ix));
        let siblings: Vec<_> = siblings.map(|(id, _)| *id).collect();
        for task in siblings {
            self.cancel(task);
        }
    }

    #[allow(
        clippy::too_many_arguments,
        reason = "the parts of one record, named where it is made"
    )]
    fn begin_step(
        &mut self,
        frame: FrameId,
        ix: Ix<Node>,
        node: &Node,
        running: Running,
        step: &str,
        parent: Option<&str>,
        label: String,
    ) {
        let (seed, now) = (self.seed, self.now);
        let Some(working) = self.agents.get_mut(&(frame, ix)) else {
            return;
        };
        let id = |step: &str| ExecutionId(seed ^ hash(&[working.step(step).as_bytes(), b"log"]));
        let log = AgentLog {
            node_execution_id: running.id,
            id: id(step),
            label: label.into(),
            parent_id: parent.map(id),
            error: None,
            status: "start",
            data: Value::Object(Arc::default()),
            metadata: Value::object([("started_at", seconds(now))]),
            node_id: node.id.clone(),
        };
        working.logs.push((log.clone(), now));
        self.emit(EventKind::AgentLog(Box::new(log)));
    }

    fn end_step(
        &mut self,
        frame: FrameId,
        ix: Ix<Node>,
        step: &str,
        data: Value,
        error: Option<Arc<str>>,
        usage: Option<&Usage>,
    ) {
        let (seed, now) = (self.seed, self.now);
        let Some(working) = self.agents.get_mut(&(frame, ix)) else {
            return;
        };
        let id = ExecutionId(seed ^ hash(&[working.step(step).as_bytes(), b"log"]));
        let mut found = working.logs.iter_mut();
        let Some((log, begun)) = found.find(|(log, _)| log.id == id) else {
            return;
        };
        let mut metadata = vec![
            ("started_at", seconds(*begun)),
            ("finished_at", seconds(now)),
            ("elapsed_time", seconds(now.saturating_sub(*begun))),
        ];
        if let Some(usage) = usage {
            metadata.push(("total_tokens", Value::Int(usage.total_tokens as i64)));
            metadata.push(("total_price", Value::String(usage.total_price.clone())));
            metadata.push(("currency", Value::String(usage.currency.clone())));
        }
        log.metadata = Value::object(metadata);
        log.status = if error.is_some() { "error" } else { "success" };
        log.error = error;
        if !matches!(data, Value::Null) {
            log.data = data;
        }
        let log = log.clone();
        self.emit(EventKind::AgentLog(Box::new(log)));
    }

    fn end_round_step(&mut self, frame: FrameId, ix: Ix<Node>, responses: Value) {
        let Some(working) = self.agents.get(&(frame, ix)) else {
            return;
        };
        let total = working.round.usage.clone();
        let output = Value::object([
            ("llm_response", Value::String(working.round.thought.clone())),
            ("tool_responses", responses),
        ]);
        let data = Value::object([("output", output)]);
        self.end_step(frame, ix, "", data, None, Some(&total));
    }
}

/// What a call adds to its round's key.
fn step_of(place: usize) -> String {
    format!(".{}", place + 1)
}

fn seconds(millis: i64) -> Value {
    Value::Float(millis as f64 / 1000.0)
}

/// What a model wrote as arguments, as far as it is JSON.
fn arguments(text: &Arc<str>) -> Value {
    match serde_json::from_str::<Value>(text) {
        Ok(value) => value,
        Err(_) => Value::String(text.clone()),
    }
}
