//! Values of an app's variables, checked against its form.

use serde_json::{Map, Number, Value};

use crate::{Error, Result, apps::InputField};

/// The checked values, one for each variable of the form: unknown keys are dropped, missing ones get their default.
pub fn validate(form: &[InputField], given: &Map<String, Value>) -> Result<Map<String, Value>> {
    let mut values = Map::new();
    for field in form.iter().filter(|field| !field.variable.is_empty()) {
        let value = clean(given.get(&field.variable).cloned().unwrap_or_default());
        values.insert(field.variable.clone(), check(field, value)?);
    }
    Ok(values)
}

fn check(field: &InputField, value: Value) -> Result<Value> {
    let name = &field.variable;
    let refuse = |message: String| Err(Error::new(crate::Kind::InvalidParam, message));
    let is_list = field.kind == "file-list";
    let missing = value.is_null() || (field.required && value.as_str() == Some(""));
    if missing {
        return match field.required {
            true => refuse(format!("{name} is required in input form")),
            false if field.default.is_null() && is_list => Ok(Value::Array(Vec::new())),
            false => Ok(field.default.clone()),
        };
    }
    match field.kind.as_str() {
        "text-input" | "paragraph" | "external_data_tool" => {
            let Some(text) = value.as_str() else {
                return refuse(format!(
                    "(type '{}') {name} in input form must be a string",
                    field.kind
                ));
            };
            match field.max_length {
                Some(max) if max > 0 && text.chars().count() > max => refuse(format!(
                    "{name} in input form must be less than {max} characters"
                )),
                _ => Ok(value),
            }
        }
        "select" => match value.as_str() {
            None => refuse(format!(
                "(type 'select') {name} in input form must be a string"
            )),
            Some("") => Ok(value),
            Some(text) if field.options.iter().any(|option| option == text) => Ok(value),
            Some(_) => {
                let options = field
                    .options
                    .iter()
                    .map(|option| format!("'{option}'"))
                    .collect::<Vec<_>>()
                    .join(", ");
                refuse(format!(
                    "{name} in input form must be one of the following: [{options}]"
                ))
            }
        },
        "number" => match &value {
            Value::Number(_) => Ok(value),
            Value::String(text) if text.trim().is_empty() => Ok(Value::Null),
            Value::String(text) => match number(text.trim()) {
                Some(number) => Ok(Value::Number(number)),
                None => refuse(format!("{name} in input form must be a valid number")),
            },
            _ => refuse(format!("{name} in input form must be a valid number")),
        },
        "checkbox" => match boolean(&value) {
            Some(flag) => Ok(Value::Bool(flag)),
            None => refuse(format!(
                "{name} in input form must be a valid boolean value"
            )),
        },
        "file" if value.is_object() => Ok(value),
        "file" => refuse(format!("{name} in input form must be a file")),
        "file-list" => match value.as_array() {
            Some(files) if files.iter().all(Value::is_object) => match field.max_length {
                Some(max) if max > 0 && files.len() > max => refuse(format!(
                    "{name} in input form must be less than {max} files"
                )),
                _ => Ok(value),
            },
            _ => refuse(format!("{name} in input form must be a list of files")),
        },
        "json_object" if value.is_object() => Ok(value),
        "json_object" => refuse(format!("{name} in input form must be a dict")),
        _ => Ok(value),
    }
}

fn number(text: &str) -> Option<Number> {
    if let Ok(whole) = text.parse::<i64>() {
        return Some(whole.into());
    }
    Number::from_f64(text.parse().ok()?)
}

fn boolean(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::Number(number) => match number.as_f64() {
            Some(1.0) => Some(true),
            Some(0.0) => Some(false),
            _ => None,
        },
        Value::String(text) => match text.trim().to_lowercase().as_str() {
            "true" | "1" | "yes" | "on" => Some(true),
            "false" | "0" | "no" | "off" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// Takes NUL characters out, which no store or tokenizer likes.
fn clean(value: Value) -> Value {
    match value {
        Value::String(text) if text.contains('\0') => Value::String(text.replace('\0', "")),
        Value::Array(items) => items.into_iter().map(clean).collect(),
        Value::Object(fields) => fields
            .into_iter()
            .map(|(key, value)| (key, clean(value)))
            .collect(),
        value => value,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::apps::ModelConfig;

    #[test]
    fn inputs_against_the_form() {
        let check = |field: Value, given: Value, expect: Result<Value, &str>| {
            let config = ModelConfig::parse(&json!({"user_input_form": [field]})).unwrap();
            let outcome = validate(&config.user_input_form, given.as_object().unwrap());
            let outcome = outcome
                .map(Value::Object)
                .map_err(|error| error.message().to_owned());
            assert_eq!(outcome, expect.map_err(str::to_owned), "{field} {given}");
        };
        let text = json!({"text-input": {"variable": "x", "required": true, "max_length": 3}});
        check(
            text.clone(),
            json!({"x": "abc", "other": 1}),
            Ok(json!({"x": "abc"})),
        );
        check(
            text.clone(),
            json!({"x": "a\u{0}b"}),
            Ok(json!({"x": "ab"})),
        );
        check(text.clone(), json!({}), Err("x is required in input form"));
        check(
            text.clone(),
            json!({"x": null}),
            Err("x is required in input form"),
        );
        check(
            text.clone(),
            json!({"x": ""}),
            Err("x is required in input form"),
        );
        check(
            text.clone(),
            json!({"x": "äöüß"}),
            Err("x in input form must be less than 3 characters"),
        );
        check(
            text,
            json!({"x": 1}),
            Err("(type 'text-input') x in input form must be a string"),
        );
        let optional = json!({"paragraph": {"variable": "x", "default": "d"}});
        check(optional.clone(), json!({}), Ok(json!({"x": "d"})));
        check(optional, json!({"x": ""}), Ok(json!({"x": ""})));
        check(
            json!({"paragraph": {"variable": "x"}}),
            json!({}),
            Ok(json!({"x": null})),
        );
        let select = json!({"select": {"variable": "x", "options": ["a", "b"]}});
        check(select.clone(), json!({"x": "b"}), Ok(json!({"x": "b"})));
        check(
            select,
            json!({"x": "c"}),
            Err("x in input form must be one of the following: ['a', 'b']"),
        );
        let number = json!({"number": {"variable": "x"}});
        check(number.clone(), json!({"x": 1.5}), Ok(json!({"x": 1.5})));
        check(number.clone(), json!({"x": " 7 "}), Ok(json!({"x": 7})));
        check(number.clone(), json!({"x": ""}), Ok(json!({"x": null})));
        check(
            number.clone(),
            json!({"x": "inf"}),
            Err("x in input form must be a valid number"),
        );
        check(
            number,
            json!({"x": []}),
            Err("x in input form must be a valid number"),
        );
        let checkbox = json!({"checkbox": {"variable": "x"}});
        check(
            checkbox.clone(),
            json!({"x": "Yes"}),
            Ok(json!({"x": true})),
        );
        check(checkbox.clone(), json!({"x": 0}), Ok(json!({"x": false})));
        check(
            checkbox,
            json!({"x": "maybe"}),
            Err("x in input form must be a valid boolean value"),
        );
        check(
            json!({"file": {"variable": "x"}}),
            json!({"x": 1}),
            Err("x in input form must be a file"),
        );
        let list = json!({"file-list": {"variable": "x", "max_length": 1}});
        check(list.clone(), json!({"x": [{}]}), Ok(json!({"x": [{}]})));
        check(
            list.clone(),
            json!({"x": [{}, {}]}),
            Err("x in input form must be less than 1 files"),
        );
        check(
            list.clone(),
            json!({"x": [1]}),
            Err("x in input form must be a list of files"),
        );
        check(list, json!({}), Ok(json!({"x": []})));
        check(
            json!({"json_object": {"variable": "x"}}),
            json!({"x": "{}"}),
            Err("x in input form must be a dict"),
        );
        check(
            json!({"json_object": {"variable": "x"}}),
            json!({"x": {"a": 1}}),
            Ok(json!({"x": {"a": 1}})),
        );
    }
}
