//! What is known of one round.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// One round of an agent: what the model thought, what it called, and what came of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Thought {
    /// From 1.
    pub position: u32,
    /// What the model said in this round.
    pub thought: String,
    /// Names of the tools that it called, joined by `;`. Empty when it answered.
    pub tool: String,
    /// How people call these tools: name to label.
    pub tool_labels: Map<String, Value>,
    /// JSON text: name to arguments. Empty when nothing was called.
    pub tool_input: String,
    /// JSON text: name to result. Empty until the tools are done.
    pub observation: String,
    /// What the round cost, in tokens.
    pub tokens: u64,
}

impl Thought {
    /// A round that has only begun.
    pub fn is_empty(&self) -> bool {
        self.thought.is_empty() && self.tool.is_empty() && self.tokens == 0
    }
}
