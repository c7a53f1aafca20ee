//! Frames: one per round of a container, and one for the whole graph.

use std::{collections::VecDeque, sync::Arc};

use rustc_hash::FxHashMap;

use super::{container::ContainerId, stream::Session};
use crate::{
    Map, Value,
    arena::Ix,
    plan::{Node, Scope},
};

/// Names a frame. Places are used again; the number tells an old frame from a new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct FrameId {
    place: u32,
    generation: u32,
}

/// A node's state in a frame.
#[derive(Debug, Clone, Default)]
pub(crate) struct NodeState {
    /// Incoming edges whose source has not ended.
    pub(crate) undecided: u32,
    pub(crate) phase: Phase,
    /// Whether an incoming edge was taken.
    pub(crate) taken: bool,
    /// Whether it will run whatever the branches decide.
    pub(crate) certain: bool,
    pub(crate) outputs: Option<Arc<Map>>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Phase {
    #[default]
    Waiting,
    Running,
    Done,
    Skipped,
}

/// A round.
#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) scope: Ix<Scope>,
    pub(crate) parent: Option<FrameId>,
    pub(crate) container: Option<ContainerId>,
    /// Which round, from 0, and its item.
    pub(crate) index: usize,
    pub(crate) item: Value,
    nodes: Vec<NodeState>,
    /// Nodes that are ready or running.
    pub(crate) open: u32,
    /// What this round adds to the answer, in order.
    pub(crate) sessions: VecDeque<Session>,
    /// Text that running nodes have written so far, by their places.
    pub(crate) written: FxHashMap<usize, Vec<Arc<str>>>,
    /// Whether a loop-end node was reached.
    pub(crate) broken: bool,
}

impl Frame {
    pub(crate) fn new(scope: Ix<Scope>, inside: &Scope) -> Self {
        let nodes = inside
            .nodes
            .iter()
            .map(|(_, node)| NodeState {
                undecided: node.incoming,
                ..NodeState::default()
            })
            .collect();
        Self {
            scope,
            parent: None,
            container: None,
            index: 0,
            item: Value::Null,
            nodes,
            open: 0,
            sessions: VecDeque::new(),
            written: FxHashMap::default(),
            broken: false,
        }
    }

    pub(crate) fn state(&mut self, node: Ix<Node>) -> Option<&mut NodeState> {
        self.nodes.get_mut(node.place())
    }

    pub(crate) fn phase(&self, node: Ix<Node>) -> Phase {
        self.nodes
            .get(node.place())
            .map(|state| state.phase)
            .unwrap_or_default()
    }

    pub(crate) fn outputs(&self, node: Ix<Node>) -> Option<&Arc<Map>> {
        self.nodes.get(node.place())?.outputs.as_ref()
    }
}

/// All frames of a run.
#[derive(Debug, Default)]
pub(crate) struct Frames {
    rows: Vec<(u32, Option<Frame>)>,
    free: Vec<u32>,
}

impl Frames {
    pub(crate) fn insert(&mut self, frame: Frame) -> FrameId {
        if let Some(place) = self.free.pop()
            && let Some((generation, row)) = self.rows.get_mut(place as usize)
        {
            *row = Some(frame);
            return FrameId {
                place,
                generation: *generation,
            };
        }
        self.rows.push((0, Some(frame)));
        FrameId {
            place: (self.rows.len() - 1) as u32,
            generation: 0,
        }
    }

    pub(crate) fn get(&self, id: FrameId) -> Option<&Frame> {
        let (generation, row) = self.rows.get(id.place as usize)?;
        row.as_ref().filter(|_| *generation == id.generation)
    }

    pub(crate) fn get_mut(&mut self, id: FrameId) -> Option<&mut Frame> {
        let (generation, row) = self.rows.get_mut(id.place as usize)?;
        row.as_mut().filter(|_| *generation == id.generation)
    }

    pub(crate) fn remove(&mut self, id: FrameId) -> Option<Frame> {
        let (generation, row) = self.rows.get_mut(id.place as usize)?;
        if *generation != id.generation {
            return None;
        }
        let frame = row.take()?;
        *generation += 1;
        self.free.push(id.place);
        Some(frame)
    }

    /// The frames of a container.
    pub(crate) fn of(&self, container: ContainerId) -> Vec<FrameId> {
        let rows = self.rows.iter().enumerate();
        rows.filter(|(_, (_, row))| {
            row.as_ref()
                .is_some_and(|frame| frame.container == Some(container))
        })
        .map(|(place, (generation, _))| FrameId {
            place: place as u32,
            generation: *generation,
        })
        .collect()
    }
}
