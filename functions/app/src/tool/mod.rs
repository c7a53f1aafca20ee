//! The tools of a workspace: what an agent or a tool node names, found and made ready to be called.
//!
//! Start at [`find`]. What a tool *is* stands in the crate `agent`; `mode` reads which ones an app names.

pub mod api;
#[cfg(feature = "workflows")]
mod called;
#[cfg(feature = "workflows")]
pub mod flow;
mod given;
mod kept;
#[cfg(feature = "workflows")]
mod listed;
#[cfg(feature = "workflows")]
pub mod mcp;
mod mode;

use std::sync::Arc;

use agent::{Tool, tools};
use serde_json::{Map, Value};

pub(crate) use given::{Guard, given};
#[cfg(feature = "workflows")]
pub(crate) use listed::listed;
pub(crate) use mode::{AgentMode, check};

use crate::{Context, Error, Kind, Result};

/// A tool as an app file names it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Named {
    /// `builtin`, `plugin`, `api`, `workflow`, `mcp`, …
    pub(crate) provider_type: String,
    /// A name, or an id of something in the workspace.
    pub(crate) provider_id: String,
    /// A second name of the provider.
    pub(crate) provider_name: String,
    /// Which of the provider's tools.
    pub(crate) tool_name: String,
    /// What its arguments are, whatever the model says.
    pub(crate) values: Map<String, Value>,
    /// Sent along by tools that change something outside: once is enough.
    pub(crate) idempotency_key: Option<String>,
    /// Workflows that called each other as tools before this one.
    pub(crate) depth: u32,
    /// The run that calls it, if a run does.
    pub(crate) above: Option<String>,
}

impl Named {
    /// From an entry of a list, or a node.
    pub(crate) fn of(entry: &Value) -> Self {
        let text = |key: &str| {
            let text = entry.get(key).and_then(Value::as_str);
            text.unwrap_or_default().to_owned()
        };
        let values = entry.get("tool_parameters").and_then(Value::as_object);
        Self {
            provider_type: text("provider_type"),
            provider_id: text("provider_id"),
            provider_name: text("provider_name"),
            tool_name: text("tool_name"),
            values: values.cloned().unwrap_or_default(),
            idempotency_key: None,
            depth: 0,
            above: None,
        }
    }

    /// What its user hears when it is not there.
    pub(crate) fn missing(&self) -> Error {
        let message = format!(
            "The tool `{}` of `{}` (provider type `{}`) is not installed here.",
            self.tool_name, self.provider_id, self.provider_type
        );
        Error::new(Kind::AppUnavailable, message)
    }
}

/// The provider types of what a workspace has: workflows, APIs that are described by a document, and MCP servers.
pub(crate) const WORKFLOW: &str = "workflow";
pub(crate) const API: &str = "api";
#[cfg(feature = "workflows")]
pub(crate) const MCP: &str = "mcp";

/// Whether every installation has it.
pub(crate) fn is_built_in(named: &Named) -> bool {
    let is_of = |id: &str, provider: &str| id.rsplit('/').next() == Some(provider);
    tools::ALL.iter().any(|(provider, name, _)| {
        let known = [&named.provider_id, &named.provider_name];
        *name == named.tool_name && known.iter().any(|id| is_of(id, provider))
    })
}

/// The tools of an agent node; none if its strategy is not known.
#[cfg(feature = "workflows")]
pub(crate) fn of_agent(data: &Value) -> Option<Vec<Named>> {
    let strategy = data.get("agent_strategy_name")?.as_str()?;
    strategy_of(strategy)?;
    let tools = data.pointer("/agent_parameters/tools/value");
    let tools = tools.and_then(Value::as_array);
    Some(tools.into_iter().flatten().filter_map(listed).collect())
}

/// What an agent node calls a strategy.
#[cfg(feature = "workflows")]
pub(crate) fn strategy_of(name: &str) -> Option<agent::Strategy> {
    match name.to_lowercase().as_str() {
        "function_calling" | "function_call" => Some(agent::Strategy::FunctionCall),
        "react" | "cot" => Some(agent::Strategy::React),
        _ => None,
    }
}

/// The tool of this name.
pub(crate) async fn find(ctx: &Context, tenant_id: &str, named: &Named) -> Result<Arc<dyn Tool>> {
    if named.provider_type == API {
        let found = api::find(ctx, tenant_id, named).await?;
        return found.ok_or_else(|| named.missing());
    }
    #[cfg(feature = "workflows")]
    if named.provider_type == WORKFLOW {
        let found = flow::find(ctx, tenant_id, named).await?;
        return found.ok_or_else(|| named.missing());
    }
    #[cfg(feature = "workflows")]
    if named.provider_type == MCP {
        let found = mcp::find(ctx, tenant_id, named).await?;
        return found.ok_or_else(|| named.missing());
    }
    let built_in = |provider: &str| tools::built_in(&ctx.platform, provider, &named.tool_name);
    built_in(&named.provider_id)
        .or_else(|| built_in(&named.provider_name))
        .ok_or_else(|| named.missing())
}

/// The built-in tools by their provider, as the console lists them.
pub fn built_in(ctx: &Context) -> Vec<(&'static str, Vec<Value>)> {
    let mut all: Vec<(&'static str, Vec<Value>)> = Vec::new();
    for (provider, name, label) in tools::ALL {
        let Some(tool) = tools::built_in(&ctx.platform, provider, name) else {
            continue;
        };
        let spec = tool.spec();
        let shown = serde_json::json!({
            "name": name, "label": label, "description": spec.description, "parameters": spec.parameters,
        });
        match all.iter_mut().find(|(known, _)| *known == provider) {
            Some((_, tools)) => tools.push(shown),
            None => all.push((provider, vec![shown])),
        }
    }
    all
}
