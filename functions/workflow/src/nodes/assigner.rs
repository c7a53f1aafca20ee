//! `assigner`: changes conversation variables and those of the loop around it. The first version has one assignment,
//! the second a list of them.

use std::sync::Arc;

use serde_json::Value as Json;

use super::{Compiled, Output, Ran, Work, Write};
use crate::{
    Error, Failure, Map, Result, Type, Value,
    graph::{Compiler, Fields, parsed},
    plan::Target,
    run::Cx,
    selector::{Base, Ref},
};

#[derive(Debug)]
struct Assigner {
    items: Vec<Item>,
}

#[derive(Debug)]
struct Item {
    target: Ref,
    kind: Type,
    operation: Operation,
    value: Source,
    field: String,
}

#[derive(Debug)]
enum Source {
    Variable(Ref),
    Constant(Value),
    None,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operation {
    OverWrite,
    Clear,
    Append,
    Extend,
    Set,
    Add,
    Subtract,
    Multiply,
    Divide,
    RemoveFirst,
    RemoveLast,
}

const OPERATIONS: [(&str, Operation); 11] = [
    ("over-write", Operation::OverWrite),
    ("clear", Operation::Clear),
    ("append", Operation::Append),
    ("extend", Operation::Extend),
    ("set", Operation::Set),
    ("+=", Operation::Add),
    ("-=", Operation::Subtract),
    ("*=", Operation::Multiply),
    ("/=", Operation::Divide),
    ("remove-first", Operation::RemoveFirst),
    ("remove-last", Operation::RemoveLast),
];

pub(crate) fn compile(fields: &Fields, cx: &mut Compiler) -> Result<Compiled> {
    let mut items = Vec::new();
    if fields.raw("items").is_some() {
        for item in fields.items("items")? {
            let target = cx.required(&item, "variable_selector")?;
            let operation = operation(&item, "operation")?;
            let is_variable = item.text_or("input_type", "variable")? == "variable";
            let value = match operation {
                Operation::Clear | Operation::RemoveFirst | Operation::RemoveLast => Source::None,
                // Arithmetic and `set` take constants, whatever the switch was left at; unless a selector stands there.
                _ if is_variable
                    && item.raw("value").is_some_and(Json::is_array)
                    && operation != Operation::Set =>
                {
                    Source::Variable(cx.required(&item, "value")?)
                }
                _ => Source::Constant(item.raw("value").map(Value::from).unwrap_or_default()),
            };
            items.push(finish(
                cx,
                &item,
                "variable_selector",
                target,
                operation,
                value,
            )?);
        }
    } else {
        let target = cx.required(fields, "assigned_variable_selector")?;
        let operation = operation(fields, "write_mode")?;
        let value = match operation {
            Operation::Clear => Source::None,
            _ => Source::Variable(cx.required(fields, "input_variable_selector")?),
        };
        items.push(finish(
            cx,
            fields,
            "assigned_variable_selector",
            target,
            operation,
            value,
        )?);
    }
    Ok(Compiled::work(Assigner { items }))
}

fn operation(fields: &Fields, name: &str) -> Result<Operation> {
    let text = fields.required(name)?;
    let found = OPERATIONS.iter().find(|(word, _)| *word == text);
    found
        .map(|(_, operation)| *operation)
        .ok_or_else(|| fields.wrong(name, format!("`{text}` is no operation")))
}

fn finish(
    cx: &Compiler,
    fields: &Fields,
    field: &str,
    target: Ref,
    operation: Operation,
    mut value: Source,
) -> Result<Item> {
    let wrong = |message: String| -> Error { fields.wrong(field, message) };
    let kind = match &target.base {
        Base::Conversation(place) => cx
            .conversation(*place)
            .map_or(Type::Any, |declared| declared.kind),
        Base::LoopVariable { .. } => match target.words.as_ref() {
            [container, label, ..] => cx.loop_variable(container, label).unwrap_or(Type::Any),
            _ => Type::Any,
        },
        _ => {
            return Err(wrong(format!(
                "`{}` is neither a conversation variable nor one of the loop",
                target.dotted()
            )));
        }
    };
    if !target.path.is_empty() {
        return Err(wrong("only a whole variable can be assigned".to_owned()));
    }
    let fits = match operation {
        Operation::OverWrite | Operation::Clear => true,
        Operation::Set => matches!(
            kind,
            Type::Object | Type::String | Type::Number | Type::Boolean
        ),
        Operation::Add | Operation::Subtract | Operation::Multiply | Operation::Divide => {
            kind == Type::Number
        }
        Operation::Append | Operation::Extend | Operation::RemoveFirst | Operation::RemoveLast => {
            kind.is_array()
        }
    };
    let name = OPERATIONS
        .iter()
        .find(|(_, other)| *other == operation)
        .map_or("", |(name, _)| name);
    if !fits && kind != Type::Any {
        return Err(wrong(format!(
            "`{name}` cannot be done to a variable of type {}",
            kind.name()
        )));
    }
    if let Source::Constant(constant) = &value
        && !matches!(operation, Operation::Append | Operation::Extend)
    {
        let read = parsed(kind, constant.clone());
        let read = read.ok_or_else(|| fields.wrong("value", format!("is no {}", kind.name())))?;
        if operation == Operation::Divide && read.as_f64() == Some(0.0) {
            return Err(fields.wrong("value", "division by zero"));
        }
        value = Source::Constant(read);
    }
    Ok(Item {
        target,
        kind,
        operation,
        value,
        field: fields.path(field),
    })
}

impl Work for Assigner {
    fn targets(&self) -> Vec<Target> {
        let targets = self.items.iter().map(|item| &item.target.base);
        targets.filter_map(Target::of).collect()
    }

    fn run(&self, cx: &Cx) -> Result<Ran, Failure> {
        let mut outputs = Map::default();
        let mut writes: Vec<Write> = Vec::new();
        let mut updated: Vec<Value> = Vec::new();
        // Later items see what earlier ones wrote.
        let mut written: Vec<(&Ref, Value)> = Vec::new();
        for item in &self.items {
            let earlier = written
                .iter()
                .rev()
                .find(|(target, _)| target.words == item.target.words);
            let old = earlier.map_or_else(|| cx.value(&item.target), |(_, value)| value.clone());
            let given = match &item.value {
                Source::Variable(variable) => cx.value(variable).reveal(),
                Source::Constant(value) => value.clone(),
                Source::None => Value::Null,
            };
            let new = item.apply(old, given).map_err(|message| {
                let message = format!("field `{}`: {message}", item.field);
                let failure = cx.node.failure("VariableOperatorNodeError", message);
                Failure {
                    retryable: false,
                    ..failure
                }
            })?;
            updated.push(Value::object([
                (
                    "name",
                    Value::from(
                        item.target
                            .words
                            .last()
                            .map(|word| &**word)
                            .unwrap_or_default(),
                    ),
                ),
                (
                    "selector",
                    Value::array(
                        item.target
                            .words
                            .iter()
                            .map(|word| Value::String(word.clone())),
                    ),
                ),
                ("value_type", Value::from(item.kind.name())),
                ("new_value", new.clone()),
            ]));
            match item.target.base {
                Base::Conversation(place) => writes.push(Write::Conversation(place, new.clone())),
                Base::LoopVariable { up, place } => writes.push(Write::Loop {
                    up,
                    place,
                    value: new.clone(),
                }),
                _ => {}
            }
            written.push((&item.target, new));
        }
        outputs.insert("updated_variables".into(), Value::Array(Arc::new(updated)));
        Ok(Ran::Done(Output {
            writes,
            ..Output::new(outputs)
        }))
    }
}

impl Item {
    fn apply(&self, old: Value, given: Value) -> Result<Value, String> {
        let list = || match &old {
            Value::Array(items) => Ok(items.to_vec()),
            Value::Null => Ok(Vec::new()),
            other => Err(format!(
                "the variable is of type {}, not a list",
                other.type_name()
            )),
        };
        let element = self.kind.element().unwrap_or(Type::Any);
        let admit = |kind: Type, value: &Value| match kind.admits(value) {
            true => Ok(()),
            false => Err(format!(
                "a value of type {} where {} is declared",
                value.type_name(),
                kind.name()
            )),
        };
        Ok(match self.operation {
            Operation::Clear => self.kind.zero(),
            Operation::OverWrite | Operation::Set => {
                admit(self.kind, &given)?;
                given
            }
            Operation::Append => {
                admit(element, &given)?;
                let mut items = list()?;
                items.push(given);
                Value::Array(Arc::new(items))
            }
            Operation::Extend => {
                let Value::Array(more) = &given else {
                    return Err(format!(
                        "`extend` needs a list, the value is of type {}",
                        given.type_name()
                    ));
                };
                admit(self.kind, &given)?;
                let mut items = list()?;
                items.extend(more.iter().cloned());
                Value::Array(Arc::new(items))
            }
            Operation::RemoveFirst => Value::array(list()?.into_iter().skip(1)),
            Operation::RemoveLast => {
                let mut items = list()?;
                items.pop();
                Value::Array(Arc::new(items))
            }
            Operation::Add | Operation::Subtract | Operation::Multiply | Operation::Divide => {
                self.compute(&old, &given)?
            }
        })
    }

    fn compute(&self, old: &Value, given: &Value) -> Result<Value, String> {
        if let (Value::Int(old), Value::Int(given)) = (old, given) {
            let whole = match self.operation {
                Operation::Add => old.checked_add(*given),
                Operation::Subtract => old.checked_sub(*given),
                Operation::Multiply => old.checked_mul(*given),
                _ => None,
            };
            if let Some(whole) = whole {
                return Ok(Value::Int(whole));
            }
        }
        let number = |value: &Value| {
            value
                .as_f64()
                .ok_or_else(|| format!("a value of type {} in arithmetic", value.type_name()))
        };
        let (old, given) = (number(old)?, number(given)?);
        let result = match self.operation {
            Operation::Add => old + given,
            Operation::Subtract => old - given,
            Operation::Multiply => old * given,
            _ if given == 0.0 => return Err("division by zero".to_owned()),
            _ => old / given,
        };
        if result.is_finite() {
            Ok(Value::Float(result))
        } else {
            Err("the result is too large".to_owned())
        }
    }
}
