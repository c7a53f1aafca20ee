//! A version of an app's graph, compiled once in a process.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use ports::{Range, Scope, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use workflow::Plan;

use crate::{
    Error, Kind, Result,
    apps::{App, ModelConfig},
    keys, store,
};

/// Plans that a process keeps.
const REMEMBERED: usize = 64;

static MEMORY: Mutex<VecDeque<(String, Arc<Flow>)>> = Mutex::new(VecDeque::new());

/// The key of what is in force in an app's partition.
pub(super) const PUBLISHED: &str = "published";
/// Published versions, in the order of time.
pub(super) const VERSIONS: &str = "version";

/// A graph that can run.
#[derive(Debug)]
pub struct Flow {
    /// The version's id; the app's for a draft.
    pub id: String,
    /// `draft`, or the version's time.
    pub version: String,
    /// The compiled graph.
    pub plan: Arc<Plan>,
    /// The section `workflow` as it was published.
    pub workflow: Value,
    /// The start node's fields and the features, as apps of other kinds have them.
    pub config: ModelConfig,
}

/// A published version.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Version {
    /// UUID.
    pub id: String,
    /// When it was published.
    pub created_at: Timestamp,
    /// The section `workflow`.
    pub workflow: Value,
    /// Its name, of at most 20 characters.
    #[serde(default)]
    pub marked_name: String,
    /// What is new in it, in at most 100 characters.
    #[serde(default)]
    pub marked_comment: String,
    /// The account that published it.
    #[serde(default)]
    pub created_by: String,
    /// Name of that.
    #[serde(default)]
    pub author_name: String,
}

/// Which version is in force.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Published {
    pub(super) id: String,
    pub(super) key: String,
}

/// Where a version lies, by its id.
pub(super) fn by_id(id: &str) -> String {
    format!("version-id/{id}")
}

impl Flow {
    /// Compiles a graph.
    pub(super) fn compile(id: &str, version: &str, workflow: Value) -> Result<Self> {
        let plan = Plan::compile(&workflow).map_err(broken)?;
        let mut config = match workflow.get("features") {
            Some(Value::Object(features)) => features.clone(),
            _ => Map::new(),
        };
        config.insert("user_input_form".to_owned(), form(&workflow));
        let config = ModelConfig::parse(&Value::Object(config)).map_err(|error| {
            Error::new(
                Kind::AppUnavailable,
                format!("The workflow's features are broken: {error}"),
            )
        })?;
        Ok(Self {
            id: id.to_owned(),
            version: version.to_owned(),
            plan,
            workflow,
            config,
        })
    }
}

/// What a graph that does not compile tells its author.
pub(super) fn broken(error: workflow::Error) -> Error {
    Error::new(
        Kind::BadRequest,
        format!("The workflow cannot run: {error}"),
    )
}

/// The variables of the start node, as `user_input_form` shows them; of a knowledge pipeline, which has none, its own
/// variables and the address of the page that it begins with.
pub fn form(workflow: &Value) -> Value {
    let nodes = workflow.pointer("/graph/nodes").and_then(Value::as_array);
    let nodes = || nodes.into_iter().flatten();
    let is = |kind: &'static str| {
        move |node: &&Value| node.pointer("/data/type").and_then(Value::as_str) == Some(kind)
    };
    let listed = |list: Option<&Value>| -> Vec<Value> {
        let variables = list.and_then(Value::as_array).into_iter().flatten();
        let fields = variables.map(|variable| {
            let kind = variable.get("type").and_then(Value::as_str);
            let mut field = Map::new();
            field.insert(kind.unwrap_or("text-input").to_owned(), variable.clone());
            Value::Object(field)
        });
        fields.collect()
    };
    if let Some(start) = nodes().find(is("start")) {
        return Value::Array(listed(start.pointer("/data/variables")));
    }
    let mut fields = listed(workflow.get("rag_pipeline_variables"));
    let reads_pages = |node: &Value| {
        let kind = node.pointer("/data/provider_type").and_then(Value::as_str);
        matches!(kind, Some("website_crawl" | "online_document"))
    };
    if nodes().filter(is("datasource")).any(reads_pages) {
        let url =
            json!({ "label": "URL", "variable": "url", "required": false, "max_length": 2048 });
        fields.push(json!({ "text-input": url }));
    }
    Value::Array(fields)
}

/// The version that answers: this one, or the one that is in force.
pub(super) async fn open(scope: &Scope, app: &App, id: Option<&str>) -> Result<Arc<Flow>> {
    let partition = keys::app(&app.id);
    let (id, key) = match id {
        Some(id) => {
            let format = || {
                Error::new(
                    Kind::BadRequest,
                    format!("Invalid workflow_id format: '{id}'"),
                )
            };
            let id = crate::id::uuid(id).ok_or_else(format)?;
            let missing = || Error::not_found(format!("Workflow not found with id: {id}"));
            let found = store::load::<String>(scope, &partition, &by_id(&id)).await?;
            let key = found.ok_or_else(missing)?.value;
            (id, key)
        }
        None => match store::load::<Published>(scope, &partition, PUBLISHED).await? {
            Some(published) => (published.value.id, published.value.key),
            None => return Err(Error::invalid("workflow_id", "Workflow not published")),
        },
    };
    let name = format!("{}/{}/{id}", app.tenant_id, app.id);
    if let Some(flow) = recall(&name) {
        return Ok(flow);
    }
    let missing = || Error::not_found(format!("Workflow not found with id: {id}"));
    let version = store::load::<Version>(scope, &partition, &key).await?;
    let version = version.ok_or_else(missing)?.value;
    let shown = shown_version(version.created_at);
    let flow = Arc::new(Flow::compile(&id, &shown, version.workflow)?);
    remember(name, &flow);
    Ok(flow)
}

/// A version's name: its time.
pub fn shown_version(at: Timestamp) -> String {
    at.as_secs().to_string()
}

/// Published versions, the newest first.
pub(super) async fn versions(scope: &Scope, app_id: &str) -> Result<Vec<Version>> {
    let mut all = Vec::new();
    let mut after = None;
    loop {
        let range = Range::prefix(format!("{VERSIONS}/"), 50);
        let records = scope
            .list(&keys::app(app_id), range.reversed().after(after))
            .await?;
        for record in &records {
            all.push(store::decode(record)?);
        }
        after = records.last().map(|record| record.key.clone());
        if records.len() < 50 {
            return Ok(all);
        }
    }
}

fn recall(name: &str) -> Option<Arc<Flow>> {
    let mut memory = MEMORY.lock().unwrap_or_else(PoisonError::into_inner);
    let at = memory.iter().position(|(known, _)| known == name)?;
    let found = memory.remove(at)?;
    let flow = found.1.clone();
    memory.push_front(found);
    Some(flow)
}

fn remember(name: String, flow: &Arc<Flow>) {
    let mut memory = MEMORY.lock().unwrap_or_else(PoisonError::into_inner);
    memory.retain(|(known, _)| *known != name);
    memory.truncate(REMEMBERED - 1);
    memory.push_front((name, flow.clone()));
}
