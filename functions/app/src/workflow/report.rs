//! What an import tells about a graph: what keeps it from running, and what it needs that is not here.

use std::collections::BTreeSet;

use serde_json::Value;
use workflow::Plan;

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
            "tool" | "agent" => "calls what is not installed here",
            "human-input" => "asks a person, which is not served here",
            "datasource" | "knowledge-index" => {
                "belongs to a knowledge pipeline, which does not run here"
            }
            _ => continue,
        };
        warnings.push(format!(
            "node `{id}` ({kind}) {why}: a run that reaches it fails there"
        ));
    }
    warnings
}
