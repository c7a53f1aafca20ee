//! The compiled graph. Immutable and shared by every run; whoever compiles it keeps it by the content it came from.

use std::{fmt, sync::Arc};

use rustc_hash::FxHashMap;
use serde_json::Value as Json;

use crate::{
    Error, Failure, Result, Type, Value,
    arena::{Arena, Ix},
    graph,
    nodes::{Iteration, Loop, Work},
    selector::Base,
    template::Template,
};

/// Instructions that one rendering of a Jinja template may take, about a second's worth.
const TEMPLATE_FUEL: u64 = 5_000_000;

/// A compiled workflow.
#[derive(Debug)]
pub struct Plan {
    pub(crate) scopes: Arena<Scope>,
    pub(crate) root: Ix<Scope>,
    /// Nodes of the root that a run may start from.
    pub(crate) roots: Vec<Ix<Node>>,
    pub(crate) env: Vec<Declared>,
    pub(crate) conversation: Vec<Declared>,
    pub(crate) warnings: Vec<Error>,
}

/// A declared environment or conversation variable.
#[derive(Debug, Clone)]
pub struct Declared {
    /// Its name.
    pub name: Arc<str>,
    /// Its type.
    pub kind: Type,
    /// What it starts with.
    pub value: Value,
}

/// The nodes that run together: the whole graph, or the inside of a container. In topological order.
#[derive(Debug, Default)]
pub(crate) struct Scope {
    pub(crate) nodes: Arena<Node>,
    /// Where a container's round starts.
    pub(crate) start: Option<Ix<Node>>,
    /// Whether there are answer or end nodes in it.
    pub(crate) responds: bool,
}

/// A compiled node.
pub(crate) struct Node {
    pub(crate) id: Arc<str>,
    /// `data.type`, as written.
    pub(crate) kind: Arc<str>,
    pub(crate) title: Arc<str>,
    pub(crate) work: Kind,
    pub(crate) edges: Vec<Edge>,
    pub(crate) incoming: u32,
    /// Whether its edges depend on its result; then nothing behind it is certain before it ends.
    pub(crate) branching: bool,
    pub(crate) strategy: Strategy,
    pub(crate) retry: Retry,
    /// What it adds to the answer.
    pub(crate) response: Option<Response>,
    /// Whether a response shows its text while it is written.
    pub(crate) feeds: bool,
    /// The container around it, for events.
    pub(crate) iteration_id: Option<Arc<str>>,
    pub(crate) loop_id: Option<Arc<str>>,
}

/// Text that a node adds to the answer, in pieces.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) template: Template,
    /// An answer shows files and static text; an end node only what a model wrote.
    pub(crate) is_answer: bool,
    /// Parts of the template with nodes that may still change the variable there: all of them are decided before it is
    /// shown.
    pub(crate) writers: Vec<(usize, Ix<Node>)>,
}

/// A variable that belongs to no single node: what an assigner changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    /// By its place.
    Conversation(usize),
    /// Of the loop `up` containers above.
    Loop { up: u32, place: usize },
}

impl Target {
    /// The variable that a selector names, if it is one of these.
    pub(crate) fn of(base: &Base) -> Option<Self> {
        match base {
            Base::Conversation(place) => Some(Self::Conversation(*place)),
            Base::LoopVariable { up, place } => Some(Self::Loop {
                up: *up,
                place: *place,
            }),
            _ => None,
        }
    }

    /// As the scope around a container sees it; none for the container's own.
    pub(crate) fn outward(self) -> Option<Self> {
        match self {
            Self::Conversation(_) => Some(self),
            Self::Loop { up, place } => Some(Self::Loop {
                up: up.checked_sub(1)?,
                place,
            }),
        }
    }
}

/// What a node does.
#[derive(Debug)]
pub(crate) enum Kind {
    Work(Box<dyn Work>),
    Iteration(Box<Iteration>),
    Loop(Box<Loop>),
    /// A type that this engine does not know: it fails a run that reaches it.
    Unknown,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Edge {
    pub(crate) handle: u16,
    pub(crate) to: Ix<Node>,
}

/// The handle of ordinary nodes.
pub(crate) const SOURCE: u16 = 0;
/// The handle that a failed node with a fail branch takes.
pub(crate) const FAIL: u16 = u16::MAX;
/// A handle that no result takes.
pub(crate) const NEVER: u16 = u16::MAX - 1;

/// What happens when a node fails for good.
#[derive(Debug, Clone, Default)]
pub(crate) enum Strategy {
    #[default]
    Abort,
    FailBranch,
    Default(Arc<Vec<(Arc<str>, Value)>>),
}

impl Strategy {
    pub(crate) fn name(&self) -> Option<&'static str> {
        match self {
            Self::Abort => None,
            Self::FailBranch => Some("fail-branch"),
            Self::Default(_) => Some("default-value"),
        }
    }
}

/// How often a failed node is tried again, and after how long (in milliseconds).
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Retry {
    pub(crate) times: u32,
    pub(crate) interval: u64,
}

impl Plan {
    /// Compiles the `workflow` section of an app file: `graph`, `environment_variables`, `conversation_variables`.
    ///
    /// # Errors
    /// Names the node and the field: cycles, edges to nowhere, two starts, containers in the wrong place, fields that
    /// cannot be used. A node type that is unknown is no error: it fails the run that reaches it.
    pub fn compile(workflow: &Json) -> Result<Arc<Self>> {
        Self::compile_with(workflow, TEMPLATE_FUEL)
    }

    /// [`Self::compile`] with another limit for the instructions of one Jinja template.
    ///
    /// # Errors
    /// See [`Self::compile`].
    pub fn compile_with(workflow: &Json, template_fuel: u64) -> Result<Arc<Self>> {
        graph::compile(workflow, template_fuel).map(Arc::new)
    }

    /// What looks wrong but does not keep a run from starting: a selector that names no node, or one that may not have
    /// run before. Each names the node and the field.
    pub fn warnings(&self) -> &[Error] {
        &self.warnings
    }

    /// Ids and types of the nodes that a run may start from: `start`, triggers, datasources.
    pub fn roots(&self) -> impl Iterator<Item = (&str, &str)> {
        let nodes = &self.scopes[self.root].nodes;
        self.roots
            .iter()
            .map(|ix| (&*nodes[*ix].id, &*nodes[*ix].kind))
    }

    /// Every node's id and type, containers before what is in them.
    pub fn nodes(&self) -> impl Iterator<Item = (&str, &str)> {
        self.scopes
            .iter()
            .flat_map(|(_, scope)| scope.nodes.iter())
            .map(|(_, node)| (&*node.id, &*node.kind))
    }

    /// The declared conversation variables with their initial values.
    pub fn conversation_variables(&self) -> &[Declared] {
        &self.conversation
    }

    /// The declared environment variables with the values of the file.
    pub fn environment_variables(&self) -> &[Declared] {
        &self.env
    }

    /// Ids of the nodes that can only run after `node`, itself among them; none if there is no such node. A node inside a
    /// container stands for the outermost container, because a round's steps belong to the round.
    pub(crate) fn downstream(&self, node: &str) -> Vec<Arc<str>> {
        let mut holders: FxHashMap<usize, (Ix<Scope>, Ix<Node>)> = FxHashMap::default();
        let mut found = None;
        for (scope, inside) in self.scopes.iter() {
            for (ix, candidate) in inside.nodes.iter() {
                if let Some(inner) = candidate.inner() {
                    holders.insert(inner.place(), (scope, ix));
                }
                if &*candidate.id == node {
                    found = Some((scope, ix));
                }
            }
        }
        let Some((mut scope, mut ix)) = found else {
            return Vec::new();
        };
        while let Some(holder) = holders.get(&scope.place()) {
            (scope, ix) = *holder;
        }
        let nodes = &self.scopes[scope].nodes;
        let mut reached = vec![false; nodes.len()];
        if let Some(first) = reached.get_mut(ix.place()) {
            *first = true;
        }
        for (ix, node) in nodes.iter() {
            if reached.get(ix.place()).copied().unwrap_or_default() {
                for edge in &node.edges {
                    if let Some(target) = reached.get_mut(edge.to.place()) {
                        *target = true;
                    }
                }
            }
        }
        let is_reached = |ix: Ix<Node>| reached.get(ix.place()).copied().unwrap_or_default();
        nodes
            .iter()
            .filter(|(ix, _)| is_reached(*ix))
            .map(|(_, node)| node.id.clone())
            .collect()
    }
}

impl Node {
    /// Whether its `text` may come in pieces.
    pub(crate) fn writes_text(&self) -> bool {
        matches!(&*self.kind, "llm" | "agent" | "tool")
    }

    /// The scope inside a container.
    pub(crate) fn inner(&self) -> Option<Ix<Scope>> {
        match &self.work {
            Kind::Iteration(iteration) => Some(iteration.inner),
            Kind::Loop(this) => Some(this.inner),
            _ => None,
        }
    }

    pub(crate) fn failure(&self, error_type: &'static str, message: impl Into<String>) -> Failure {
        Failure::new(error_type, format!("{}: {}", self.named(), message.into()))
    }

    /// As messages call it.
    pub(crate) fn named(&self) -> String {
        format!("node `{}` ({})", self.id, self.kind)
    }
}

impl fmt::Debug for Node {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Node")
            .field("id", &self.id)
            .field("kind", &self.kind)
            .field("work", &self.work)
            .field("edges", &self.edges)
            .finish_non_exhaustive()
    }
}
