//! Workflows as tools, as the console sees them.

use app::{
    Context,
    tool::flow::{self, Flow},
};
use axum::{
    Json, Router,
    extract::State,
    routing::{get, post},
};
use ports::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::tools::{of_workspace, row};
use crate::{
    Error, Json as Body,
    params::{Params, invalid},
    routes::{console::Caller, success},
};

pub(super) fn router() -> Router<Context> {
    let of = of_workspace;
    Router::new()
        .route(&of("/tools/workflow"), get(list))
        .route(&of("/tool-provider/workflow/get"), get(read))
        .route(&of("/tool-provider/workflow/create"), post(create))
        .route(&of("/tool-provider/workflow/update"), post(update))
        .route(&of("/tool-provider/workflow/delete"), post(delete))
}

#[derive(Deserialize)]
struct Given {
    workflow_app_id: Option<String>,
    workflow_tool_id: Option<String>,
    name: String,
    label: Option<String>,
    description: Option<String>,
    icon: Option<Value>,
    parameters: Option<Vec<Value>>,
    privacy_policy: Option<String>,
    labels: Option<Vec<String>>,
}

impl Given {
    fn entry(self) -> Flow {
        Flow {
            id: String::new(),
            app_id: self.workflow_app_id.unwrap_or_default(),
            label: self.label.unwrap_or_else(|| self.name.clone()),
            name: self.name,
            description: self.description.unwrap_or_default(),
            icon: self.icon.unwrap_or_default(),
            parameters: self.parameters.unwrap_or_default(),
            privacy_policy: self.privacy_policy.unwrap_or_default(),
            labels: self.labels.unwrap_or_default(),
            created_at: Timestamp::default(),
        }
    }
}

#[derive(Deserialize)]
struct Named {
    workflow_tool_id: String,
}

async fn list(State(ctx): State<Context>, Caller(who): Caller) -> Result<Json<Value>, Error> {
    let mut rows = Vec::new();
    for flow in flow::list(&ctx, &who.tenant_id).await? {
        // One whose app is gone is listed without its schema.
        let tool = flow::shown(&ctx, &who.tenant_id, &flow).await;
        let tools: Vec<Value> = tool.into_iter().collect();
        let of = (flow.id.as_str(), flow.name.as_str());
        rows.push(row("workflow", of, &flow.icon, &flow.labels, tools));
    }
    Ok(Json(Value::Array(rows)))
}

async fn read(
    State(ctx): State<Context>,
    Caller(who): Caller,
    params: Params,
) -> Result<Json<Value>, Error> {
    let id = params.text("workflow_tool_id");
    let id = id.or_else(|| params.text("workflow_app_id"));
    let missing = || {
        let message = "workflow_tool_id or workflow_app_id is required";
        invalid("workflow_tool_id", message)
    };
    let flow = flow::get(&ctx, &who.tenant_id, id.ok_or_else(missing)?).await?;
    Ok(Json(detail(&ctx, &who.tenant_id, &flow).await?))
}

async fn detail(ctx: &Context, tenant_id: &str, flow: &Flow) -> Result<Value, Error> {
    Ok(json!({
        "workflow_tool_id": flow.id,
        "workflow_app_id": flow.app_id,
        "name": flow.name,
        "label": flow.label,
        "description": flow.description,
        "icon": flow.icon,
        "privacy_policy": flow.privacy_policy,
        "labels": flow.labels,
        "tool": flow::shown(ctx, tenant_id, flow).await?,
    }))
}

async fn create(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Body(given): Body<Given>,
) -> Result<Json<Value>, Error> {
    let made = flow::save(&ctx, &who.tenant_id, None, given.entry()).await?;
    Ok(Json(
        json!({ "result": "success", "workflow_tool_id": made.id }),
    ))
}

async fn update(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Body(given): Body<Given>,
) -> Result<Json<Value>, Error> {
    let id = given.workflow_tool_id.clone();
    let id = id.ok_or_else(|| invalid("workflow_tool_id", "workflow_tool_id is required"))?;
    flow::save(&ctx, &who.tenant_id, Some(&id), given.entry()).await?;
    Ok(success())
}

async fn delete(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Body(named): Body<Named>,
) -> Result<Json<Value>, Error> {
    flow::delete(&ctx, &who.tenant_id, &named.workflow_tool_id).await?;
    Ok(success())
}
