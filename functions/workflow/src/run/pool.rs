//! The variable pool as a node sees it.

use std::sync::Arc;

use super::{
    container::Containers,
    frame::{Frame, FrameId, Frames},
    start::Start,
};
use crate::{
    Limits, Map, Value,
    plan::Node,
    selector::{Base, Ref},
    template::{Part, Template},
};

/// A node's view of its run: reads, and nothing else.
pub(crate) struct Cx<'a> {
    pub(crate) start: &'a Start,
    pub(crate) limits: &'a Limits,
    pub(crate) frames: &'a Frames,
    pub(crate) containers: &'a Containers,
    pub(crate) sys: &'a [Value],
    pub(crate) env: &'a [Value],
    pub(crate) conversation: &'a [Value],
    pub(crate) frame: FrameId,
    pub(crate) node: &'a Node,
    /// Milliseconds since 1970.
    pub(crate) now: i64,
}

impl Cx<'_> {
    fn above(&self, up: u32) -> Option<&Frame> {
        let mut frame = self.frames.get(self.frame)?;
        for _ in 0..up {
            frame = self.frames.get(frame.parent?)?;
        }
        Some(frame)
    }

    /// The variable's value; none when there is no such variable, which is not the same as null.
    pub(crate) fn get(&self, variable: &Ref) -> Option<Value> {
        let value = match &variable.base {
            Base::Output { up, node, name } => {
                let frame = self.above(*up)?;
                frame.outputs(*node)?.get(name)?.clone()
            }
            Base::Item { up } => self.above(*up)?.item.clone(),
            Base::Index { up } => Value::Int(self.above(*up)?.index as i64),
            Base::LoopVariable { up, place } => {
                let container = self.above(*up)?.container?;
                self.containers
                    .get(container)?
                    .variables()?
                    .get(*place)?
                    .clone()
            }
            Base::Sys(place) => self
                .sys
                .get(*place)
                .filter(|value| !matches!(value, Value::Null))?
                .clone(),
            Base::Env(place) => self.env.get(*place)?.clone(),
            Base::Conversation(place) => self.conversation.get(*place)?.clone(),
            // A pipeline that runs as a workflow gets them among its inputs.
            Base::Rag { node, name } => {
                let given = self.start.rag.get(node).and_then(|given| given.get(name));
                given.or_else(|| self.start.inputs.get(name).cloned())?
            }
            Base::Nothing => return None,
        };
        variable.follow(value)
    }

    /// The variable's value, null when there is none.
    pub(crate) fn value(&self, variable: &Ref) -> Value {
        self.get(variable).unwrap_or_default()
    }

    /// The template's text: a token that names nothing leaves its path.
    pub(crate) fn render(&self, template: &Template) -> Arc<str> {
        match template.parts.as_slice() {
            [] => return "".into(),
            [Part::Text(text)] => return text.clone(),
            [Part::Variable(variable)] => match self.get(variable) {
                Some(Value::String(text) | Value::Secret(text)) => return text,
                Some(value) => return value.text().into(),
                None => return variable.dotted().into(),
            },
            _ => {}
        }
        let mut text = String::new();
        for part in &template.parts {
            match part {
                Part::Text(part) => text.push_str(part),
                Part::Variable(variable) => match self.get(variable) {
                    Some(value) => value.write_text(&mut text, false),
                    None => text.push_str(&variable.dotted()),
                },
            }
        }
        text.into()
    }

    /// The values of the variables that a template names, under the names that records show.
    pub(crate) fn used(&self, template: &Template, into: &mut Map) {
        for variable in template.refs() {
            let key = format!("#{}#", variable.dotted());
            into.insert(key.into(), self.value(variable));
        }
    }
}
