//! Iterations and loops that are under way.

use std::sync::Arc;

use super::{Running, frame::FrameId};
use crate::{Map, Value, arena::Ix, plan::Node};

/// Names a container. Numbers are not used twice in a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ContainerId(u64);

/// An iteration or a loop under way.
#[derive(Debug)]
pub(crate) struct Container {
    pub(crate) frame: FrameId,
    pub(crate) node: Ix<Node>,
    pub(crate) running: Running,
    pub(crate) inputs: Arc<Map>,
    pub(crate) tokens: u64,
    /// Milliseconds of each round that ended, and when those that run began.
    pub(crate) durations: Vec<(usize, u64)>,
    pub(crate) begun: Vec<(usize, i64)>,
    pub(crate) state: State,
}

#[derive(Debug)]
pub(crate) enum State {
    Iteration {
        items: Arc<Vec<Value>>,
        next: usize,
        open: usize,
        /// By index; none for a round that left nothing.
        results: Vec<Option<Value>>,
    },
    Loop {
        round: usize,
        variables: Vec<Value>,
    },
}

impl Container {
    /// A loop's variables.
    pub(crate) fn variables(&self) -> Option<&Vec<Value>> {
        match &self.state {
            State::Loop { variables, .. } => Some(variables),
            State::Iteration { .. } => None,
        }
    }

    pub(crate) fn variables_mut(&mut self) -> Option<&mut Vec<Value>> {
        match &mut self.state {
            State::Loop { variables, .. } => Some(variables),
            State::Iteration { .. } => None,
        }
    }
}

/// All containers of a run that are under way.
#[derive(Debug, Default)]
pub(crate) struct Containers {
    rows: std::collections::BTreeMap<ContainerId, Container>,
    next: u64,
}

impl Containers {
    pub(crate) fn insert(&mut self, container: Container) -> ContainerId {
        self.next += 1;
        let id = ContainerId(self.next);
        self.rows.insert(id, container);
        id
    }

    pub(crate) fn get(&self, id: ContainerId) -> Option<&Container> {
        self.rows.get(&id)
    }

    pub(crate) fn get_mut(&mut self, id: ContainerId) -> Option<&mut Container> {
        self.rows.get_mut(&id)
    }

    pub(crate) fn remove(&mut self, id: ContainerId) -> Option<Container> {
        self.rows.remove(&id)
    }

    /// Containers that lie in a frame which `is_gone`.
    pub(crate) fn orphans(&self, is_gone: impl Fn(FrameId) -> bool) -> Vec<ContainerId> {
        self.rows
            .iter()
            .filter(|(_, container)| is_gone(container.frame))
            .map(|(id, _)| *id)
            .collect()
    }
}
