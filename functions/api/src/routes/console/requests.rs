//! `/console/api/workspaces/current/requests`: what models were asked, page by page, added up, or as a file.

use app::{
    Context, apps,
    requests::{self, Filter, Kind, MAX_ROWS, Outcome, Purpose, Row, Total},
};
use axum::{
    Json, Router,
    extract::State,
    response::{IntoResponse, Response},
    routing::get,
};
use http::Uri;
use serde_json::{Value, json};

use super::{Caller, csv, logs::moment};
use crate::{
    Error,
    params::{Params, invalid},
    routes::iso,
};

pub(super) fn router() -> Router<Context> {
    let path = "/console/api/workspaces/current/requests";
    Router::new()
        .route(path, get(look))
        .route(&format!("{path}/export"), get(look))
}

fn filter(params: &Params) -> Result<Filter, Error> {
    let text = |name: &str| params.text(name).map(str::to_owned);
    // The words are those of the records: one list for both.
    let unknown = |name: &str, words: Vec<&str>| {
        let message = format!("{name} must be one of {}", words.join(", "));
        invalid(name, message)
    };
    let kind = match params.text("kind") {
        None => None,
        Some(word) => {
            let words = || Kind::ALL.iter().map(|it| it.word()).collect();
            Some(Kind::parse(word).ok_or_else(|| unknown("kind", words()))?)
        }
    };
    let purpose = match params.text("purpose") {
        None => None,
        Some(word) => {
            let words = || Purpose::ALL.iter().map(|it| it.word()).collect();
            Some(Purpose::parse(word).ok_or_else(|| unknown("purpose", words()))?)
        }
    };
    Ok(Filter {
        app_id: params.uuid("app_id")?,
        provider: text("provider"),
        model: text("model"),
        status: params.word("status", &["ok", "stopped", "error"])?,
        kind,
        purpose,
        from: moment(params, "start")?,
        to: moment(params, "end")?,
    })
}

async fn look(
    State(ctx): State<Context>,
    Caller(who): Caller,
    uri: Uri,
    params: Params,
) -> Result<Response, Error> {
    let (tenant, filter) = (&who.tenant_id, filter(&params)?);
    let is_file = uri.path().ends_with("/export");
    let limit = match is_file {
        true => MAX_ROWS,
        false => params.number("limit", 20, 1, 100)?,
    };
    let sums = match params.flag("totals")? && !is_file {
        true => Some(requests::totals(&ctx, tenant, &filter).await?),
        false => None,
    };
    let cursor = params.text("cursor").filter(|_| !is_file);
    let page = requests::list(&ctx, tenant, &filter, cursor, limit).await?;
    let names = apps::names(&ctx.tenant(tenant)).await?;
    let named = |row: &Row| {
        let id = row.of.app_id.as_deref()?;
        names.iter().find(|(known, _)| known == id)
    };
    let rows = page.rows.iter().map(|row| item(row, named(row)));
    if is_file {
        let mut file = csv::File::new(&COLUMNS);
        rows.for_each(|row| file.row(&COLUMNS.map(|name| cell(&row, name))));
        return Ok(file.respond("requests.csv"));
    }
    let (totals, whole) = match sums {
        Some((totals, whole)) => (totals.iter().map(total).collect(), json!(whole)),
        None => (Value::Null, Value::Null),
    };
    Ok(Json(json!({
        "data": rows.collect::<Vec<_>>(),
        "limit": limit,
        "has_more": page.next.is_some(),
        "next_cursor": page.next,
        "totals": totals,
        "totals_complete": whole,
    }))
    .into_response())
}

const COLUMNS: [&str; 24] = [
    "id",
    "time",
    "kind",
    "purpose",
    "provider",
    "model",
    "app_id",
    "app_name",
    "conversation_id",
    "message_id",
    "workflow_run_id",
    "status",
    "error_kind",
    "error",
    "prompt_tokens",
    "completion_tokens",
    "estimated",
    "prompt_unit_price",
    "completion_unit_price",
    "prompt_price_unit",
    "total_price",
    "currency",
    "latency",
    "time_to_first_token",
];

fn item(row: &Row, app: Option<&(String, String)>) -> Value {
    let (error_kind, error) = match &row.outcome {
        Outcome::Error { kind, message } => (Some(kind), Some(message)),
        _ => (None, None),
    };
    let usage = row.usage();
    json!({
        "id": row.id,
        "created_at": row.at.as_secs(),
        "time": iso(row.at),
        "kind": row.kind,
        "purpose": row.purpose,
        "provider": row.provider,
        "model": row.model,
        "app_id": row.of.app_id,
        "app_name": app.map(|(_, name)| name),
        "conversation_id": row.of.conversation_id,
        "message_id": row.of.message_id,
        "workflow_run_id": row.of.run_id,
        "status": row.outcome.word(),
        "error_kind": error_kind,
        "error": error,
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.total_tokens,
        "estimated": row.estimated,
        "priced": row.price.is_some(),
        "prompt_unit_price": usage.prompt_unit_price,
        "prompt_price_unit": usage.prompt_price_unit,
        "prompt_price": usage.prompt_price,
        "completion_unit_price": usage.completion_unit_price,
        "completion_price_unit": usage.completion_price_unit,
        "completion_price": usage.completion_price,
        "total_price": usage.total_price,
        "currency": usage.currency,
        "latency": usage.latency,
        "time_to_first_token": usage.time_to_first_token,
    })
}

fn total(total: &Total) -> Value {
    json!({
        "provider": total.provider,
        "model": total.model,
        "kind": total.kind,
        "requests": total.requests,
        "errors": total.errors,
        "prompt_tokens": total.prompt_tokens,
        "completion_tokens": total.completion_tokens,
        "estimated": total.estimated,
        "total_price": total.price,
        "currency": total.currency,
        "latency": total.latency,
    })
}

fn cell(row: &Value, name: &str) -> String {
    match row.get(name) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}
