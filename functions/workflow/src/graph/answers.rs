//! What answers wait for: whose text they show while it is written, and who may still change a variable they name.

use crate::{
    arena::{Arena, Ix},
    plan::{Kind, Node, Scope, Target},
    selector::Base,
    template::Part,
};

/// Marks the nodes that answer or end nodes depend on, beside those whose outputs they name.
pub(super) fn mark(scopes: &mut Arena<Scope>) {
    for scope in scopes.ids() {
        let mut feeding = Vec::new();
        let mut waiting = Vec::new();
        let mut responds = false;
        for (ix, node) in scopes[scope].nodes.iter() {
            let Some(response) = &node.response else {
                continue;
            };
            responds = true;
            for variable in response.template.refs() {
                if let Base::Output { up: 0, node, name } = &variable.base
                    && &**name == "text"
                {
                    feeding.push(*node);
                }
            }
            if response.is_answer {
                waiting.push((ix, writers(scopes, scope, ix, &response.template.parts)));
            }
        }
        scopes[scope].responds = responds;
        for ix in feeding {
            let node = &mut scopes[scope].nodes[ix];
            node.feeds = node.writes_text();
        }
        for (ix, writers) in waiting {
            if let Some(response) = &mut scopes[scope].nodes[ix].response {
                response.writers = writers;
            }
        }
    }
}

/// For each variable of an answer that nodes before it change: its part, and such a node.
fn writers(
    scopes: &Arena<Scope>,
    scope: Ix<Scope>,
    answer: Ix<Node>,
    parts: &[Part],
) -> Vec<(usize, Ix<Node>)> {
    let targets = parts
        .iter()
        .enumerate()
        .filter_map(|(place, part)| match part {
            Part::Variable(variable) => Some((place, Target::of(&variable.base)?)),
            Part::Text(_) => None,
        });
    let targets: Vec<_> = targets.collect();
    if targets.is_empty() {
        return Vec::new();
    }
    let nodes = &scopes[scope].nodes;
    let mut precedes = vec![false; nodes.len()];
    let mut found = Vec::new();
    // Backwards through the order in which they can run: whoever leads to a predecessor is one.
    let order: Vec<_> = nodes.iter().collect();
    for (ix, node) in order.into_iter().rev() {
        let leads = node.edges.iter().any(|edge| {
            edge.to == answer || precedes.get(edge.to.place()).copied().unwrap_or_default()
        });
        if !leads {
            continue;
        }
        if let Some(mark) = precedes.get_mut(ix.place()) {
            *mark = true;
        }
        let written = written(scopes, node);
        found.extend(
            targets
                .iter()
                .filter(|(_, target)| written.contains(target))
                .map(|(place, _)| (*place, ix)),
        );
    }
    found
}

/// What a node changes, seen from its scope; a container does what the nodes in it do.
fn written(scopes: &Arena<Scope>, node: &Node) -> Vec<Target> {
    if let Kind::Work(work) = &node.work {
        return work.targets();
    }
    let Some(inner) = node.inner() else {
        return Vec::new();
    };
    let inside = scopes[inner].nodes.iter();
    inside
        .flat_map(|(_, node)| written(scopes, node))
        .filter_map(Target::outward)
        .collect()
}
