//! External data tools: variables of a prompt that an extension fills in.

use futures::future::try_join_all;
use serde_json::{Map, Value, json};

use super::client;
use crate::{Context, Error, Kind, Result, apps::ModelConfig};

/// A variable and who knows its value.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Tool {
    variable: String,
    extension: String,
}

/// Those of an app that are switched on: from its list of tools, and from its form. `AppUnavailable` for one that
/// cannot be asked.
fn tools(config: &ModelConfig) -> Result<Vec<Tool>> {
    let listed = config
        .external_data_tools
        .iter()
        .filter_map(Value::as_object);
    let listed = listed.filter(|tool| tool.get("enabled") == Some(&Value::Bool(true)));
    // In a form, the field itself is the switch.
    let fields = config.user_input_form.iter();
    let fields = fields.filter(|field| field.kind == "external_data_tool");
    let fields = fields.map(|field| &field.raw);
    let fields = fields.filter(|tool| tool.get("enabled") != Some(&Value::Bool(false)));
    let mut tools: Vec<Tool> = Vec::new();
    for tool in listed.chain(fields) {
        let text = |key: &str| tool.get(key).and_then(Value::as_str).unwrap_or_default();
        let variable = text("variable").to_owned();
        let extension = tool
            .get("config")
            .and_then(|config| config.get("api_based_extension_id"));
        let extension = extension.and_then(Value::as_str).unwrap_or_default();
        if variable.is_empty() || extension.is_empty() || !matches!(text("type"), "api" | "") {
            let message = format!(
                "The app's external data tool `{variable}` is broken: it needs a variable, the type api and \
                 config.api_based_extension_id."
            );
            return Err(Error::new(Kind::AppUnavailable, message));
        }
        if !tools.iter().any(|known| known.variable == variable) {
            let extension = extension.to_owned();
            tools.push(Tool {
                variable,
                extension,
            });
        }
    }
    Ok(tools)
}

/// The inputs with what the app's extensions know of this question. All are asked at once; one that fails fails the
/// question.
pub(crate) async fn filled(
    ctx: &Context,
    tenant_id: &str,
    app_id: &str,
    config: &ModelConfig,
    inputs: &Map<String, Value>,
    query: &str,
) -> Result<Map<String, Value>> {
    let tools = tools(config)?;
    let asked = tools.iter().map(async |tool| {
        let client = client(ctx, tenant_id, &tool.extension).await?;
        let params = json!({
            "app_id": app_id,
            "tool_variable": tool.variable,
            "inputs": inputs,
            "query": query,
        });
        let answer = client.call("app.external_data_tool.query", params).await?;
        match answer.get("result") {
            Some(Value::String(text)) => Ok((tool.variable.clone(), text.clone())),
            _ => Err(client.failed("the answer has no text `result`")),
        }
    });
    let mut filled = inputs.clone();
    for (variable, text) in try_join_all(asked).await? {
        filled.insert(variable, Value::String(text));
    }
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_are_asked() {
        let check = |config: Value, expect: Result<&[(&str, &str)], ()>| {
            let parsed = ModelConfig::parse(&config).unwrap();
            let found = tools(&parsed).map_err(|error| {
                assert_eq!(error.kind(), Kind::AppUnavailable);
            });
            let expect = expect.map(|tools| {
                let tool = |(variable, extension): &(&str, &str)| Tool {
                    variable: (*variable).to_owned(),
                    extension: (*extension).to_owned(),
                };
                tools.iter().map(tool).collect::<Vec<_>>()
            });
            assert_eq!(found, expect, "{config}");
        };
        let tool = |variable: &str, enabled: bool| json!({"enabled": enabled, "variable": variable, "type": "api", "config": {"api_based_extension_id": "x"}});
        check(json!({}), Ok(&[]));
        check(
            json!({"external_data_tools": [tool("a", true), tool("b", false), tool("a", true)]}),
            Ok(&[("a", "x")]),
        );
        check(
            json!({"user_input_form": [{"external_data_tool": tool("c", true)}, {"paragraph": {"variable": "d"}}]}),
            Ok(&[("c", "x")]),
        );
        check(
            json!({"external_data_tools": [{"enabled": true, "variable": "a"}]}),
            Err(()),
        );
    }
}
