//! From an app to a file.

use serde_json::{Map, Value, json};

use super::{datasets, version::CURRENT, yaml};
use crate::apps::App;

/// The app's file, in the current version. Without `include_secret`, secrets and credentials stay here.
pub fn export(app: &App, include_secret: bool) -> String {
    let mut about = app.app_extra.clone();
    let mut put = |key: &str, value: Value| about.insert(key.to_owned(), value);
    put("name", json!(app.name));
    put("mode", json!(app.mode.as_str()));
    put("icon", json!(app.icon.as_deref().unwrap_or_default()));
    put("icon_type", json!(app.icon_type));
    put("icon_background", json!(app.icon_background));
    put("description", json!(app.description));
    put(
        "use_icon_as_answer_icon",
        json!(app.use_icon_as_answer_icon),
    );
    let mut file = Map::new();
    file.insert("app".to_owned(), Value::Object(about));
    file.insert("dependencies".to_owned(), json!(app.dependencies));
    file.insert("kind".to_owned(), json!("app"));
    file.insert("version".to_owned(), json!(CURRENT));
    let sections = [
        (
            "model_config",
            app.model_config.clone().map(without_credentials),
        ),
        (
            "workflow",
            app.workflow
                .clone()
                .map(|workflow| graph(workflow, &app.tenant_id, include_secret)),
        ),
        ("agent", app.agent.clone()),
        ("agent_packages", app.agent_packages.clone()),
    ];
    for (name, section) in sections {
        if let Some(section) = section {
            file.insert(name.to_owned(), section);
        }
    }
    for (name, section) in &app.file_extra {
        file.entry(name.clone()).or_insert_with(|| section.clone());
    }
    yaml::write(&Value::Object(file))
}

/// Credentials of an agent's tools never leave.
fn without_credentials(mut config: Value) -> Value {
    if let Some(Value::Array(tools)) = config.pointer_mut("/agent_mode/tools") {
        for tool in tools.iter_mut().filter_map(Value::as_object_mut) {
            tool.shift_remove("credential_id");
        }
    }
    config
}

fn graph(mut workflow: Value, tenant_id: &str, include_secret: bool) -> Value {
    if !include_secret
        && let Some(Value::Array(variables)) = workflow.get_mut("environment_variables")
    {
        for variable in variables.iter_mut().filter_map(Value::as_object_mut) {
            if variable.get("value_type") == Some(&json!("secret")) {
                variable.insert("value".to_owned(), json!(""));
            }
        }
    }
    if let Some(Value::Array(nodes)) = workflow.pointer_mut("/graph/nodes") {
        for data in nodes
            .iter_mut()
            .filter_map(|node| node.get_mut("data")?.as_object_mut())
        {
            node(data, tenant_id, include_secret);
        }
    }
    workflow
}

/// What a node's data must not carry to another place.
fn node(data: &mut Map<String, Value>, tenant_id: &str, include_secret: bool) {
    let kind = data
        .get("type")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    match kind.as_str() {
        "knowledge-retrieval" => {
            if let Some(Value::Array(ids)) = data.get_mut("dataset_ids") {
                for id in ids {
                    if let Some(plain) = id.as_str() {
                        *id = datasets::hide(tenant_id, plain).into();
                    }
                }
            }
        }
        "tool" if !include_secret => drop(data.shift_remove("credential_id")),
        "agent" if !include_secret => {
            let tools = data
                .get_mut("agent_parameters")
                .and_then(|all| all.pointer_mut("/tools/value"));
            let tools = tools.and_then(Value::as_array_mut).into_iter().flatten();
            for tool in tools.filter_map(Value::as_object_mut) {
                tool.shift_remove("credential_id");
            }
        }
        "trigger-schedule" => {
            let daily = json!({
                "mode": "visual", "frequency": "daily", "visual_config": { "time": "12:00 AM" }, "timezone": "UTC",
            });
            data.insert("config".to_owned(), daily);
        }
        "trigger-webhook" => {
            for key in ["webhook_url", "webhook_debug_url"] {
                data.insert(key.to_owned(), json!(""));
            }
        }
        "trigger-plugin" => drop(data.insert("subscription_id".to_owned(), json!(""))),
        _ => {}
    }
}
