//! What is wrong with a file's content, or missing here.

use model::ModelKind;
use serde_json::Value;

use crate::{
    Context, Kind, Result,
    apps::{Mode, ModelConfig, get},
    dataset,
    provider::{Providers, normalize},
};

/// Bytes of one variable's value, as Dify limits them.
const VARIABLE_BYTES: usize = 200 << 10;

/// Checks the environment and conversation variables of a workflow; the message is for people.
pub(crate) fn variables(workflow: &Value) -> Result<(), String> {
    let entries = |name: &str| {
        let list = workflow.get(name).and_then(Value::as_array);
        list.into_iter().flatten()
    };
    for variable in entries("environment_variables") {
        let types = ["string", "number", "integer", "float", "secret"];
        check(variable, &types)?;
    }
    for variable in entries("conversation_variables") {
        if variable.get("value").is_none_or(Value::is_null) {
            return Err("missing value".to_owned());
        }
        let types = [
            "string",
            "number",
            "integer",
            "float",
            "boolean",
            "object",
            "array[string]",
            "array[number]",
            "array[object]",
            "array[boolean]",
        ];
        check(variable, &types)?;
    }
    Ok(())
}

fn check(variable: &Value, types: &[&str]) -> Result<(), String> {
    let text = |key: &str| {
        variable
            .get(key)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let (name, kind) = (text("name"), text("value_type"));
    if name.is_empty() {
        return Err("missing name".to_owned());
    }
    if kind.is_empty() {
        return Err("missing value type".to_owned());
    }
    if !types.contains(&kind) {
        return Err(format!(
            "not supported value type {kind} of variable {name}"
        ));
    }
    let value = variable.get("value").unwrap_or(&Value::Null);
    if !value.is_null() && !fits(kind, value) {
        return Err(format!("invalid {kind} value of variable {name}"));
    }
    if value.to_string().len() > VARIABLE_BYTES {
        return Err(format!(
            "the value of variable {name} is over {VARIABLE_BYTES} bytes"
        ));
    }
    Ok(())
}

fn fits(kind: &str, value: &Value) -> bool {
    match kind {
        "string" | "secret" => value.is_string(),
        "number" | "float" => value.is_number(),
        "integer" => value.is_i64() || value.is_u64(),
        "boolean" => value.is_boolean(),
        "object" => value.is_object(),
        list => {
            let inner = list
                .strip_prefix("array[")
                .and_then(|inner| inner.strip_suffix(']'));
            let values = value.as_array();
            values.is_some_and(|values| {
                values
                    .iter()
                    .all(|value| fits(inner.unwrap_or_default(), value))
            })
        }
    }
}

/// What this installation cannot do with the app as it is; for people.
pub(super) async fn warnings(
    ctx: &Context,
    tenant_id: &str,
    mode: Mode,
    model_config: Option<&Value>,
    workflow: Option<&Value>,
) -> Result<Vec<String>> {
    let mut warnings = Vec::new();
    let is_flow = matches!(mode, Mode::Workflow | Mode::AdvancedChat);
    #[cfg(feature = "workflows")]
    if let (true, Some(workflow)) = (is_flow, workflow) {
        warnings.extend(crate::workflow::report(workflow));
    }
    #[cfg(not(feature = "workflows"))]
    if let (true, Some(_)) = (is_flow, workflow) {
        warnings.push(
            "Workflows and chatflows do not run on this runtime; the native binary runs them."
                .to_owned(),
        );
    }
    if !is_flow && !matches!(mode, Mode::Chat | Mode::Completion) {
        warnings.push(format!(
            "Apps of mode {} are kept and exported as they are; this version answers apps of the modes chat and \
             completion.",
            mode.as_str()
        ));
    }
    let Some(Ok(config)) = model_config.map(ModelConfig::parse) else {
        return Ok(warnings);
    };
    for id in config.dataset_configs.dataset_ids() {
        match dataset::get(ctx, tenant_id, &id).await {
            Ok(_) => {}
            Err(error) if error.kind() == Kind::NotFound => {
                warnings.push(format!("The dataset {id} is not in this workspace."));
            }
            Err(error) => return Err(error),
        }
    }
    let choice = config.model;
    let providers = Providers::load(ctx, tenant_id).await?;
    if !providers.has(ModelKind::Llm, &choice.provider, &choice.name) {
        let provider = normalize(&choice.provider);
        warnings.push(match providers.default_model(ModelKind::Llm) {
            Some(other) => format!(
                "The model {provider}/{} is not configured; {}/{} answers instead.",
                choice.name, other.provider, other.model
            ),
            None => format!(
                "The model {provider}/{} is not configured, and the workspace has no default model.",
                choice.name
            ),
        });
    }
    Ok(warnings)
}

/// The dependencies of an app that nothing here stands for. A plugin of a model provider is not needed: a configured
/// provider of its name stands for it.
pub async fn missing_dependencies(
    ctx: &Context,
    tenant_id: &str,
    app_id: &str,
) -> Result<Vec<Value>> {
    let app = get(&ctx.tenant(tenant_id), app_id).await?;
    let app = app
        .ok_or_else(|| crate::Error::not_found("App not found"))?
        .value;
    let providers = Providers::load(ctx, tenant_id).await?;
    let configured = |dependency: &&Value| {
        let plugin = plugin(dependency).unwrap_or_default();
        !providers
            .remote()
            .iter()
            .any(|provider| provider.name == plugin)
    };
    Ok(app
        .dependencies
        .iter()
        .filter(configured)
        .cloned()
        .collect())
}

/// The plugin's own name: `openai` of `langgenius/openai:0.0.1@<sha256>`.
fn plugin(dependency: &Value) -> Option<&str> {
    let value = dependency.get("value")?;
    let keys = [
        "marketplace_plugin_unique_identifier",
        "plugin_unique_identifier",
        "github_plugin_unique_identifier",
    ];
    let identifier = keys.iter().find_map(|key| value.get(key)?.as_str())?;
    let name = identifier.split([':', '@']).next()?;
    Some(normalize(name))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn variables_are_checked() {
        let check = |list: &str, variable: Value, expect: Result<(), &str>| {
            let found = variables(&json!({ list: [variable] }));
            assert_eq!(found, expect.map_err(str::to_owned), "{variable}");
        };
        let (env, conversation) = ("environment_variables", "conversation_variables");
        check(
            env,
            json!({ "name": "k", "value_type": "secret", "value": "" }),
            Ok(()),
        );
        check(
            env,
            json!({ "name": "k", "value_type": "number", "value": 1.5 }),
            Ok(()),
        );
        check(
            env,
            json!({ "name": "k", "value_type": "number", "value": "1" }),
            Err("invalid number value of variable k"),
        );
        check(
            env,
            json!({ "value_type": "string", "value": "" }),
            Err("missing name"),
        );
        check(
            env,
            json!({ "name": "k", "value": "" }),
            Err("missing value type"),
        );
        check(
            env,
            json!({ "name": "k", "value_type": "object", "value": {} }),
            Err("not supported value type object of variable k"),
        );
        check(
            conversation,
            json!({ "name": "k", "value_type": "array[object]", "value": [{}] }),
            Ok(()),
        );
        check(
            conversation,
            json!({ "name": "k", "value_type": "array[string]", "value": [1] }),
            Err("invalid array[string] value of variable k"),
        );
        check(
            conversation,
            json!({ "name": "k", "value_type": "string", "value": null }),
            Err("missing value"),
        );
        let long = "x".repeat(VARIABLE_BYTES);
        check(
            conversation,
            json!({ "name": "k", "value_type": "string", "value": long }),
            Err("the value of variable k is over 204800 bytes"),
        );
    }

    #[test]
    fn plugins_have_names() {
        let marketplace = json!({ "type": "marketplace", "value": { "marketplace_plugin_unique_identifier": "langgenius/openai:0.0.1@abc" } });
        assert_eq!(plugin(&marketplace), Some("openai"));
        assert_eq!(
            plugin(&json!({ "type": "github", "value": { "repo": "a/b" } })),
            None
        );
    }
}
