//! Beginning a run: everything that can be refused is refused here, with an error that has an HTTP status; from then on
//! whatever happens is an event.

use std::sync::Arc;

use futures::{StreamExt, channel::mpsc};
use serde_json::{Map, Value, json};
use workflow::{Limits, Replay, Run, Start};

use super::{
    chatflow::{self, Question},
    draft,
    driver::{Driver, now},
    effect::Hands,
    flow::{self, Flow},
    journal::{self, Event, Log},
    record::{self, GRAPH, Record, START, Turn, load},
    single,
};
use crate::{
    Context, Error, Kind, Result,
    apps::{App, Mode},
    chat,
    end_user::{self, EndUser},
    file, id, keys,
    message::MessageFile,
    prompt, tool,
};

/// What a caller wants run.
#[derive(Clone, Debug)]
pub struct Request {
    /// By the start node's variables.
    pub inputs: Map<String, Value>,
    /// File mappings: `sys.files`.
    pub files: Vec<Value>,
    /// Whom the caller speaks for.
    pub user: EndUser,
    /// A published version; `None` for the one in force.
    pub version: Which,
}

/// Which graph runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Which {
    /// What is in force.
    Published,
    /// A published version.
    Version(String),
    /// What an editor saved.
    Draft,
}

/// How to fork a run.
#[derive(Clone, Debug, Default)]
pub struct Fork {
    /// The node that runs anew, and all that depend on it.
    pub node_id: String,
    /// Inputs that replace those of the first run.
    pub inputs: Map<String, Value>,
    /// Outputs that stand in for running a node, by node.
    pub outputs: Map<String, Value>,
}

/// A run that goes on beside the request.
pub struct Running {
    /// As it began.
    pub record: Record,
    /// What it shows, to its end.
    pub events: mpsc::UnboundedReceiver<Event>,
    /// Whose it is.
    pub tenant_id: String,
    /// Nodes that only stand in for others, in the trial of a part; see [`Self::hidden`].
    pub(super) stand_ins: Vec<String>,
}

/// Begins a run of a workflow.
pub async fn run(ctx: &Context, app: &App, request: Request) -> Result<Running> {
    run_from(ctx, app, request, None).await
}

/// The same, of a run that came from elsewhere than a caller of the app.
pub(crate) async fn run_from(
    ctx: &Context,
    app: &App,
    request: Request,
    from: Option<String>,
) -> Result<Running> {
    if app.mode != Mode::Workflow {
        let message = "Please check if your app mode matches the right API route.";
        return Err(Error::new(Kind::NotWorkflowApp, message));
    }
    let scope = ctx.tenant(&app.tenant_id);
    let flow = opened(&scope, app, &request.version).await?;
    let user = request.user;
    let inputs = prompt::validate(&flow.config.user_input_form, &request.inputs)?;
    let inputs = with_files(ctx, &scope, &user, &flow, inputs).await?;
    let files = file::read(ctx, &scope, &user, &request.files).await?;
    end_user::ensure(&scope, &user).await?;
    let mut record = fresh(ctx, app, &flow, user);
    if let Some(from) = from {
        record.triggered_from = from;
    }
    let start = Start {
        inputs: Arc::new(inputs),
        sys: Arc::new(system(&record, &files, &[])),
        ..started(&record)
    };
    begin(ctx, app, flow, record, start).await
}

/// Answers a question by a chatflow.
pub async fn chat(ctx: &Context, app: &App, request: chat::Request) -> Result<Running> {
    let version = match &request.workflow_id {
        Some(id) => Which::Version(id.clone()),
        None => Which::Published,
    };
    chat_by(ctx, app, request, version).await
}

/// The same by the draft.
pub async fn try_chat(ctx: &Context, app: &App, request: chat::Request) -> Result<Running> {
    chat_by(ctx, app, request, Which::Draft).await
}

async fn chat_by(
    ctx: &Context,
    app: &App,
    request: chat::Request,
    version: Which,
) -> Result<Running> {
    if app.mode != Mode::AdvancedChat {
        let message = "Please check if your app mode matches the right API route.";
        return Err(Error::new(Kind::NotChatApp, message));
    }
    chat::check_query(&request)?;
    let scope = ctx.tenant(&app.tenant_id);
    let flow = opened(&scope, app, &version).await?;
    let user = EndUser::new(&app.id, &request.user, ctx.now());
    let found = chatflow::read(&scope, &user, request.conversation_id.as_deref()).await?;
    let inputs = prompt::validate(&flow.config.user_input_form, &request.inputs)?;
    let accepts = file::Attachments::parse(&flow.config.file_upload);
    let files = file::read(ctx, &scope, &user, &request.files).await;
    let files = file::accept(accepts.as_ref(), files)?;
    let entropy = ctx.platform.entropy.as_ref();
    let conversation_id = match &found.conversation {
        Some(stored) => stored.value.id.clone(),
        None => id::conversation(entropy),
    };
    let last = found.history.last().map(|message| message.id.as_str());
    let message_id = id::message(&conversation_id, last, ctx.now(), entropy);
    let message_id = message_id.unwrap_or_else(|| ctx.uuid());
    let turn = Turn {
        conversation_id,
        message_id,
        cites: flow.config.retriever_resource.enabled,
    };
    let record = Record {
        chat: Some(turn.clone()),
        ..fresh(ctx, app, &flow, user.clone())
    };
    let query = [
        ("query", json!(request.query)),
        ("conversation_id", json!(turn.conversation_id)),
        ("dialogue_count", json!(found.history.len())),
    ];
    let start = Start {
        inputs: Arc::new(with_files(ctx, &scope, &user, &flow, inputs.clone()).await?),
        sys: Arc::new(system(&record, &files, &query)),
        conversation: Arc::new(found.values(&flow.plan)),
        history: found.spoken(),
        ..started(&record)
    };
    let introduction = match &found.conversation {
        Some(stored) => stored.value.introduction.clone(),
        None => prompt::introduction(&flow.config, &inputs),
    };
    let question = Question {
        query: request.query,
        inputs,
        files,
        introduction,
        auto_generate_name: request.auto_generate_name,
    };
    chatflow::create(ctx, &scope, &app.tenant_id, &record, &turn, found, question).await?;
    begin(ctx, app, flow, record, start).await
}

/// What wakes a workflow without a caller.
#[derive(Clone, Debug)]
pub(crate) struct Wake {
    /// UUID of the run; the same event has the same one.
    pub(crate) run_id: String,
    /// The trigger's node, from which it runs.
    pub(crate) node_id: String,
    /// `webhook` or `schedule`.
    pub(crate) by: &'static str,
    /// What the trigger's node gives out.
    pub(crate) inputs: Map<String, Value>,
}

/// Begins a run that a trigger woke, and comes back when a crash cannot undo it any more. `None` where the same event
/// began it before.
pub(crate) async fn wake(ctx: &Context, app: &App, wake: Wake) -> Result<Option<Running>> {
    let scope = ctx.tenant(&app.tenant_id);
    let known = async || record::load::<Record>(&scope, &wake.run_id, record::RUN).await;
    if known().await?.is_some() {
        return Ok(None);
    }
    let flow = opened(&scope, app, &Which::Published).await?;
    let user = EndUser::new(&app.id, wake.by, ctx.now());
    end_user::ensure(&scope, &user).await?;
    let record = Record {
        id: wake.run_id.clone(),
        triggered_from: wake.by.to_owned(),
        ..fresh(ctx, app, &flow, user)
    };
    let inputs = wake.inputs.iter();
    let inputs = inputs.map(|(name, value)| (name.as_str().into(), workflow::Value::from(value)));
    let start = Start {
        root: Some(wake.node_id.as_str().into()),
        inputs: Arc::new(inputs.collect()),
        sys: Arc::new(system(&record, &[], &[])),
        ..started(&record)
    };
    let mut running = begin(ctx, app, flow, record, start).await?;
    // Nothing is shown of a run before its first commit.
    match running.events.next().await {
        Some(event) if event.name != "error" => Ok(Some(running)),
        // Another delivery of the same event was faster.
        _ if known().await?.is_some() => Ok(None),
        _ => Err(Error::new(
            Kind::Unavailable,
            "The run could not be begun; try again.",
        )),
    }
}

/// Begins a run that repeats another up to a node, without doing again what was done.
pub async fn fork(
    ctx: &Context,
    app: &App,
    user: EndUser,
    run_id: &str,
    fork: Fork,
) -> Result<Running> {
    if app.mode != Mode::Workflow {
        let message = "Only runs of workflow apps can be forked.";
        return Err(Error::new(Kind::NotWorkflowApp, message));
    }
    let scope = ctx.tenant(&app.tenant_id);
    let first = record::get(&scope, &app.id, run_id).await?;
    let flow = of_run(&scope, app, &first).await?;
    let mut told = recorded(&scope, &first.id).await?;
    told.entries = journal::read(&scope, &first.id).await?.entries;
    let record = Record {
        forked_from: Some(first.id.clone()),
        ..fresh(ctx, app, &flow, user)
    };
    let mut inputs = (*told.start.inputs).clone();
    for (name, value) in &fork.inputs {
        inputs.insert(name.as_str().into(), workflow::Value::from(value));
    }
    let mut pinned = (*told.start.pinned).clone();
    for (node, outputs) in &fork.outputs {
        pinned.insert(node.as_str().into(), workflow::Value::from(outputs));
    }
    // `sys.*` stay those of the first run: nodes that are not to run again were told those.
    let start = Start {
        inputs: Arc::new(inputs),
        pinned: Arc::new(pinned),
        ..Start {
            sys: told.start.sys.clone(),
            ..started(&record)
        }
    };
    let forked = told
        .fork(&flow.plan, &fork.node_id, start)
        .map_err(|error| Error::invalid("node_id", error.to_string()))?;
    let replay = Replay {
        seen: 0,
        is_fork: true,
    };
    let run = Run::resume(
        flow.plan.clone(),
        &forked,
        Limits::default(),
        replay,
        now(ctx),
    )
    .map_err(refused)?;
    launch(ctx, app, flow, record, run).await
}

pub(super) async fn begin(
    ctx: &Context,
    app: &App,
    flow: Arc<Flow>,
    mut record: Record,
    start: Start,
) -> Result<Running> {
    record.inputs = shown(&start);
    let run = Run::start(flow.plan.clone(), start, Limits::default(), now(ctx)).map_err(refused)?;
    launch(ctx, app, flow, record, run).await
}

async fn launch(
    ctx: &Context,
    app: &App,
    flow: Arc<Flow>,
    mut record: Record,
    run: Run,
) -> Result<Running> {
    let scope = ctx.tenant(&app.tenant_id);
    if record.inputs.is_null() {
        record.inputs = shown(&run.snapshot(&[]).start);
    }
    // Last, so that nothing that fails above takes a slot.
    let slot = chat::enter(&scope, app, &record.task_id, ctx.now()).await?;
    let (hands, deltas) = hands(ctx, &app.tenant_id, &record);
    let log = Log::new(ctx, &scope, &record.id, None);
    let stand_ins = single::stand_ins(&flow.workflow);
    let stand_ins = stand_ins.into_iter().map(str::to_owned).collect();
    let (driver, events) = Driver::new(hands, deltas, flow, record.clone(), run, log, slot);
    driver.spawn();
    Ok(Running {
        record,
        events,
        tenant_id: app.tenant_id.clone(),
        stand_ins,
    })
}

type Deltas = mpsc::UnboundedReceiver<(workflow::TaskId, Arc<str>)>;

/// What does the effects of a run.
pub(super) fn hands(ctx: &Context, tenant_id: &str, record: &Record) -> (Hands, Deltas) {
    let (deltas, receiver) = mpsc::unbounded();
    let hands = Hands {
        ctx: ctx.clone(),
        scope: ctx.tenant(tenant_id),
        tenant_id: tenant_id.to_owned(),
        user: record.user.clone(),
        depth: tool::flow::depth(&record.triggered_from),
        run_id: record.id.clone(),
        deltas,
    };
    (hands, receiver)
}

/// The graph that a run ran.
pub(super) async fn of_run(scope: &ports::Scope, app: &App, record: &Record) -> Result<Arc<Flow>> {
    if record.version != "draft" {
        return flow::open(scope, app, Some(&record.workflow_id)).await;
    }
    let gone = || Error::new(Kind::Internal, "the graph of a run is gone");
    let graph = load::<Value>(scope, &record.id, GRAPH)
        .await?
        .ok_or_else(gone)?;
    Flow::compile(&app.id, "draft", graph).map(Arc::new)
}

/// What a run began with.
pub(super) async fn recorded(scope: &ports::Scope, run_id: &str) -> Result<workflow::Journal> {
    let gone = || Error::new(Kind::Internal, "the beginning of a run is gone");
    load(scope, run_id, START).await?.ok_or_else(gone)
}

async fn opened(scope: &ports::Scope, app: &App, which: &Which) -> Result<Arc<Flow>> {
    match which {
        Which::Published => flow::open(scope, app, None).await,
        Which::Version(id) if id == "draft" => {
            let message = "Cannot use draft workflow version. Workflow ID: draft.";
            Err(Error::new(Kind::BadRequest, message))
        }
        Which::Version(id) => flow::open(scope, app, Some(id)).await,
        Which::Draft => Flow::compile(&app.id, "draft", draft::of(app)?.clone()).map(Arc::new),
    }
}

pub(super) fn fresh(ctx: &Context, app: &App, flow: &Flow, user: EndUser) -> Record {
    Record {
        id: ctx.uuid(),
        app_id: app.id.clone(),
        mode: app.mode,
        workflow_id: flow.id.clone(),
        version: flow.version.clone(),
        task_id: ctx.uuid(),
        user,
        triggered_from: match flow.version.as_str() {
            "draft" => "debugging".to_owned(),
            _ => "app-run".to_owned(),
        },
        status: "running".to_owned(),
        inputs: Value::Null,
        outputs: None,
        error: None,
        elapsed: 0,
        total_tokens: 0,
        total_steps: 0,
        exceptions_count: 0,
        created_at: ctx.now(),
        finished_at: None,
        chat: None,
        forked_from: None,
    }
}

pub(super) fn started(record: &Record) -> Start {
    let by = json!({ "id": record.user.id, "user": record.user.session() });
    Start {
        run_id: record.id.as_str().into(),
        workflow_id: record.workflow_id.as_str().into(),
        created_by: workflow::Value::from(&by),
        ..Start::default()
    }
}

pub(super) fn system(
    record: &Record,
    files: &[MessageFile],
    more: &[(&str, Value)],
) -> workflow::Map {
    let files: Vec<Value> = files.iter().map(file_value).collect();
    let mut sys = workflow::Map::default();
    let common = [
        ("user_id", json!(record.user.session())),
        ("app_id", json!(record.app_id)),
        ("workflow_id", json!(record.workflow_id)),
        ("workflow_run_id", json!(record.id)),
        ("files", Value::Array(files)),
        ("timestamp", json!(record.created_at.as_secs())),
    ];
    for (key, value) in common.iter().chain(more) {
        sys.insert((*key).into(), workflow::Value::from(value));
    }
    sys
}

/// Inputs as the record shows them.
fn shown(start: &Start) -> Value {
    let mut inputs = Map::new();
    for (name, value) in start.inputs.iter() {
        inputs.insert(
            name.to_string(),
            serde_json::to_value(value).unwrap_or_default(),
        );
    }
    for (name, value) in start
        .sys
        .iter()
        .filter(|(name, _)| &***name != "conversation_id")
    {
        inputs.insert(
            format!("sys.{name}"),
            serde_json::to_value(value).unwrap_or_default(),
        );
    }
    Value::Object(inputs)
}

/// Inputs with files in place of file mappings.
async fn with_files(
    ctx: &Context,
    scope: &ports::Scope,
    user: &EndUser,
    flow: &Flow,
    inputs: Map<String, Value>,
) -> Result<workflow::Map> {
    let mut values = workflow::Map::default();
    for (name, value) in inputs {
        let field = flow
            .config
            .user_input_form
            .iter()
            .find(|field| field.variable == name);
        let kind = field.map(|field| field.kind.as_str());
        let value = match (kind, value) {
            (Some("file"), mapping @ Value::Object(_)) => {
                let files = file::read(ctx, scope, user, &[mapping]).await?;
                files.first().map(file_value).unwrap_or_default()
            }
            (Some("file-list"), Value::Array(mappings)) => {
                let files = file::read(ctx, scope, user, &mappings).await?;
                Value::Array(files.iter().map(file_value).collect())
            }
            (_, value) => value,
        };
        values.insert(name.into(), workflow::Value::from(&value));
    }
    Ok(values)
}

/// A file as the engine knows it.
pub(super) fn file_value(file: &MessageFile) -> Value {
    let extension = file
        .filename
        .rsplit_once('.')
        .map(|(_, extension)| format!(".{}", extension.to_lowercase()));
    let mime_type = Some(&file.mime_type).filter(|kind| !kind.is_empty());
    json!({
        "dify_model_identity": "__dify__file__",
        "id": file.id,
        "type": file.kind,
        "transfer_method": file.transfer_method,
        "remote_url": file.url,
        "reference": null,
        "related_id": file.upload_file_id,
        "filename": file.filename,
        "extension": extension,
        "mime_type": mime_type,
        "size": match file.transfer_method.as_str() {
            "local_file" => i64::try_from(file.size).unwrap_or(-1),
            _ => -1,
        },
        "url": file.url,
    })
}

fn refused(error: workflow::Error) -> Error {
    Error::new(Kind::InvalidParam, error.to_string())
}

/// The partition of a run, for whoever watches it.
pub(super) fn partition(record: &Record) -> String {
    keys::run(&record.id)
}
