//! What a run begins with.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{Map, Message, Value};

/// What the caller gives a run. It is kept beside the journal: a run is repeated from both.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Start {
    /// The run's id.
    pub run_id: Arc<str>,
    /// The workflow's id.
    pub workflow_id: Arc<str>,
    /// Who started it, as `workflow_finished` shows it.
    pub created_by: Value,
    /// Where to start when the graph has several roots: a node's id. By default the start node, else the first root.
    pub root: Option<Arc<str>>,
    /// Inputs by the start node's variables, or a trigger's outputs.
    pub inputs: Arc<Map>,
    /// Keys of `sys`: `query`, `files`, `user_id`...
    pub sys: Arc<Map>,
    /// Values of environment variables that replace those of the file. Kept by whoever keeps the secrets, not here.
    #[serde(skip)]
    pub env: Arc<Map>,
    /// The conversation's variables as they are now; those that are missing start with the file's values.
    pub conversation: Arc<Map>,
    /// Variables of a knowledge pipeline: `{node: {name: value}}`.
    pub rag: Arc<Map>,
    /// Earlier turns of the conversation, oldest first.
    pub history: Arc<Vec<Message>>,
    /// Outputs that stand in for running a node outside of containers, by node: for forks with edited results and for
    /// trying one node.
    pub pinned: Arc<Map>,
}
