//! Trying one node of a draft, or one container with what is in it: the rest of the graph is replaced by stand-ins that
//! have the values of earlier runs, or those that were given.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use serde_json::{Map, Value, json};

use super::{
    begin::{Running, begin, file_value, fresh, started, system},
    draft,
    flow::Flow,
    inspect,
    journal::Event,
};
use crate::{Context, Error, Kind, Result, apps::App, end_user, end_user::EndUser, file, prompt};

/// The id of the start node that stands in for all that comes before.
const BEFORE: &str = "edgewise_before";

/// What is to be tried.
#[derive(Clone, Debug)]
pub struct Trial {
    /// A node of the draft.
    pub node_id: String,
    /// What kind of node it must be; `None` for any but containers.
    pub container: Option<&'static str>,
    /// By selector (`#node.variable#` or `node.variable`), or by a name that the node itself declares.
    pub inputs: Map<String, Value>,
    /// `sys.query`, if given.
    pub query: Option<String>,
    /// File mappings: `sys.files`.
    pub files: Vec<Value>,
    /// The member.
    pub user: EndUser,
}

type Values = BTreeMap<String, Map<String, Value>>;

/// Runs it. Events of stand-ins are not shown.
pub async fn try_part(ctx: &Context, app: &App, trial: Trial) -> Result<Running> {
    let scope = ctx.tenant(&app.tenant_id);
    let workflow = draft::of(app)?;
    let target = node(workflow, &trial.node_id)?;
    check_kind(&trial, target)?;
    let mut values = Values::new();
    for kept in inspect::every(&scope, &app.id, &trial.user).await? {
        values.insert(kept.node_id, kept.values);
    }
    let mut conversation = inspect::initial(app);
    conversation.extend(values.remove("conversation").unwrap_or_default());
    values.insert("conversation".to_owned(), conversation);
    let mut own = Map::new();
    for (name, value) in &trial.inputs {
        let value = with_files(ctx, &scope, &trial.user, value).await?;
        match selector(target, &trial.node_id, name)? {
            Some(words) => assign(&mut values, &words, value),
            None => {
                own.insert(name.trim_matches('#').to_owned(), value);
            }
        }
    }
    let mut sys = values.remove("sys").unwrap_or_default();
    let files = file::read(ctx, &scope, &trial.user, &trial.files).await?;
    let conversation = values.remove("conversation").unwrap_or_default();
    let env = values.remove("env").unwrap_or_default();
    let is_root = is_root(target);
    let graph = part(workflow, &trial.node_id, &values);
    let flow = Arc::new(Flow::compile(&app.id, "draft", graph)?);
    end_user::ensure(&scope, &trial.user).await?;
    let mut record = fresh(ctx, app, &flow, trial.user);
    "single-step".clone_into(&mut record.triggered_from);
    if let Some(query) = trial.query {
        sys.insert("query".to_owned(), json!(query));
    }
    for key in [
        "user_id",
        "app_id",
        "workflow_id",
        "workflow_run_id",
        "timestamp",
    ] {
        sys.remove(key);
    }
    if !files.is_empty() {
        sys.remove("files");
    }
    let more: Vec<(&str, Value)> = sys
        .iter()
        .map(|(name, value)| (name.as_str(), value.clone()))
        .collect();
    let mut inputs = workflow::Map::default();
    if is_root {
        let kind = target.pointer("/data/type").and_then(Value::as_str);
        if kind == Some("start") {
            own = prompt::validate(&flow.config.user_input_form, &own)?;
        }
        inputs = engine(&own);
    }
    let start = workflow::Start {
        inputs: Arc::new(inputs),
        sys: Arc::new(system(&record, &files, &more)),
        env: Arc::new(engine(&env)),
        conversation: Arc::new(known(&flow, &conversation)),
        pinned: Arc::new(engine(&objects(values, &trial.node_id))),
        root: is_root.then(|| trial.node_id.as_str().into()),
        ..started(&record)
    };
    begin(ctx, app, flow, record, start).await
}

/// Ids of the nodes of a trial's graph that only stand in for others.
pub(super) fn stand_ins(workflow: &Value) -> BTreeSet<&str> {
    let is_one = |node: &&Value| node.pointer("/data/stand_in") == Some(&json!(true));
    let found = nodes(workflow).iter().filter(is_one);
    found.filter_map(|node| node.get("id")?.as_str()).collect()
}

impl Running {
    /// Tells events about nodes that only stand in for others.
    pub fn hidden(&self) -> impl Fn(&Event) -> bool + Send + 'static {
        let stand_ins = self.stand_ins.clone();
        move |event| {
            let node = event.data.get("node_id").and_then(Value::as_str);
            node.is_some_and(|node| stand_ins.iter().any(|other| other == node))
        }
    }
}

fn nodes(workflow: &Value) -> &[Value] {
    let nodes = workflow.pointer("/graph/nodes").and_then(Value::as_array);
    nodes.map(Vec::as_slice).unwrap_or_default()
}

fn id_of(node: &Value) -> Option<&str> {
    node.get("id").and_then(Value::as_str)
}

fn node<'a>(workflow: &'a Value, id: &str) -> Result<&'a Value> {
    let found = nodes(workflow).iter().find(|node| id_of(node) == Some(id));
    found.ok_or_else(|| Error::not_found(format!("Node not found with id: {id}")))
}

fn parent(node: &Value) -> Option<&str> {
    let text = |pointer: &str| node.pointer(pointer).and_then(Value::as_str);
    let found = [
        text("/parentId"),
        text("/data/iteration_id"),
        text("/data/loop_id"),
    ];
    found.into_iter().flatten().find(|id| !id.is_empty())
}

fn check_kind(trial: &Trial, target: &Value) -> Result<()> {
    let kind = target.pointer("/data/type").and_then(Value::as_str);
    let kind = kind.unwrap_or_default();
    let is_container = matches!(kind, "iteration" | "loop");
    let fits = match trial.container {
        Some(wanted) => kind == wanted,
        None => !is_container,
    };
    if fits {
        return Ok(());
    }
    let message = format!("node `{}` is of type `{kind}`: ", trial.node_id)
        + match trial.container {
            Some(wanted) => match wanted {
                "iteration" => "it is no iteration",
                _ => "it is no loop",
            },
            None => "run it by the route of its container, with what is in it",
        };
    Err(Error::new(Kind::BadRequest, message))
}

fn is_root(node: &Value) -> bool {
    let kind = node.pointer("/data/type").and_then(Value::as_str);
    let kind = kind.unwrap_or_default();
    kind == "start" || kind == "datasource" || kind.starts_with("trigger-")
}

/// The graph with stand-ins: a start node, all that has values in a row, then the node.
fn part(workflow: &Value, id: &str, values: &Values) -> Value {
    let all = nodes(workflow);
    let mut inside: BTreeSet<&str> = BTreeSet::from([id]);
    loop {
        let count = inside.len();
        let below = all
            .iter()
            .filter(|node| parent(node).is_some_and(|parent| inside.contains(parent)));
        inside.extend(below.filter_map(id_of).collect::<Vec<_>>());
        if inside.len() == count {
            break;
        }
    }
    let mut kept: Vec<Value> = Vec::new();
    let mut edges: Vec<Value> = Vec::new();
    for node in all {
        match id_of(node) {
            Some(this) if this == id => kept.push(outermost(node)),
            Some(this) if inside.contains(this) => kept.push(node.clone()),
            _ => {}
        }
    }
    let list = workflow.pointer("/graph/edges").and_then(Value::as_array);
    for edge in list.into_iter().flatten() {
        let end = |name: &str| edge.get(name).and_then(Value::as_str).unwrap_or_default();
        let is_below = |end: &str| end != id && inside.contains(end);
        if is_below(end("source")) && is_below(end("target")) {
            edges.push(edge.clone());
        }
    }
    let is_first = kept
        .iter()
        .any(|node| id_of(node) == Some(id) && is_root(node));
    if !is_first {
        let mut last = BEFORE.to_owned();
        let start = json!({ "type": "start", "title": "", "variables": [], "stand_in": true });
        kept.push(json!({ "id": BEFORE, "data": start }));
        let others = values.keys().filter(|name| !inside.contains(name.as_str()));
        for name in others.map(String::as_str).chain([id]) {
            if name != id {
                let data = json!({ "type": "template-transform", "title": "", "template": "", "variables": [],
                    "stand_in": true });
                kept.push(json!({ "id": name, "data": data }));
            }
            edges.push(json!({ "source": last, "sourceHandle": "source", "target": name }));
            name.clone_into(&mut last);
        }
    }
    let mut workflow = workflow.clone();
    if let Value::Object(fields) = &mut workflow {
        fields.insert("graph".to_owned(), json!({ "nodes": kept, "edges": edges }));
    }
    workflow
}

/// A node of a container, as if it stood in the graph itself.
fn outermost(node: &Value) -> Value {
    let mut node = node.clone();
    if let Value::Object(fields) = &mut node {
        fields.remove("parentId");
    }
    if let Some(Value::Object(data)) = node.get_mut("data") {
        for key in ["iteration_id", "loop_id", "isInIteration", "isInLoop"] {
            data.remove(key);
        }
    }
    node
}

/// Which variable an input is: a selector, or none for the node's own.
fn selector(target: &Value, id: &str, name: &str) -> Result<Option<Vec<String>>> {
    let bare = name.trim_matches('#');
    let mut words: Vec<String> = bare.split('.').map(str::to_owned).collect();
    if words.first().is_some_and(|first| first == id) {
        words.remove(0);
    }
    if words.len() > 1 {
        return Ok(Some(words));
    }
    let own = words.first().map(String::as_str).unwrap_or_default();
    if is_root(target) {
        return Ok(None);
    }
    let data = target.get("data").unwrap_or(&Value::Null);
    let variables = data.get("variables").and_then(Value::as_array);
    let is_named =
        |variable: &&Value| variable.get("variable").and_then(Value::as_str) == Some(own);
    let declared = variables.into_iter().flatten().find(is_named);
    let declared = declared.and_then(|variable| variable.get("value_selector"));
    let field = match own {
        "input_selector" => "iterator_selector".to_owned(),
        other => format!("{other}_variable_selector"),
    };
    let found = declared
        .or_else(|| data.get(own))
        .or_else(|| data.get(field));
    let text = |word: &Value| word.as_str().map(str::to_owned);
    let found = found.and_then(|found| found.as_array()?.iter().map(text).collect());
    found.map(Some).ok_or_else(|| {
        let message = format!(
            "inputs.{name}: node `{id}` has no variable of that name; name it as `#node.variable#`"
        );
        Error::invalid("inputs", message)
    })
}

fn assign(values: &mut Values, words: &[String], value: Value) {
    let Some((node, path)) = words.split_first() else {
        return;
    };
    let Some((last, path)) = path.split_last() else {
        return;
    };
    let mut place = values.entry(node.clone()).or_default();
    for word in path {
        let next = place.entry(word.clone()).or_insert_with(|| json!({}));
        if !next.is_object() {
            *next = json!({});
        }
        match next {
            Value::Object(next) => place = next,
            _ => return,
        }
    }
    place.insert(last.clone(), value);
}

/// Everything but the node itself, as outputs that stand in.
fn objects(values: Values, id: &str) -> Map<String, Value> {
    let others = values.into_iter().filter(|(node, _)| node != id);
    others
        .map(|(node, values)| (node, Value::Object(values)))
        .collect()
}

fn engine(values: &Map<String, Value>) -> workflow::Map {
    let values = values.iter();
    values
        .map(|(name, value)| (name.as_str().into(), workflow::Value::from(value)))
        .collect()
}

/// Conversation variables of the types that the graph declares.
fn known(flow: &Flow, values: &Map<String, Value>) -> workflow::Map {
    let mut known = workflow::Map::default();
    for declared in flow.plan.conversation_variables() {
        let value = values.get(&*declared.name).map(workflow::Value::from);
        if let Some(value) = value.filter(|value| declared.kind.admits(value)) {
            known.insert(declared.name.clone(), value);
        }
    }
    known
}

/// A value in which file mappings became files.
async fn with_files(
    ctx: &Context,
    scope: &ports::Scope,
    user: &EndUser,
    value: &Value,
) -> Result<Value> {
    let is_mapping = |value: &Value| {
        value.get("transfer_method").is_some() && value.get("dify_model_identity").is_none()
    };
    match value {
        Value::Object(_) if is_mapping(value) => {
            let files = file::read(ctx, scope, user, std::slice::from_ref(value)).await?;
            Ok(files.first().map(file_value).unwrap_or_default())
        }
        Value::Array(items) if !items.is_empty() && items.iter().all(is_mapping) => {
            let files = file::read(ctx, scope, user, items).await?;
            Ok(Value::Array(files.iter().map(file_value).collect()))
        }
        other => Ok(other.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inputs_name_variables_in_any_spelling() {
        let target = json!({ "id": "7", "data": { "type": "code", "query_variable_selector": ["sys", "query"],
            "variables": [{ "variable": "arg", "value_selector": ["1", "text"] }] } });
        let check = |name: &str, expect: &[&str]| {
            let words = selector(&target, "7", name).expect(name).expect(name);
            assert_eq!(words, expect, "{name}");
        };
        check("#1.text#", &["1", "text"]);
        check("1.text", &["1", "text"]);
        check("#1.object.key#", &["1", "object", "key"]);
        check("arg", &["1", "text"]);
        check("7.arg", &["1", "text"]);
        check("#7.query#", &["sys", "query"]);
        let error = selector(&target, "7", "nothing").expect_err("no such variable");
        assert!(error.to_string().contains("inputs.nothing"), "{error}");
        let start = json!({ "id": "s", "data": { "type": "start" } });
        assert_eq!(selector(&start, "s", "name").expect("own"), None);
    }

    #[test]
    fn the_rest_of_the_graph_is_replaced() {
        let workflow = json!({ "graph": {
            "nodes": [
                { "id": "s", "data": { "type": "start" } },
                { "id": "it", "data": { "type": "iteration" } },
                { "id": "in", "parentId": "it", "data": { "type": "code", "isInIteration": true, "iteration_id": "it" } },
                { "id": "to", "parentId": "it", "data": { "type": "code" } },
            ],
            "edges": [{ "source": "s", "target": "it" }, { "source": "in", "target": "to" }],
        } });
        let values = Values::from([("s".to_owned(), Map::new()), ("it".to_owned(), Map::new())]);
        let ids = |graph: &Value| -> Vec<String> {
            nodes(graph)
                .iter()
                .filter_map(id_of)
                .map(str::to_owned)
                .collect()
        };
        let inner = part(&workflow, "in", &values);
        assert_eq!(ids(&inner), ["in", BEFORE, "it", "s"]);
        assert_eq!(stand_ins(&inner), BTreeSet::from([BEFORE, "it", "s"]));
        assert!(nodes(&inner).iter().all(|node| parent(node).is_none()));
        let whole = part(&workflow, "it", &values);
        assert_eq!(ids(&whole), ["it", "in", "to", BEFORE, "s"]);
        let edges = whole.pointer("/graph/edges").and_then(Value::as_array);
        assert_eq!(edges.map(Vec::len), Some(3));
        assert_eq!(ids(&part(&workflow, "s", &values)), ["s"]);
    }
}
