//! `list-operator`: filter, extract, order, limit; in this order.

use std::{cmp::Ordering, sync::Arc};

use super::{
    Compiled, Output, Ran, Work,
    condition::{Expected, Operator, compare},
};
use crate::{
    Failure, Map, Result, Value,
    graph::{Compiler, Fields},
    run::Cx,
    selector::Ref,
    template::Template,
};

#[derive(Debug)]
struct ListOperator {
    variable: Ref,
    filter: Vec<Filter>,
    extract: Option<Template>,
    order: Option<Order>,
    limit: Option<usize>,
}

#[derive(Debug)]
struct Filter {
    key: Arc<str>,
    operator: Operator,
    expected: Expected,
    field: String,
}

#[derive(Debug)]
struct Order {
    key: Arc<str>,
    descending: bool,
}

pub(crate) fn compile(fields: &Fields, cx: &mut Compiler) -> Result<Compiled> {
    let filter_by = fields.part("filter_by");
    let mut filter = Vec::new();
    if filter_by.flag("enabled", false)? {
        for item in filter_by.items("conditions")? {
            filter.push(Filter {
                key: item.text_or("key", "")?.into(),
                operator: Operator::compile(&item, "comparison_operator")?,
                expected: Expected::compile(&item, "value", cx)?,
                field: item.path("value"),
            });
        }
    }
    let extract_by = fields.part("extract_by");
    let order_by = fields.part("order_by");
    let limit = fields.part("limit");
    Ok(Compiled::work(ListOperator {
        variable: cx.required(fields, "variable")?,
        filter,
        extract: match extract_by.flag("enabled", false)? {
            true => Some(cx.template_of(
                &extract_by.text_or("serial", "1")?,
                fields.node,
                &extract_by.path("serial"),
            )),
            false => None,
        },
        order: match order_by.flag("enabled", false)? {
            true => Some(Order {
                key: order_by.text_or("key", "")?.into(),
                descending: order_by
                    .text_or("value", "asc")?
                    .eq_ignore_ascii_case("desc"),
            }),
            false => None,
        },
        limit: match limit.flag("enabled", false)? {
            true => limit.count("size")?.map(|size| size as usize),
            false => None,
        },
    }))
}

impl Work for ListOperator {
    fn run(&self, cx: &Cx) -> Result<Ran, Failure> {
        let wrong = |field: &str, message: String| {
            let failure = cx
                .node
                .failure("OperatorNodeError", format!("field `{field}`: {message}"));
            Failure {
                retryable: false,
                ..failure
            }
        };
        let given = match cx.get(&self.variable) {
            Some(Value::Array(items)) => items,
            Some(Value::Null) => Arc::default(),
            Some(other) => {
                return Err(wrong(
                    "variable",
                    format!(
                        "`{}` is no list but of type {}",
                        self.variable.dotted(),
                        other.type_name()
                    ),
                ));
            }
            None => {
                return Err(wrong(
                    "variable",
                    format!("there is no variable `{}`", self.variable.dotted()),
                ));
            }
        };
        let mut inputs = Map::default();
        inputs.insert("variable".into(), Value::Array(given.clone()));
        let mut items = given.to_vec();
        for filter in &self.filter {
            let expected = filter.expected.value(cx);
            let mut kept = Vec::with_capacity(items.len());
            for item in items {
                let actual = match (&item, &*filter.key) {
                    (_, "") => Some(item.clone()),
                    (Value::File(_) | Value::Object(_), key) => item.get(key),
                    _ => Some(item.clone()),
                };
                if compare(filter.operator, actual.as_ref(), &expected)
                    .map_err(|message| wrong(&filter.field, message))?
                {
                    kept.push(item);
                }
            }
            items = kept;
        }
        if let Some(serial) = &self.extract {
            let serial = cx.render(serial);
            let place = serial
                .trim()
                .parse::<usize>()
                .ok()
                .and_then(|serial| serial.checked_sub(1));
            let place = place.ok_or_else(|| {
                wrong(
                    "extract_by.serial",
                    format!("`{serial}` is no place from 1 on"),
                )
            })?;
            let found = items.get(place).cloned();
            let found = found.ok_or_else(|| {
                wrong(
                    "extract_by.serial",
                    format!("the list has {} items, not {serial}", items.len()),
                )
            })?;
            items = vec![found];
        }
        if let Some(order) = &self.order {
            // Stable, so that equal items keep their order in both directions.
            items.sort_by(|a, b| {
                let ordering = order.compare(a, b);
                if order.descending {
                    ordering.reverse()
                } else {
                    ordering
                }
            });
        }
        if let Some(limit) = self.limit {
            items.truncate(limit);
        }
        let mut outputs = Map::default();
        let (first, last) = (items.first().cloned(), items.last().cloned());
        outputs.insert("result".into(), Value::Array(Arc::new(items)));
        outputs.insert("first_record".into(), first.unwrap_or_default());
        outputs.insert("last_record".into(), last.unwrap_or_default());
        Ok(Ran::Done(Output::new(outputs).with_inputs(inputs)))
    }
}

impl Order {
    fn compare(&self, a: &Value, b: &Value) -> Ordering {
        let key = |value: &Value| match value {
            Value::File(_) | Value::Object(_) if !self.key.is_empty() => {
                value.get(&self.key).unwrap_or_default()
            }
            other => other.clone(),
        };
        match (key(a), key(b)) {
            (Value::Int(a), Value::Int(b)) => a.cmp(&b),
            (Value::Bool(a), Value::Bool(b)) => a.cmp(&b),
            (Value::String(a), Value::String(b)) => a.cmp(&b),
            (a, b) => match (a.as_f64(), b.as_f64()) {
                (Some(a), Some(b)) => a.total_cmp(&b),
                // What has no order goes behind what has one.
                (a, b) => b.is_some().cmp(&a.is_some()),
            },
        }
    }
}
