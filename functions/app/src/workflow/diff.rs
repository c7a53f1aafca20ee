//! What differs between two graphs, in words that name the node and the field. Where things lie on the canvas is none of it.

use serde_json::{Map, Value, json};

use super::draft::MASK;

/// One difference. What is absent on a side is `None` there.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The node; `None` for features and declared variables.
    pub node_id: Option<String>,
    /// Its title.
    pub title: String,
    /// A path such as `model.name` or `prompt_template[0].text`; `node` for all of one, `edges` for where it leads.
    pub field: String,
    /// In the first graph.
    pub before: Option<Value>,
    /// In the second.
    pub after: Option<Value>,
}

/// All differences of two workflows, node by node.
pub fn diff(before: &Value, after: &Value) -> Vec<Change> {
    let mut changes = Vec::new();
    let (old, new) = (nodes(before), nodes(after));
    for (id, data) in &old {
        let other = find(&new, id);
        let mut told = Told::of_node(id, other.unwrap_or(data), &mut changes);
        match other {
            Some(other) => told.value("", Some(data), Some(other)),
            None => told.push("node", Some(data), None),
        }
    }
    for (id, data) in new.iter().filter(|(id, _)| find(&old, id).is_none()) {
        Told::of_node(id, data, &mut changes).push("node", None, Some(data));
    }
    let (gone, come) = (edges(before), edges(after));
    for edge in gone.iter().filter(|edge| !come.contains(edge)) {
        told_edge(edge, &new, &mut changes).push("edges", Some(edge), None);
    }
    for edge in come.iter().filter(|edge| !gone.contains(edge)) {
        told_edge(edge, &new, &mut changes).push("edges", None, Some(edge));
    }
    let mut whole = Told {
        node_id: None,
        title: String::new(),
        changes: &mut changes,
    };
    whole.value("features", before.get("features"), after.get("features"));
    for list in ["environment_variables", "conversation_variables"] {
        let (old, new) = (variables(before, list), variables(after, list));
        whole.value(list, Some(&old), Some(&new));
    }
    // Last, so that a secret that changed is told of, and not told.
    for change in &mut changes {
        let is_secret = |side: &Value| side.get("value_type") == Some(&json!("secret"));
        for side in [&mut change.before, &mut change.after] {
            if let Some(Value::Object(fields)) = side.as_mut().filter(|side| is_secret(side)) {
                fields.insert("value".to_owned(), json!(MASK));
            }
        }
    }
    changes
}

struct Told<'a> {
    node_id: Option<String>,
    title: String,
    changes: &'a mut Vec<Change>,
}

impl<'a> Told<'a> {
    fn of_node(id: &str, data: &Value, changes: &'a mut Vec<Change>) -> Self {
        let title = data.get("title").and_then(Value::as_str);
        Self {
            node_id: Some(id.to_owned()),
            title: title.unwrap_or_default().to_owned(),
            changes,
        }
    }

    fn push(&mut self, field: &str, before: Option<&Value>, after: Option<&Value>) {
        self.changes.push(Change {
            node_id: self.node_id.clone(),
            title: self.title.clone(),
            field: field.to_owned(),
            before: before.cloned(),
            after: after.cloned(),
        });
    }

    /// Goes down to what differs. Null counts as absent.
    fn value(&mut self, path: &str, before: Option<&Value>, after: Option<&Value>) {
        let said = |side: Option<&'_ Value>| side.filter(|value| !value.is_null()).cloned();
        match (said(before), said(after)) {
            (None, None) => {}
            (Some(Value::Object(old)), Some(Value::Object(new))) if !is_variable(&old) => {
                let more = new.keys().filter(|key| !old.contains_key(*key));
                for key in old.keys().chain(more) {
                    let path = match path {
                        "" => key.clone(),
                        path => format!("{path}.{key}"),
                    };
                    self.value(&path, old.get(key), new.get(key));
                }
            }
            (Some(Value::Array(old)), Some(Value::Array(new))) if old.len() == new.len() => {
                for (place, (old, new)) in old.iter().zip(&new).enumerate() {
                    self.value(&format!("{path}[{place}]"), Some(old), Some(new));
                }
            }
            (old, new) if old == new => {}
            (old, new) => self.push(path, old.as_ref(), new.as_ref()),
        }
    }
}

/// A declared variable is told as a whole: its type says whether its value may be told.
fn is_variable(fields: &Map<String, Value>) -> bool {
    fields.contains_key("value_type") && fields.contains_key("value")
}

fn told_edge<'a>(
    edge: &Value,
    nodes: &[(String, Value)],
    changes: &'a mut Vec<Change>,
) -> Told<'a> {
    let source = edge
        .get("source")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let data = find(nodes, source).unwrap_or(&Value::Null);
    Told::of_node(source, data, changes)
}

fn list<'a>(workflow: &'a Value, pointer: &str) -> &'a [Value] {
    let list = workflow.pointer(pointer).and_then(Value::as_array);
    list.map(Vec::as_slice).unwrap_or_default()
}

fn find<'a>(nodes: &'a [(String, Value)], id: &str) -> Option<&'a Value> {
    let found = nodes.iter().find(|(known, _)| known == id);
    found.map(|(_, data)| data)
}

/// Nodes with what makes them: `data`, and the container.
fn nodes(workflow: &Value) -> Vec<(String, Value)> {
    let all = list(workflow, "/graph/nodes").iter().filter_map(|node| {
        let id = node.get("id")?.as_str()?.to_owned();
        let mut data = node.get("data").cloned().unwrap_or_default();
        if let Value::Object(fields) = &mut data {
            fields.remove("selected");
            if let Some(parent) = node.get("parentId") {
                fields.insert("parentId".to_owned(), parent.clone());
            }
        }
        Some((id, data))
    });
    all.collect()
}

fn edges(workflow: &Value) -> Vec<Value> {
    let all = list(workflow, "/graph/edges").iter().map(|edge| {
        let part = |key: &str| edge.get(key).cloned().unwrap_or_default();
        let (source, handle, target) = (part("source"), part("sourceHandle"), part("target"));
        json!({ "source": source, "sourceHandle": handle, "target": target })
    });
    all.collect()
}

/// Declared variables by their names.
fn variables(workflow: &Value, name: &str) -> Value {
    let pairs = list(workflow, &format!("/{name}"))
        .iter()
        .filter_map(|variable| {
            let name = variable.get("name")?.as_str()?.to_owned();
            Some((name, variable.clone()))
        });
    Value::Object(pairs.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flow(nodes: Value, edges: Value, key: &str) -> Value {
        json!({ "graph": { "nodes": nodes, "edges": edges }, "features": { "opening_statement": key },
            "environment_variables": [{ "name": "key", "value_type": "secret", "value": key }] })
    }

    #[test]
    fn each_change_names_node_and_field() {
        let node = |id: &str, text: &str| {
            json!({ "id": id, "position": { "x": text.len() },
                "data": { "type": "llm", "title": "T", "selected": text == "b", "prompt": [{ "text": text }] } })
        };
        let edge = |to: &str| json!([{ "source": "1", "target": to, "zIndex": 1 }]);
        let before = flow(json!([node("1", "a"), node("2", "x")]), edge("2"), "a");
        let after = flow(json!([node("1", "b"), node("3", "y")]), edge("3"), "b");
        assert_eq!(diff(&before, &before), []);
        let told: Vec<String> = diff(&before, &after)
            .iter()
            .map(|change| {
                let side =
                    |side: &Option<Value>| side.as_ref().map_or("-".to_owned(), Value::to_string);
                let node = change.node_id.as_deref().unwrap_or("-");
                format!(
                    "{node} {} {} {}",
                    change.field,
                    side(&change.before),
                    side(&change.after)
                )
            })
            .collect();
        let data =
            |text: &str| json!({ "type": "llm", "title": "T", "prompt": [{ "text": text }] });
        let edge = |to: &str| json!({ "source": "1", "sourceHandle": null, "target": to });
        let secret = json!({ "name": "key", "value_type": "secret", "value": MASK });
        let expect = [
            r#"1 prompt[0].text "a" "b""#.to_owned(),
            format!("2 node {} -", data("x")),
            format!("3 node - {}", data("y")),
            format!("1 edges {} -", edge("2")),
            format!("1 edges - {}", edge("3")),
            r#"- features.opening_statement "a" "b""#.to_owned(),
            format!("- environment_variables.key {secret} {secret}"),
        ];
        assert_eq!(told, expect);
    }
}
