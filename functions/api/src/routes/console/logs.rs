//! The log of an app: conversations, messages, verdicts, and both as files.

use app::{
    Context,
    apps::App,
    end_user::Source,
    log::{self, Annotated, Detail, Filter, Shown, SortBy, day},
    message::{self, Message},
};
use axum::{
    Json, Router,
    extract::{Path, State},
    response::Response,
    routing::{get, post},
};
use http::{HeaderMap, StatusCode};
use ports::Timestamp;
use serde_json::{Value, json};

use super::{Caller, apps::find, csv, debug};
use crate::{
    Error,
    params::{Fields, Params, invalid, path_uuid},
    routes::{iso, messages, scrolled, success},
};

pub(super) fn router() -> Router<Context> {
    let of = crate::routes::of_app;
    Router::new()
        .route(&of("/chat-conversations"), get(chats))
        .route(&of("/chat-conversations/{it}"), get(one).delete(delete))
        .route(&of("/completion-conversations"), get(completions))
        .route(
            &of("/completion-conversations/{it}"),
            get(one).delete(delete),
        )
        .route(
            &of("/chat-messages"),
            get(of_conversation).post(debug::chat),
        )
        .route(&of("/messages/{message_id}"), get(message))
        .route(&of("/feedbacks"), post(rate))
        .route(&of("/feedbacks/export"), get(export_feedback))
        .route(&of("/logs/export"), get(export))
}

/// A moment of a query.
pub(super) fn moment(params: &Params, name: &str) -> Result<Option<Timestamp>, Error> {
    let Some(text) = params.text(name) else {
        return Ok(None);
    };
    // A plus in a query is a blank, or was one.
    let at = day::parse(&text.replace('+', " "));
    let wrong = || invalid(name, format!("{name} must be like 2026-07-22 06:00"));
    Ok(Some(at.ok_or_else(wrong)?))
}

fn filter(params: &Params) -> Result<Filter, Error> {
    let annotated = match params.text("annotation_status") {
        None | Some("all") => Annotated::All,
        Some("annotated") => Annotated::Yes,
        Some("not_annotated") => Annotated::No,
        Some(_) => {
            let message = "annotation_status must be all, annotated or not_annotated";
            return Err(invalid("annotation_status", message));
        }
    };
    let sort_by = match params.text("sort_by") {
        None => SortBy::default(),
        Some(name) => SortBy::parse(name).ok_or_else(|| {
            let allowed = "created_at, -created_at, updated_at or -updated_at";
            invalid("sort_by", format!("sort_by must be {allowed}"))
        })?,
    };
    Ok(Filter {
        keyword: params.text("keyword").unwrap_or_default().to_owned(),
        from: moment(params, "start")?,
        to: moment(params, "end")?,
        annotated,
        sort_by,
    })
}

async fn chats(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path(id): Path<String>,
    params: Params,
) -> Result<Json<Value>, Error> {
    let app = find(&ctx, &who.tenant_id, &id).await?;
    message::require_chat(&app)?;
    page(&ctx, &app, &params, row).await
}

async fn completions(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path(id): Path<String>,
    params: Params,
    headers: HeaderMap,
) -> Result<Json<Value>, Error> {
    let app = find(&ctx, &who.tenant_id, &id).await?;
    app::chat::check_surface(&app, app::chat::Surface::Completion)?;
    let link = messages::linker(&ctx, &app, &headers).await?;
    let row = |detail: &Detail| {
        let mut row = row(detail);
        if let Some(fields) = row.as_object_mut() {
            let first = detail.first.as_ref().map(|first| plain(first, &link));
            fields.insert("message".to_owned(), first.unwrap_or_default());
        }
        row
    };
    page(&ctx, &app, &params, row).await
}

async fn page(
    ctx: &Context,
    app: &App,
    params: &Params,
    row: impl Fn(&Detail) -> Value,
) -> Result<Json<Value>, Error> {
    let page = params.number("page", 1, 1, 99_999)?;
    let limit = params.number("limit", 20, 1, 100)?;
    let found = log::list(ctx, app, &filter(params)?, page, limit).await?;
    Ok(Json(json!({
        "data": found.conversations.iter().map(row).collect::<Vec<_>>(),
        "page": page,
        "limit": limit,
        "total": found.total,
        "has_more": page * limit < found.total,
    })))
}

async fn one(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path((id, it)): Path<(String, String)>,
) -> Result<Json<Value>, Error> {
    let app = find(&ctx, &who.tenant_id, &id).await?;
    let found = log::conversation(&ctx, &app, &path_uuid(&it)?).await?;
    Ok(Json(row(&found)))
}

async fn delete(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path((id, it)): Path<(String, String)>,
) -> Result<StatusCode, Error> {
    let app = find(&ctx, &who.tenant_id, &id).await?;
    log::delete(&ctx, &app, &path_uuid(&it)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn of_conversation(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path(id): Path<String>,
    params: Params,
    headers: HeaderMap,
) -> Result<Json<Value>, Error> {
    let app = find(&ctx, &who.tenant_id, &id).await?;
    let required = || invalid("conversation_id", "conversation_id is required");
    let conversation = params.uuid("conversation_id")?.ok_or_else(required)?;
    let first = params.uuid("first_id")?;
    let limit = params.number("limit", 20, 1, 100)?;
    let page = log::messages(&ctx, &app, &conversation, first.as_deref(), limit).await?;
    let link = messages::linker(&ctx, &app, &headers).await?;
    Ok(scrolled(limit, &page, |it| shown(it, &link)))
}

async fn message(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path((id, message_id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Json<Value>, Error> {
    let app = find(&ctx, &who.tenant_id, &id).await?;
    let found = log::message(&ctx, &app, &path_uuid(&message_id)?).await?;
    let link = messages::linker(&ctx, &app, &headers).await?;
    Ok(Json(shown(&found, &link)))
}

async fn rate(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Json<Value>, Error> {
    let app = find(&ctx, &who.tenant_id, &id).await?;
    let message_id = path_uuid(&fields.required("message_id")?)?;
    let (rating, content) = messages::verdict(&fields)?;
    log::rate(&ctx, &app, &who, &message_id, rating, content).await?;
    Ok(success())
}

/// Conversations of one file.
const MAX_EXPORT: usize = 2_000;

async fn export(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path(id): Path<String>,
    params: Params,
) -> Result<Response, Error> {
    let app = find(&ctx, &who.tenant_id, &id).await?;
    let filter = filter(&params)?;
    let mut file = csv::File::new(&[
        "conversation_id",
        "conversation_name",
        "end_user",
        "source",
        "message_id",
        "created_at",
        "query",
        "answer",
        "status",
        "error",
        "model",
        "prompt_tokens",
        "completion_tokens",
        "total_price",
        "currency",
        "latency",
        "user_feedback",
        "admin_feedback",
    ]);
    for page in 1..=MAX_EXPORT / 100 {
        let found = log::list(&ctx, &app, &filter, page, 100).await?;
        for detail in &found.conversations {
            let id = &detail.conversation.id;
            let all = log::messages(&ctx, &app, id, None, 100).await?;
            all.items.iter().for_each(|it| file.row(&cells(it)));
        }
        if page * 100 >= found.total {
            break;
        }
    }
    Ok(file.respond("messages.csv"))
}

fn cells(shown: &Shown) -> [String; 18] {
    let (message, conversation) = (&shown.message, &shown.conversation);
    let usage = message.usage.clone().unwrap_or_default();
    let (source, name) = Source::of(&conversation.session_id);
    let rating = |rating: Option<message::Rating>| match rating {
        Some(message::Rating::Like) => "like".to_owned(),
        Some(message::Rating::Dislike) => "dislike".to_owned(),
        None => String::new(),
    };
    [
        conversation.id.clone(),
        conversation.name.clone(),
        name.to_owned(),
        source.as_str().to_owned(),
        message.id.clone(),
        iso(message.created_at),
        message.query.clone(),
        message.answer.clone(),
        message.status.as_str().to_owned(),
        message.error.clone().unwrap_or_default(),
        message.model.clone(),
        usage.prompt_tokens.to_string(),
        usage.completion_tokens.to_string(),
        usage.total_price,
        usage.currency,
        usage.latency.to_string(),
        rating(message.feedback.as_ref().and_then(|it| it.rating)),
        rating(shown.admin.as_ref().map(|it| it.rating)),
    ]
}

/// Verdicts of one file.
const MAX_FEEDBACK: usize = 10_000;

async fn export_feedback(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path(id): Path<String>,
    params: Params,
) -> Result<Response, Error> {
    let app = find(&ctx, &who.tenant_id, &id).await?;
    let scope = ctx.tenant(&app.tenant_id);
    let found = message::feedbacks(&scope, &app.id, 1, MAX_FEEDBACK).await?;
    if params.text("format") == Some("json") {
        let rows: Vec<Value> = found.iter().map(|it| json!(it)).collect();
        return Ok(csv::json_file(&json!({ "data": rows }), "feedback.json"));
    }
    let mut file = csv::File::new(&[
        "message_id",
        "conversation_id",
        "end_user_id",
        "rating",
        "content",
        "created_at",
    ]);
    for it in &found {
        file.row(&[
            it.message_id.clone(),
            it.conversation_id.clone(),
            it.end_user_id.clone(),
            json!(it.rating).as_str().unwrap_or_default().to_owned(),
            it.content.clone().unwrap_or_default(),
            iso(it.created_at),
        ]);
    }
    Ok(file.respond("feedback.csv"))
}

fn origin(session: &str) -> &'static str {
    match Source::of(session).0 {
        Source::ServiceApi => "api",
        Source::Browser => "web-app",
        Source::Console => "console",
    }
}

fn row(detail: &Detail) -> Value {
    let it = &detail.conversation;
    let model = detail
        .first
        .as_ref()
        .and_then(|first| first.model.split_once('/'));
    let (provider, name) = model.unwrap_or_default();
    let first = detail.first.as_ref();
    json!({
        "id": it.id,
        "name": it.name,
        "summary": first.map(|first| first.query.chars().take(300).collect::<String>()).unwrap_or_default(),
        "status": it.status.as_str(),
        "from_source": origin(&it.session_id),
        "from_end_user_id": it.end_user_id,
        "from_end_user_session_id": Source::of(&it.session_id).1,
        "from_account_id": null,
        "inputs": it.inputs,
        "message_count": detail.messages,
        "annotated": detail.annotated,
        "user_feedback_stats": { "like": detail.user.0, "dislike": detail.user.1 },
        "admin_feedback_stats": { "like": detail.admin.0, "dislike": detail.admin.1 },
        "status_count": {
            "success": detail.messages - detail.failed, "failed": detail.failed, "partial_success": 0,
        },
        "model_config": { "model": { "provider": provider, "name": name } },
        "created_at": it.created_at.as_secs(),
        "updated_at": it.updated_at.as_secs(),
    })
}

fn plain(message: &Message, link: &dyn Fn(&str) -> String) -> Value {
    let usage = message.usage.clone().unwrap_or_default();
    json!({
        "id": message.id,
        "conversation_id": message.conversation_id,
        "parent_message_id": message.parent_message_id,
        "inputs": message.inputs,
        "query": message.query,
        "answer": message.answer,
        "status": message.status.as_str(),
        "error": message.error,
        "message_files": message.files.iter().map(|it| messages::file(it, link)).collect::<Vec<_>>(),
        "agent_thoughts": messages::thoughts(message),
        "message_tokens": usage.prompt_tokens,
        "answer_tokens": usage.completion_tokens,
        "total_price": usage.total_price,
        "currency": usage.currency,
        "provider_response_latency": usage.latency,
        "time_to_first_token": usage.time_to_first_token,
        "model": message.model,
        "from_end_user_id": message.end_user_id,
        "from_account_id": null,
        "created_at": message.created_at.as_secs(),
    })
}

fn shown(shown: &Shown, link: &dyn Fn(&str) -> String) -> Value {
    let message = &shown.message;
    let mut value = plain(message, link);
    let mut feedbacks = Vec::new();
    if let Some(given) = message.feedback.as_ref().filter(|it| it.rating.is_some()) {
        feedbacks.push(json!({
            "rating": given.rating, "content": given.content, "from_source": "user",
            "from_end_user_id": given.end_user_id, "from_account": null,
        }));
    }
    if let Some(given) = &shown.admin {
        let account = json!({ "id": given.account_id, "name": given.account_name });
        feedbacks.push(json!({
            "rating": given.rating, "content": given.content, "from_source": "admin",
            "from_end_user_id": null, "from_account": account,
        }));
    }
    let annotation = shown.linked.as_ref().map(|it| {
        json!({
            "id": it.annotation_id, "question": it.question, "content": it.answer,
            "account": { "id": it.account_id, "name": it.account_name }, "created_at": it.created_at.as_secs(),
        })
    });
    let resources = shown
        .resources
        .iter()
        .map(|it| messages::resource_item(&message.id, message.created_at, it));
    let resources: Vec<Value> = resources.collect();
    if let Some(fields) = value.as_object_mut() {
        fields.insert("feedbacks".to_owned(), feedbacks.into());
        fields.insert("annotation".to_owned(), annotation.unwrap_or_default());
        fields.insert("annotation_hit_history".to_owned(), Value::Null);
        fields.insert("retriever_resources".to_owned(), resources.into());
        let origin = origin(&shown.conversation.session_id);
        fields.insert("from_source".to_owned(), origin.into());
    }
    value
}
