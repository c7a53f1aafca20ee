//! What `main` returned, held to the limits of outputs.

use serde_json::{Map, Value};

use crate::{Error, Limit, Limits, Result};

/// The outputs, without NUL characters, which stores refuse.
pub(crate) fn check(
    mut returned: Map<String, Value>,
    limits: &Limits,
) -> Result<Map<String, Value>> {
    let mut left = limits.output;
    for (name, value) in &mut returned {
        let most = match value {
            Value::Array(items) if !items.is_empty() => {
                if items.iter().all(Value::is_string) {
                    limits.strings
                } else if items.iter().all(Value::is_object) {
                    limits.objects
                } else {
                    limits.numbers
                }
            }
            _ => usize::MAX,
        };
        if let Value::Array(items) = value
            && items.len() > most
        {
            let count = items.len();
            return Err(wrong(name, format!("has {count} items, more than {most}")));
        }
        walk(name, value, 1, limits, &mut left)?;
    }
    Ok(returned)
}

fn walk(
    name: &str,
    value: &mut Value,
    depth: usize,
    limits: &Limits,
    left: &mut usize,
) -> Result<()> {
    if depth > limits.depth {
        let most = limits.depth;
        return Err(wrong(name, format!("is nested deeper than {most} levels")));
    }
    let mut pay = |bytes: usize| match left.checked_sub(bytes) {
        Some(rest) => {
            *left = rest;
            Ok(())
        }
        None => Err(Error::Limit {
            limit: Limit::Output(limits.output),
            line: None,
        }),
    };
    match value {
        Value::String(text) => {
            pay(text.len() + 2)?;
            if text.len() > limits.string && text.chars().count() > limits.string {
                let most = limits.string;
                return Err(wrong(name, format!("is longer than {most} characters")));
            }
            if text.contains('\0') {
                *text = text.replace('\0', "");
            }
        }
        Value::Array(items) => {
            for item in items {
                walk(name, item, depth + 1, limits, left)?;
            }
        }
        Value::Object(map) => {
            for (key, item) in map {
                *left = left.saturating_sub(key.len() + 3);
                walk(name, item, depth + 1, limits, left)?;
            }
        }
        Value::Number(number) => {
            pay(8)?;
            // Beyond this a number is one that no store of whole numbers holds.
            const MOST: f64 = 9_223_372_036_854_775_807.0;
            if number.as_i64().is_none() && number.as_f64().is_none_or(|float| float.abs() > MOST) {
                return Err(wrong(name, format!("is beyond ±(2^63-1): {number}")));
            }
        }
        Value::Bool(_) | Value::Null => pay(4)?,
    }
    Ok(())
}

fn wrong(name: &str, what: String) -> Error {
    Error::Output(format!("output `{name}` {what}"))
}

/// That `main` returned something else than an object.
pub(crate) fn no_object(kind: &str) -> Error {
    Error::Output(format!("main must return an object, it returned {kind}"))
}
