//! Conditions: of `if-else`, of a loop's end, of a list's filter.

use std::{cmp::Ordering, sync::Arc};

use serde_json::Value as Json;

use crate::{
    Failure, Result, Value,
    graph::{Compiler, Fields},
    run::Cx,
    selector::Ref,
    template::Template,
};

/// Conditions that hold together, or one of which holds.
#[derive(Debug)]
pub(crate) struct Conditions {
    all: bool,
    list: Vec<Condition>,
}

#[derive(Debug)]
struct Condition {
    variable: Option<Ref>,
    operator: Operator,
    expected: Expected,
    /// For lists of files: conditions on an attribute of each.
    sub: Option<(bool, Vec<Sub>)>,
    field: String,
}

#[derive(Debug)]
struct Sub {
    key: Arc<str>,
    operator: Operator,
    expected: Expected,
}

/// The value to compare with.
#[derive(Debug)]
pub(crate) enum Expected {
    Text(Template),
    Value(Value),
    List(Vec<Template>),
}

/// How to compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Contains,
    NotContains,
    StartWith,
    EndWith,
    Is,
    IsNot,
    Empty,
    NotEmpty,
    In,
    NotIn,
    AllOf,
    Equal,
    NotEqual,
    Greater,
    Less,
    AtLeast,
    AtMost,
    Null,
    NotNull,
    Exists,
    NotExists,
}

const OPERATORS: [(&str, Operator); 24] = [
    ("contains", Operator::Contains),
    ("not contains", Operator::NotContains),
    ("start with", Operator::StartWith),
    ("end with", Operator::EndWith),
    ("is", Operator::Is),
    ("is not", Operator::IsNot),
    ("empty", Operator::Empty),
    ("not empty", Operator::NotEmpty),
    ("in", Operator::In),
    ("not in", Operator::NotIn),
    ("all of", Operator::AllOf),
    ("=", Operator::Equal),
    ("≠", Operator::NotEqual),
    (">", Operator::Greater),
    ("<", Operator::Less),
    ("≥", Operator::AtLeast),
    ("≤", Operator::AtMost),
    ("null", Operator::Null),
    ("not null", Operator::NotNull),
    ("exists", Operator::Exists),
    ("not exists", Operator::NotExists),
    // Spellings of hand-written files.
    ("!=", Operator::NotEqual),
    (">=", Operator::AtLeast),
    ("<=", Operator::AtMost),
];

impl Operator {
    pub(crate) fn compile(fields: &Fields, name: &str) -> Result<Self> {
        let text = fields.required(name)?;
        let found = OPERATORS.iter().find(|(word, _)| *word == text);
        found
            .map(|(_, operator)| *operator)
            .ok_or_else(|| fields.wrong(name, format!("`{text}` is no operator")))
    }

    fn name(self) -> &'static str {
        OPERATORS
            .iter()
            .find(|(_, operator)| *operator == self)
            .map_or("", |(name, _)| name)
    }

    /// Among files, those that deny must hold for all, the others for one.
    fn denies(self) -> bool {
        self.name().contains("not") || self == Self::NotEqual
    }
}

impl Expected {
    pub(crate) fn compile(fields: &Fields, name: &str, cx: &mut Compiler) -> Result<Self> {
        Ok(match fields.raw(name) {
            None => Self::Value(Value::Null),
            Some(Json::String(text)) => {
                Self::Text(cx.template_of(text, fields.node, &fields.path(name)))
            }
            Some(Json::Array(items)) if items.iter().all(Json::is_string) => {
                let words = fields.words(name)?;
                let path = fields.path(name);
                Self::List(
                    words
                        .iter()
                        .map(|text| cx.template_of(text, fields.node, &path))
                        .collect(),
                )
            }
            Some(other) => Self::Value(Value::from(other)),
        })
    }

    pub(crate) fn value(&self, cx: &Cx) -> Value {
        match self {
            Self::Text(template) => Value::String(cx.render(template)),
            Self::Value(value) => value.clone(),
            Self::List(items) => {
                Value::array(items.iter().map(|item| Value::String(cx.render(item))))
            }
        }
    }
}

impl Conditions {
    /// Reads `logical_operator` and `conditions`.
    pub(crate) fn compile(fields: &Fields, cx: &mut Compiler) -> Result<Self> {
        Self::compile_list(fields, "conditions", cx)
    }

    pub(crate) fn compile_list(fields: &Fields, name: &str, cx: &mut Compiler) -> Result<Self> {
        let mut list = Vec::new();
        for item in fields.items(name)? {
            let sub = item.part("sub_variable_condition");
            let mut subs = Vec::new();
            for part in sub.items("conditions")? {
                subs.push(Sub {
                    key: part.required("key")?.into(),
                    operator: Operator::compile(&part, "comparison_operator")?,
                    expected: Expected::compile(&part, "value", cx)?,
                });
            }
            list.push(Condition {
                variable: cx.selector(&item, "variable_selector")?,
                operator: Operator::compile(&item, "comparison_operator")?,
                expected: Expected::compile(&item, "value", cx)?,
                sub: if subs.is_empty() {
                    None
                } else {
                    Some((all(&sub)?, subs))
                },
                field: item.path("value"),
            });
        }
        Ok(Self {
            all: all(fields)?,
            list,
        })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Whether they hold; what was compared goes to `seen`, for the record.
    pub(crate) fn hold(&self, cx: &Cx, seen: &mut Vec<Value>) -> Result<bool, Failure> {
        let mut result = self.all && !self.list.is_empty();
        for condition in &self.list {
            let holds = condition.holds(cx, seen)?;
            if self.all && !holds {
                return Ok(false);
            }
            if !self.all && holds {
                return Ok(true);
            }
            result = holds;
        }
        Ok(result)
    }
}

fn all(fields: &Fields) -> Result<bool> {
    let operator = fields.text_or("logical_operator", "and")?;
    Ok(!operator.eq_ignore_ascii_case("or"))
}

impl Condition {
    fn holds(&self, cx: &Cx, seen: &mut Vec<Value>) -> Result<bool, Failure> {
        let actual = self.variable.as_ref().and_then(|variable| cx.get(variable));
        if let (Some((all, subs)), Some(Value::Array(files))) = (&self.sub, &actual) {
            let mut any = false;
            for sub in subs {
                let holds = sub.holds(cx, files, &self.field)?;
                if *all && !holds {
                    return Ok(false);
                }
                any |= holds;
            }
            return Ok(any);
        }
        let expected = self.expected.value(cx);
        seen.push(Value::object([
            ("actual_value", actual.clone().unwrap_or_default()),
            ("expected_value", expected.clone()),
            ("comparison_operator", Value::from(self.operator.name())),
        ]));
        compare(self.operator, actual.as_ref(), &expected).map_err(|message| {
            cx.node.failure(
                "ConditionError",
                format!("field `{}`: {message}", self.field),
            )
        })
    }
}

impl Sub {
    fn holds(&self, cx: &Cx, files: &[Value], field: &str) -> Result<bool, Failure> {
        let mut expected = self.expected.value(cx);
        if &*self.key == "extension"
            && let Value::String(text) = &expected
            && !text.is_empty()
            && !text.starts_with('.')
        {
            expected = Value::from(format!(".{text}"));
        }
        let mut found = Vec::with_capacity(files.len());
        for file in files {
            let actual = file.get(&self.key);
            found.push(
                compare(self.operator, actual.as_ref(), &expected).map_err(|message| {
                    cx.node
                        .failure("ConditionError", format!("field `{field}`: {message}"))
                })?,
            );
        }
        Ok(if self.operator.denies() {
            found.iter().all(|holds| *holds)
        } else {
            found.contains(&true)
        })
    }
}

/// Compares; `None` is a variable that does not exist.
pub(crate) fn compare(
    operator: Operator,
    actual: Option<&Value>,
    expected: &Value,
) -> Result<bool, String> {
    let null = Value::Null;
    let exists = actual.is_some_and(|value| !matches!(value, Value::Null));
    let actual = actual.unwrap_or(&null);
    Ok(match operator {
        Operator::Null | Operator::NotExists => !exists,
        Operator::NotNull | Operator::Exists => exists,
        Operator::Empty => actual.is_falsy(),
        Operator::NotEmpty => !actual.is_falsy(),
        Operator::Contains => contains(actual, expected)?,
        Operator::NotContains => actual.is_falsy() || !contains(actual, expected)?,
        Operator::StartWith => actual
            .as_str()
            .is_some_and(|text| text.starts_with(&expected.text())),
        Operator::EndWith => actual
            .as_str()
            .is_some_and(|text| text.ends_with(&expected.text())),
        Operator::Is => exists && same(actual, expected),
        Operator::IsNot => exists && !same(actual, expected),
        Operator::In => exists && is_in(actual, expected)?,
        Operator::NotIn => !exists || !is_in(actual, expected)?,
        Operator::AllOf => {
            let items = expected.as_array().ok_or("the value must be a list")?;
            let mut all = exists;
            for item in items.iter() {
                all = all && contains(actual, item)?;
            }
            all
        }
        Operator::Equal => exists && order(actual, expected)? == Some(Ordering::Equal),
        Operator::NotEqual => exists && order(actual, expected)? != Some(Ordering::Equal),
        Operator::Greater => exists && order(actual, expected)? == Some(Ordering::Greater),
        Operator::Less => exists && order(actual, expected)? == Some(Ordering::Less),
        Operator::AtLeast => {
            exists
                && matches!(
                    order(actual, expected)?,
                    Some(Ordering::Greater | Ordering::Equal)
                )
        }
        Operator::AtMost => {
            exists
                && matches!(
                    order(actual, expected)?,
                    Some(Ordering::Less | Ordering::Equal)
                )
        }
    })
}

fn contains(actual: &Value, expected: &Value) -> Result<bool, String> {
    match actual {
        Value::Null => Ok(false),
        Value::String(text) | Value::Secret(text) => {
            Ok(!text.is_empty() && text.contains(expected.text().as_str()))
        }
        Value::Array(items) => Ok(items.iter().any(|item| same(item, expected))),
        Value::Object(map) => Ok(expected.as_str().is_some_and(|key| map.contains_key(key))),
        other => Err(format!(
            "`contains` needs text or a list, the variable is of type {}",
            other.type_name()
        )),
    }
}

/// Whether two values are the same; text compares with numbers and truth values by what it says.
fn same(actual: &Value, expected: &Value) -> bool {
    match (actual, expected) {
        (Value::Bool(actual), _) => truth(expected) == Some(*actual),
        (Value::Int(_) | Value::Float(_), _) => match (actual.as_f64(), number(expected)) {
            (Some(actual), Some(expected)) => actual == expected,
            _ => false,
        },
        (
            Value::String(actual) | Value::Secret(actual),
            Value::String(expected) | Value::Secret(expected),
        ) => actual == expected,
        (Value::String(actual) | Value::Secret(actual), _) => **actual == *expected.text(),
        (actual, expected) => actual == expected,
    }
}

fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(value) => Some(*value),
        Value::Int(number) => Some(*number != 0),
        Value::Float(number) => Some(*number != 0.0),
        Value::String(text) => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "1" => Some(true),
            "false" | "0" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::String(text) => text.trim().parse().ok(),
        other => other.as_f64(),
    }
}

fn is_in(actual: &Value, expected: &Value) -> Result<bool, String> {
    match expected {
        Value::Array(items) => Ok(items.iter().any(|item| same(actual, item))),
        Value::String(text) => match serde_json::from_str(text) {
            Ok(Value::Array(items)) => Ok(items.iter().any(|item| same(actual, item))),
            _ => Ok(text.contains(actual.text().as_str())),
        },
        _ => Err("the value must be a list".to_owned()),
    }
}

fn order(actual: &Value, expected: &Value) -> Result<Option<Ordering>, String> {
    if let (Value::Bool(actual), Some(expected)) = (actual, truth(expected)) {
        return Ok(Some(actual.cmp(&expected)));
    }
    // Whole numbers compare as such: beyond 2^53 a float would take neighbours for equal.
    let whole = |value: &Value| match value {
        Value::Int(number) => Some(*number),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    if let (Some(actual), Some(expected)) = (whole(actual), whole(expected)) {
        return Ok(Some(actual.cmp(&expected)));
    }
    let told = |value: &Value| format!("`{}` is no number", value.text());
    let actual = number(actual).ok_or_else(|| told(actual))?;
    let expected = number(expected).ok_or_else(|| told(expected))?;
    Ok(actual.partial_cmp(&expected))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(operator: &str, actual: &str, expected: &str, holds: Result<bool, &str>) {
        let operator = OPERATORS
            .iter()
            .find(|(name, _)| *name == operator)
            .expect("an operator")
            .1;
        let actual: Option<Value> =
            (actual != "-").then(|| serde_json::from_str(actual).expect("JSON"));
        let expected: Value = serde_json::from_str(expected).expect("JSON");
        let found = compare(operator, actual.as_ref(), &expected);
        assert_eq!(
            found.as_ref().map(|holds| *holds).map_err(String::as_str),
            holds,
            "{operator:?} {actual:?} {expected:?}"
        );
    }

    #[test]
    fn every_operator() {
        check("contains", r#""abc""#, r#""b""#, Ok(true));
        check("contains", r#""""#, r#""""#, Ok(false));
        check("contains", r#"["a","b"]"#, r#""b""#, Ok(true));
        check("contains", "-", r#""b""#, Ok(false));
        check(
            "contains",
            "7",
            r#""7""#,
            Err("`contains` needs text or a list, the variable is of type number"),
        );
        check("not contains", r#""abc""#, r#""b""#, Ok(false));
        check("not contains", r#""""#, r#""b""#, Ok(true));
        check("not contains", "-", r#""b""#, Ok(true));
        check("start with", r#""abc""#, r#""ab""#, Ok(true));
        check("start with", "-", r#""ab""#, Ok(false));
        check("end with", r#""abc""#, r#""bc""#, Ok(true));
        check("is", r#""a""#, r#""a""#, Ok(true));
        check("is", "-", r#""""#, Ok(false));
        check("is", "true", r#""true""#, Ok(true));
        check("is", "true", "1", Ok(true));
        check("is", "3", r#""3""#, Ok(true));
        check("is not", r#""a""#, r#""b""#, Ok(true));
        check("is not", "null", r#""b""#, Ok(false));
        check("empty", r#""""#, "null", Ok(true));
        check("empty", "0", "null", Ok(true));
        check("empty", "-", "null", Ok(true));
        check("empty", "[]", "null", Ok(true));
        check("not empty", "{}", "null", Ok(false));
        check("not empty", "[0]", "null", Ok(true));
        check("in", r#""a""#, r#"["a","b"]"#, Ok(true));
        check("in", r#""c""#, r#""[\"a\",\"b\"]""#, Ok(false));
        check("in", "-", r#"["a"]"#, Ok(false));
        check("not in", r#""c""#, r#"["a","b"]"#, Ok(true));
        check("not in", "-", r#"["a"]"#, Ok(true));
        check("in", r#""a""#, "3", Err("the value must be a list"));
        check("all of", r#"["a","b","c"]"#, r#"["a","c"]"#, Ok(true));
        check("all of", r#"["a"]"#, r#"["a","c"]"#, Ok(false));
        check("=", "3", r#""3""#, Ok(true));
        check("=", r#""3.0""#, "3", Ok(true));
        check("=", "9007199254740993", r#""9007199254740992""#, Ok(false));
        check("=", "true", r#""true""#, Ok(true));
        check("≠", "3", r#""4""#, Ok(true));
        check("≠", "-", r#""4""#, Ok(false));
        check(">", "3", r#""2.5""#, Ok(true));
        check("<", r#""10""#, r#""9""#, Ok(false));
        check("≥", "3", "3", Ok(true));
        check("≤", "3", "2", Ok(false));
        check(">", r#""x""#, "2", Err("`x` is no number"));
        check("null", "-", "null", Ok(true));
        check("null", "0", "null", Ok(false));
        check("not null", "0", "null", Ok(true));
        check("exists", "null", "null", Ok(false));
        check("not exists", "-", "null", Ok(true));
    }
}
