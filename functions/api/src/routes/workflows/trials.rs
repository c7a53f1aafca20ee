//! Trying a draft out: the whole of it, one node, or one container; how a node went the last time.

use app::{
    Context,
    account::Identity,
    apps::App,
    chat::Surface,
    end_user::{EndUser, Source},
    workflow::{self, Event, Request, Trial, Which, inspect},
};
use axum::{
    Json, Router,
    extract::{Path, State},
    response::Response,
    routing::{get, post},
};
use futures::StreamExt;
use serde_json::{Map, Value, json};

use super::{runs::object, wire};
use crate::{
    Error,
    params::Fields,
    routes::{
        chat as asked,
        console::{Caller, apps::find},
        success,
    },
};

pub(super) fn router() -> Router<Context> {
    let of = crate::routes::of_app;
    let mut router = Router::new()
        .route(&of("/workflows/draft/run"), post(run))
        .route(&of("/advanced-chat/workflows/draft/run"), post(chat))
        .route(&of("/workflows/draft/nodes/{node_id}/run"), post(node))
        .route(
            &of("/workflows/draft/nodes/{node_id}/last-run"),
            get(last_run),
        )
        .route(&of("/workflow-runs/tasks/{task_id}/stop"), post(stop));
    for kind in ["/workflows", "/advanced-chat/workflows"] {
        router = router
            .route(
                &of(&format!("{kind}/draft/iteration/nodes/{{node_id}}/run")),
                post(iteration),
            )
            .route(
                &of(&format!("{kind}/draft/loop/nodes/{{node_id}}/run")),
                post(loop_node),
            );
    }
    router
}

/// The member as an end user of the app.
pub(super) fn tester(ctx: &Context, app: &App, who: &Identity) -> EndUser {
    let session = Source::Console.session(&who.account_id);
    EndUser::new(&app.id, &session, ctx.now())
}

/// The app; the ceiling protects those who use it from each other, not from its editors.
async fn tried(ctx: &Context, who: &Identity, id: &str) -> Result<App, Error> {
    let app = find(ctx, &who.tenant_id, id).await?;
    Ok(App {
        max_active_requests: 0,
        ..app
    })
}

async fn run(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Response, Error> {
    let app = tried(&ctx, &who, &id).await?;
    let request = Request {
        inputs: object(&fields, "inputs", true)?,
        files: fields.files()?,
        user: tester(&ctx, &app, &who),
        version: Which::Draft,
    };
    wire::answer(&ctx, workflow::run(&ctx, &app, request).await?, false).await
}

async fn chat(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path(id): Path<String>,
    mut fields: Fields,
) -> Result<Response, Error> {
    let app = tried(&ctx, &who, &id).await?;
    fields.0.entry("inputs").or_insert_with(|| json!({}));
    let user = tester(&ctx, &app, &who);
    let request = asked::read(&fields, user.session_id, Surface::Chat)?;
    wire::answer(&ctx, workflow::try_chat(&ctx, &app, request).await?, false).await
}

async fn stop(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path((id, task_id)): Path<(String, String)>,
) -> Result<Json<Value>, Error> {
    let app = find(&ctx, &who.tenant_id, &id).await?;
    workflow::stop(&ctx, &app.tenant_id, &app.id, &task_id).await?;
    Ok(success())
}

async fn begin(
    ctx: &Context,
    who: &Identity,
    (id, node_id): (String, String),
    container: Option<&'static str>,
    fields: &Fields,
) -> Result<workflow::Running, Error> {
    let app = tried(ctx, who, &id).await?;
    let trial = Trial {
        node_id,
        container,
        inputs: object(fields, "inputs", false)?,
        query: fields.text("query")?.filter(|query| !query.is_empty()),
        files: fields.files()?,
        user: tester(ctx, &app, who),
    };
    Ok(workflow::try_part(ctx, &app, trial).await?)
}

async fn node(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path(path): Path<(String, String)>,
    fields: Fields,
) -> Result<Json<Value>, Error> {
    let node_id = path.1.clone();
    let running = begin(&ctx, &who, path, None, &fields).await?;
    executed(&who, &node_id, running).await
}

/// Tries a node that begins a run, with these inputs.
pub(super) async fn try_node(
    ctx: &Context,
    who: &Identity,
    (id, node_id): (String, String),
    inputs: Map<String, Value>,
) -> Result<Json<Value>, Error> {
    let app = tried(ctx, who, &id).await?;
    let trial = Trial {
        node_id: node_id.clone(),
        container: None,
        inputs,
        query: None,
        files: Vec::new(),
        user: tester(ctx, &app, who),
    };
    let running = workflow::try_part(ctx, &app, trial).await?;
    executed(who, &node_id, running).await
}

/// How the node went, when it has.
async fn executed(
    who: &Identity,
    node_id: &str,
    running: workflow::Running,
) -> Result<Json<Value>, Error> {
    let events: Vec<Event> = running.events.collect().await;
    let is_it = |execution: &Value| execution.get("node_id") == Some(&json!(node_id));
    let mut all = inspect::executions(&events).into_iter();
    let found = all.find(is_it).ok_or_else(|| {
        let message = format!("node `{node_id}` was not reached");
        app::Error::new(app::Kind::Internal, message)
    })?;
    Ok(Json(execution(&found, &By::Account(who))))
}

async fn iteration(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path(path): Path<(String, String)>,
    fields: Fields,
) -> Result<Response, Error> {
    container(&ctx, &who, path, "iteration", &fields).await
}

async fn loop_node(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path(path): Path<(String, String)>,
    fields: Fields,
) -> Result<Response, Error> {
    container(&ctx, &who, path, "loop", &fields).await
}

async fn container(
    ctx: &Context,
    who: &Identity,
    path: (String, String),
    kind: &'static str,
    fields: &Fields,
) -> Result<Response, Error> {
    let running = begin(ctx, who, path, Some(kind), fields).await?;
    wire::answer(ctx, running, false).await
}

async fn last_run(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path((id, node_id)): Path<(String, String)>,
) -> Result<Json<Value>, Error> {
    let app = find(&ctx, &who.tenant_id, &id).await?;
    workflow::of(&app)?;
    let scope = ctx.tenant(&app.tenant_id);
    let user = tester(&ctx, &app, &who);
    let last = inspect::last_run(&scope, &app, &user, &node_id).await?;
    let last = last.ok_or_else(|| app::Error::not_found("last run not found"))?;
    Ok(Json(execution(&last, &By::Account(&who))))
}

/// Who started a run.
pub(super) enum By<'a> {
    Account(&'a Identity),
    EndUser(&'a EndUser),
}

/// An execution as the console shows it, from the fields of its last event.
pub(super) fn execution(data: &Value, by: &By) -> Value {
    let mut fields = Map::new();
    for (key, empty) in [
        ("id", json!("")),
        ("index", json!(0)),
        ("predecessor_node_id", Value::Null),
        ("node_id", json!("")),
        ("node_type", json!("")),
        ("title", json!("")),
        ("inputs", Value::Null),
        ("inputs_truncated", json!(false)),
        ("process_data", Value::Null),
        ("process_data_truncated", json!(false)),
        ("outputs", Value::Null),
        ("outputs_truncated", json!(false)),
        ("status", json!("running")),
        ("error", Value::Null),
        ("elapsed_time", json!(0.0)),
        ("execution_metadata", json!({})),
        ("extras", json!({})),
        ("created_at", json!(0)),
        ("finished_at", Value::Null),
        ("iteration_id", Value::Null),
        ("loop_id", Value::Null),
    ] {
        let value = data.get(key).cloned().unwrap_or(empty);
        fields.insert(key.to_owned(), value);
    }
    let (role, account, end_user) = match by {
        By::Account(who) => ("account", self::account(who), Value::Null),
        By::EndUser(user) => ("end_user", Value::Null, self::end_user(user)),
    };
    fields.insert("created_by_role".to_owned(), json!(role));
    fields.insert("created_by_account".to_owned(), account);
    fields.insert("created_by_end_user".to_owned(), end_user);
    Value::Object(fields)
}

fn account(who: &Identity) -> Value {
    json!({ "id": who.account_id, "name": who.name, "email": who.email })
}

/// An end user as lists of runs show one.
pub(super) fn end_user(user: &EndUser) -> Value {
    json!({
        "id": user.id,
        "type": user.source().as_str(),
        "is_anonymous": user.is_anonymous(),
        "session_id": user.session(),
    })
}
