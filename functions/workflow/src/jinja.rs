//! Jinja templates. They were written for an engine in Python, so values print as Python prints them and have Python's
//! methods. Values are reached through pointers: nothing is copied into a template that does not print it.

use std::{
    cell::{Cell, RefCell},
    fmt, io,
    sync::{Arc, OnceLock},
};

use minijinja::{
    Environment, Error, ErrorKind, Output, State, UndefinedBehavior, Value as Jv,
    value::{Enumerator, Object, ObjectRepr, ValueKind},
};

use crate::{Limits, Map, Value, value::float};

/// The templates of a plan while it is compiled. They share one environment: its tables of filters and functions are
/// larger than most templates.
pub(crate) struct Templates {
    environment: RefCell<Environment<'static>>,
    shared: Arc<OnceLock<Environment<'static>>>,
    count: Cell<usize>,
}

/// A compiled template, or why it is none: that is told when it is rendered, because a draft may hold half a template.
pub(crate) struct Jinja {
    name: Result<String, String>,
    environment: Arc<OnceLock<Environment<'static>>>,
}

/// Calls and inclusions within each other. Each takes a piece of the stack, which is small in a wasm module.
const DEEPEST: usize = 100;

impl Templates {
    /// `fuel`: instructions that one rendering may take.
    pub(crate) fn new(fuel: u64) -> Self {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Lenient);
        environment.set_fuel(Some(fuel));
        environment.set_recursion_limit(DEEPEST);
        environment.set_formatter(print);
        environment
            .set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
        environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
        Self {
            environment: RefCell::new(environment),
            shared: Arc::default(),
            count: Cell::new(0),
        }
    }

    /// A template, to be rendered once all are in.
    pub(crate) fn add(&self, source: &str) -> Jinja {
        let name = format!("template {}", self.count.replace(self.count.get() + 1));
        let added = self
            .environment
            .borrow_mut()
            .add_template_owned(name.clone(), source.to_owned());
        Jinja {
            name: added.map(|()| name).map_err(told),
            environment: self.shared.clone(),
        }
    }

    /// All are in.
    pub(crate) fn finish(self) {
        // Set once: this takes the only handle that could.
        let _ = self.shared.set(self.environment.into_inner());
    }
}

impl Jinja {
    pub(crate) fn render(&self, variables: &Arc<Map>, limits: &Limits) -> Result<Arc<str>, String> {
        let name = self.name.as_ref().map_err(Clone::clone)?;
        let environment = self
            .environment
            .get()
            .ok_or("the templates are being compiled")?;
        let template = environment.get_template(name).map_err(told)?;
        let mut out = Bounded {
            bytes: Vec::new(),
            room: limits.template_bytes,
            is_full: false,
        };
        let context = Jv::from_dyn_object(Arc::new(Entries(variables.clone())));
        match template.render_captured_to(context, &mut out) {
            Ok(_) => String::from_utf8(out.bytes)
                .map(Arc::from)
                .map_err(|_| "the text is not UTF-8".to_owned()),
            Err(_) if out.is_full => Err(format!(
                "the text is longer than {} bytes",
                limits.template_bytes
            )),
            Err(error) => Err(told(error)),
        }
    }
}

impl fmt::Debug for Jinja {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Jinja")
    }
}

fn told(error: Error) -> String {
    match error.kind() {
        ErrorKind::OutOfFuel => {
            "the template takes too long: it used up its instructions".to_owned()
        }
        _ => match error.line() {
            Some(line) => format!("{error:#} (line {line})"),
            None => format!("{error:#}"),
        },
    }
}

/// A writer that ends.
struct Bounded {
    bytes: Vec<u8>,
    room: usize,
    is_full: bool,
}

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + bytes.len() > self.room {
            self.is_full = true;
            return Err(io::Error::other("full"));
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[derive(Debug)]
struct Entries(Arc<Map>);

#[derive(Debug)]
struct Items(Arc<Vec<Value>>);

impl Object for Entries {
    fn get_value(self: &Arc<Self>, key: &Jv) -> Option<Jv> {
        self.0.get(key.as_str()?).map(lend)
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.0.keys().map(|key| Jv::from(key.clone())).collect())
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        Some(self.0.len())
    }
}

impl Object for Items {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Jv) -> Option<Jv> {
        self.0.get(key.as_usize()?).map(lend)
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Seq(self.0.len())
    }
}

fn lend(value: &Value) -> Jv {
    match value {
        Value::Null => Jv::from(()),
        Value::Bool(value) => Jv::from(*value),
        Value::Int(number) => Jv::from(*number),
        Value::Float(number) => Jv::from(*number),
        Value::String(text) | Value::Secret(text) => Jv::from(text.clone()),
        Value::Object(map) => Jv::from_dyn_object(Arc::new(Entries(map.clone()))),
        Value::Array(items) => Jv::from_dyn_object(Arc::new(Items(items.clone()))),
        Value::File(file) => Jv::from_serialize(&**file),
    }
}

/// What `{{ value }}` prints.
fn print(out: &mut Output, _: &State, value: &Jv) -> Result<(), Error> {
    let failed = |_| Error::new(ErrorKind::WriteFailure, "cannot write");
    match value.as_str() {
        Some(text) => out.write_str(text).map_err(failed),
        None if value.is_undefined() => Ok(()),
        None => {
            let mut text = String::new();
            python(value, &mut text, 0)?;
            out.write_str(&text).map_err(failed)
        }
    }
}

/// As Python's `str` for anything but text, and as its `repr` inside lists and objects.
fn python(value: &Jv, out: &mut String, depth: usize) -> Result<(), Error> {
    if depth > 100 {
        return Err(Error::new(
            ErrorKind::InvalidOperation,
            "too deeply nested to print",
        ));
    }
    match value.kind() {
        ValueKind::Undefined => {}
        ValueKind::None => out.push_str("None"),
        ValueKind::Bool => out.push_str(if value.is_true() { "True" } else { "False" }),
        ValueKind::Number if value.is_integer() => out.push_str(&value.to_string()),
        ValueKind::Number => {
            out.push_str(&f64::try_from(value.clone()).map_or_else(|_| value.to_string(), float))
        }
        ValueKind::String => crate::value::write_quoted(out, value.as_str().unwrap_or_default()),
        ValueKind::Seq | ValueKind::Iterable => {
            out.push('[');
            for (place, item) in value.try_iter()?.enumerate() {
                if place > 0 {
                    out.push_str(", ");
                }
                python(&item, out, depth + 1)?;
            }
            out.push(']');
        }
        ValueKind::Map => {
            out.push('{');
            for (place, key) in value.try_iter()?.enumerate() {
                if place > 0 {
                    out.push_str(", ");
                }
                python(&key, out, depth + 1)?;
                out.push_str(": ");
                python(&value.get_item(&key)?, out, depth + 1)?;
            }
            out.push('}');
        }
        _ => out.push_str(&value.to_string()),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(template: &str, expect: Result<&str, &str>) {
        let variables: Value = serde_json::from_str(
            r#"{"s": "é", "n": 3, "f": 2.0, "t": true, "none": null, "l": [1, "a", {"k": null}], "o": {"a": {"b": "c"}}}"#,
        )
        .expect("JSON");
        let map = variables.as_object().expect("an object").clone();
        let limits = Limits {
            template_bytes: 1000,
            ..Limits::default()
        };
        let templates = Templates::new(20_000);
        let jinja = templates.add(template);
        templates.finish();
        let found = jinja.render(&map, &limits);
        match (&found, expect) {
            (Ok(found), Ok(expect)) => assert_eq!(&**found, expect, "{template}"),
            (Err(found), Err(expect)) => assert!(found.contains(expect), "{template}: {found}"),
            _ => panic!("{template}: {found:?}"),
        }
    }

    #[test]
    fn templates_print_as_python_does() {
        check(
            "{{ s }} {{n}} {{ f }} {{ t }} {{ none }}|{{ nothing }}",
            Ok("é 3 2.0 True None|"),
        );
        check(
            "{{ l }} {{ o }}",
            Ok("[1, 'a', {'k': None}] {'a': {'b': 'c'}}"),
        );
        check(
            "{{ o.a.b }} {{ o['a']['b'] }} {{ l[0] }} {{ l | length }}",
            Ok("c c 1 3"),
        );
        check(
            "{% for x in l if x != 1 %}{{ loop.index }}{{ x }};{% endfor %}",
            Ok("1a;2{'k': None};"),
        );
        check(
            "{% for k, v in o.items() %}{{ k }}={{ v.b }}{% endfor %}",
            Ok("a=c"),
        );
        check(
            "{{ s.upper() }} {{ 'a,b'.split(',') }} {{ 'x' ~ n }}",
            Ok("É ['a', 'b'] x3"),
        );
        check("{{ o | tojson }} {{ '<' }}", Ok(r#"{"a":{"b":"c"}} <"#));
        check("{{ nothing.at.all }}", Err("undefined"));
        check("{% if t %}yes{% else %}no{% endif %}", Ok("yes"));
        check("{% for %}", Err("syntax error"));
        check("{{ s | nofilter }}", Err("nofilter"));
    }

    #[test]
    fn templates_end() {
        check(
            "{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}",
            Err("takes too long"),
        );
        check(
            "{% for a in range(500) %}xxxxxxxxx{% endfor %}",
            Err("longer than 1000 bytes"),
        );
        check("{% include 'template 0' %}", Err(""));
        check("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", Err(""));
    }
}
