//! The tools of an agent node.

use serde_json::Value;

use super::Named;

/// A tool that is switched on, with what the author fixed: `parameters` as they are, or each with `auto` and a value.
pub(crate) fn listed(entry: &Value) -> Option<Named> {
    if entry.get("enabled") == Some(&Value::Bool(false)) {
        return None;
    }
    let mut named = Named::of(entry);
    if let Some(kind) = entry.get("type").and_then(Value::as_str) {
        kind.clone_into(&mut named.provider_type);
    }
    if named.provider_id.is_empty() {
        named.provider_id.clone_from(&named.provider_name);
    }
    for key in ["settings", "parameters"] {
        let entries = entry.get(key).and_then(Value::as_object);
        for (name, value) in entries.into_iter().flatten() {
            let is_auto = value.get("auto").is_some_and(|auto| {
                auto.as_bool() == Some(true) || auto.as_u64().is_some_and(|auto| auto > 0)
            });
            let mut value = value;
            while let Some(inner) = value.get("value") {
                value = inner;
            }
            // An object without a value is none.
            if !is_auto && !value.is_object() {
                named.values.insert(name.clone(), value.clone());
            }
        }
    }
    Some(named)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn tools_of_nodes_come_in_two_forms() {
        let check = |entry: Value, expect: Option<Value>| {
            let found = listed(&entry).map(|it| {
                json!([
                    it.provider_type,
                    it.provider_id,
                    it.tool_name,
                    Value::Object(it.values)
                ])
            });
            assert_eq!(found, expect, "{entry}");
        };
        check(
            json!({"enabled": true, "type": "builtin", "provider_name": "langgenius/time/time", "tool_name": "current_time",
                   "parameters": {"timezone": "UTC", "format": ""}}),
            Some(
                json!(["builtin", "langgenius/time/time", "current_time", {"timezone": "UTC", "format": ""}]),
            ),
        );
        check(
            json!({"enabled": true, "type": "api", "provider_id": "p", "provider_name": "n", "tool_name": "t",
                   "settings": {"key": {"value": {"type": "constant", "value": 5}}},
                   "parameters": {"q": {"auto": 1, "value": null}, "n": {"auto": 0, "value": 3}, "o": {"auto": 0}}}),
            Some(json!(["api", "p", "t", {"key": 5, "n": 3}])),
        );
        check(json!({"enabled": false, "tool_name": "t"}), None);
    }
}
