//! Runs as the console lists them: what its members tried out, what callers ran, and each with its nodes.

use app::{
    Context, Kind,
    account::Identity,
    end_user::Source,
    workflow::{self, Filter, Record},
};
use axum::{
    Json, Router,
    extract::{Path, State},
    routing::get,
};
use serde_json::{Value, json};

use super::{
    logs::{listed, one, seconds},
    trials::{By, end_user, execution},
};
use crate::{
    Error,
    params::Params,
    routes::console::{Caller, apps::find},
};

pub(super) fn router() -> Router<Context> {
    let of = crate::routes::of_app;
    Router::new()
        .route(&of("/workflow-runs"), get(list))
        .route(&of("/advanced-chat/workflow-runs"), get(list))
        .route(&of("/workflow-runs/{run_id}"), get(detail))
        .route(&of("/workflow-runs/{run_id}/node-executions"), get(nodes))
        .route(&of("/workflow-app-logs"), get(logs))
}

async fn list(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path(id): Path<String>,
    params: Params,
) -> Result<Json<Value>, Error> {
    let app = find(&ctx, &who.tenant_id, &id).await?;
    workflow::of(&app)?;
    let limit = params.number("limit", 20, 1, 100)?;
    let words = ["debugging", "app-run"];
    let from = params.word("triggered_from", &words)?;
    let words = [
        "running",
        "succeeded",
        "failed",
        "stopped",
        "partial-succeeded",
        "paused",
    ];
    let filter = Filter {
        status: params.word("status", &words)?,
        tried: from.as_deref() != Some("app-run"),
        ..Filter::default()
    };
    let last = params.uuid("last_id")?;
    let scope = ctx.tenant(&app.tenant_id);
    let (found, more) = workflow::scroll(&scope, &app.id, &filter, last.as_deref(), limit)
        .await?
        .ok_or_else(|| app::Error::new(Kind::NotFound, "Last workflow run not exists"))?;
    let data: Vec<Value> = found.iter().map(|run| row(run, &who)).collect();
    Ok(Json(
        json!({ "limit": limit, "has_more": more, "data": data }),
    ))
}

async fn detail(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path((id, run_id)): Path<(String, String)>,
) -> Result<Json<Value>, Error> {
    let app = find(&ctx, &who.tenant_id, &id).await?;
    let run = workflow::get(&ctx.tenant(&app.tenant_id), &app.id, &run_id).await?;
    Ok(Json(one(&run)))
}

async fn nodes(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path((id, run_id)): Path<(String, String)>,
) -> Result<Json<Value>, Error> {
    let app = find(&ctx, &who.tenant_id, &id).await?;
    let scope = ctx.tenant(&app.tenant_id);
    let run = workflow::get(&scope, &app.id, &run_id).await?;
    let by = match run.user.source() {
        Source::Console => By::Account(&who),
        _ => By::EndUser(&run.user),
    };
    let all = workflow::inspect::executed(&scope, &run).await?;
    let data: Vec<Value> = all.iter().map(|data| execution(data, &by)).collect();
    Ok(Json(json!({ "data": data })))
}

async fn logs(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path(id): Path<String>,
    params: Params,
) -> Result<Json<Value>, Error> {
    let app = find(&ctx, &who.tenant_id, &id).await?;
    listed(&ctx, &app, &params).await
}

fn row(run: &Record, who: &Identity) -> Value {
    let is_own = run.user.source() == Source::Console;
    let account = is_own && run.user.session() == who.account_id;
    let turn = run.chat.as_ref();
    json!({
        "id": run.id,
        "version": run.version,
        "status": run.status,
        "triggered_from": run.triggered_from,
        "error": run.error,
        "elapsed_time": seconds(run),
        "total_tokens": run.total_tokens,
        "total_steps": run.total_steps,
        "created_by_account": account
            .then(|| json!({ "id": who.account_id, "name": who.name, "email": who.email })),
        "created_by_end_user": (!is_own).then(|| end_user(&run.user)),
        "created_at": run.created_at.as_secs(),
        "finished_at": run.finished_at.map(|at| at.as_secs()),
        "exceptions_count": run.exceptions_count,
        "retry_index": 0,
        "conversation_id": turn.map(|turn| &turn.conversation_id),
        "message_id": turn.map(|turn| &turn.message_id),
    })
}
