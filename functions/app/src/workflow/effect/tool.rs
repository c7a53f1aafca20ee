//! A tool of the workspace is called.

use std::sync::Arc;

use serde_json::{Map, Value};
use workflow::{Failure, ToolReply, ToolRequest};

use super::{Hands, failed};
use crate::tool::{self, Named};

const FAILED: &str = "ToolNodeError";

pub(super) async fn call(
    hands: &Hands,
    request: &ToolRequest,
    idempotency_key: &str,
) -> Result<ToolReply, Failure> {
    let named = Named {
        provider_type: request.provider_type.to_string(),
        provider_id: request.provider_id.to_string(),
        tool_name: request.tool_name.to_string(),
        idempotency_key: Some(idempotency_key.to_owned()),
        depth: hands.depth,
        above: Some(hands.run_id.clone()),
        ..Named::default()
    };
    let found = tool::find(&hands.ctx, &hands.tenant_id, &named).await;
    let tool = found.map_err(|error| failed(FAILED, &error))?;
    let mut arguments = plain(&request.configuration);
    arguments.extend(plain(&request.parameters));
    let called = tool.call(&arguments).await;
    let text = called.map_err(|why| Failure::new(FAILED, why))?;
    Ok(reply(text, named.provider_type == tool::WORKFLOW))
}

pub(super) fn plain(values: &workflow::Map) -> Map<String, Value> {
    match serde_json::to_value(values) {
        Ok(Value::Object(values)) => values,
        _ => Map::new(),
    }
}

/// A result as a node gives it. What is JSON is an object too; the outputs of a workflow are outputs of the node.
fn reply(text: String, is_workflow: bool) -> ToolReply {
    let parsed = match serde_json::from_str::<Value>(&text) {
        Ok(Value::Array(items)) if items.iter().all(Value::is_object) => items,
        Ok(object @ Value::Object(_)) => vec![object],
        _ => Vec::new(),
    };
    let outputs = parsed.first().and_then(Value::as_object);
    let outputs = outputs.filter(|_| is_workflow).into_iter().flatten();
    ToolReply {
        variables: outputs
            .map(|(name, value)| (Arc::from(name.as_str()), workflow::Value::from(value)))
            .collect(),
        json: parsed.iter().map(workflow::Value::from).collect(),
        text: text.into(),
        ..ToolReply::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_texts_and_objects() {
        let check = |text: &str, is_workflow: bool, objects: usize, names: &[&str]| {
            let reply = reply(text.to_owned(), is_workflow);
            let found: Vec<&str> = reply.variables.keys().map(|name| &**name).collect();
            assert_eq!((&*reply.text, reply.json.len()), (text, objects));
            assert_eq!(found, names);
        };
        check("plain", false, 0, &[]);
        check("42", false, 0, &[]);
        check(r#"{"a": 1}"#, false, 1, &[]);
        check(r#"[{"a": 1}, {"b": 2}]"#, false, 2, &[]);
        check(r#"[1, 2]"#, false, 0, &[]);
        check(r#"{"a": 1, "b": "x"}"#, true, 1, &["a", "b"]);
    }
}
