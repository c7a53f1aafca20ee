//! Events and answers of runs as they go out.

use app::{
    Context, Kind,
    workflow::{Event, Record, Running},
};
use axum::{
    Json,
    response::{IntoResponse, Response},
};
use futures::StreamExt;
use http::{HeaderValue, header};
use serde_json::{Map, Value, json};

use crate::Error;

/// Events whose fields stand beside those that every event has.
const FLAT: [&str; 4] = ["message", "message_replace", "message_end", "error"];
/// Events without the run's id in chatflows.
const BARE: [&str; 3] = ["text_chunk", "reasoning_chunk", "agent_log"];

/// One event of a stream.
pub(super) fn event(record: &Record, event: &Event) -> Value {
    let mut fields = Map::new();
    let mut put = |key: &str, value: Value| fields.insert(key.to_owned(), value);
    put("event", json!(event.name));
    let is_flat = FLAT.contains(&event.name.as_str());
    match &record.chat {
        Some(turn) => {
            put("conversation_id", json!(turn.conversation_id));
            put("message_id", json!(turn.message_id));
            put("created_at", json!(record.created_at.as_secs()));
            if !is_flat && !BARE.contains(&event.name.as_str()) {
                put("workflow_run_id", json!(record.id));
            }
            if event.name == "message" {
                put("id", json!(turn.message_id));
            }
        }
        None => {
            put("workflow_run_id", json!(record.id));
        }
    }
    if event.name != "error" {
        put("task_id", json!(record.task_id));
    }
    match (&event.data, is_flat) {
        (Value::Object(data), true) => {
            for (key, value) in data {
                put(key, value.clone());
            }
        }
        (data, _) => {
            put("data", data.clone());
        }
    }
    Value::Object(fields)
}

/// Answers with events, or with the whole when the run has ended.
pub(super) async fn answer(
    ctx: &Context,
    running: Running,
    blocking: bool,
) -> Result<Response, Error> {
    let hidden = running.hidden();
    let Running { record, events, .. } = running;
    if !blocking {
        let id = record.id.clone();
        let events = events.filter(move |event| std::future::ready(!hidden(event)));
        let events = events.map(move |shown| (None, event(&record, &shown)));
        let mut response = crate::sse::run(ctx.platform.clock.clone(), events);
        if let Ok(id) = HeaderValue::from_str(&id) {
            response.headers_mut().insert("x-workflow-run-id", id);
        }
        return Ok(response);
    }
    let shown: Vec<Event> = events.collect().await;
    let body = match &record.chat {
        Some(_) => message(&record, &shown)?,
        None => finished(&record, &shown)?,
    };
    let kind = [(header::CONTENT_TYPE, "application/json; charset=utf-8")];
    Ok((kind, Json(body)).into_response())
}

fn last<'a>(shown: &'a [Event], name: &str) -> Option<&'a Value> {
    let event = shown.iter().rev().find(|event| event.name == name);
    event.map(|event| &event.data)
}

/// What a run says last that waits for people.
fn paused(shown: &[Event]) -> Option<&Value> {
    let last = shown.last().filter(|event| event.name == "workflow_paused");
    last.map(|event| &event.data)
}

fn finished(record: &Record, shown: &[Event]) -> Result<Value, Error> {
    let mut kept = Map::new();
    if let Some(data) = paused(shown) {
        for key in ["paused_nodes", "reasons", "status", "outputs", "created_at"] {
            kept.insert(key.to_owned(), data.get(key).cloned().unwrap_or_default());
        }
        for key in ["elapsed_time", "total_tokens", "total_steps"] {
            kept.insert(key.to_owned(), data.get(key).cloned().unwrap_or_default());
        }
        kept.insert("id".to_owned(), json!(record.id));
        kept.insert("workflow_id".to_owned(), json!(record.workflow_id));
        kept.insert("error".to_owned(), Value::Null);
        kept.insert("finished_at".to_owned(), Value::Null);
        return Ok(
            json!({ "task_id": record.task_id, "workflow_run_id": record.id, "data": kept }),
        );
    }
    let data = last(shown, "workflow_finished").ok_or_else(|| broken(shown))?;
    for key in [
        "id",
        "workflow_id",
        "status",
        "outputs",
        "error",
        "elapsed_time",
        "total_tokens",
        "total_steps",
        "created_at",
        "finished_at",
    ] {
        kept.insert(key.to_owned(), data.get(key).cloned().unwrap_or_default());
    }
    Ok(json!({ "task_id": record.task_id, "workflow_run_id": record.id, "data": kept }))
}

fn message(record: &Record, shown: &[Event]) -> Result<Value, Error> {
    let answer = app::workflow::answer(shown);
    if let (Some(data), Some(turn)) = (paused(shown), &record.chat) {
        let part = |key: &str| data.get(key).cloned().unwrap_or_default();
        return Ok(json!({
            "event": "workflow_paused",
            "task_id": record.task_id,
            "id": turn.message_id,
            "message_id": turn.message_id,
            "conversation_id": turn.conversation_id,
            "mode": record.mode.as_str(),
            "answer": answer,
            "metadata": {},
            "created_at": record.created_at.as_secs(),
            "workflow_run_id": record.id,
            "data": {
                "id": turn.message_id, "mode": record.mode.as_str(),
                "conversation_id": turn.conversation_id, "message_id": turn.message_id,
                "workflow_run_id": record.id, "answer": answer, "metadata": {},
                "created_at": record.created_at.as_secs(),
                "paused_nodes": part("paused_nodes"), "reasons": part("reasons"), "status": "paused",
                "elapsed_time": part("elapsed_time"), "total_tokens": part("total_tokens"),
                "total_steps": part("total_steps"),
            },
        }));
    }
    let (Some(end), Some(turn)) = (last(shown, "message_end"), &record.chat) else {
        return Err(broken(shown));
    };
    Ok(json!({
        "event": "message",
        "task_id": record.task_id,
        "id": turn.message_id,
        "message_id": turn.message_id,
        "conversation_id": turn.conversation_id,
        "mode": record.mode.as_str(),
        "answer": answer,
        "metadata": end.get("metadata"),
        "created_at": record.created_at.as_secs(),
    }))
}

/// Why there is no whole answer.
fn broken(shown: &[Event]) -> Error {
    let data = last(shown, "error");
    let text = |key: &str| data.and_then(|data| data.get(key)).and_then(Value::as_str);
    let kind = match text("code") {
        Some("invalid_param") => Kind::InvalidParam,
        _ => Kind::Internal,
    };
    app::Error::new(
        kind,
        text("message").unwrap_or("a run ended without a last event"),
    )
    .into()
}
