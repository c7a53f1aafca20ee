//! What an agent asks of the host, round by round: each round of its model and each call of a tool is a task of its own,
//! so that the journal has its answer and nothing that was answered is asked again.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{Map, Message, Usage, Value};

/// The next round of an agent.
#[derive(Debug, Clone, Serialize)]
pub struct AgentRequest {
    /// Whose strategy, such as `langgenius/agent/agent`.
    pub provider: Arc<str>,
    /// `function_calling`, `ReAct`...
    pub strategy: Arc<str>,
    /// `instruction`, `query`, `model`, `tools`, `maximum_iterations`, `context`...
    pub parameters: Arc<Map>,
    /// Earlier turns.
    pub memory: Vec<Message>,
    /// The whole of `agent_job` and `agent_binding`, for the second kind of agent node.
    pub job: Option<Value>,
    /// The rounds that are over.
    pub past: Vec<PastRound>,
}

/// A round whose calls were answered.
#[derive(Debug, Clone, Serialize)]
pub struct PastRound {
    /// What the model said.
    pub round: AgentRound,
    /// What came of its calls, in their order.
    pub results: Vec<AgentResult>,
}

/// What an agent's model said in one round.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AgentRound {
    /// What it thought.
    pub thought: Arc<str>,
    /// What of it belongs to the answer: all that was sent as [`crate::Input::Delta`].
    pub shown: Arc<str>,
    /// What it wants called. Without calls the agent is done.
    pub calls: Vec<AgentCall>,
    /// Who spoke, for people.
    pub model: Arc<str>,
    /// Tokens and price of the round.
    pub usage: Usage,
    /// Tokens and price of all rounds so far, this one among them.
    pub total: Usage,
    /// Bytes of each result that the model gets to see.
    pub result_bytes: u64,
}

/// A call that an agent's model wants made.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AgentCall {
    /// Given by the model.
    pub id: Arc<str>,
    /// Which tool.
    pub name: Arc<str>,
    /// The tool's name for people.
    pub label: Arc<str>,
    /// JSON text, as the model wrote it: may be invalid.
    pub arguments: Arc<str>,
}

/// A call of an agent's tool.
#[derive(Debug, Clone, Serialize)]
pub struct AgentCallRequest {
    /// Those of [`AgentRequest`], which name the tools.
    pub parameters: Arc<Map>,
    /// See [`AgentRequest::job`].
    pub job: Option<Value>,
    /// What is called.
    pub call: AgentCall,
    /// Which of the round's calls it is, from 0.
    pub place: usize,
    /// See [`AgentRound::result_bytes`].
    pub result_bytes: u64,
}

/// What came of a call.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AgentResult {
    /// What the model gets to see.
    pub text: Arc<str>,
    /// Whether it says what went wrong.
    pub is_error: bool,
}
