//! What an import tells about a graph: what keeps it from running, and what it needs that is not here.

use std::collections::BTreeSet;

use serde_json::Value;
use workflow::Plan;

use crate::tool;

/// For people; empty when everything is understood.
pub(crate) fn report(workflow: &Value) -> Vec<String> {
    let plan = match Plan::compile(workflow) {
        Ok(plan) => plan,
        Err(error) => return vec![format!("The workflow cannot run as it is: {error}")],
    };
    let mut warnings: Vec<String> = plan.warnings().iter().map(ToString::to_string).collect();
    let known: BTreeSet<&str> = workflow::types().collect();
    for (id, kind) in plan.nodes() {
        let why = match kind {
            _ if !known.contains(kind) => "is of a type that is not known",
            "tool" | "agent" => match calls(workflow, id) {
                Calls::Known => continue,
                Calls::Ours => "calls a tool of a workspace, which may not be there",
                Calls::Unknown => "calls what is not installed here",
            },
            "knowledge-index" => match index_problem(workflow, id) {
                Some(why) => why,
                None => continue,
            },
            _ => continue,
        };
        warnings.push(format!(
            "node `{id}` ({kind}) {why}: a run that reaches it fails there"
        ));
    }
    warnings
}

/// Why a knowledge-index node cannot write.
fn index_problem(workflow: &Value, id: &str) -> Option<&'static str> {
    let data = data_of(workflow, id)?;
    let text = |key: &str| data.get(key).and_then(Value::as_str).unwrap_or_default();
    match (text("chunk_structure"), text("dataset_id")) {
        ("hierarchical_model" | "qa_model", _) => Some(
            "wants a `chunk_structure` other than `text_model`, which pipelines here do not write",
        ),
        (_, "") => Some("names no dataset: give its id as `dataset_id`"),
        _ => None,
    }
}

fn data_of<'w>(workflow: &'w Value, id: &str) -> Option<&'w Value> {
    let nodes = workflow.pointer("/graph/nodes").and_then(Value::as_array);
    let mut nodes = nodes.into_iter().flatten();
    let node = nodes.find(|node| node.get("id").and_then(Value::as_str) == Some(id));
    node?.get("data")
}

/// What a node that calls tools needs.
enum Calls {
    /// Nothing that is not built in.
    Known,
    /// What a workspace may have.
    Ours,
    /// Something else.
    Unknown,
}

fn calls(workflow: &Value, id: &str) -> Calls {
    let Some(data) = data_of(workflow, id) else {
        return Calls::Unknown;
    };
    let named = match data.get("type").and_then(Value::as_str) {
        Some("tool") => vec![tool::Named::of(data)],
        _ => match tool::of_agent(data) {
            Some(named) => named,
            None => return Calls::Unknown,
        },
    };
    let ours = [tool::WORKFLOW, tool::API, tool::MCP];
    let is_ours = |named: &tool::Named| ours.contains(&named.provider_type.as_str());
    let missing = named.iter().filter(|it| !tool::is_built_in(it));
    let missing: Vec<&tool::Named> = missing.collect();
    match missing.as_slice() {
        [] => Calls::Known,
        missing if missing.iter().all(|it| is_ours(it)) => Calls::Ours,
        _ => Calls::Unknown,
    }
}
