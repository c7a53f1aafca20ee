//! A tool some of whose arguments are fixed by the app: the model neither sees nor changes them.

use std::sync::Arc;

use agent::Tool;
use async_trait::async_trait;
use serde_json::{Map, Value};

use crate::guard::{self, Watch};

/// What an app's prompt guard wants of its tools.
#[derive(Clone, Default)]
pub(crate) struct Guard {
    /// What they return is robbed of words that look like instructions.
    pub(crate) defuses: bool,
    /// What a model must not say to them: they may carry it anywhere.
    pub(crate) watch: Option<Arc<guard::Secret>>,
}

struct Given {
    tool: Arc<dyn Tool>,
    values: Map<String, Value>,
    guard: Guard,
}

/// The tool with these arguments; empty ones are the model's to say.
pub(crate) fn given(
    tool: Arc<dyn Tool>,
    values: &Map<String, Value>,
    guard: &Guard,
) -> Arc<dyn Tool> {
    let known = tool.spec().parameters;
    let takes = |name: &str| known.pointer("/properties").and_then(|all| all.get(name));
    let said = |value: &Value| !value.is_null() && value.as_str() != Some("");
    let values: Map<String, Value> = values
        .iter()
        .filter(|(name, value)| said(value) && takes(name).is_some())
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    if values.is_empty() && !guard.defuses && guard.watch.is_none() {
        return tool;
    }
    Arc::new(Given {
        tool,
        values,
        guard: guard.clone(),
    })
}

#[async_trait]
impl Tool for Given {
    fn spec(&self) -> model::Tool {
        let mut spec = self.tool.spec();
        if let Some(Value::Object(properties)) = spec.parameters.get_mut("properties") {
            properties.retain(|name, _| !self.values.contains_key(name));
        }
        if let Some(Value::Array(required)) = spec.parameters.get_mut("required") {
            let is_fixed = |name: &Value| {
                let name = name.as_str().unwrap_or_default();
                self.values.contains_key(name)
            };
            required.retain(|name| !is_fixed(name));
        }
        spec
    }

    fn label(&self) -> String {
        self.tool.label()
    }

    async fn call(&self, arguments: &Map<String, Value>) -> Result<String, String> {
        if let Some(secret) = &self.guard.watch {
            let mut said = String::new();
            arguments.values().for_each(|value| texts(value, &mut said));
            if Watch::new(secret.clone()).repeats(&said) {
                return Err(
                    "refused: these arguments repeat instructions that are not to be passed on"
                        .to_owned(),
                );
            }
        }
        let mut all = arguments.clone();
        for (name, value) in &self.values {
            all.insert(name.clone(), value.clone());
        }
        let result = self.tool.call(&all).await?;
        Ok(match self.guard.defuses {
            true => guard::defused(&result),
            false => result,
        })
    }
}

/// The texts in a value, one behind the other: what is cut into several arguments is seen too.
fn texts(value: &Value, out: &mut String) {
    match value {
        Value::String(text) => {
            out.push_str(text);
            out.push(' ');
        }
        Value::Array(items) => items.iter().for_each(|item| texts(item, out)),
        Value::Object(fields) => {
            for (name, value) in fields {
                out.push_str(name);
                out.push(' ');
                texts(value, out);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use futures::executor::block_on;
    use serde_json::json;

    use super::*;

    struct Echo;

    #[async_trait]
    impl Tool for Echo {
        fn spec(&self) -> model::Tool {
            let text = json!({"type": "string"});
            model::Tool {
                name: "echo".into(),
                description: "Repeats.".into(),
                parameters: json!({"type": "object", "properties": {"a": text, "b": text}, "required": ["a", "b"]}),
            }
        }

        async fn call(&self, arguments: &Map<String, Value>) -> Result<String, String> {
            Ok(Value::Object(arguments.clone()).to_string())
        }
    }

    #[test]
    fn what_the_app_says_is_not_the_models_to_say() {
        let check = |values: Value, required: Value, result: &str| {
            let values = values.as_object().cloned().unwrap_or_default();
            let tool = given(Arc::new(Echo), &values, &Guard::default());
            assert_eq!(tool.spec().parameters["required"], required);
            let said = json!({"a": "model", "b": "model"});
            let said = said.as_object().cloned().unwrap_or_default();
            assert_eq!(block_on(tool.call(&said)).unwrap(), result);
        };
        check(
            json!({"a": "app", "odd": 1}),
            json!(["b"]),
            r#"{"a":"app","b":"model"}"#,
        );
        check(
            json!({"a": "", "b": null}),
            json!(["a", "b"]),
            r#"{"a":"model","b":"model"}"#,
        );
    }

    #[test]
    fn what_a_model_must_not_say_is_said_to_no_tool() {
        let secret = "The treasure lies under the old oak behind the mill.";
        let feature = json!({"enabled": true, "output": true});
        let feature = serde_json::from_value(feature).unwrap();
        let settings = guard::Settings::parse(&feature).unwrap().unwrap();
        let watch = guard::Secret::new(&settings, &[secret.to_owned()]);
        let guard = Guard {
            defuses: false,
            watch: Some(Arc::new(watch)),
        };
        // What the app fixes is the app's to say.
        let fixed = json!({"b": secret});
        let tool = given(Arc::new(Echo), fixed.as_object().unwrap(), &guard);
        let check = |arguments: Value, passes: bool| {
            let called = block_on(tool.call(arguments.as_object().unwrap()));
            assert_eq!(called.is_ok(), passes, "{called:?}");
        };
        check(json!({"a": "Where is the mill?"}), true);
        check(json!({"a": secret}), false);
        check(
            json!({"a": ["THE TREASURE LIES UNDER", {"x": "the old oak behind the mill"}]}),
            false,
        );
        let backwards: String = secret.chars().rev().collect();
        check(json!({"a": backwards}), false);
    }
}
