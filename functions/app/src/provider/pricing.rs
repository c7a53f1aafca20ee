//! What a model costs, as people enter it: Dify's `pricing`, with numbers or decimal text, and what is missing filled in.

use model::Price;
use serde::{Deserialize, Deserializer, de::Error as _};
use serde_json::Value;

/// For a million tokens: as nearly all services say it.
const UNIT: &str = "0.000001";

/// Digits of a number, so that no product of two with a count overflows.
const DIGITS: usize = 12;

/// `{"input", "output", "unit", "currency"}`; `null` for none.
pub(super) fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Price>, D::Error> {
    let value = Value::deserialize(from)?;
    parse(&value).map_err(|message| D::Error::custom(format!("pricing.{message}")))
}

fn parse(value: &Value) -> Result<Option<Price>, String> {
    let fields = match value {
        Value::Null => return Ok(None),
        Value::Object(fields) => fields,
        _ => return Err("input: pricing must be an object".to_owned()),
    };
    let decimal = |name: &str, missing: &str| {
        let text = match fields.get(name) {
            None | Some(Value::Null) => missing.to_owned(),
            Some(Value::String(text)) => text.trim().to_owned(),
            Some(Value::Number(number)) => number.to_string(),
            Some(_) => String::new(),
        };
        let digits = text.chars().filter(char::is_ascii_digit).count();
        let dots = text.chars().filter(|it| *it == '.').count();
        let is_plain = digits + dots == text.len()
            && dots <= 1
            && !text.starts_with('.')
            && !text.ends_with('.');
        match is_plain && (1..=DIGITS).contains(&digits) {
            true => Ok(text),
            false => Err(format!(
                "{name}: a decimal number of at most {DIGITS} digits, such as 0.15, is expected"
            )),
        }
    };
    let unit = decimal("unit", UNIT)?;
    if unit.chars().all(|it| "0.".contains(it)) {
        return Err("unit: it must be more than 0, such as 0.000001 for a million".to_owned());
    }
    let currency = match fields.get("currency") {
        None | Some(Value::Null) => "USD",
        Some(value) => value.as_str().unwrap_or_default(),
    };
    if currency.len() != 3 || !currency.chars().all(|it| it.is_ascii_uppercase()) {
        return Err("currency: three capital letters, such as USD, are expected".to_owned());
    }
    Ok(Some(Price {
        input: decimal("input", "0")?,
        output: decimal("output", "0")?,
        unit,
        currency: currency.to_owned(),
    }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn prices_as_they_are_entered() {
        let check = |value: Value, expect: Result<Option<[&str; 4]>, &str>| {
            let price = |it: Option<[&str; 4]>| {
                it.map(|[input, output, unit, currency]| Price {
                    input: input.to_owned(),
                    output: output.to_owned(),
                    unit: unit.to_owned(),
                    currency: currency.to_owned(),
                })
            };
            match (parse(&value), expect) {
                (Ok(found), Ok(expect)) => assert_eq!(found, price(expect), "{value}"),
                (Err(found), Err(expect)) => assert!(found.starts_with(expect), "{found}"),
                (found, expect) => panic!("{value}: {found:?} {expect:?}"),
            }
        };
        check(Value::Null, Ok(None));
        check(
            json!({"input": "0.15", "output": 0.6}),
            Ok(Some(["0.15", "0.6", "0.000001", "USD"])),
        );
        check(
            json!({"input": "0.001", "unit": "0.001", "currency": "RMB"}),
            Ok(Some(["0.001", "0", "0.001", "RMB"])),
        );
        check(json!({"input": "-1"}), Err("input: "));
        check(json!({"input": "1e3"}), Err("input: "));
        check(json!({"input": [1]}), Err("input: "));
        check(json!({"output": "free"}), Err("output: "));
        check(json!({"output": "1.2.3"}), Err("output: "));
        check(json!({"output": "1234567890.123"}), Err("output: "));
        check(json!({"unit": "0.0"}), Err("unit: "));
        check(json!({"currency": "dollars"}), Err("currency: "));
        check(json!("cheap"), Err("input: "));
    }
}
