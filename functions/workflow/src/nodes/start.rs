//! `start`: what the caller must give, checked; and triggers, which pass on what woke them.

use std::sync::Arc;

use super::{Compiled, Output, Ran, Work};
use crate::{
    Error, ErrorKind, Failure, Map, Result, Value,
    graph::{Compiler, Fields},
    run::{Cx, Start},
};

/// One field of the input form.
#[derive(Debug)]
struct Field {
    name: Arc<str>,
    kind: FieldKind,
    required: bool,
    default: Value,
    max_length: Option<usize>,
    options: Vec<Arc<str>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FieldKind {
    Text,
    Select,
    Number,
    Checkbox,
    File,
    FileList,
    Object,
    Anything,
}

#[derive(Debug)]
struct StartNode {
    fields: Vec<Field>,
}

#[derive(Debug)]
struct Trigger;

pub(crate) fn compile(fields: &Fields, _: &mut Compiler) -> Result<Compiled> {
    let mut form = Vec::new();
    for item in fields.items("variables")? {
        let kind = match item.text_or("type", "text-input")?.as_str() {
            "text-input" | "paragraph" | "external_data_tool" => FieldKind::Text,
            "select" => FieldKind::Select,
            "number" => FieldKind::Number,
            "checkbox" => FieldKind::Checkbox,
            "file" => FieldKind::File,
            "file-list" => FieldKind::FileList,
            "json_object" | "json" => FieldKind::Object,
            _ => FieldKind::Anything,
        };
        let max_length = item.count("max_length")?.filter(|length| *length > 0);
        form.push(Field {
            name: item.required("variable")?.into(),
            kind,
            required: item.flag("required", false)?,
            default: item.raw("default").map(Value::from).unwrap_or_default(),
            max_length: max_length.map(|length| length as usize),
            options: item.words("options")?.into_iter().map(Arc::from).collect(),
        });
    }
    Ok(Compiled::work(StartNode { fields: form }))
}

pub(crate) fn compile_trigger(_: &Fields, _: &mut Compiler) -> Result<Compiled> {
    Ok(Compiled::work(Trigger))
}

impl Work for StartNode {
    fn run(&self, cx: &Cx) -> Result<Ran, Failure> {
        let outputs = self
            .check(cx.start)
            .map_err(|error| Failure::lasting("InvalidInput", error.to_string()))?;
        Ok(Ran::Done(shown(cx, outputs)))
    }
}

impl Work for Trigger {
    fn run(&self, cx: &Cx) -> Result<Ran, Failure> {
        Ok(Ran::Done(shown(cx, (*cx.start.inputs).clone())))
    }
}

/// The record of a start node shows `sys.*` beside its own variables.
fn shown(cx: &Cx, outputs: Map) -> Output {
    let mut inputs = outputs.clone();
    for (key, value) in cx.start.sys.iter() {
        inputs.insert(format!("sys.{key}").into(), value.clone());
    }
    Output::new(outputs).with_inputs(inputs)
}

impl StartNode {
    fn check(&self, start: &Start) -> Result<Map> {
        let mut outputs = Map::default();
        for field in &self.fields {
            let value = start.inputs.get(&field.name).cloned().unwrap_or_default();
            let value = field.check(value).map_err(|message| {
                let mut error = Error::new(ErrorKind::Input, message);
                error.field = field.name.to_string();
                error
            })?;
            outputs.insert(field.name.clone(), value);
        }
        Ok(outputs)
    }
}

impl Field {
    fn check(&self, given: Value) -> Result<Value, String> {
        let name = &self.name;
        let is_blank = matches!(&given, Value::String(text) if text.is_empty())
            && self.kind != FieldKind::Text;
        if matches!(given, Value::Null) || is_blank {
            if self.required {
                return Err(format!("{name} is required in input form"));
            }
            return match &self.default {
                Value::Null => Ok(Value::Null),
                Value::String(text) if text.is_empty() && self.kind != FieldKind::Text => {
                    Ok(Value::Null)
                }
                default => self.typed(default.clone()),
            };
        }
        if self.required && matches!(&given, Value::String(text) if text.is_empty()) {
            return Err(format!("{name} is required in input form"));
        }
        self.typed(given)
    }

    fn typed(&self, given: Value) -> Result<Value, String> {
        let name = &self.name;
        match (self.kind, &given) {
            (FieldKind::Anything, _) => Ok(given),
            (FieldKind::Text | FieldKind::Select, Value::String(text)) => {
                let text: Arc<str> = if text.contains('\0') {
                    text.replace('\0', "").into()
                } else {
                    text.clone()
                };
                if let Some(most) = self.max_length
                    && text.chars().count() > most
                {
                    return Err(format!(
                        "{name} in input form must be less than {most} characters"
                    ));
                }
                if self.kind == FieldKind::Select && !self.options.contains(&text) {
                    return Err(format!(
                        "{name} in input form must be one of {}",
                        self.options.join(", ")
                    ));
                }
                Ok(Value::String(text))
            }
            (FieldKind::Text | FieldKind::Select, _) => {
                Err(format!("{name} in input form must be a string"))
            }
            (FieldKind::Number, Value::Int(_) | Value::Float(_)) => Ok(given),
            (FieldKind::Number, Value::String(text)) => {
                let text = text.trim();
                let whole = text.parse().map(Value::Int).ok();
                let float = || {
                    text.parse()
                        .ok()
                        .filter(|number: &f64| number.is_finite())
                        .map(Value::Float)
                };
                whole
                    .or_else(float)
                    .ok_or_else(|| format!("{name} in input form must be a valid number"))
            }
            (FieldKind::Number, _) => Err(format!("{name} in input form must be a valid number")),
            (FieldKind::Checkbox, _) => truth(&given)
                .map(Value::Bool)
                .ok_or_else(|| format!("{name} in input form must be true or false")),
            (FieldKind::File, Value::File(_)) => Ok(given),
            (FieldKind::File, _) => Err(format!("{name} in input form must be a file")),
            (FieldKind::FileList, Value::Array(items)) => {
                if !items.iter().all(|item| matches!(item, Value::File(_))) {
                    return Err(format!("{name} in input form must be a list of files"));
                }
                match self.max_length {
                    Some(most) if items.len() > most => Err(format!(
                        "{name} in input form must hold at most {most} files"
                    )),
                    _ => Ok(given),
                }
            }
            (FieldKind::FileList, _) => {
                Err(format!("{name} in input form must be a list of files"))
            }
            (FieldKind::Object, Value::Object(_)) => Ok(given),
            (FieldKind::Object, Value::String(text)) => match serde_json::from_str(text) {
                Ok(object @ Value::Object(_)) => Ok(object),
                _ => Err(format!("{name} in input form must be an object")),
            },
            (FieldKind::Object, _) => Err(format!("{name} in input form must be an object")),
        }
    }
}

fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(value) => Some(*value),
        Value::Int(0) => Some(false),
        Value::Int(1) => Some(true),
        Value::String(text) => match text.to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" | "on" => Some(true),
            "false" | "0" | "no" | "off" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(kind: FieldKind, required: bool) -> Field {
        Field {
            name: "x".into(),
            kind,
            required,
            default: Value::Null,
            max_length: Some(3),
            options: vec!["a".into(), "b".into()],
        }
    }

    #[test]
    fn inputs_are_checked() {
        let check = |kind, required, json: &str, expect: Result<&str, &str>| {
            let given: Value = serde_json::from_str(json).expect("JSON");
            let found = field(kind, required).check(given);
            let found = found.map(|value| serde_json::to_string(&value).expect("JSON"));
            assert_eq!(
                found.as_deref().map_err(String::as_str),
                expect,
                "{kind:?} {json}"
            );
        };
        use FieldKind::*;
        check(Text, true, "\"abc\"", Ok("\"abc\""));
        check(Text, true, "null", Err("x is required in input form"));
        check(Text, true, "\"\"", Err("x is required in input form"));
        check(Text, false, "\"\"", Ok("\"\""));
        check(Text, false, "null", Ok("null"));
        check(
            Text,
            false,
            "\"abcd\"",
            Err("x in input form must be less than 3 characters"),
        );
        check(Text, false, "\"a\\u0000b\"", Ok("\"ab\""));
        check(Text, false, "3", Err("x in input form must be a string"));
        check(Select, false, "\"a\"", Ok("\"a\""));
        check(
            Select,
            false,
            "\"z\"",
            Err("x in input form must be one of a, b"),
        );
        check(Number, false, "\"7\"", Ok("7"));
        check(Number, false, "\" 7.5 \"", Ok("7.5"));
        check(Number, false, "\"\"", Ok("null"));
        check(
            Number,
            false,
            "\"seven\"",
            Err("x in input form must be a valid number"),
        );
        check(Checkbox, false, "\"Yes\"", Ok("true"));
        check(Checkbox, false, "0", Ok("false"));
        check(
            Checkbox,
            false,
            "2",
            Err("x in input form must be true or false"),
        );
        check(File, false, "{}", Err("x in input form must be a file"));
        check(
            FileList,
            false,
            "[1]",
            Err("x in input form must be a list of files"),
        );
        check(Object, false, "{\"a\":1}", Ok("{\"a\":1}"));
        check(Object, false, "\"{\\\"a\\\":1}\"", Ok("{\"a\":1}"));
        check(
            Object,
            false,
            "[]",
            Err("x in input form must be an object"),
        );
    }
}
