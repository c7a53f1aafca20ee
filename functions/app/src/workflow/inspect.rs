//! What an editor sees of the draft's last runs: how each node went, and the values that stand there now, which the trial
//! of one node reads.
//!
//! Every member has values of their own. They lie in the partition `drafts/{app}` under `n/{end user}/{hash of the node}`,
//! beside the trials themselves; what is too large for a record is a blob. `sys` and `conversation` count as nodes.

use std::collections::BTreeSet;

use ports::{Commit, Range, Scope};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use workflow::{Outcome, Type};

use super::{
    flow::Flow,
    journal::{self, Event, Log},
    record::{Record, pack_as, unpack},
    single,
};
use crate::{Context, Error, Kind, Result, apps::App, end_user::EndUser, id, keys};

/// Nodes of one read.
const PAGE: usize = 50;

/// The last run of a node, and its values now. Values of `sys` and `conversation` have no run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Kept {
    /// The node's id, `sys` or `conversation`.
    pub node_id: String,
    /// The fields of its last `node_finished`, or of its container's last event.
    #[serde(default)]
    pub execution: Option<Value>,
    /// By name.
    pub values: Map<String, Value>,
    /// What the last run left there.
    pub last: Map<String, Value>,
    /// Names of values that somebody changed since.
    #[serde(default)]
    pub edited: BTreeSet<String>,
}

/// A value that stands there.
#[derive(Clone, Debug, PartialEq)]
pub struct Inspected {
    /// UUID; follows from the member, the node and the name.
    pub id: String,
    /// The node's id, `sys`, `conversation` or `env`.
    pub node_id: String,
    /// Its name.
    pub name: String,
    /// Of declared variables.
    pub description: String,
    /// Such as `array[string]`; `none` for null.
    pub value_type: String,
    /// The value now.
    pub value: Value,
    /// Whether somebody changed it since the last run.
    pub edited: bool,
}

/// Executions of a run, in the order in which they began: the fields of `node_finished`, or of `node_started` with the
/// status `running`. Containers are executions whose `id` is the node's.
pub fn executions(events: &[Event]) -> Vec<Value> {
    let mut all: Vec<Value> = Vec::new();
    for event in events {
        let mut data = event.data.clone();
        let id = data.get("id").cloned();
        let known = all
            .iter_mut()
            .rev()
            .find(|known| known.get("id") == id.as_ref());
        match event.name.as_str() {
            "node_started" | "iteration_started" | "loop_started" => {
                put(&mut data, "status", json!("running"));
                all.push(data);
            }
            "node_finished" => {
                if let Some(known) = known {
                    *known = data;
                }
            }
            "iteration_completed" | "loop_completed" => {
                if let Some(known) = known {
                    let (first, second) = (data.get("finished_at"), data.get("created_at"));
                    let (finished, created) = (first.cloned(), second.cloned());
                    put(&mut data, "finished_at", finished.unwrap_or_default());
                    put(&mut data, "created_at", created.unwrap_or_default());
                    *known = data;
                }
            }
            _ => {}
        }
    }
    all
}

/// The executions of a run of this app.
pub async fn executed(scope: &Scope, run: &Record) -> Result<Vec<Value>> {
    let kept = journal::read(scope, &run.id).await?;
    Ok(executions(&kept.events))
}

/// Keeps what a trial left, before it is known to have ended.
pub(super) async fn keep(
    ctx: &Context,
    scope: &Scope,
    flow: &Flow,
    record: &Record,
    log: &Log,
    outcome: &Outcome,
) -> Result<()> {
    let mut events = journal::read(scope, &record.id).await?.events;
    events.extend(log.events.iter().cloned());
    let stand_ins = single::stand_ins(&flow.workflow);
    let mut kept: Vec<Kept> = Vec::new();
    for execution in executions(&events) {
        let node_id = execution.get("node_id").and_then(Value::as_str);
        let node_id = node_id.unwrap_or_default().to_owned();
        if stand_ins.contains(node_id.as_str()) {
            continue;
        }
        let values = match execution.get("outputs") {
            Some(Value::Object(outputs)) => outputs.clone(),
            _ => Map::new(),
        };
        // Of a node that runs in rounds, the last.
        kept.retain(|other| other.node_id != node_id);
        kept.push(Kept::new(node_id, Some(execution), values));
    }
    if record.triggered_from == "debugging" {
        let system = record.inputs.as_object().into_iter().flatten();
        let system = system.filter_map(|(name, value)| {
            let name = name.strip_prefix("sys.")?.to_owned();
            Some((name, value.clone()))
        });
        let mut system: Map<String, Value> = system.collect();
        if let Some(turn) = &record.chat {
            let id = json!(turn.conversation_id);
            system.insert("conversation_id".to_owned(), id);
        }
        kept.push(Kept::new("sys".to_owned(), None, system));
    }
    if !outcome.conversation.is_empty() {
        let values = serde_json::to_value(&outcome.conversation).unwrap_or_default();
        let values = values.as_object().cloned().unwrap_or_default();
        kept.push(Kept::new("conversation".to_owned(), None, values));
    }
    tracing::debug!(
        run = record.id,
        nodes = kept.len(),
        at = ctx.now().0,
        "a trial is kept"
    );
    for kept in &kept {
        save(scope, &record.app_id, &record.user, kept).await?;
    }
    Ok(())
}

impl Kept {
    fn new(node_id: String, execution: Option<Value>, values: Map<String, Value>) -> Self {
        Self {
            node_id,
            execution,
            last: values.clone(),
            values,
            edited: BTreeSet::new(),
        }
    }

    fn shown(&self, app: &App, user: &EndUser) -> Vec<Inspected> {
        let shown = self.values.iter().map(|(name, value)| {
            let declared = (self.node_id == "conversation")
                .then(|| declared(app, "conversation_variables", name))
                .flatten();
            let text = |key: &str| {
                let text = declared.and_then(|declared| declared.get(key)?.as_str());
                text.map(str::to_owned)
            };
            Inspected {
                id: variable_id(user, &self.node_id, name),
                node_id: self.node_id.clone(),
                name: name.clone(),
                description: text("description").unwrap_or_default(),
                value_type: text("value_type").unwrap_or_else(|| type_of(value)),
                value: value.clone(),
                edited: self.edited.contains(name),
            }
        });
        shown.collect()
    }
}

/// The last run of a node by this member, if there was one.
pub async fn last_run(
    scope: &Scope,
    app: &App,
    user: &EndUser,
    node: &str,
) -> Result<Option<Value>> {
    let kept = read(scope, &app.id, user, node).await?;
    Ok(kept.and_then(|kept| kept.execution))
}

/// The values of a node, of `sys`, or of `conversation`, whose declared variables are there before the first run.
pub async fn of_node(
    scope: &Scope,
    app: &App,
    user: &EndUser,
    node: &str,
) -> Result<Vec<Inspected>> {
    let kept = read(scope, &app.id, user, node).await?;
    let mut kept = kept.unwrap_or_else(|| Kept::new(node.to_owned(), None, Map::new()));
    if node == "conversation" {
        for (name, value) in initial(app) {
            kept.values.entry(name).or_insert(value);
        }
    }
    Ok(kept.shown(app, user))
}

/// All values of a member's last runs, node by node.
pub async fn all(scope: &Scope, app: &App, user: &EndUser) -> Result<Vec<Inspected>> {
    let kept = every(scope, &app.id, user).await?;
    Ok(kept.iter().flat_map(|kept| kept.shown(app, user)).collect())
}

/// Environment variables as the draft has them, secrets as their mask.
pub fn environment(app: &App) -> Vec<Inspected> {
    let masked = app.workflow.as_ref().map(super::masked).unwrap_or_default();
    let list = masked
        .get("environment_variables")
        .and_then(Value::as_array);
    let shown = list.into_iter().flatten().map(|variable| {
        let text = |key: &str| {
            variable
                .get(key)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        Inspected {
            id: text("id").to_owned(),
            node_id: "env".to_owned(),
            name: text("name").to_owned(),
            description: text("description").to_owned(),
            value_type: text("value_type").to_owned(),
            value: variable.get("value").cloned().unwrap_or_default(),
            edited: false,
        }
    });
    shown.collect()
}

/// One value, by its id.
pub async fn find(scope: &Scope, app: &App, user: &EndUser, id: &str) -> Result<Inspected> {
    let mut all = all(scope, app, user).await?;
    all.extend(of_node(scope, app, user, "conversation").await?);
    let found = all.into_iter().find(|variable| variable.id == id);
    found.ok_or_else(|| Error::not_found(format!("variable not found, id={id}")))
}

/// Puts another value there; it must be of the type that stands there.
pub async fn set(
    scope: &Scope,
    app: &App,
    user: &EndUser,
    id: &str,
    value: Value,
) -> Result<Inspected> {
    let found = find(scope, app, user, id).await?;
    let kind = Type::parse(&found.value_type);
    let given = workflow::Value::from(&value);
    if kind.is_some_and(|kind| !kind.admits(&given)) {
        let message = format!(
            "value: the variable `{}.{}` is of type {}, given was {}",
            found.node_id,
            found.name,
            found.value_type,
            type_of(&value)
        );
        return Err(Error::invalid("value", message));
    }
    let put = |kept: &mut Kept| {
        kept.values.insert(found.name.clone(), value.clone());
        kept.edited.insert(found.name.clone());
    };
    change(scope, app, user, &found.node_id, put).await?;
    find(scope, app, user, id).await
}

/// Puts back what the last run left there, or what a conversation variable begins with. `None` where neither is: then
/// it is gone.
pub async fn reset(
    scope: &Scope,
    app: &App,
    user: &EndUser,
    id: &str,
) -> Result<Option<Inspected>> {
    let found = find(scope, app, user, id).await?;
    let first = match found.node_id.as_str() {
        "conversation" => initial(app).remove(&found.name),
        _ => None,
    };
    let put = |kept: &mut Kept| {
        kept.edited.remove(&found.name);
        match first.as_ref().or(kept.last.get(&found.name)).cloned() {
            Some(value) => kept.values.insert(found.name.clone(), value),
            None => kept.values.remove(&found.name),
        };
    };
    change(scope, app, user, &found.node_id, put).await?;
    match find(scope, app, user, id).await {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == Kind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Removes one value.
pub async fn remove(scope: &Scope, app: &App, user: &EndUser, id: &str) -> Result<()> {
    let found = find(scope, app, user, id).await?;
    let put = |kept: &mut Kept| {
        kept.values.remove(&found.name);
        kept.last.remove(&found.name);
        kept.edited.remove(&found.name);
    };
    change(scope, app, user, &found.node_id, put).await
}

/// Removes what a member's runs left: of one node, or of all.
pub async fn clear(scope: &Scope, app: &App, user: &EndUser, node: Option<&str>) -> Result<()> {
    let nodes = match node {
        Some(node) => vec![node.to_owned()],
        None => {
            let all = every(scope, &app.id, user).await?;
            all.into_iter().map(|kept| kept.node_id).collect()
        }
    };
    let partition = keys::drafts(&app.id);
    for node in nodes {
        let key = key(user, &node);
        scope.delete_blob(&format!("{partition}/{key}")).await?;
        scope.commit(&partition, Commit::new().delete(key)).await?;
    }
    Ok(())
}

/// Removes everything that was left, of all members: the app is gone.
pub(super) async fn forget(scope: &Scope, app_id: &str) -> Result<()> {
    let partition = keys::drafts(app_id);
    for blob in scope
        .list_blobs(&format!("{partition}/"), None, 1_000)
        .await?
    {
        scope.delete_blob(&blob.name).await?;
    }
    scope.clear(&partition).await?;
    Ok(())
}

/// All that is kept for a member.
pub(super) async fn every(scope: &Scope, app_id: &str, user: &EndUser) -> Result<Vec<Kept>> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let range = Range::prefix(format!("n/{}/", user.id), PAGE).after(after.take());
        let records = scope.list(&keys::drafts(app_id), range).await?;
        for record in &records {
            all.push(unpack::<Kept>(scope, record).await?);
        }
        if records.len() < PAGE {
            return Ok(all);
        }
        after = records.last().map(|record| record.key.clone());
    }
}

async fn read(scope: &Scope, app_id: &str, user: &EndUser, node: &str) -> Result<Option<Kept>> {
    match scope.get(&keys::drafts(app_id), &key(user, node)).await? {
        Some(record) => unpack(scope, &record).await.map(Some),
        None => Ok(None),
    }
}

async fn save(scope: &Scope, app_id: &str, user: &EndUser, kept: &Kept) -> Result<()> {
    let (partition, key) = (keys::drafts(app_id), key(user, &kept.node_id));
    let bytes = pack_as(scope, || format!("{partition}/{key}"), kept).await?;
    scope
        .commit(&partition, Commit::new().put(key, bytes))
        .await?;
    Ok(())
}

/// Only the member's own requests write here, and the later of two counts.
async fn change(
    scope: &Scope,
    app: &App,
    user: &EndUser,
    node: &str,
    put: impl FnOnce(&mut Kept),
) -> Result<()> {
    let kept = read(scope, &app.id, user, node).await?;
    let mut kept = kept.unwrap_or_else(|| Kept::new(node.to_owned(), None, Map::new()));
    put(&mut kept);
    save(scope, &app.id, user, &kept).await
}

fn key(user: &EndUser, node: &str) -> String {
    format!("n/{}/{}", user.id, keys::hash(node))
}

fn variable_id(user: &EndUser, node: &str, name: &str) -> String {
    id::derived(&format!("inspected/{}/{node}/{name}", user.id))
}

fn declared<'a>(app: &'a App, list: &str, name: &str) -> Option<&'a Value> {
    let list = app.workflow.as_ref()?.get(list)?.as_array()?;
    let is_it = |variable: &&Value| variable.get("name").and_then(Value::as_str) == Some(name);
    list.iter().find(is_it)
}

/// What conversation variables begin with.
pub(super) fn initial(app: &App) -> Map<String, Value> {
    let list = app
        .workflow
        .as_ref()
        .and_then(|draft| draft.get("conversation_variables"));
    let list = list.and_then(Value::as_array).into_iter().flatten();
    let pairs = list.filter_map(|variable| {
        let name = variable.get("name")?.as_str()?.to_owned();
        Some((name, variable.get("value").cloned().unwrap_or_default()))
    });
    pairs.collect()
}

/// The type of a value, as the API names it.
fn type_of(value: &Value) -> String {
    let is_file = |value: &Value| value.get("dify_model_identity").is_some();
    let name = match value {
        Value::Null => "none",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Object(_) if is_file(value) => "file",
        Value::Object(_) => "object",
        Value::Array(items) => {
            let mut kinds: Vec<String> = items.iter().map(type_of).collect();
            kinds.dedup();
            return match kinds.as_slice() {
                [one] if one != "none" && !one.starts_with("array") => format!("array[{one}]"),
                _ => "array[any]".to_owned(),
            };
        }
    };
    name.to_owned()
}

fn put(data: &mut Value, key: &str, value: Value) {
    if let Value::Object(fields) = data {
        fields.insert(key.to_owned(), value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_the_types_of_the_api() {
        for (value, expect) in [
            (json!(null), "none"),
            (json!(1.5), "number"),
            (json!({}), "object"),
            (json!({ "dify_model_identity": "__dify__file__" }), "file"),
            (json!(["a", "b"]), "array[string]"),
            (json!([1, "b"]), "array[any]"),
            (json!([[1]]), "array[any]"),
            (json!([]), "array[any]"),
        ] {
            assert_eq!(type_of(&value), expect, "{value}");
        }
    }
}
