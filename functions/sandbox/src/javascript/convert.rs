//! What `main` returned, as JSON. Each value is looked at within the limits, so that neither a circle nor a list that stands
//! in itself a thousand times takes more than they allow.

use boa_engine::{
    Context, JsError, JsObject, JsValue, JsVariant, js_string, property::PropertyKey,
};
use serde_json::{Map, Number, Value};

use crate::{Error, Limit, Limits, output};

/// Either the code's error (a getter, a `toJSON`), or ours.
pub(super) enum Stop {
    Thrown(JsError),
    Ours(Error),
}

impl From<JsError> for Stop {
    fn from(error: JsError) -> Self {
        Self::Thrown(error)
    }
}

/// The outputs, as `JSON.stringify` would have them.
pub(super) fn object(
    value: &JsValue,
    context: &mut Context,
    limits: &Limits,
) -> Result<Map<String, Value>, Stop> {
    let refused = |kind: &str| Err(Stop::Ours(output::no_object(kind)));
    let mut left = limits.output;
    match value.variant() {
        JsVariant::Object(object) if object.is_array() => refused("an array"),
        JsVariant::Object(object) if object.is_callable() => refused("a function"),
        JsVariant::Object(object) if object.is::<boa_engine::builtins::promise::Promise>() => {
            refused("a promise: main must not be async")
        }
        JsVariant::Object(object) => map(&object, 0, context, limits, &mut left),
        JsVariant::Undefined => refused("nothing"),
        JsVariant::Null => refused("null"),
        JsVariant::Boolean(_) => refused("a boolean"),
        JsVariant::String(_) => refused("a string"),
        JsVariant::Float64(_) | JsVariant::Integer32(_) => refused("a number"),
        _ => refused("something else"),
    }
}

fn map(
    object: &JsObject,
    depth: usize,
    context: &mut Context,
    limits: &Limits,
    left: &mut usize,
) -> Result<Map<String, Value>, Stop> {
    let mut found = Map::new();
    for key in object.own_property_keys(context)? {
        if matches!(key, PropertyKey::Symbol(_)) {
            continue;
        }
        let hidden = object
            .borrow()
            .properties()
            .get(&key)
            .is_some_and(|about| about.enumerable() == Some(false));
        if hidden {
            continue;
        }
        let value = object.get(key.clone(), context)?;
        if let Some(value) = json(&value, depth + 1, context, limits, left)? {
            let name = key.to_string();
            pay(name.len(), limits, left)?;
            found.insert(name, value);
        }
    }
    Ok(found)
}

/// Nothing for what JSON leaves out: `undefined`, functions, symbols.
fn json(
    value: &JsValue,
    depth: usize,
    context: &mut Context,
    limits: &Limits,
    left: &mut usize,
) -> Result<Option<Value>, Stop> {
    if depth > limits.depth {
        let most = limits.depth;
        let message = format!("what main returned is nested deeper than {most} levels");
        return Err(Stop::Ours(Error::Output(message)));
    }
    pay(4, limits, left)?;
    Ok(match value.variant() {
        JsVariant::Null => Some(Value::Null),
        JsVariant::Boolean(yes) => Some(Value::Bool(yes)),
        JsVariant::Integer32(number) => Some(Value::from(number)),
        JsVariant::Float64(number) => Some(float(number)),
        JsVariant::String(text) => {
            pay(text.len(), limits, left)?;
            Some(Value::String(text.to_std_string_lossy()))
        }
        JsVariant::BigInt(_) => {
            let message = "main returned a BigInt, which JSON has not".to_owned();
            return Err(Stop::Ours(Error::Output(message)));
        }
        JsVariant::Object(object) if object.is_callable() => None,
        JsVariant::Object(object) => {
            let own = object.get(js_string!("toJSON"), context)?;
            if let Some(own) = own.as_callable() {
                let value = own.call(value, &[], context)?;
                return json(&value, depth + 1, context, limits, left);
            }
            if object.is_array() {
                let length = object.get(js_string!("length"), context)?;
                let length = length.to_length(context)?;
                let mut items = Vec::new();
                for index in 0..length {
                    let item = object.get(index, context)?;
                    let item = json(&item, depth + 1, context, limits, left)?;
                    items.push(item.unwrap_or_default());
                }
                Some(Value::Array(items))
            } else {
                let inner = map(&object, depth, context, limits, left)?;
                Some(Value::Object(inner))
            }
        }
        _ => None,
    })
}

/// Whole numbers stay whole: `6` is not `6.0`.
#[allow(clippy::cast_possible_truncation, reason = "asked for before")]
fn float(number: f64) -> Value {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if number.fract() == 0.0 && number.abs() <= EXACT {
        Value::from(number as i64)
    } else {
        Number::from_f64(number).map_or(Value::Null, Value::Number)
    }
}

fn pay(bytes: usize, limits: &Limits, left: &mut usize) -> Result<(), Stop> {
    *left = left.checked_sub(bytes).ok_or(Stop::Ours(Error::Limit {
        limit: Limit::Output(limits.output),
        line: None,
    }))?;
    Ok(())
}
