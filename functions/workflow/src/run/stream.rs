//! Text that leaves while it is written. An answer or end node takes part as soon as it is certain that it will run,
//! which is long before it does: when no branch before it is open any more.

use std::sync::Arc;

use super::{
    Run,
    frame::{Frame, FrameId, Phase},
};
use crate::{
    EventKind, TextChunk, TextReplace,
    arena::Ix,
    nodes::show,
    plan::{Node, Plan},
    selector::Base,
    template::Part,
};

/// How far an answer or end node's text is out.
#[derive(Debug)]
pub(crate) struct Session {
    node: Ix<Node>,
    /// The part of its template that is next, and how many pieces of it are out.
    part: usize,
    pieces: usize,
    /// Whether any text is out, for what stands between an end node's texts.
    is_begun: bool,
}

/// A piece of text that is out, and the part of the response that it is of.
#[derive(Debug)]
pub(crate) struct Shown {
    frame: FrameId,
    node: Ix<Node>,
    part: usize,
    text: Arc<str>,
}

/// What to do with the session at the head.
enum Next {
    /// Send these pieces and stay.
    Wait(Vec<Arc<str>>),
    /// Send these pieces and go on.
    Go(Vec<Arc<str>>),
    End,
}

impl Frame {
    /// Whether a node that has not been decided may change the variable in this part of a response.
    fn awaits_writer(&self, writers: &[(usize, Ix<Node>)], part: usize) -> bool {
        let is_open = |writer| matches!(self.phase(writer), Phase::Waiting | Phase::Running);
        writers
            .iter()
            .any(|(place, writer)| *place == part && is_open(*writer))
    }
}

impl Run {
    /// A node will run: so will what follows it, up to the next branch.
    pub(super) fn certain(&mut self, plan: &Plan, id: FrameId, first: Ix<Node>) {
        let Some(frame) = self.frames.get_mut(id) else {
            return;
        };
        let scope = &plan.scopes[frame.scope];
        if !scope.responds {
            return;
        }
        let mut found = Vec::new();
        let mut open = vec![first];
        while let Some(ix) = open.pop() {
            let Some(state) = frame.state(ix) else {
                continue;
            };
            if std::mem::replace(&mut state.certain, true) {
                continue;
            }
            let node = &scope.nodes[ix];
            if node.response.is_some() {
                found.push(ix);
            }
            if !node.branching {
                open.extend(node.edges.iter().map(|edge| edge.to));
            }
        }
        // Nodes are numbered so that what comes first in the graph comes first in the text.
        found.sort_by_key(|ix| ix.place());
        frame.sessions.extend(found.into_iter().map(|node| Session {
            node,
            part: 0,
            pieces: 0,
            is_begun: false,
        }));
    }

    /// Sends what can be sent.
    pub(super) fn pump(&mut self, id: FrameId) {
        let plan = self.plan.clone();
        while let Some(frame) = self.frames.get(id)
            && let Some(session) = frame.sessions.front()
        {
            let node = &plan.scopes[frame.scope].nodes[session.node];
            let Some(response) = &node.response else {
                return;
            };
            let (next, from) = match response.template.parts.get(session.part) {
                None => (Next::End, None),
                Some(Part::Text(text)) => (Next::Go(vec![text.clone()]), None),
                Some(Part::Variable(_)) if frame.awaits_writer(&response.writers, session.part) => {
                    return;
                }
                Some(Part::Variable(variable)) => (
                    self.next_of(id, &plan, node, variable, session.pieces),
                    Some(variable.words.clone()),
                ),
            };
            let from = from.unwrap_or_else(|| Arc::from([node.id.clone(), "answer".into()]));
            let (pieces, goes_on) = match next {
                Next::End => {
                    if let Some(frame) = self.frames.get_mut(id) {
                        frame.sessions.pop_front();
                    }
                    continue;
                }
                Next::Wait(pieces) => (pieces, false),
                Next::Go(pieces) => (pieces, true),
            };
            let separate = !response.is_answer && session.is_begun && session.pieces == 0;
            let Some(session) = self
                .frames
                .get_mut(id)
                .and_then(|frame| frame.sessions.front_mut())
            else {
                return;
            };
            let (response, part) = (session.node, session.part);
            session.pieces += pieces.len();
            session.is_begun |= !pieces.is_empty();
            if goes_on {
                session.part += 1;
                session.pieces = 0;
            }
            let separator = (separate && !pieces.is_empty()).then(|| Arc::from("\n"));
            let pieces = separator.into_iter().chain(pieces);
            for text in pieces.filter(|text: &Arc<str>| !text.is_empty()) {
                self.shown.push(Shown {
                    frame: id,
                    node: response,
                    part,
                    text: text.clone(),
                });
                self.emit(EventKind::TextChunk(TextChunk {
                    text,
                    from_variable_selector: from.clone(),
                }));
            }
            if !goes_on {
                return;
            }
        }
    }

    /// What a variable of a response gives now, after `sent` pieces.
    fn next_of(
        &self,
        id: FrameId,
        plan: &Plan,
        node: &Node,
        variable: &crate::selector::Ref,
        sent: usize,
    ) -> Next {
        let Some(frame) = self.frames.get(id) else {
            return Next::End;
        };
        let is_answer = node
            .response
            .as_ref()
            .is_some_and(|response| response.is_answer);
        let shown = || {
            let mut text = String::new();
            show(&self.cx(id, node), variable, &mut text);
            Next::Go(if text.is_empty() {
                Vec::new()
            } else {
                vec![text.into()]
            })
        };
        let Base::Output {
            up: 0,
            node: source,
            name,
        } = &variable.base
        else {
            return if is_answer {
                shown()
            } else {
                Next::Go(Vec::new())
            };
        };
        let writer = &plan.scopes[frame.scope].nodes[*source];
        let is_text = &**name == "text" && writer.writes_text();
        let written = || {
            let pieces = frame.written.get(&source.place()).filter(|_| is_text);
            pieces.map(|pieces| pieces.iter().skip(sent).cloned().collect::<Vec<_>>())
        };
        match frame.phase(*source) {
            Phase::Waiting | Phase::Running => Next::Wait(written().unwrap_or_default()),
            Phase::Skipped => Next::Go(Vec::new()),
            Phase::Done => match written() {
                Some(pieces) => Next::Go(pieces),
                None if is_answer || is_text => shown(),
                None => Next::Go(Vec::new()),
            },
        }
    }

    /// A running node wrote a piece of text.
    pub(super) fn wrote(&mut self, id: FrameId, ix: Ix<Node>, text: Arc<str>) {
        if text.is_empty() {
            return;
        }
        if let Some(frame) = self.frames.get_mut(id) {
            frame.written.entry(ix.place()).or_default().push(text);
        }
        self.pump(id);
    }

    /// A node is tried again, or something else counts in its place: what it wrote so far is taken back.
    pub(super) fn forget_text(&mut self, id: FrameId, ix: Ix<Node>) {
        let plan = self.plan.clone();
        let Some(frame) = self.frames.get_mut(id) else {
            return;
        };
        if frame.written.remove(&ix.place()).is_none() {
            return;
        }
        let nodes = &plan.scopes[frame.scope].nodes;
        let Some(session) = frame.sessions.front_mut() else {
            return;
        };
        // Another node's text may be on its way.
        let response = nodes[session.node].response.as_ref();
        let part = response.and_then(|response| response.template.parts.get(session.part));
        let is_of_it = matches!(part, Some(Part::Variable(variable))
            if matches!(&variable.base, Base::Output { up: 0, node, .. } if *node == ix));
        if !is_of_it || session.pieces == 0 {
            return;
        }
        let (node, part) = (session.node, session.part);
        let is_in = |shown: &Shown| shown.frame == id && shown.node == node;
        self.shown
            .retain(|shown| !(is_in(shown) && shown.part == part));
        session.pieces = 0;
        session.is_begun = self.shown.iter().any(is_in);
        let text: String = self.shown.iter().map(|shown| &*shown.text).collect();
        self.emit(EventKind::TextReplace(TextReplace { text: text.into() }));
    }
}
