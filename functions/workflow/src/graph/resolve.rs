//! Words to places: what a selector names, seen from the node that uses it.

use std::sync::Arc;

use rustc_hash::FxHashSet;
use serde_json::Value as Json;

use super::{Fields, Shape};
use crate::{
    Error, Result, Type,
    arena::Ix,
    jinja::Jinja,
    plan::{Declared, Scope},
    selector::{Base, Ref, SYS},
    template::Template,
};

/// What a node's `compile` asks for.
pub(crate) struct Compiler<'a> {
    shape: &'a Shape<'a>,
    /// The raw node that is compiled.
    place: usize,
    /// Whether selectors are seen from inside the container that is compiled.
    inside: bool,
    warnings: &'a mut Vec<Error>,
}

impl<'a> Compiler<'a> {
    pub(crate) fn new(shape: &'a Shape<'a>, place: usize, warnings: &'a mut Vec<Error>) -> Self {
        Self {
            shape,
            place,
            inside: false,
            warnings,
        }
    }

    /// The scope inside the container that is compiled.
    pub(crate) fn inner(&self) -> Option<Ix<Scope>> {
        self.shape.inner.get(&self.place).copied()
    }

    /// A Jinja template.
    pub(crate) fn jinja(&self, source: &str) -> Jinja {
        self.shape.templates.add(source)
    }

    /// Lets `read` resolve selectors as a node inside the container would.
    pub(crate) fn within<T>(&mut self, read: impl FnOnce(&mut Self) -> T) -> T {
        self.inside = true;
        let result = read(self);
        self.inside = false;
        result
    }

    /// The declared conversation variable at this place.
    pub(crate) fn conversation(&self, place: usize) -> Option<&Declared> {
        self.shape.conversation.get(place)
    }

    /// The declared type of a loop's variable.
    pub(crate) fn loop_variable(&self, container: &str, label: &str) -> Option<Type> {
        let raw = self
            .shape
            .raw
            .nodes
            .get(*self.shape.homes.get(container)?)?;
        let variables = raw.data.get("loop_variables")?.as_array()?;
        let found = variables
            .iter()
            .find(|item| item.get("label").and_then(Json::as_str) == Some(label))?;
        Type::parse(
            found
                .get("var_type")
                .and_then(Json::as_str)
                .unwrap_or_default(),
        )
    }

    /// The selector in a field; none when the field is missing or empty.
    pub(crate) fn selector(&mut self, fields: &Fields, name: &str) -> Result<Option<Ref>> {
        let words = fields.words(name)?;
        if words.iter().all(|word| word.is_empty()) {
            return Ok(None);
        }
        let words = words.into_iter().map(Arc::from).collect();
        Ok(Some(self.resolve(words, fields.node, &fields.path(name))))
    }

    /// A selector that the node cannot do without.
    pub(crate) fn required(&mut self, fields: &Fields, name: &str) -> Result<Ref> {
        self.selector(fields, name)?
            .ok_or_else(|| fields.wrong(name, "no variable is selected"))
    }

    /// A key of `sys`.
    pub(crate) fn system(&self, key: &str) -> Ref {
        let words: Arc<[Arc<str>]> = Arc::from([Arc::from("sys"), Arc::from(key)]);
        let base = SYS
            .iter()
            .position(|known| *known == key)
            .map_or(Base::Nothing, Base::Sys);
        Ref {
            base,
            path: [].into(),
            words,
        }
    }

    /// The template in a field; an empty one when missing.
    pub(crate) fn template(&mut self, fields: &Fields, name: &str) -> Result<Template> {
        let text = fields.text_or(name, "")?;
        Ok(self.template_of(&text, fields.node, &fields.path(name)))
    }

    /// A template that stands elsewhere than in a field of its own.
    pub(crate) fn template_of(&mut self, text: &str, node: &Arc<str>, field: &str) -> Template {
        Template::compile(text, |words| self.resolve(words, node, field))
    }

    fn resolve(&mut self, words: Vec<Arc<str>>, node: &Arc<str>, field: &str) -> Ref {
        let (base, used) = self.base(&words, node, field);
        let path = words.iter().skip(used).cloned().collect();
        Ref {
            base,
            path,
            words: words.into(),
        }
    }

    /// The variable's place, and how many words name it.
    fn base(&mut self, words: &[Arc<str>], node: &Arc<str>, field: &str) -> (Base, usize) {
        let (Some(first), Some(second)) = (words.first(), words.get(1)) else {
            self.warn(
                node,
                field,
                format!(
                    "the selector `{}` needs a node and a variable",
                    words.join(".")
                ),
            );
            return (Base::Nothing, words.len());
        };
        let named = |declared: &[Declared]| {
            declared
                .iter()
                .position(|variable| variable.name == *second)
        };
        let found = match &**first {
            "sys" => SYS.iter().position(|key| *key == &**second).map(Base::Sys),
            "env" => named(&self.shape.env).map(Base::Env),
            "conversation" => named(&self.shape.conversation).map(Base::Conversation),
            "rag" => match words.get(2) {
                Some(name) => {
                    return (
                        Base::Rag {
                            node: second.clone(),
                            name: name.clone(),
                        },
                        3,
                    );
                }
                None => None,
            },
            _ => {
                let Some(target) = self.shape.homes.get(first).copied() else {
                    self.warn(node, field, format!("`{first}` is no node of this graph"));
                    return (Base::Nothing, 2);
                };
                return (self.node_variable(target, second, node, field), 2);
            }
        };
        let base = found.unwrap_or_else(|| {
            self.warn(
                node,
                field,
                format!("there is no variable `{first}.{second}`"),
            );
            Base::Nothing
        });
        (base, 2)
    }

    /// A variable of the raw node `target`.
    fn node_variable(
        &mut self,
        target: usize,
        name: &Arc<str>,
        node: &Arc<str>,
        field: &str,
    ) -> Base {
        let shape = self.shape;
        let Some(raw) = shape.raw.nodes.get(target) else {
            return Base::Nothing;
        };
        // The containers around the user, innermost first.
        let mut around = Vec::new();
        let mut above = if self.inside {
            Some(self.place)
        } else {
            self.parent(self.place)
        };
        while let Some(place) = above {
            around.push(place);
            above = self.parent(place);
        }
        if let Some(up) = around.iter().position(|place| *place == target) {
            let up = up as u32;
            let labels = raw.data.get("loop_variables").and_then(Json::as_array);
            let label = |item: &Json| item.get("label").and_then(Json::as_str) == Some(&**name);
            return match (raw.kind, &**name) {
                ("iteration", "item") => Base::Item { up },
                (_, "index") => Base::Index { up },
                ("loop", _) => match labels.and_then(|labels| labels.iter().position(label)) {
                    Some(place) => Base::LoopVariable { up, place },
                    None => {
                        self.warn(
                            node,
                            field,
                            format!("the loop `{}` has no variable `{name}`", raw.id),
                        );
                        Base::Nothing
                    }
                },
                _ => {
                    self.warn(
                        node,
                        field,
                        format!("`{}` has no variable `{name}` while it runs", raw.id),
                    );
                    Base::Nothing
                }
            };
        }
        // The scopes around the user: that of each container's inside, then the root.
        let home = raw.parent;
        let up = match home {
            None => around.len(),
            Some(home) => match around.iter().position(|place| *place == home) {
                Some(up) => up,
                None => {
                    self.warn(
                        node,
                        field,
                        format!(
                            "`{}` lies in a container that this node is outside of",
                            raw.id
                        ),
                    );
                    return Base::Nothing;
                }
            },
        };
        let user = match up.checked_sub(1) {
            Some(below) => around.get(below).copied(),
            None if self.inside => None,
            None => Some(self.place),
        };
        if let Some(user) = user
            && !self.may_precede(target, user)
        {
            self.warn(
                node,
                field,
                format!("`{}` does not run before this node", raw.id),
            );
        }
        match self.shape.places.get(target) {
            Some((_, ix)) => Base::Output {
                up: up as u32,
                node: *ix,
                name: name.clone(),
            },
            None => Base::Nothing,
        }
    }

    fn warn(&mut self, node: &Arc<str>, field: &str, message: String) {
        self.warnings.push(Error::field(node, field, message));
    }

    fn parent(&self, place: usize) -> Option<usize> {
        self.shape.raw.nodes.get(place).and_then(|node| node.parent)
    }

    /// Whether a path leads from `source` to `user`.
    fn may_precede(&self, source: usize, user: usize) -> bool {
        let mut seen = FxHashSet::default();
        let mut open = vec![user];
        while let Some(place) = open.pop() {
            for edge in self.shape.before.get(place).into_iter().flatten() {
                if *edge == source {
                    return true;
                }
                if seen.insert(*edge) {
                    open.push(*edge);
                }
            }
        }
        false
    }
}
