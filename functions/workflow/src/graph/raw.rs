//! Nodes and edges as they were written: found, tied into scopes and put in order.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::Value as Json;

use crate::{Error, ErrorKind, Result};

/// Containers within containers; deeper is a mistake of a generator.
const DEEPEST: usize = 8;

/// A node before it is compiled.
#[derive(Debug)]
pub(crate) struct RawNode<'a> {
    pub(crate) id: Arc<str>,
    pub(crate) kind: &'a str,
    pub(crate) data: &'a Json,
    /// The container around it, by its place among the raw nodes.
    pub(crate) parent: Option<usize>,
}

/// An edge between raw nodes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct RawEdge {
    pub(crate) from: usize,
    pub(crate) handle: Arc<str>,
    pub(crate) to: usize,
}

/// The graph as it was written, checked for its shape.
#[derive(Debug)]
pub(crate) struct Raw<'a> {
    pub(crate) nodes: Vec<RawNode<'a>>,
    pub(crate) edges: Vec<RawEdge>,
    /// Places of nodes, so that the source of every edge stands before its target.
    pub(crate) order: Vec<usize>,
}

impl<'a> Raw<'a> {
    pub(crate) fn read(graph: &'a Json) -> Result<Self> {
        let (mut nodes, parents, skipped) = read_nodes(graph)?;
        let places: FxHashMap<Arc<str>, usize> = nodes
            .iter()
            .enumerate()
            .map(|(place, node)| (node.id.clone(), place))
            .collect();
        tie(&mut nodes, &parents, &places)?;
        let edges = read_edges(graph, &nodes, &places, &skipped)?;
        let order = sort(&nodes, &edges)?;
        Ok(Self {
            nodes,
            edges,
            order,
        })
    }
}

fn list<'a>(graph: &'a Json, name: &str) -> Result<&'a [Json]> {
    match graph.get(name) {
        None | Some(Json::Null) => Ok(&[]),
        Some(Json::Array(items)) => Ok(items),
        Some(_) => Err(whole(format!("graph.{name}"), "must be a list")),
    }
}

fn whole(field: String, message: &str) -> Error {
    let mut error = Error::new(ErrorKind::Graph, message);
    error.field = field;
    error
}

/// Ids are text; a file written by hand may leave out the quotes.
fn id_of(json: Option<&Json>) -> Option<Arc<str>> {
    match json? {
        Json::String(text) if !text.is_empty() => Some(text.as_str().into()),
        Json::Number(number) => Some(number.to_string().into()),
        _ => None,
    }
}

type Nodes<'a> = (Vec<RawNode<'a>>, Vec<Option<Arc<str>>>, FxHashSet<Arc<str>>);

fn read_nodes(graph: &Json) -> Result<Nodes<'_>> {
    static NULL: Json = Json::Null;
    let (mut nodes, mut parents, mut notes) = (Vec::new(), Vec::new(), FxHashSet::default());
    let mut seen = FxHashSet::default();
    for (place, json) in list(graph, "nodes")?.iter().enumerate() {
        let id = id_of(json.get("id"))
            .ok_or_else(|| whole(format!("graph.nodes[{place}].id"), "is missing"))?;
        let data = json.get("data").unwrap_or(&NULL);
        let kind = data.get("type").and_then(Json::as_str).unwrap_or_default();
        let is_note = json.get("type").and_then(Json::as_str) == Some("custom-note");
        if !seen.insert(id.clone()) {
            return Err(Error::graph(&id, "id", "two nodes have this id"));
        }
        if is_note || kind.is_empty() {
            notes.insert(id);
            continue;
        }
        let parent = id_of(json.get("parentId"))
            .or_else(|| id_of(data.get("iteration_id")))
            .or_else(|| id_of(data.get("loop_id")));
        nodes.push(RawNode {
            id,
            kind,
            data,
            parent: None,
        });
        parents.push(parent);
    }
    Ok((nodes, parents, notes))
}

/// Finds each node's container and refuses containers that hold themselves.
fn tie(
    nodes: &mut [RawNode],
    parents: &[Option<Arc<str>>],
    places: &FxHashMap<Arc<str>, usize>,
) -> Result<()> {
    let mut found: Vec<Option<usize>> = Vec::with_capacity(nodes.len());
    for (node, parent) in nodes.iter().zip(parents) {
        let place = match parent {
            None => None,
            Some(parent) => {
                let place = places.get(parent).copied();
                let container = place.and_then(|place| nodes.get(place));
                if !container
                    .is_some_and(|container| matches!(container.kind, "iteration" | "loop"))
                {
                    let message = format!("`{parent}` is no iteration and no loop");
                    return Err(Error::graph(&node.id, "parentId", message));
                }
                place
            }
        };
        found.push(place);
    }
    for (node, place) in nodes.iter_mut().zip(&found) {
        node.parent = *place;
    }
    for node in nodes.iter() {
        let mut above = node.parent;
        for depth in 0.. {
            let Some(place) = above else { break };
            if depth == DEEPEST {
                let message = format!("lies in more than {DEEPEST} containers, or in itself");
                return Err(Error::graph(&node.id, "parentId", message));
            }
            above = nodes.get(place).and_then(|node| node.parent);
        }
    }
    Ok(())
}

fn read_edges(
    graph: &Json,
    nodes: &[RawNode],
    places: &FxHashMap<Arc<str>, usize>,
    notes: &FxHashSet<Arc<str>>,
) -> Result<Vec<RawEdge>> {
    let mut edges = Vec::new();
    let mut seen = FxHashSet::default();
    for (number, json) in list(graph, "edges")?.iter().enumerate() {
        let end = |name: &str| -> Result<Option<(Arc<str>, usize)>> {
            let field = format!("graph.edges[{number}].{name}");
            let id = id_of(json.get(name)).ok_or_else(|| whole(field.clone(), "is missing"))?;
            match places.get(&id) {
                Some(place) => Ok(Some((id, *place))),
                None if notes.contains(&id) => Ok(None),
                None => Err(Error::graph(
                    &id,
                    field,
                    "an edge leads to a node that does not exist",
                )),
            }
        };
        let (Some((source, from)), Some((_, to))) = (end("source")?, end("target")?) else {
            continue;
        };
        let scope = |place: usize| nodes.get(place).and_then(|node| node.parent);
        if scope(from) != scope(to) {
            let message = "an edge leads across the border of a container";
            return Err(Error::graph(
                &source,
                format!("graph.edges[{number}]"),
                message,
            ));
        }
        let handle = json
            .get("sourceHandle")
            .and_then(Json::as_str)
            .filter(|handle| !handle.is_empty());
        let edge = RawEdge {
            from,
            handle: handle.unwrap_or("source").into(),
            to,
        };
        if seen.insert(edge.clone()) {
            edges.push(edge);
        }
    }
    Ok(edges)
}

/// Sources before targets; among equals, as written. What cannot be ordered lies on a cycle.
fn sort(nodes: &[RawNode], edges: &[RawEdge]) -> Result<Vec<usize>> {
    let mut incoming = vec![0_usize; nodes.len()];
    let mut targets: Vec<Vec<usize>> = vec![Vec::new(); nodes.len()];
    for edge in edges {
        if let (Some(count), Some(list)) = (incoming.get_mut(edge.to), targets.get_mut(edge.from)) {
            *count += 1;
            list.push(edge.to);
        }
    }
    let mut order: Vec<usize> = incoming
        .iter()
        .enumerate()
        .filter(|(_, count)| **count == 0)
        .map(|(place, _)| place)
        .collect();
    let mut next = 0;
    while let Some(place) = order.get(next).copied() {
        next += 1;
        for target in targets.get(place).into_iter().flatten() {
            if let Some(count) = incoming.get_mut(*target) {
                *count -= 1;
                if *count == 0 {
                    order.push(*target);
                }
            }
        }
    }
    if order.len() == nodes.len() {
        return Ok(order);
    }
    // Of the nodes that remain some only hang behind the cycle: walk backwards, which ends up in it.
    let left = |place: &usize| incoming.get(*place).is_some_and(|count| *count > 0);
    let mut place = (0..nodes.len()).find(left).unwrap_or_default();
    for _ in 0..nodes.len() {
        if let Some(edge) = edges
            .iter()
            .find(|edge| edge.to == place && left(&edge.from))
        {
            place = edge.from;
        }
    }
    match nodes.get(place) {
        Some(node) => Err(Error::graph(
            &node.id,
            "graph.edges",
            "lies on a cycle; repeat steps with a loop node",
        )),
        None => Err(whole("graph.edges".to_owned(), "the graph has a cycle")),
    }
}
