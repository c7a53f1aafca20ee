//! What may be wrong with a graph, an input or a call of the engine.

use std::sync::Arc;

/// A problem with the place where it lies. A node that fails at run time is not an `Error` but data: see
/// [`crate::Failure`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{message}", place(.node.as_deref(), .field))]
pub struct Error {
    /// What kind of problem it is; callers decide by it, never by the text.
    pub kind: ErrorKind,
    /// The node that is meant, when one is.
    pub node: Option<Arc<str>>,
    /// The field that is meant, as a path such as `cases[1].conditions[0].value`; empty when the whole is meant.
    pub field: String,
    /// For people.
    pub message: String,
}

/// Kinds of [`Error`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The graph's shape: a cycle, an edge to nowhere, two starts, a container in the wrong place.
    Graph,
    /// A field of a node or a variable cannot be used.
    Field,
    /// What the caller gave for a run is wrong: inputs of the start node, a variable of the wrong type.
    Input,
    /// A call that does not fit the state of the run: a reply to a task that nobody waits for.
    State,
    /// The journal does not belong to this graph.
    Replay,
}

/// The crate's results.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            node: None,
            field: String::new(),
            message: message.into(),
        }
    }

    pub(crate) fn graph(
        node: &Arc<str>,
        field: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self::new(ErrorKind::Graph, message).at(node, field)
    }

    pub(crate) fn field(
        node: &Arc<str>,
        field: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self::new(ErrorKind::Field, message).at(node, field)
    }

    pub(crate) fn at(mut self, node: &Arc<str>, field: impl Into<String>) -> Self {
        self.node = Some(node.clone());
        self.field = field.into();
        self
    }
}

fn place(node: Option<&str>, field: &str) -> String {
    match (node, field) {
        (Some(node), "") => format!("node `{node}`: "),
        (Some(node), field) => format!("node `{node}`, field `{field}`: "),
        (None, "") => String::new(),
        (None, field) => format!("field `{field}`: "),
    }
}
