//! `code`: run by the host's sandbox. What it returns is held to the declared outputs here.

use std::sync::Arc;

use super::{Ask, Compiled, Output, Ran, Work, llm::unexpected};
use crate::{
    CodeLimits, CodeRequest, Effect, Failure, Map, Reply, Result, Type, Value,
    graph::{Compiler, Fields},
    run::{Cx, lasting},
    selector::Ref,
};

#[derive(Debug)]
struct Code {
    language: Arc<str>,
    source: Arc<str>,
    variables: Vec<(Arc<str>, Option<Ref>)>,
    outputs: Vec<Declaration>,
}

/// A declared output.
#[derive(Debug)]
struct Declaration {
    name: Arc<str>,
    kind: Type,
    children: Vec<Declaration>,
}

pub(crate) fn compile(fields: &Fields, cx: &mut Compiler) -> Result<Compiled> {
    let mut variables = Vec::new();
    for item in fields.items("variables")? {
        variables.push((
            item.required("variable")?.into(),
            cx.selector(&item, "value_selector")?,
        ));
    }
    let language = fields.text_or("code_language", "python3")?;
    if !matches!(language.as_str(), "python3" | "javascript") {
        return Err(fields.wrong(
            "code_language",
            format!("`{language}` is neither python3 nor javascript"),
        ));
    }
    Ok(Compiled::work(Code {
        language: language.into(),
        source: fields.text_or("code", "")?.into(),
        variables,
        outputs: declarations(&fields.part("outputs"))?,
    }))
}

fn declarations(fields: &Fields) -> Result<Vec<Declaration>> {
    let Some(entries) = fields.json().as_object() else {
        return Ok(Vec::new());
    };
    let mut found = Vec::new();
    for name in entries.keys() {
        let item = fields.part(name);
        found.push(Declaration {
            name: name.as_str().into(),
            kind: item.type_of("type", Type::String)?,
            children: declarations(&item.part("children"))?,
        });
    }
    Ok(found)
}

impl Work for Code {
    fn run(&self, cx: &Cx) -> Result<Ran, Failure> {
        let value = |variable: &Option<Ref>| {
            variable
                .as_ref()
                .map(|variable| cx.value(variable))
                .unwrap_or_default()
        };
        let inputs: Map = self
            .variables
            .iter()
            .map(|(name, variable)| (name.clone(), value(variable)))
            .collect();
        let request = CodeRequest {
            language: self.language.clone(),
            source: self.source.clone(),
            arguments: super::tool::revealed(&inputs),
        };
        Ok(Ask::ran(Effect::Code(Box::new(request)), inputs))
    }

    fn finish(&self, cx: &Cx, _: &Map, reply: Reply) -> Result<Output, Failure> {
        let Reply::Code(value) = reply else {
            return Err(unexpected(cx));
        };
        let Value::Object(returned) = &value else {
            let message = format!(
                "field `code`: main must return an object, it returned {}",
                value.type_name()
            );
            return Err(lasting(cx.node, "OutputValidationError", message));
        };
        let limits = &cx.limits.code;
        let outputs = if self.outputs.is_empty() {
            let mut free = Map::default();
            for (name, value) in returned.iter() {
                let value = check(Type::Any, value, limits, 1);
                free.insert(
                    name.clone(),
                    value.map_err(|message| wrong(cx, name, message))?,
                );
            }
            free
        } else {
            declared(&self.outputs, returned, limits, 1)
                .map_err(|(name, message)| wrong(cx, &name, message))?
        };
        Ok(Output::new(outputs))
    }
}

fn wrong(cx: &Cx, name: &str, message: String) -> Failure {
    lasting(
        cx.node,
        "OutputValidationError",
        format!("field `outputs.{name}`: {message}"),
    )
}

/// The declared values and no others.
fn declared(
    list: &[Declaration],
    returned: &Map,
    limits: &CodeLimits,
    depth: usize,
) -> Result<Map, (String, String)> {
    let mut found = Map::default();
    for declaration in list {
        let name = &declaration.name;
        let given = returned.get(name).ok_or_else(|| {
            (
                name.to_string(),
                "is missing in what main returned".to_owned(),
            )
        })?;
        let value = check(declaration.kind, given, limits, depth)
            .map_err(|message| (name.to_string(), message))?;
        let value = match (&value, declaration.children.as_slice()) {
            (Value::Object(map), children @ [_, ..]) => {
                let inner = declared(children, map, limits, depth + 1);
                Value::from(inner.map_err(|(path, message)| (format!("{name}.{path}"), message))?)
            }
            _ => value,
        };
        found.insert(name.clone(), value);
    }
    Ok(found)
}

/// A value within its type and its limits. NUL, which stores refuse, is taken out.
fn check(kind: Type, value: &Value, limits: &CodeLimits, depth: usize) -> Result<Value, String> {
    if depth > limits.depth {
        return Err(format!("is nested deeper than {} levels", limits.depth));
    }
    if !kind.admits(value) {
        return Err(format!(
            "is declared as {}, main returned a value of type {}",
            kind.name(),
            value.type_name()
        ));
    }
    Ok(match value {
        Value::String(text) => {
            if text.chars().count() > limits.string_letters {
                return Err(format!(
                    "is longer than {} characters",
                    limits.string_letters
                ));
            }
            if text.contains('\0') {
                Value::from(text.replace('\0', ""))
            } else {
                value.clone()
            }
        }
        Value::Float(number) => {
            if !number.is_finite() {
                return Err("is no finite number".to_owned());
            }
            let text = format!("{number}");
            let digits = text
                .split_once('.')
                .map_or(0, |(_, fraction)| fraction.len());
            if digits > limits.precision {
                return Err(format!(
                    "has more than {} digits after the point",
                    limits.precision
                ));
            }
            value.clone()
        }
        Value::Array(items) => {
            let most = match kind {
                Type::ArrayString => Some(limits.string_items),
                Type::ArrayObject => Some(limits.object_items),
                Type::ArrayNumber => Some(limits.number_items),
                _ => None,
            };
            if let Some(most) = most.filter(|most| items.len() > *most) {
                return Err(format!("has {} items, more than {most}", items.len()));
            }
            let element = kind.element().unwrap_or(Type::Any);
            let items: Result<Vec<Value>, String> = items
                .iter()
                .map(|item| check(element, item, limits, depth + 1))
                .collect();
            Value::Array(Arc::new(items?))
        }
        Value::Object(map) => {
            let mut checked = Map::default();
            for (name, item) in map.iter() {
                checked.insert(name.clone(), check(Type::Any, item, limits, depth + 1)?);
            }
            Value::from(checked)
        }
        other => other.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_code_returns_is_held_to_its_declaration() {
        let run = |kind: &str, json: &str, expect: Result<&str, &str>| {
            let value: Value = serde_json::from_str(json).expect("JSON");
            let kind = Type::parse(kind).expect("a type");
            let found = check(kind, &value, &CodeLimits::default(), 1);
            let found = found.map(|value| serde_json::to_string(&value).expect("JSON"));
            assert_eq!(found.as_deref().map_err(String::as_str), expect, "{json}");
        };
        run("string", "\"a\\u0000b\"", Ok("\"ab\""));
        run(
            "string",
            "7",
            Err("is declared as string, main returned a value of type number"),
        );
        run("number", "7", Ok("7"));
        run(
            "number",
            "0.123456789012345678901",
            Ok("0.12345678901234568"),
        );
        run(
            "number",
            "1e-30",
            Err("has more than 20 digits after the point"),
        );
        run("boolean", "true", Ok("true"));
        run(
            "object",
            "[]",
            Err("is declared as object, main returned a value of type array"),
        );
        run(
            "object",
            r#"{"a":{"b":{"c":{"d":1}}}}"#,
            Ok(r#"{"a":{"b":{"c":{"d":1}}}}"#),
        );
        run(
            "object",
            r#"{"a":{"b":{"c":{"d":{"e":1}}}}}"#,
            Err("is nested deeper than 5 levels"),
        );
        run("array[number]", "[1, 2.5]", Ok("[1,2.5]"));
        run(
            "array[number]",
            "[1, \"a\"]",
            Err("is declared as array[number], main returned a value of type array"),
        );
        run("array[boolean]", "[true]", Ok("[true]"));
        let many = format!("[{}]", vec!["\"x\""; 31].join(","));
        run("array[string]", &many, Err("has 31 items, more than 30"));
    }
}
