//! Runs that were: one, and the list.

use app::{
    Context,
    apps::{App, Mode},
    end_user::Source,
    workflow::{self, Filter, Logged, Record},
};
use axum::{
    Json, Router,
    extract::{Path, State},
    routing::get,
};
use serde_json::{Value, json};

use super::{
    runs::{check, starter},
    trials::end_user,
};
use crate::{
    AppKey, Error,
    params::{Params, invalid},
};

pub(super) fn router() -> Router<Context> {
    Router::new()
        .route("/v1/workflows/run/{run_id}", get(detail))
        .route("/v1/workflows/logs", get(list))
}

async fn detail(
    State(ctx): State<Context>,
    AppKey(app): AppKey,
    Path(run_id): Path<String>,
) -> Result<Json<Value>, Error> {
    check(&app, &[Mode::Workflow, Mode::AdvancedChat])?;
    let run = workflow::get(&ctx.tenant(&app.tenant_id), &app.id, &run_id).await?;
    Ok(Json(one(&run)))
}

pub(super) fn one(run: &Record) -> Value {
    json!({
        "id": run.id,
        "workflow_id": run.workflow_id,
        "status": run.status,
        "inputs": run.inputs.to_string(),
        "outputs": run.outputs.as_ref().filter(|outputs| outputs.is_object()).unwrap_or(&json!({})),
        "error": run.error,
        "total_steps": run.total_steps,
        "total_tokens": run.total_tokens,
        "created_at": run.created_at.as_secs(),
        "finished_at": run.finished_at.map(|at| at.as_secs()),
        "elapsed_time": seconds(run),
    })
}

async fn list(
    State(ctx): State<Context>,
    AppKey(app): AppKey,
    params: Params,
) -> Result<Json<Value>, Error> {
    listed(&ctx, &app, &params).await
}

/// A page of the runs of an app's callers.
pub(super) async fn listed(
    ctx: &Context,
    app: &App,
    params: &Params,
) -> Result<Json<Value>, Error> {
    check(app, &[Mode::Workflow, Mode::AdvancedChat])?;
    let page = params.number("page", 1, 1, 99_999)?;
    let limit = params.number("limit", 20, 1, 100)?;
    let status = match params.text("status") {
        None => None,
        Some(status @ ("succeeded" | "failed" | "stopped")) => Some(status.to_owned()),
        Some(_) => {
            let message = "status must be one of succeeded, failed, stopped";
            return Err(invalid("status", message));
        }
    };
    if let Some(account) = params.text("created_by_account") {
        // Accounts try an app out; the list holds what its callers ran.
        let message = format!("Account not found: {account}");
        return Err(invalid("created_by_account", message));
    }
    let time = |name: &str| match params.text(name) {
        None => Ok(None),
        Some(text) => moment(text).map(Some).ok_or_else(|| {
            invalid(
                name,
                format!("{name} must be a time such as 2026-01-31T12:00:00Z"),
            )
        }),
    };
    let filter = Filter {
        keyword: params.text("keyword").unwrap_or_default().to_owned(),
        status,
        before: time("created_at__before")?,
        after: time("created_at__after")?,
        session_id: params
            .text("created_by_end_user_session_id")
            .map(str::to_owned),
        ..Filter::default()
    };
    let scope = ctx.tenant(&app.tenant_id);
    let (found, total) = workflow::logs(&scope, &app.id, &filter, page, limit).await?;
    Ok(Json(json!({
        "page": page,
        "limit": limit,
        "total": total,
        "has_more": page * limit < total,
        "data": found.iter().map(item).collect::<Vec<_>>(),
    })))
}

fn item(logged: &Logged) -> Value {
    let run = &logged.run;
    let source = run.user.source();
    json!({
        "id": run.id,
        "workflow_run": {
            "id": run.id,
            "version": run.version,
            "status": run.status,
            "triggered_from": run.triggered_from,
            "error": run.error,
            "elapsed_time": seconds(run),
            "total_tokens": run.total_tokens,
            "total_steps": run.total_steps,
            "created_at": run.created_at.as_secs(),
            "finished_at": run.finished_at.map(|at| at.as_secs()),
            "exceptions_count": run.exceptions_count,
        },
        "details": null,
        "created_from": match source {
            Source::ServiceApi => "service-api",
            _ => "web-app",
        },
        "created_by_role": "end_user",
        "created_by_account": null,
        "created_by_end_user": end_user(&run.user),
        "created_at": run.created_at.as_secs(),
    })
}

/// The fields of `workflow_finished`, from the record.
pub(super) fn finished(run: &Record) -> Value {
    json!({
        "id": run.id,
        "workflow_id": run.workflow_id,
        "status": run.status,
        "outputs": run.outputs,
        "error": run.error,
        "elapsed_time": seconds(run),
        "total_tokens": run.total_tokens,
        "total_steps": run.total_steps,
        "created_by": starter(run),
        "created_at": run.created_at.as_secs(),
        "finished_at": run.finished_at.map(|at| at.as_secs()),
        "exceptions_count": run.exceptions_count,
        "files": [],
    })
}

pub(super) fn seconds(run: &Record) -> f64 {
    run.elapsed as f64 / 1000.0
}

/// Milliseconds since 1970 of an ISO 8601 time: a date, or a date and a time, in UTC or with an offset.
fn moment(text: &str) -> Option<u64> {
    let (date, rest) = text.split_once(['T', ' ']).unwrap_or((text, ""));
    let mut parts = date.splitn(3, '-').map(str::parse::<i64>);
    let (year, month, day) = (
        parts.next()?.ok()?,
        parts.next()?.ok()?,
        parts.next()?.ok()?,
    );
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let rest = rest.trim_end_matches(['Z', 'z']);
    let sign_at = rest.rfind(['+', '-', ' ']);
    let (clock, offset) = match sign_at {
        Some(at) => (rest.get(..at)?, rest.get(at..)?),
        None => (rest, ""),
    };
    let mut fields = clock.split(':');
    let mut next = || match fields.next() {
        None | Some("") => Some(0.0),
        Some(field) => field
            .parse::<f64>()
            .ok()
            .filter(|field| (0.0..=60.0).contains(field)),
    };
    let (hours, minutes, seconds) = (next()?, next()?, next()?);
    let shift = match offset.get(1..).filter(|_| !offset.is_empty()) {
        None => 0.0,
        Some(offset_text) => {
            let (hours, minutes) = offset_text.split_once(':').unwrap_or((offset_text, "0"));
            let seconds = hours.parse::<f64>().ok()? * 3600.0 + minutes.parse::<f64>().ok()? * 60.0;
            // A plus in a query that nobody encoded arrives as a space.
            if offset.starts_with('-') {
                -seconds
            } else {
                seconds
            }
        }
    };
    // Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", for days since 1970-01-01.
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year - era * 400;
    let of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
    let total = days as f64 * 86_400.0 + hours * 3600.0 + minutes * 60.0 + seconds - shift;
    // No run is older than 1970.
    Some((total.max(0.0) * 1000.0) as u64)
}

#[cfg(test)]
mod tests {
    #[test]
    fn moments() {
        for (text, expect) in [
            ("1970-01-01", Some(0)),
            ("2000-02-29T00:00:00Z", Some(951_782_400_000)),
            ("2026-07-22T06:00:00.5", Some(1_784_700_000_500)),
            ("2026-07-22T08:00:00+02:00", Some(1_784_700_000_000)),
            ("2026-07-22T04:00:00-02:00", Some(1_784_700_000_000)),
            ("0510-08-12T04:16:21.7Z", Some(0)),
            ("2026-13-01", None),
            ("yesterday", None),
        ] {
            assert_eq!(super::moment(text), expect, "{text}");
        }
    }
}
