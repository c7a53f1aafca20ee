//! Conditions on what is known of a document (`metadata_filtering_mode`).
//!
//! Documents carry the built-in fields: `document_name`, `uploader`, `upload_date`, `last_update_date` (Unix seconds)
//! and `source`.

use serde_json::{Map, Value};

use crate::{Error, Kind, Result, document::Document, prompt::template};

/// What the values of a field are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FieldKind {
    Text,
    Time,
}

/// The fields that a question may say something of, and what they are. Of the others, `uploader` is an id and `source` the
/// same for all.
pub(crate) const FIELDS: [(&str, FieldKind, &str); 3] = [
    (
        "document_name",
        FieldKind::Text,
        "the name of the document or file",
    ),
    ("upload_date", FieldKind::Time, "when it was uploaded"),
    (
        "last_update_date",
        FieldKind::Time,
        "when it was last changed",
    ),
];

/// Which documents a search looks at; by default all.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    conditions: Vec<Condition>,
    /// One condition is enough.
    any: bool,
}

#[derive(Clone, Debug, PartialEq)]
struct Condition {
    name: String,
    operator: Operator,
    values: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Contains,
    NotContains,
    StartsWith,
    EndsWith,
    Is,
    IsNot,
    In,
    NotIn,
    Empty,
    NotEmpty,
    Before,
    After,
    AtMost,
    AtLeast,
}

impl Operator {
    fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "contains" => Self::Contains,
            "not contains" => Self::NotContains,
            "start with" => Self::StartsWith,
            "end with" => Self::EndsWith,
            "is" | "=" => Self::Is,
            "is not" | "≠" => Self::IsNot,
            "in" => Self::In,
            "not in" => Self::NotIn,
            "empty" => Self::Empty,
            "not empty" => Self::NotEmpty,
            "before" | "<" => Self::Before,
            "after" | ">" => Self::After,
            "≤" => Self::AtMost,
            "≥" => Self::AtLeast,
            _ => return None,
        })
    }
}

impl Filter {
    /// Reads `metadata_filtering_conditions`; values may name inputs. `AppUnavailable` for a comparison that is not
    /// known, because a search without it would find what it must not.
    pub fn parse(conditions: &Value, inputs: &Map<String, Value>) -> Result<Self> {
        let list = conditions.get("conditions").and_then(Value::as_array);
        let conditions_read = list.into_iter().flatten().map(|condition| {
            let text = |key: &str| {
                condition
                    .get(key)
                    .and_then(Value::as_str)
                    .unwrap_or_default()
            };
            let word = text("comparison_operator");
            let operator = Operator::parse(word).ok_or_else(|| {
                let message =
                    format!("The app's metadata filter compares by `{word}`, which is not known.");
                Error::new(Kind::AppUnavailable, message)
            })?;
            let fill = |value: &Value| template::with_inputs(&template::text(value), inputs);
            let values = match condition.get("value") {
                Some(Value::Array(values)) => values.iter().map(fill).collect(),
                Some(value) if matches!(operator, Operator::In | Operator::NotIn) => fill(value)
                    .split(',')
                    .map(|part| part.trim().to_owned())
                    .collect(),
                Some(value) => vec![fill(value)],
                None => Vec::new(),
            };
            Ok(Condition {
                name: text("name").to_owned(),
                operator,
                values,
            })
        });
        let any = conditions.get("logical_operator").and_then(Value::as_str) == Some("or");
        Ok(Self {
            conditions: conditions_read.collect::<Result<_>>()?,
            any,
        })
    }

    /// Whether a document is looked at.
    pub(super) fn accepts(&self, document: &Document) -> bool {
        let mut results = self.conditions.iter().map(|condition| {
            let field = field(document, &condition.name);
            condition.holds(field.as_deref())
        });
        match self.any && !self.conditions.is_empty() {
            true => results.any(|holds| holds),
            false => results.all(|holds| holds),
        }
    }
}

fn field(document: &Document, name: &str) -> Option<String> {
    let value = match name {
        "document_name" => document.name.clone(),
        "uploader" => document.created_by.clone(),
        "upload_date" => document.created_at.as_secs().to_string(),
        "last_update_date" => document.updated_at.as_secs().to_string(),
        "source" => "file_upload".to_owned(),
        _ => return None,
    };
    Some(value).filter(|value| !value.is_empty())
}

impl Condition {
    /// A field that is not there is empty, and nothing else.
    fn holds(&self, field: Option<&str>) -> bool {
        let Some(field) = field else {
            return self.operator == Operator::Empty;
        };
        let wanted = self.values.first().map(String::as_str).unwrap_or_default();
        let order = || {
            let number = |text: &str| text.trim().parse::<f64>().ok();
            number(field)?.partial_cmp(&number(wanted)?)
        };
        let same = |value: &String| {
            let number = |text: &str| text.trim().parse::<f64>().ok();
            value == field || number(value).is_some_and(|value| number(field) == Some(value))
        };
        match self.operator {
            Operator::Contains => field.contains(wanted),
            Operator::NotContains => !field.contains(wanted),
            Operator::StartsWith => field.starts_with(wanted),
            Operator::EndsWith => field.ends_with(wanted),
            Operator::Is => self.values.first().is_some_and(same),
            Operator::IsNot => !self.values.first().is_some_and(same),
            Operator::In => self.values.iter().any(same),
            Operator::NotIn => !self.values.iter().any(same),
            Operator::Empty => false,
            Operator::NotEmpty => true,
            Operator::Before => order().is_some_and(std::cmp::Ordering::is_lt),
            Operator::After => order().is_some_and(std::cmp::Ordering::is_gt),
            Operator::AtMost => order().is_some_and(std::cmp::Ordering::is_le),
            Operator::AtLeast => order().is_some_and(std::cmp::Ordering::is_ge),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn comparisons() {
        let inputs = json!({"year": "2025"});
        let check = |operator: &str, value: Value, field: Option<&str>, expect: bool| {
            let conditions = json!({"conditions": [{"name": "x", "comparison_operator": operator, "value": value}]});
            let filter = Filter::parse(&conditions, inputs.as_object().unwrap()).unwrap();
            let holds = filter
                .conditions
                .iter()
                .all(|condition| condition.holds(field));
            assert_eq!(holds, expect, "{operator} {value} {field:?}");
        };
        let name = Some("Report 2025.pdf");
        check("contains", json!("Report"), name, true);
        check("contains", json!("{{year}}"), name, true);
        check("not contains", json!("draft"), name, true);
        check("start with", json!("Rep"), name, true);
        check("end with", json!(".pdf"), name, true);
        check("is", json!("Report"), name, false);
        check("is not", json!("Report"), name, true);
        check("in", json!("a, Report 2025.pdf"), name, true);
        check("not in", json!(["a", "b"]), name, true);
        check("empty", Value::Null, name, false);
        check("not empty", Value::Null, name, true);
        check("before", json!(10), Some("9"), true);
        check("after", json!("10"), Some("9"), false);
        check("≤", json!(9), Some("9"), true);
        check("≥", json!(9.5), Some("9"), false);
        check("=", json!(9.0), Some("9"), true);
        check("after", json!("soon"), Some("9"), false);
        // What is not there.
        check("empty", Value::Null, None, true);
        check("is not", json!("a"), None, false);
    }

    #[test]
    fn what_is_not_known_is_refused() {
        let conditions = json!({"conditions": [{"name": "x", "comparison_operator": "resembles", "value": "y"}]});
        let refused = Filter::parse(&conditions, &Map::new()).unwrap_err();
        assert_eq!(refused.kind(), Kind::AppUnavailable);
        assert_eq!(
            Filter::parse(&Value::Null, &Map::new()).unwrap(),
            Filter::default()
        );
    }
}
