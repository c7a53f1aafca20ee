//! YAML as values: the core schema of YAML 1.2, aliases and merge keys, over the events of a parser.

use std::collections::HashMap;

use granit_parser::{Event, Parser, ScalarStyle, Span, Tag};
use serde_json::{Map, Number, Value};

/// Most values that aliases may add. A file that says the same ten things to the power of ten is no app.
const ALIASED: usize = 100_000;

/// Reads a file; the message says where it is wrong.
///
/// `y`, `yes` and `on` are text: `y` is the name of a coordinate, and no file that a program wrote says `yes` for true.
pub fn parse(text: &str) -> Result<Value, String> {
    let mut reader = Reader::default();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| error.to_string())?;
        reader.event(event).map_err(|message| at(&span, &message))?;
    }
    Ok(reader.root.unwrap_or(Value::Null))
}

fn at(span: &Span, message: &str) -> String {
    let (line, column) = (span.start.line(), span.start.col() + 1);
    format!("{message} at line {line} column {column}")
}

#[derive(Default)]
struct Reader {
    /// What is open, outermost first.
    open: Vec<Open>,
    /// Whole values with an anchor, by its number.
    anchors: HashMap<usize, Value>,
    /// Values that aliases added.
    aliased: usize,
    root: Option<Value>,
}

struct Open {
    anchor: usize,
    node: Node,
}

enum Node {
    List(Vec<Value>),
    Map(Map<String, Value>, Option<Key>),
}

/// A key whose value is to come.
enum Key {
    Name(String),
    /// `<<`: the maps that follow fill in what is missing.
    Merge,
}

impl Reader {
    fn event(&mut self, event: Event<'_>) -> Result<(), String> {
        match event {
            Event::DocumentStart(..) if self.root.is_some() => {
                Err("another document begins".to_owned())
            }
            Event::SequenceStart(_, anchor, _) => self.begin(anchor, Node::List(Vec::new())),
            Event::MappingStart(_, anchor, _) => self.begin(anchor, Node::Map(Map::new(), None)),
            Event::SequenceEnd | Event::MappingEnd => self.end(),
            Event::Alias(anchor) => {
                let value = self.anchors.get(&anchor);
                let value = value
                    .ok_or("an alias inside of what it stands for")?
                    .clone();
                self.aliased += size(&value);
                if self.aliased > ALIASED {
                    return Err("aliases make more of the file than can be read".to_owned());
                }
                match (self.wants_key(), &value) {
                    (true, Value::String(name)) => self.key(name.clone()),
                    (true, _) => Err(NO_KEY.to_owned()),
                    (false, _) => self.value(0, value),
                }
            }
            Event::Scalar(text, style, anchor, tag) => {
                let is_plain = matches!(style, ScalarStyle::Plain);
                if self.wants_key() {
                    if anchor != 0 {
                        let value = Value::String(text.clone().into_owned());
                        self.anchors.insert(anchor, value);
                    }
                    return match &*text {
                        "<<" if is_plain => self.set_key(Key::Merge),
                        _ => self.key(text.into_owned()),
                    };
                }
                let tag = tag.as_deref().map(Tag::suffix);
                let is_resolved = match tag {
                    Some("int" | "float" | "bool" | "null") => true,
                    Some(_) => false,
                    None => is_plain,
                };
                let value = match is_resolved {
                    true => resolve(&text),
                    false => Value::String(text.into_owned()),
                };
                self.value(anchor, value)
            }
            _ => Ok(()),
        }
    }

    fn wants_key(&self) -> bool {
        matches!(
            self.open.last(),
            Some(Open {
                node: Node::Map(_, None),
                ..
            })
        )
    }

    fn key(&mut self, name: String) -> Result<(), String> {
        self.set_key(Key::Name(name))
    }

    fn set_key(&mut self, new: Key) -> Result<(), String> {
        if let Some(Node::Map(_, key)) = self.open.last_mut().map(|open| &mut open.node) {
            *key = Some(new);
        }
        Ok(())
    }

    fn begin(&mut self, anchor: usize, node: Node) -> Result<(), String> {
        if self.wants_key() {
            return Err(NO_KEY.to_owned());
        }
        self.open.push(Open { anchor, node });
        Ok(())
    }

    fn end(&mut self) -> Result<(), String> {
        let Some(open) = self.open.pop() else {
            return Ok(());
        };
        let value = match open.node {
            Node::List(items) => Value::Array(items),
            Node::Map(map, _) => Value::Object(map),
        };
        self.value(open.anchor, value)
    }

    fn value(&mut self, anchor: usize, value: Value) -> Result<(), String> {
        if anchor != 0 {
            self.anchors.insert(anchor, value.clone());
        }
        match self.open.last_mut().map(|open| &mut open.node) {
            None => self.root = Some(value),
            Some(Node::List(items)) => items.push(value),
            Some(Node::Map(map, key)) => match key.take() {
                // Dify's parser takes the last of two equal keys.
                Some(Key::Name(name)) => drop(map.insert(name, value)),
                Some(Key::Merge) => merge(map, value)?,
                None => return Err(NO_KEY.to_owned()),
            },
        }
        Ok(())
    }
}

const NO_KEY: &str = "a key that is not text";

fn merge(map: &mut Map<String, Value>, value: Value) -> Result<(), String> {
    match value {
        Value::Object(other) => {
            for (name, value) in other {
                map.entry(name).or_insert(value);
            }
            Ok(())
        }
        Value::Array(items) => items.into_iter().try_for_each(|item| merge(map, item)),
        _ => Err("`<<` takes a map or a list of maps".to_owned()),
    }
}

/// Values in a value, itself included.
fn size(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(size).sum(),
        Value::Object(map) => map.values().map(size).sum(),
        // A long text is as heavy as many values.
        Value::String(text) => text.len() / 64,
        _ => 0,
    }
}

/// What a plain scalar stands for.
fn resolve(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ => match number(text) {
            Some(number) => Value::Number(number),
            None => Value::String(text.to_owned()),
        },
    }
}

fn number(text: &str) -> Option<Number> {
    let body = text.strip_prefix(['+', '-']).unwrap_or(text);
    let radix = |prefix: &str, radix| {
        let digits = text.strip_prefix(prefix)?;
        u64::from_str_radix(digits, radix).ok()
    };
    if let Some(number) = radix("0x", 16).or_else(|| radix("0o", 8)) {
        return Some(number.into());
    }
    // Rust's parser knows more: `inf`, `nan`, `infinity`.
    if !body.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    if body.bytes().all(|byte| byte.is_ascii_digit()) {
        let text = text.strip_prefix('+').unwrap_or(text);
        let whole = text.parse::<u64>().map(Number::from);
        let whole = whole.or_else(|_| text.parse::<i64>().map(Number::from));
        if let Ok(number) = whole {
            return Some(number);
        }
    }
    Number::from_f64(text.parse().ok()?)
}
