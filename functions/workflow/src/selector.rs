//! Selectors: lists of words that name a variable, resolved once into places.

use std::sync::Arc;

use crate::{Value, arena::Ix, plan::Node};

/// What the system gives a run: the keys of `sys`.
pub(crate) const SYS: [&str; 16] = [
    "user_id",
    "app_id",
    "workflow_id",
    "workflow_run_id",
    "files",
    "timestamp",
    "query",
    "conversation_id",
    "dialogue_count",
    "document_id",
    "original_document_id",
    "batch",
    "dataset_id",
    "datasource_type",
    "datasource_info",
    "invoke_from",
];

/// A resolved selector.
#[derive(Debug, Clone)]
pub(crate) struct Ref {
    pub(crate) base: Base,
    /// What follows the variable: an object's keys, a file's attribute.
    pub(crate) path: Box<[Arc<str>]>,
    /// The selector as it was written.
    pub(crate) words: Arc<[Arc<str>]>,
}

/// Where a variable lives.
#[derive(Debug, Clone)]
pub(crate) enum Base {
    /// An output of a node, `up` containers above.
    Output {
        up: u32,
        node: Ix<Node>,
        name: Arc<str>,
    },
    /// The item or the number of the iteration's step, `up` containers above.
    Item {
        up: u32,
    },
    Index {
        up: u32,
    },
    /// A loop's variable by its place.
    LoopVariable {
        up: u32,
        place: usize,
    },
    /// `sys`, by the place in [`SYS`].
    Sys(usize),
    /// Environment and conversation variables by their places.
    Env(usize),
    Conversation(usize),
    /// `rag`: variables of a knowledge pipeline.
    Rag {
        node: Arc<str>,
        name: Arc<str>,
    },
    /// Names nothing: an unknown node, or one inside a container that this one is outside of.
    Nothing,
}

impl Ref {
    /// `node.variable.path`: what an unresolved token of a template leaves.
    pub(crate) fn dotted(&self) -> String {
        self.words.join(".")
    }

    /// Follows the path below the variable.
    pub(crate) fn follow(&self, value: Value) -> Option<Value> {
        let mut value = value;
        for key in &self.path {
            value = value.get(key)?;
        }
        Some(value)
    }
}
