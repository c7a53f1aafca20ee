//! Values out of JSON.

use async_trait::async_trait;
use serde_json::{Map, Value, json};

use crate::{Tool, tool::text};

/// Takes values out of JSON text by a path: `$.items[0].name`, `items[*].name`.
pub struct Parse;

#[async_trait]
impl Tool for Parse {
    fn spec(&self) -> model::Tool {
        model::Tool {
            name: "parse".to_owned(),
            description: "Extracts values from JSON text by a path such as `$.items[*].name`."
                .to_owned(),
            parameters: json!({
                "type": "object",
                "properties": {
                    "content": {"type": "string", "description": "JSON text."},
                    "json_filter": {"type": "string", "description": "The path: names after dots, places in brackets, `*` for all."}
                },
                "required": ["content", "json_filter"]
            }),
        }
    }

    fn label(&self) -> String {
        "JSON Parse".to_owned()
    }

    async fn call(&self, arguments: &Map<String, Value>) -> Result<String, String> {
        let content: Value = serde_json::from_str(text(arguments, "content")?)
            .map_err(|error| format!("`content` is no JSON: {error}"))?;
        let found = find(&content, text(arguments, "json_filter")?)?;
        Ok(match found.as_slice() {
            [] => "nothing is at this path".to_owned(),
            [Value::String(text)] => text.clone(),
            [one] => one.to_string(),
            several => json!(several).to_string(),
        })
    }
}

fn find<'a>(content: &'a Value, path: &str) -> Result<Vec<&'a Value>, String> {
    let mut found = vec![content];
    let path = path.trim();
    let mut rest = path.strip_prefix('$').unwrap_or(path);
    while !rest.is_empty() {
        let step;
        if let Some(inside) = rest.strip_prefix('[') {
            let end = inside.find(']').ok_or("`json_filter`: a `]` is missing")?;
            (step, rest) = (
                inside.get(..end).unwrap_or_default(),
                inside.get(end + 1..).unwrap_or_default(),
            );
        } else {
            let name = rest.strip_prefix('.').unwrap_or(rest);
            let end = name.find(['.', '[']).unwrap_or(name.len());
            (step, rest) = name.split_at(end);
        }
        let step = step.trim_matches(['\'', '"']);
        if step.is_empty() {
            return Err("`json_filter`: a name is missing".to_owned());
        }
        found = found
            .into_iter()
            .flat_map(|value| inner(value, step))
            .collect();
    }
    Ok(found)
}

fn inner<'a>(value: &'a Value, step: &str) -> Vec<&'a Value> {
    match value {
        Value::Array(items) if step == "*" => items.iter().collect(),
        Value::Object(map) if step == "*" => map.values().collect(),
        Value::Array(items) => step
            .parse()
            .ok()
            .and_then(|place: usize| items.get(place))
            .into_iter()
            .collect(),
        Value::Object(map) => map.get(step).into_iter().collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_found_by_their_path() {
        let content = json!({"a": [{"b": 1}, {"b": "x"}], "c d": {"e": null}});
        let check = |path: &str, expect: Result<Value, &str>| {
            let found = find(&content, path).map(|found| json!(found));
            assert_eq!(
                found.as_ref().map_err(String::as_str),
                expect.as_ref().map_err(|it| *it),
                "{path}"
            );
        };
        check("$.a[0].b", Ok(json!([1])));
        check("a[*].b", Ok(json!([1, "x"])));
        check("$['c d'].e", Ok(json!([null])));
        check("$", Ok(json!([content])));
        check("a[9].b", Ok(json!([])));
        check("a[0", Err("`json_filter`: a `]` is missing"));
        check("a..b", Err("`json_filter`: a name is missing"));
    }
}
