//! `{{name}}` and `{{#special#}}` in prompts.

use serde_json::{Map, Value};

/// Longest name of a variable.
const NAME_CHARS: usize = 30;

/// Puts values in place of placeholders, in one pass: a value that looks like a placeholder stays text. What `value`
/// does not know stays as it is. Special names come with their hashes, such as `#context#`.
pub fn render(template: &str, value: impl Fn(&str) -> Option<String>) -> String {
    let mut out = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        out.push_str(before);
        match after.split_once("}}").filter(|(name, _)| is_name(name)) {
            Some((name, tail)) => {
                match value(name) {
                    Some(text) => out.push_str(&text),
                    None => out.extend(["{{", name, "}}"]),
                }
                rest = tail;
            }
            None => {
                // One brace on, so that `{{{name}}` still holds a placeholder.
                out.push('{');
                rest = rest.get(before.len() + 1..).unwrap_or_default();
            }
        }
    }
    out.push_str(rest);
    out
}

/// Whether the template asks for this name.
pub fn mentions(template: &str, name: &str) -> bool {
    template.contains(&format!("{{{{{name}}}}}"))
}

fn is_name(name: &str) -> bool {
    let bare = name
        .strip_prefix('#')
        .and_then(|name| name.strip_suffix('#'))
        .unwrap_or(name);
    let first = bare
        .chars()
        .next()
        .is_some_and(|c| c.is_alphabetic() || c == '_');
    first
        && bare.chars().count() <= NAME_CHARS
        && bare.chars().all(|c| c.is_alphanumeric() || c == '_')
}

/// An input as it stands in a prompt.
pub fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}

/// Renders with the inputs of a call only.
pub fn with_inputs(template: &str, inputs: &Map<String, Value>) -> String {
    render(template, |name| inputs.get(name).map(text))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn renders() {
        let inputs = json!({"name": "Ada", "n": 3, "none": null, "trick": "{{name}}", "list": [1]});
        let inputs = inputs.as_object().unwrap();
        for (template, expect) in [
            ("Hello {{name}}!", "Hello Ada!"),
            ("{{n}}{{none}}|{{list}}", "3|[1]"),
            (
                "{{unknown}} {{ name }} {{1st}} {{}}",
                "{{unknown}} {{ name }} {{1st}} {{}}",
            ),
            ("{{trick}}", "{{name}}"),
            ("{{{name}}}", "{Ada}"),
            ("{{name", "{{name"),
            ("{{a {{name}} b}}", "{{a Ada b}}"),
            ("{{#context#}}", "{{#context#}}"),
            ("é{{name}}é", "éAdaé"),
            ("", ""),
        ] {
            assert_eq!(with_inputs(template, inputs), expect, "{template}");
        }
    }
}
