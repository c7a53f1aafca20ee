//! JSON to Python's values and back.

use monty_types::{DictPairs, MontyDate, MontyDateTime, MontyObject, MontyTimeZone};
use num_traits::ToPrimitive;
use serde_json::{Map, Number, Value};

use crate::{Error, Limits, Result};

pub(super) fn inputs(map: &Map<String, Value>) -> MontyObject {
    let pairs = map
        .iter()
        .map(|(name, value)| (MontyObject::String(name.clone()), to(value)));
    MontyObject::Dict(DictPairs::from_iter(pairs))
}

fn to(value: &Value) -> MontyObject {
    match value {
        Value::Null => MontyObject::None,
        Value::Bool(yes) => MontyObject::Bool(*yes),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => MontyObject::Int(whole),
            None => MontyObject::Float(number.as_f64().unwrap_or(f64::MAX)),
        },
        Value::String(text) => MontyObject::String(text.clone()),
        Value::Array(items) => MontyObject::List(items.iter().map(to).collect()),
        Value::Object(map) => inputs(map),
    }
}

/// As `json.dumps` would have it: tuples are lists, keys become texts, and the rest is refused by name.
pub(super) fn object(pairs: DictPairs, limits: &Limits) -> Result<Map<String, Value>> {
    map(pairs, 0, limits)
}

fn map(pairs: DictPairs, depth: usize, limits: &Limits) -> Result<Map<String, Value>> {
    let mut found = Map::new();
    for (key, value) in pairs {
        let key = match key {
            MontyObject::String(text) => text,
            MontyObject::Int(number) => number.to_string(),
            MontyObject::Float(number) => number.to_string(),
            MontyObject::Bool(true) => "true".to_owned(),
            MontyObject::Bool(false) => "false".to_owned(),
            MontyObject::None => "null".to_owned(),
            other => {
                let kind = type_name(&other);
                return Err(Error::Output(format!(
                    "main returned an object with a key of type {kind}"
                )));
            }
        };
        let value = from(value, depth + 1, limits)?;
        found.insert(key, value);
    }
    Ok(found)
}

fn from(value: MontyObject, depth: usize, limits: &Limits) -> Result<Value> {
    if depth > limits.depth {
        let most = limits.depth;
        return Err(Error::Output(format!(
            "what main returned is nested deeper than {most} levels"
        )));
    }
    let list = |items: Vec<MontyObject>| {
        let items = items.into_iter().map(|item| from(item, depth + 1, limits));
        items.collect::<Result<Vec<_>>>().map(Value::Array)
    };
    Ok(match value {
        MontyObject::None => Value::Null,
        MontyObject::Bool(yes) => Value::Bool(yes),
        MontyObject::Int(number) => Value::from(number),
        MontyObject::BigInt(number) => {
            let float = number.to_f64().filter(|float| float.is_finite());
            let float = float.and_then(Number::from_f64).map(Value::Number);
            float.ok_or_else(|| {
                Error::Output("main returned a number beyond ±(2^63-1)".to_owned())
            })?
        }
        MontyObject::Float(number) => {
            Number::from_f64(number).map(Value::Number).ok_or_else(|| {
                Error::Output(format!(
                    "main returned {number}, which is no number in JSON"
                ))
            })?
        }
        MontyObject::String(text) => Value::String(text),
        MontyObject::List(items) | MontyObject::Tuple(items) => list(items)?,
        MontyObject::NamedTuple { values, .. } => list(values)?,
        MontyObject::Dict(pairs) => Value::Object(map(pairs, depth, limits)?),
        MontyObject::Cycle(..) => {
            return Err(Error::Output(
                "what main returned contains itself".to_owned(),
            ));
        }
        other => {
            let kind = type_name(&other);
            return Err(Error::Output(format!(
                "main returned a value of type {kind}, which JSON has not"
            )));
        }
    })
}

pub(super) fn type_name(value: &MontyObject) -> &'static str {
    match value {
        MontyObject::None => "None",
        MontyObject::Bool(_) => "bool",
        MontyObject::Int(_) | MontyObject::BigInt(_) => "int",
        MontyObject::Float(_) => "float",
        MontyObject::String(_) => "str",
        MontyObject::Bytes(_) => "bytes",
        MontyObject::List(_) => "list",
        MontyObject::Tuple(_) | MontyObject::NamedTuple { .. } => "tuple",
        MontyObject::Dict(_) => "dict",
        MontyObject::Set(_) | MontyObject::FrozenSet(_) => "set",
        MontyObject::Date(_) | MontyObject::DateTime(_) => "datetime",
        MontyObject::Function { .. } | MontyObject::BuiltinFunction(_) => "function",
        MontyObject::Exception { .. } => "exception",
        _ => "another type",
    }
}

/// The day of a moment, in UTC.
pub(super) fn date(now: i64) -> MontyDate {
    let (year, month, day) = civil(now.div_euclid(86_400_000));
    MontyDate { year, month, day }
}

/// A moment: naive in UTC, or shown in the zone that the code gave.
pub(super) fn date_time(now: i64, zone: Option<&MontyTimeZone>) -> MontyDateTime {
    let offset = zone.map(|zone| zone.offset_seconds);
    let local = now.saturating_add(i64::from(offset.unwrap_or(0)) * 1000);
    let (year, month, day) = civil(local.div_euclid(86_400_000));
    let of_day = local.rem_euclid(86_400_000);
    let small = |value: i64| u8::try_from(value).unwrap_or(0);
    MontyDateTime {
        year,
        month,
        day,
        hour: small(of_day / 3_600_000),
        minute: small(of_day / 60_000 % 60),
        second: small(of_day / 1000 % 60),
        microsecond: u32::try_from(of_day % 1000).unwrap_or(0) * 1000,
        offset_seconds: offset,
        timezone_name: zone.and_then(|zone| zone.name.clone()),
    }
}

/// Year, month and day of a day since 1970. Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
fn civil(days: i64) -> (i32, u8, u8) {
    let days = days.clamp(-719_162, 2_932_896) + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = year + era * 400 + i64::from(month <= 2);
    (
        i32::try_from(year).unwrap_or(1970),
        u8::try_from(month).unwrap_or(1),
        u8::try_from(day).unwrap_or(1),
    )
}
