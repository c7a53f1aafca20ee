//! A tool some of whose arguments are fixed by the app: the model neither sees nor changes them.

use std::sync::Arc;

use agent::Tool;
use async_trait::async_trait;
use serde_json::{Map, Value};

use crate::guard;

struct Given {
    tool: Arc<dyn Tool>,
    values: Map<String, Value>,
    /// Whether what it returns is robbed of words that look like instructions.
    is_guarded: bool,
}

/// The tool with these arguments; empty ones are the model's to say.
pub(crate) fn given(
    tool: Arc<dyn Tool>,
    values: &Map<String, Value>,
    is_guarded: bool,
) -> Arc<dyn Tool> {
    let known = tool.spec().parameters;
    let takes = |name: &str| known.pointer("/properties").and_then(|all| all.get(name));
    let said = |value: &Value| !value.is_null() && value.as_str() != Some("");
    let values: Map<String, Value> = values
        .iter()
        .filter(|(name, value)| said(value) && takes(name).is_some())
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    if values.is_empty() && !is_guarded {
        return tool;
    }
    Arc::new(Given {
        tool,
        values,
        is_guarded,
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
        let mut all = arguments.clone();
        for (name, value) in &self.values {
            all.insert(name.clone(), value.clone());
        }
        let result = self.tool.call(&all).await?;
        Ok(match self.is_guarded {
            true => guard::defused(&result),
            false => result,
        })
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
            let tool = given(Arc::new(Echo), &values, false);
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
}
