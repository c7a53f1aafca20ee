//! The charts of an app.

use app::{
    Context,
    statistics::{self, Chart, Day},
};
use axum::{
    Json, Router,
    extract::{Path, State},
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::{Map, Value, json};

use super::{Caller, apps::find, csv, logs::moment};
use crate::{Error, params::Params};

pub(super) fn router() -> Router<Context> {
    Router::new().route("/console/api/apps/{id}/statistics/{chart}", get(chart))
}

async fn chart(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path((id, chart)): Path<(String, String)>,
    params: Params,
) -> Result<Response, Error> {
    let app = find(&ctx, &who.tenant_id, &id).await?;
    let unknown = || app::Error::not_found(format!("There is no chart {chart}."));
    let kind = Chart::parse(&chart).ok_or_else(unknown)?;
    let (from, to) = (moment(&params, "start")?, moment(&params, "end")?);
    let days = statistics::chart(&ctx, &app, from, to).await?;
    let points: Vec<Map<String, Value>> = days.iter().map(|day| point(kind, day)).collect();
    if params.text("format") != Some("csv") {
        return Ok(Json(json!({ "data": points })).into_response());
    }
    let columns = points
        .first()
        .map(|it| it.keys().map(String::as_str).collect());
    let mut file = csv::File::new(&columns.unwrap_or_else(|| vec!["date"]));
    for point in &points {
        let cells = point.values().map(|value| match value {
            Value::String(text) => text.clone(),
            value => value.to_string(),
        });
        file.row(&cells.collect::<Vec<_>>());
    }
    Ok(file.respond(&format!("{chart}.csv")))
}

/// A day as a point of a chart, its date first.
fn point(chart: Chart, day: &Day) -> Map<String, Value> {
    let rounded = |value: f64, places: i32| {
        let scale = 10f64.powi(places);
        (value * scale).round() / scale
    };
    let ratio = |a: u64, b: u64| if b == 0 { 0.0 } else { a as f64 / b as f64 };
    let rest = match chart {
        Chart::Messages => json!({ "message_count": day.messages }),
        Chart::Conversations => json!({ "conversation_count": day.conversations }),
        Chart::EndUsers => json!({ "terminal_count": day.end_users }),
        Chart::Tokens => json!({
            "token_count": day.tokens, "total_price": day.price, "currency": day.currency,
        }),
        Chart::Interactions => {
            json!({ "interactions": rounded(ratio(day.messages, day.conversations), 2) })
        }
        Chart::Satisfaction => {
            json!({ "rate": rounded(1_000.0 * ratio(day.likes, day.messages), 2) })
        }
        Chart::ResponseTime => json!({ "latency": rounded(day.latency * 1_000.0, 1) }),
        Chart::FirstToken => json!({ "ttft": rounded(day.first_token * 1_000.0, 1) }),
        Chart::Speed => json!({ "tps": rounded(day.speed, 4) }),
        Chart::Errors => json!({ "error_count": day.errors }),
    };
    let mut point = Map::from_iter([("date".to_owned(), json!(day.date))]);
    if let Value::Object(rest) = rest {
        point.extend(rest);
    }
    point
}
