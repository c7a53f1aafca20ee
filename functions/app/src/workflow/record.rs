//! The record of a run, and how its partition keeps what is large.

use ports::{Commit, Scope, Timestamp};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use crate::{Context, Error, Kind, Result, apps::Mode, end_user::EndUser, keys, store};

/// Where the record lies in its partition.
pub(super) const RUN: &str = "run";
/// What the run began with.
pub(super) const START: &str = "start";
/// Who drives it, and until when nobody else may.
pub(super) const LEASE: &str = "lease";
/// Groups of the journal.
pub(super) const JOURNAL: &str = "j/";
/// Groups of events.
pub(super) const EVENTS: &str = "e/";
/// The graph of a run that is not of a published version.
pub(super) const GRAPH: &str = "graph";

/// What stands before the name of the blob that holds a value. JSON never begins so.
const SPILLED: &str = "@blob:";

/// A run. Kept in the partition `run/{id}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// UUID.
    pub id: String,
    /// The app.
    pub app_id: String,
    /// The app's kind.
    pub mode: Mode,
    /// The version that ran: its id, or the app's for a draft.
    pub workflow_id: String,
    /// `draft`, or the time at which the version was published.
    pub version: String,
    /// By which it is stopped.
    pub task_id: String,
    /// Who started it.
    pub user: EndUser,
    /// `app-run`, `webhook` or `schedule`; of what an editor tries out, `debugging`, and `single-step` for a part of it.
    pub triggered_from: String,
    /// `running`, `paused`, `succeeded`, `failed`, `stopped` or `partial-succeeded`.
    pub status: String,
    /// Of the caller, and `sys.*`.
    pub inputs: Value,
    /// Of the end nodes.
    #[serde(default)]
    pub outputs: Option<Value>,
    /// Why it failed or was stopped.
    #[serde(default)]
    pub error: Option<String>,
    /// Milliseconds of work.
    #[serde(default)]
    pub elapsed: u64,
    /// Of all nodes.
    #[serde(default)]
    pub total_tokens: u64,
    /// Nodes that were started.
    #[serde(default)]
    pub total_steps: u64,
    /// Nodes that failed and whose error strategy went on.
    #[serde(default)]
    pub exceptions_count: u64,
    /// When it began.
    pub created_at: Timestamp,
    /// When it ended.
    #[serde(default)]
    pub finished_at: Option<Timestamp>,
    /// Of chatflows: the question that it answers.
    #[serde(default)]
    pub chat: Option<Turn>,
    /// The run that this one was forked from.
    #[serde(default)]
    pub forked_from: Option<String>,
}

/// A turn of a conversation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Turn {
    /// UUID.
    pub conversation_id: String,
    /// UUID.
    pub message_id: String,
    /// Whether answers are cited.
    pub cites: bool,
}

/// What the list of an app's runs shows of one. Kept in the partition `runs/{app}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Logged {
    /// The run, without its inputs and outputs.
    pub run: Record,
    /// Its inputs and outputs as text, cut: what a keyword is looked for in.
    pub text: String,
}

/// Characters of a run's inputs and outputs that the list keeps.
const KEYWORDS: usize = 4_000;

impl Record {
    /// Whether it has ended.
    pub fn is_finished(&self) -> bool {
        self.status != "running" && !self.is_paused()
    }

    /// Whether it waits for people only.
    pub fn is_paused(&self) -> bool {
        self.status == "paused"
    }

    /// Whether an editor tries the draft out: nobody's run, neither listed nor counted with the others.
    pub fn is_trial(&self) -> bool {
        matches!(self.triggered_from.as_str(), "debugging" | "single-step")
    }

    /// Where it is listed.
    fn list(&self) -> String {
        match self.is_trial() {
            true => keys::drafts(&self.app_id),
            false => keys::runs(&self.app_id),
        }
    }

    pub(super) fn logged(&self) -> Logged {
        let outputs = self.outputs.as_ref().map(Value::to_string);
        let text = format!("{} {}", self.inputs, outputs.unwrap_or_default());
        Logged {
            run: Self {
                inputs: Value::Object(Map::new()),
                outputs: None,
                ..self.clone()
            },
            text: text.chars().take(KEYWORDS).collect(),
        }
    }
}

/// A run of this app.
pub async fn get(scope: &Scope, app_id: &str, id: &str) -> Result<Record> {
    let missing = || Error::not_found("Workflow run not found.");
    let id = crate::id::uuid(id).ok_or_else(missing)?;
    let record = load::<Record>(scope, &id, RUN).await?;
    record
        .filter(|record| record.app_id == app_id)
        .ok_or_else(missing)
}

/// A value of a run's partition, wherever it lies.
pub(super) async fn load<T: DeserializeOwned>(
    scope: &Scope,
    run_id: &str,
    key: &str,
) -> Result<Option<T>> {
    match scope.get(&keys::run(run_id), key).await? {
        Some(record) => unpack(scope, &record).await.map(Some),
        None => Ok(None),
    }
}

/// Reads a record that may say only where its value lies.
pub(super) async fn unpack<T: DeserializeOwned>(
    scope: &Scope,
    record: &ports::Record,
) -> Result<T> {
    let name = std::str::from_utf8(&record.value)
        .ok()
        .and_then(|text| text.strip_prefix(SPILLED));
    let Some(name) = name else {
        return store::decode(record);
    };
    let gone = || {
        Error::new(
            Kind::Internal,
            format!("the blob `{name}` of a run is gone"),
        )
    };
    let value = scope.get_blob(name).await?.ok_or_else(gone)?;
    store::decode(&ports::Record {
        value,
        ..record.clone()
    })
}

/// A value as it is put into a run's partition: what is too large for a record becomes a blob.
pub(super) async fn pack<T: Serialize>(
    scope: &Scope,
    run_id: &str,
    key: &str,
    value: &T,
) -> Result<Vec<u8>> {
    pack_as(scope, || format!("{}/{key}", keys::run(run_id)), value).await
}

/// The same in another partition: `name` is that of the blob.
pub(super) async fn pack_as<T: Serialize>(
    scope: &Scope,
    name: impl FnOnce() -> String,
    value: &T,
) -> Result<Vec<u8>> {
    let bytes = store::encode(value)?;
    // A commit holds several of these.
    if bytes.len() <= scope.limits().value_bytes / 4 {
        return Ok(bytes);
    }
    let name = name();
    scope.put_blob(&name, bytes.into()).await?;
    Ok(format!("{SPILLED}{name}").into_bytes())
}

/// Puts a run into the list of its app.
pub(super) async fn list_run(scope: &Scope, record: &Record) -> Result<()> {
    let key = keys::time_key("r", record.created_at, &record.id);
    let commit = Commit::new().put(key, store::encode(&record.logged())?);
    scope.commit(&record.list(), commit).await?;
    Ok(())
}

/// Removes every trace of some runs of an app; whether there are more.
pub(crate) async fn remove(ctx: &Context, tenant_id: &str, app_id: &str) -> Result<bool> {
    let scope = ctx.tenant(tenant_id);
    for list in [keys::runs(app_id), keys::drafts(app_id)] {
        let records = scope.list(&list, ports::Range::prefix("r/", BATCH)).await?;
        let keys: Vec<&str> = records.iter().map(|record| record.key.as_str()).collect();
        remove_listed(&scope, &list, &keys).await?;
        if !keys.is_empty() {
            return Ok(true);
        }
    }
    super::inspect::forget(&scope, app_id).await?;
    Ok(false)
}

/// The same of runs that began before a moment and have ended.
pub(crate) async fn remove_before(scope: &Scope, app_id: &str, oldest: Timestamp) -> Result<bool> {
    let lists = [keys::runs(app_id), keys::drafts(app_id)];
    for list in &lists {
        let mut after = None;
        loop {
            let range = ports::Range::prefix("r/", BATCH).after(after.take());
            let records = scope.list(list, range).await?;
            let mut old = Vec::new();
            for record in &records {
                let run = store::decode::<Logged>(record)?.run;
                if run.created_at >= oldest {
                    break;
                }
                // One that waits for people goes on some day.
                if run.is_finished() {
                    old.push(record.key.as_str());
                }
            }
            remove_listed(scope, list, &old).await?;
            if !old.is_empty() {
                return Ok(true);
            }
            if records.len() < BATCH {
                break;
            }
            after = records.last().map(|record| record.key.clone());
        }
    }
    Ok(false)
}

/// Runs of one step.
const BATCH: usize = 50;

async fn remove_listed(scope: &Scope, list: &str, listed: &[&str]) -> Result<()> {
    for key in listed {
        let id = key.rsplit('/').next().unwrap_or_default();
        let prefix = format!("{}/", keys::run(id));
        for blob in scope.list_blobs(&prefix, None, 1_000).await? {
            scope.delete_blob(&blob.name).await?;
        }
        scope.clear(&keys::run(id)).await?;
        scope.clear(&keys::forms(id)).await?;
        scope.commit(list, Commit::new().delete(*key)).await?;
    }
    Ok(())
}
