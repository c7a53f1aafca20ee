//! `/v1/apps/annotations`: prepared answers, and whether they answer. The console's routes share the wire types.

use app::{
    Context,
    annotation::{self, Annotation, Job, Page, Wish},
    apps::App,
};
use axum::{
    Json, Router,
    extract::{Path, State},
    response::{IntoResponse, Response},
    routing::{get, post, put},
};
use http::StatusCode;
use serde_json::{Value, json};

use crate::{
    AppKey, Error,
    params::{Fields, Params, path_uuid},
};

pub(super) fn router() -> Router<Context> {
    Router::new()
        .route("/v1/apps/annotations", get(list).post(create))
        .route("/v1/apps/annotations/{id}", put(update).delete(delete))
        .route("/v1/apps/annotation-reply/{action}", post(switch))
        .route(
            "/v1/apps/annotation-reply/{action}/status/{job_id}",
            get(status),
        )
}

async fn list(
    State(ctx): State<Context>,
    AppKey(app): AppKey,
    params: Params,
) -> Result<Json<Value>, Error> {
    page(&ctx, &app, &params).await
}

async fn create(
    State(ctx): State<Context>,
    AppKey(app): AppKey,
    fields: Fields,
) -> Result<Response, Error> {
    annotation::require(&app)?;
    let (question, answer) = texts(&fields)?;
    let made = annotation::create(&ctx, &app, None, &question, &answer).await?;
    Ok((StatusCode::CREATED, Json(item(&made))).into_response())
}

async fn update(
    State(ctx): State<Context>,
    AppKey(app): AppKey,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Json<Value>, Error> {
    annotation::require(&app)?;
    let (question, answer) = texts(&fields)?;
    let id = path_uuid(&id)?;
    let changed = annotation::update(&ctx, &app, &id, &question, &answer).await?;
    Ok(Json(item(&changed)))
}

async fn delete(
    State(ctx): State<Context>,
    AppKey(app): AppKey,
    Path(id): Path<String>,
) -> Result<StatusCode, Error> {
    annotation::require(&app)?;
    annotation::delete(&ctx, &app, &path_uuid(&id)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn switch(
    State(ctx): State<Context>,
    AppKey(app): AppKey,
    Path(action): Path<String>,
    fields: Fields,
) -> Result<Json<Value>, Error> {
    turn(&ctx, &app, &action, &fields).await
}

async fn status(
    State(ctx): State<Context>,
    AppKey(app): AppKey,
    Path((_, id)): Path<(String, String)>,
) -> Result<Json<Value>, Error> {
    progress(&ctx, &app, &id).await
}

/// One page of an app's annotations.
pub(super) async fn page(ctx: &Context, app: &App, params: &Params) -> Result<Json<Value>, Error> {
    annotation::require(app)?;
    let page = params.number("page", 1, 1, 99_999)?;
    let limit = params.number("limit", 20, 1, 100)?;
    let keyword = params.text("keyword").unwrap_or_default();
    let scope = ctx.tenant(&app.tenant_id);
    let Page { items, total } = annotation::list(&scope, &app.id, keyword, page, limit).await?;
    Ok(Json(json!({
        "data": items.iter().map(item).collect::<Vec<_>>(),
        "has_more": page * limit < total,
        "limit": limit,
        "total": total,
        "page": page,
    })))
}

/// Switches an app's prepared answers on or off.
pub(super) async fn turn(
    ctx: &Context,
    app: &App,
    action: &str,
    fields: &Fields,
) -> Result<Json<Value>, Error> {
    annotation::require(app)?;
    let wish = Wish {
        score_threshold: fields.float("score_threshold")?,
        provider: fields.required("embedding_provider_name")?,
        model: fields.required("embedding_model_name")?,
    };
    let job = match action {
        "enable" => annotation::enable(ctx, app, &wish).await?,
        "disable" => annotation::disable(ctx, app).await?,
        _ => {
            let message = "action must be 'enable' or 'disable'";
            return Err(app::Error::invalid("action", message).into());
        }
    };
    Ok(Json(
        json!({"job_id": job.id, "job_status": job.status.as_str()}),
    ))
}

/// Where a job of an app's annotations stands.
pub(super) async fn progress(ctx: &Context, app: &App, id: &str) -> Result<Json<Value>, Error> {
    annotation::require(app)?;
    let Job {
        id, status, error, ..
    } = annotation::job(ctx, &app.tenant_id, &app.id, id).await?;
    Ok(Json(
        json!({"job_id": id, "job_status": status.as_str(), "error_msg": error}),
    ))
}

pub(super) fn texts(fields: &Fields) -> Result<(String, String), Error> {
    Ok((fields.required("question")?, fields.required("answer")?))
}

pub(super) fn item(annotation: &Annotation) -> Value {
    json!({
        "id": annotation.id,
        "question": annotation.question,
        "answer": annotation.answer,
        "hit_count": annotation.hit_count,
        "created_at": annotation.created_at.as_secs(),
    })
}

/// How an app's annotations answer, as `/parameters` and the console say it.
pub(super) fn feature(app: &App) -> Value {
    match &app.annotation_reply {
        None => json!({"enabled": false}),
        Some(setting) => json!({
            "id": setting.id,
            "enabled": true,
            "score_threshold": rounded(setting.score_threshold),
            "embedding_model": {
                "embedding_provider_name": setting.provider,
                "embedding_model_name": setting.model,
            },
        }),
    }
}

/// A score as a person would write it: 0.9 and not 0.8999999761581421.
pub(super) fn rounded(score: f32) -> f64 {
    (f64::from(score) * 1e6).round() / 1e6
}
