//! Workflows of a workspace as tools: one app is one tool.
//!
//! Kept in the partition `tenant` under `flow_tool/{id}`.

use std::sync::Arc;

use agent::Tool;
use ports::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{
    Named,
    called::Called,
    kept::{self, Kept},
};
use crate::{
    Context, Error, Kind, Result,
    apps::{self, App, Mode, ModelConfig},
    workflow,
};

/// Longest name, in characters.
const NAME: usize = 64;

/// Workflows that lie within each other as tools, at most.
pub(crate) const DEPTH: u32 = 5;

/// Where the runs of tools come from, with how many lie above them.
pub(super) const FROM: &str = "tool-";

/// A workflow app as a tool.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Flow {
    /// UUID: how nodes name it.
    pub id: String,
    /// The app.
    pub app_id: String,
    /// Letters, digits and `_`; unique in the workspace.
    pub name: String,
    /// For people.
    pub label: String,
    /// For models.
    #[serde(default)]
    pub description: String,
    /// As the console shows it.
    #[serde(default)]
    pub icon: Value,
    /// What each input is for: `{name, description, form}`.
    #[serde(default)]
    pub parameters: Vec<Value>,
    /// For people.
    #[serde(default)]
    pub privacy_policy: String,
    /// For people.
    #[serde(default)]
    pub labels: Vec<String>,
    /// When it was made.
    pub created_at: Timestamp,
}

impl Kept for Flow {
    const PREFIX: &'static str = "flow_tool/";
    const MOST: usize = 100;
    const WORDS: (&'static str, &'static str) = ("workflow tool", "workflows as tools");

    fn id(&self) -> &str {
        &self.id
    }

    fn known_as(&self) -> &str {
        &self.name
    }

    fn created_at(&self) -> Timestamp {
        self.created_at
    }
}

/// All of a workspace, oldest first.
pub async fn list(ctx: &Context, tenant_id: &str) -> Result<Vec<Flow>> {
    kept::list(ctx, tenant_id).await
}

/// The one with this id, or that of the app with this id.
pub async fn get(ctx: &Context, tenant_id: &str, id: &str) -> Result<Flow> {
    let all = list(ctx, tenant_id).await?;
    let found = all.into_iter().find(|it| it.id == id || it.app_id == id);
    found.ok_or_else(|| Error::not_found("Tool not found"))
}

/// Adds one, or changes the one with this id. `entry` has neither id nor time; the app must be published.
pub async fn save(ctx: &Context, tenant_id: &str, id: Option<&str>, entry: Flow) -> Result<Flow> {
    let all = list(ctx, tenant_id).await?;
    let old = match id {
        None => None,
        Some(id) => Some(get(ctx, tenant_id, id).await?),
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let name = &entry.name;
    if name.is_empty() || name.len() > NAME || !name.chars().all(plain) {
        let message = format!("name must have 1 to {NAME} letters, digits and _");
        return Err(Error::invalid("name", message));
    }
    kept::admit(&all, old.as_ref(), "name", name)?;
    let app_id = old.as_ref().map_or(&entry.app_id, |old| &old.app_id);
    if old.is_none() && all.iter().any(|it| it.app_id == *app_id) {
        let message = "the app is a tool already";
        return Err(Error::invalid("workflow_app_id", message));
    }
    let app = app_of(ctx, tenant_id, app_id).await?;
    form(ctx, &app).await?;
    let flow = Flow {
        id: old
            .as_ref()
            .map_or_else(|| ctx.uuid(), |old| old.id.clone()),
        app_id: app.id,
        created_at: old.map_or_else(|| ctx.now(), |old| old.created_at),
        ..entry
    };
    kept::put(ctx, tenant_id, &flow).await?;
    Ok(flow)
}

/// Forgets one; its app stays.
pub async fn delete(ctx: &Context, tenant_id: &str, id: &str) -> Result<()> {
    let flow = get(ctx, tenant_id, id).await?;
    kept::delete(ctx, tenant_id, &flow).await
}

/// The tool as models see it: name, label, purpose and schema.
pub async fn shown(ctx: &Context, tenant_id: &str, flow: &Flow) -> Result<Value> {
    let app = app_of(ctx, tenant_id, &flow.app_id).await?;
    let parameters = schema(flow, &form(ctx, &app).await?);
    Ok(
        json!({ "name": flow.name, "label": flow.label, "description": flow.description, "parameters": parameters }),
    )
}

async fn app_of(ctx: &Context, tenant_id: &str, id: &str) -> Result<App> {
    let app = apps::get(&ctx.tenant(tenant_id), id).await?;
    let app = app.ok_or_else(|| Error::not_found("App not found"))?;
    Ok(app.value)
}

/// The variables of the version in force.
async fn form(ctx: &Context, app: &App) -> Result<ModelConfig> {
    if app.mode != Mode::Workflow {
        let message = "workflow_app_id must be that of a workflow";
        return Err(Error::invalid("workflow_app_id", message));
    }
    let scope = ctx.tenant(&app.tenant_id);
    let version = workflow::published(&scope, &app.id).await?;
    let version = version.ok_or_else(|| {
        let message = "the workflow of workflow_app_id is not published";
        Error::invalid("workflow_app_id", message)
    })?;
    let config = json!({ "user_input_form": workflow::form(&version.workflow) });
    ModelConfig::parse(&config).map_err(|error| Error::new(Kind::Internal, error.to_string()))
}

fn schema(flow: &Flow, config: &ModelConfig) -> Value {
    let (mut properties, mut required) = (Map::new(), Vec::new());
    for field in &config.user_input_form {
        let said = flow.parameters.iter().find(|it| {
            let name = it.get("name").and_then(Value::as_str);
            name == Some(field.variable.as_str())
        });
        let said = said.and_then(|it| it.get("description"));
        let said = said.and_then(Value::as_str).filter(|text| !text.is_empty());
        let kind = match field.kind.as_str() {
            "number" => "number",
            "checkbox" => "boolean",
            "file-list" => "array",
            "file" | "json_object" | "json" => "object",
            _ => "string",
        };
        let mut property = json!({ "type": kind, "description": said.unwrap_or(&field.label) });
        if let (Some(fields), false) = (property.as_object_mut(), field.options.is_empty()) {
            fields.insert("enum".to_owned(), json!(field.options));
        }
        properties.insert(field.variable.clone(), property);
        if field.required {
            required.push(field.variable.clone());
        }
    }
    json!({ "type": "object", "properties": properties, "required": required })
}

/// How many runs lie above one that came from there.
pub(crate) fn depth(triggered_from: &str) -> u32 {
    let depth = triggered_from.strip_prefix(FROM);
    depth
        .and_then(|depth| depth.parse().ok())
        .unwrap_or_default()
}

/// The workflow that an app names by the id of its tool.
pub(super) async fn find(
    ctx: &Context,
    tenant_id: &str,
    named: &Named,
) -> Result<Option<Arc<dyn Tool>>> {
    let all = list(ctx, tenant_id).await?;
    let Some(flow) = all.into_iter().find(|it| it.id == named.provider_id) else {
        return Ok(None);
    };
    let app = app_of(ctx, tenant_id, &flow.app_id).await?;
    let config = form(ctx, &app).await?;
    Ok(Some(Arc::new(Called {
        ctx: ctx.clone(),
        app,
        spec: model::Tool {
            name: flow.name.clone(),
            description: flow.description.clone(),
            parameters: schema(&flow, &config),
        },
        label: flow.label,
        depth: named.depth + 1,
        above: named.above.clone().zip(named.idempotency_key.clone()),
    })))
}
