//! What a client sees of a run, in the fields and the order of the API's stream.

use std::sync::Arc;

use serde::{Serialize, Serializer};

use crate::{Map, Value};

/// An event with its place in the run.
#[derive(Debug, Clone)]
pub struct Event {
    /// Counts events other than text from 1, so that a stream can be rejoined; text carries the number of the event
    /// before it.
    pub seq: u64,
    /// What happened.
    pub kind: EventKind,
}

/// A node execution's id, written as a UUID. The same step of the same run always has the same one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ExecutionId(pub u128);

impl std::fmt::Display for ExecutionId {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Version 8: made by a rule of our own.
        let bits = (self.0 & !(0xF << 76) & !(0b11 << 62)) | (0x8 << 76) | (0b10 << 62);
        let part = |from: u32, width: u32| (bits >> from) & ((1_u128 << width) - 1);
        write!(
            out,
            "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
            part(96, 32),
            part(80, 16),
            part(64, 16),
            part(48, 16),
            part(0, 48)
        )
    }
}

impl Serialize for ExecutionId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Kinds of events; serialised, each gives the `data` of the API's event.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
#[allow(missing_docs, reason = "the names are those of the API")]
pub enum EventKind {
    WorkflowStarted(WorkflowStarted),
    NodeStarted(Box<NodeStarted>),
    NodeFinished(Box<NodeFinished>),
    NodeRetry(Box<NodeRetry>),
    TextChunk(TextChunk),
    TextReplace(TextReplace),
    ReasoningChunk(ReasoningChunk),
    AgentLog(Box<AgentLog>),
    IterationStarted(Box<ContainerStarted>),
    IterationNext(Box<ContainerNext>),
    IterationCompleted(Box<ContainerCompleted>),
    LoopStarted(Box<ContainerStarted>),
    LoopNext(Box<ContainerNext>),
    LoopCompleted(Box<ContainerCompleted>),
    HumanInputRequired(Box<HumanInputRequired>),
    HumanInputFormFilled(Box<HumanInputFormFilled>),
    HumanInputFormTimeout(HumanInputFormTimeout),
    WorkflowPaused(WorkflowPaused),
    WorkflowFinished(Box<WorkflowFinished>),
}

impl EventKind {
    /// The API's name.
    pub fn name(&self) -> &'static str {
        match self {
            Self::WorkflowStarted(_) => "workflow_started",
            Self::NodeStarted(_) => "node_started",
            Self::NodeFinished(_) => "node_finished",
            Self::NodeRetry(_) => "node_retry",
            Self::TextChunk(_) => "text_chunk",
            Self::TextReplace(_) => "text_replace",
            Self::ReasoningChunk(_) => "reasoning_chunk",
            Self::AgentLog(_) => "agent_log",
            Self::IterationStarted(_) => "iteration_started",
            Self::IterationNext(_) => "iteration_next",
            Self::IterationCompleted(_) => "iteration_completed",
            Self::LoopStarted(_) => "loop_started",
            Self::LoopNext(_) => "loop_next",
            Self::LoopCompleted(_) => "loop_completed",
            Self::HumanInputRequired(_) => "human_input_required",
            Self::HumanInputFormFilled(_) => "human_input_form_filled",
            Self::HumanInputFormTimeout(_) => "human_input_form_timeout",
            Self::WorkflowPaused(_) => "workflow_paused",
            Self::WorkflowFinished(_) => "workflow_finished",
        }
    }

    /// Whether it is text on its way, which may be cut differently when a run is repeated.
    pub fn is_text(&self) -> bool {
        matches!(
            self,
            Self::TextChunk(_) | Self::TextReplace(_) | Self::ReasoningChunk(_)
        )
    }
}

/// Milliseconds since 1970, written as the API's whole seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seconds(pub i64);

impl Serialize for Seconds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(self.0.div_euclid(1000))
    }
}

/// Milliseconds, written as seconds with a fraction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Elapsed(pub u64);

impl Serialize for Elapsed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.0 as f64 / 1000.0)
    }
}

/// Always `{}`.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Extras {}

/// A status of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the names are those of the API")]
pub enum Status {
    Running,
    Succeeded,
    Failed,
    Exception,
    Stopped,
    PartialSucceeded,
    Paused,
    Retry,
}

/// `workflow_started`.
#[derive(Debug, Clone, Serialize)]
#[allow(missing_docs, reason = "the names are those of the API")]
pub struct WorkflowStarted {
    pub id: Arc<str>,
    pub workflow_id: Arc<str>,
    pub inputs: Arc<Map>,
    pub created_at: Seconds,
    pub reason: &'static str,
}

/// `node_started`.
#[derive(Debug, Clone, Serialize)]
#[allow(missing_docs, reason = "the names are those of the API")]
pub struct NodeStarted {
    pub id: ExecutionId,
    pub node_id: Arc<str>,
    pub node_type: Arc<str>,
    pub title: Arc<str>,
    pub index: u64,
    pub predecessor_node_id: Option<Arc<str>>,
    pub inputs: Option<Arc<Map>>,
    pub inputs_truncated: bool,
    pub created_at: Seconds,
    pub extras: Extras,
    pub iteration_id: Option<Arc<str>>,
    pub loop_id: Option<Arc<str>>,
    pub agent_strategy: Option<Value>,
}

/// `node_finished`.
#[derive(Debug, Clone, Serialize)]
#[allow(missing_docs, reason = "the names are those of the API")]
pub struct NodeFinished {
    pub id: ExecutionId,
    pub node_id: Arc<str>,
    pub node_type: Arc<str>,
    pub title: Arc<str>,
    pub index: u64,
    pub predecessor_node_id: Option<Arc<str>>,
    pub inputs: Option<Arc<Map>>,
    pub inputs_truncated: bool,
    pub process_data: Option<Arc<Map>>,
    pub process_data_truncated: bool,
    pub outputs: Option<Arc<Map>>,
    pub outputs_truncated: bool,
    pub status: Status,
    pub error: Option<Arc<str>>,
    pub elapsed_time: Elapsed,
    pub execution_metadata: ExecutionMetadata,
    pub created_at: Seconds,
    pub finished_at: Seconds,
    pub files: Vec<Value>,
    pub iteration_id: Option<Arc<str>>,
    pub loop_id: Option<Arc<str>>,
}

/// `node_retry`: the fields of `node_finished`, and which attempt it was.
#[derive(Debug, Clone, Serialize)]
#[allow(missing_docs, reason = "the names are those of the API")]
pub struct NodeRetry {
    #[serde(flatten)]
    pub attempt: NodeFinished,
    pub retry_index: u32,
}

/// What is known about an execution beside its result. Keys that say nothing are left out.
#[derive(Debug, Clone, Default, Serialize)]
#[allow(missing_docs, reason = "the names are those of the API")]
pub struct ExecutionMetadata {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_price: Option<Arc<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<Arc<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iteration_id: Option<Arc<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iteration_index: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loop_id: Option<Arc<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loop_index: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_strategy: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iteration_duration_map: Option<Arc<Map>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loop_duration_map: Option<Arc<Map>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loop_variable_map: Option<Arc<Map>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completed_reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_log: Option<Value>,
}

/// A piece of an answer or of an end node's text.
#[derive(Debug, Clone, Serialize)]
#[allow(missing_docs, reason = "the names are those of the API")]
pub struct TextChunk {
    pub text: Arc<str>,
    pub from_variable_selector: Arc<[Arc<str>]>,
}

/// All text so far is this: what a node had written was taken back.
#[derive(Debug, Clone, Serialize)]
#[allow(missing_docs, reason = "the names are those of the API")]
pub struct TextReplace {
    pub text: Arc<str>,
}

/// A piece of a model's thoughts.
#[derive(Debug, Clone, Serialize)]
#[allow(missing_docs, reason = "the names are those of the API")]
pub struct ReasoningChunk {
    pub message_id: Option<Arc<str>>,
    pub reasoning: Arc<str>,
    pub node_id: Arc<str>,
    pub is_final: bool,
}

/// A step of an agent: told when it begins and, with the same `id`, when it is over.
#[derive(Debug, Clone, Serialize)]
#[allow(missing_docs, reason = "the names are those of the API")]
pub struct AgentLog {
    pub node_execution_id: ExecutionId,
    pub id: ExecutionId,
    pub label: Arc<str>,
    /// Of a thought or a call: its round.
    pub parent_id: Option<ExecutionId>,
    pub error: Option<Arc<str>>,
    /// `start`, `success` or `error`.
    pub status: &'static str,
    pub data: Value,
    pub metadata: Value,
    pub node_id: Arc<str>,
}

/// `iteration_started` and `loop_started`.
#[derive(Debug, Clone, Serialize)]
#[allow(missing_docs, reason = "the names are those of the API")]
pub struct ContainerStarted {
    pub id: Arc<str>,
    pub node_id: Arc<str>,
    pub node_type: Arc<str>,
    pub title: Arc<str>,
    pub created_at: Seconds,
    pub extras: Extras,
    pub metadata: ContainerMetadata,
    pub inputs: Arc<Map>,
    pub inputs_truncated: bool,
}

/// How many rounds a container will take at most.
#[derive(Debug, Clone, Default, Serialize)]
#[allow(missing_docs, reason = "the names are those of the API")]
pub struct ContainerMetadata {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iteration_length: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loop_length: Option<u64>,
}

/// `iteration_next` and `loop_next`.
#[derive(Debug, Clone, Serialize)]
#[allow(missing_docs, reason = "the names are those of the API")]
pub struct ContainerNext {
    pub id: Arc<str>,
    pub node_id: Arc<str>,
    pub node_type: Arc<str>,
    pub title: Arc<str>,
    pub index: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pre_loop_output: Option<Extras>,
    pub created_at: Seconds,
    pub extras: Extras,
}

/// `iteration_completed` and `loop_completed`.
#[derive(Debug, Clone, Serialize)]
#[allow(missing_docs, reason = "the names are those of the API")]
pub struct ContainerCompleted {
    pub id: Arc<str>,
    pub node_id: Arc<str>,
    pub node_type: Arc<str>,
    pub title: Arc<str>,
    pub outputs: Option<Arc<Map>>,
    pub outputs_truncated: bool,
    pub created_at: Seconds,
    pub extras: Extras,
    pub inputs: Arc<Map>,
    pub inputs_truncated: bool,
    pub status: Status,
    pub error: Option<Arc<str>>,
    pub elapsed_time: Elapsed,
    pub total_tokens: u64,
    pub execution_metadata: ExecutionMetadata,
    pub finished_at: Seconds,
    pub steps: u64,
}

/// `human_input_required`.
#[derive(Debug, Clone, Serialize)]
#[allow(missing_docs, reason = "the names are those of the API")]
pub struct HumanInputRequired {
    pub form_id: ExecutionId,
    pub node_id: Arc<str>,
    pub node_title: Arc<str>,
    pub form_content: Arc<str>,
    pub inputs: Value,
    pub actions: Value,
    pub display_in_ui: bool,
    /// Given by the host, who makes forms reachable.
    pub form_token: Option<Arc<str>>,
    pub resolved_default_values: Arc<Map>,
    pub expiration_time: Seconds,
}

/// `human_input_form_filled`.
#[derive(Debug, Clone, Serialize)]
#[allow(missing_docs, reason = "the names are those of the API")]
pub struct HumanInputFormFilled {
    pub node_id: Arc<str>,
    pub node_title: Arc<str>,
    pub rendered_content: Arc<str>,
    pub action_id: Arc<str>,
    pub action_text: Arc<str>,
    pub submitted_data: Option<Arc<Map>>,
}

/// `human_input_form_timeout`.
#[derive(Debug, Clone, Serialize)]
#[allow(missing_docs, reason = "the names are those of the API")]
pub struct HumanInputFormTimeout {
    pub node_id: Arc<str>,
    pub node_title: Arc<str>,
    pub expiration_time: Seconds,
}

/// `workflow_paused`.
#[derive(Debug, Clone, Serialize)]
#[allow(missing_docs, reason = "the names are those of the API")]
pub struct WorkflowPaused {
    pub workflow_run_id: Arc<str>,
    pub paused_nodes: Vec<Arc<str>>,
    pub outputs: Extras,
    pub reasons: Vec<Value>,
    pub status: Status,
    pub created_at: Seconds,
    pub elapsed_time: Elapsed,
    pub total_tokens: u64,
    pub total_steps: u64,
}

/// `workflow_finished`.
#[derive(Debug, Clone, Serialize)]
#[allow(missing_docs, reason = "the names are those of the API")]
pub struct WorkflowFinished {
    pub id: Arc<str>,
    pub workflow_id: Arc<str>,
    pub status: Status,
    pub outputs: Option<Arc<Map>>,
    pub error: Option<Arc<str>>,
    pub elapsed_time: Elapsed,
    pub total_tokens: u64,
    pub total_steps: u64,
    pub created_by: Value,
    pub created_at: Seconds,
    pub finished_at: Seconds,
    pub exceptions_count: u64,
    pub files: Vec<Value>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_uuids_and_times_are_the_apis() {
        assert_eq!(
            ExecutionId(u128::MAX).to_string(),
            "ffffffff-ffff-8fff-bfff-ffffffffffff"
        );
        assert_eq!(
            ExecutionId(1).to_string(),
            "00000000-0000-8000-8000-000000000001"
        );
        assert_eq!(
            serde_json::to_string(&Seconds(1_700_000_000_999)).expect("JSON"),
            "1700000000"
        );
        assert_eq!(serde_json::to_string(&Elapsed(1500)).expect("JSON"), "1.5");
        assert_eq!(
            serde_json::to_string(&Status::PartialSucceeded).expect("JSON"),
            "\"partial-succeeded\""
        );
    }
}
