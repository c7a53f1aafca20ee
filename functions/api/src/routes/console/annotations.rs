//! Annotations of an app: as the Service API has them, and import, export, history and settings.

use app::{
    Context, Kind,
    annotation::{self, Hit},
    apps::App,
    log,
};
use axum::{
    Json, Router,
    extract::{Path, Request, State},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use http::StatusCode;
use serde_json::{Value, json};

use super::{Caller, apps::find};
use crate::{
    Error,
    params::{Fields, Params, path_uuid},
    routes::{
        annotations::{feature, item, page, progress, rounded, texts, turn},
        form::{Complaints, Form, body_limit},
    },
};

pub(super) fn router() -> Router<Context> {
    let of = crate::routes::of_app;
    Router::new()
        .route(
            &of("/annotations"),
            get(list).post(create).delete(delete_some),
        )
        .route(&of("/annotations/count"), get(count))
        .route(&of("/annotations/export"), get(export))
        .route(
            &of("/annotations/batch-import"),
            post(import).layer(body_limit()),
        )
        .route(
            &of("/annotations/batch-import-status/{job_id}"),
            get(import_status),
        )
        .route(
            &of("/annotations/{annotation_id}"),
            post(update).delete(delete),
        )
        .route(
            &of("/annotations/{annotation_id}/hit-histories"),
            get(history),
        )
        .route(&of("/annotation-reply/{action}"), post(switch))
        .route(
            &of("/annotation-reply/{action}/status/{job_id}"),
            get(switch_status),
        )
        .route(&of("/annotation-setting"), get(setting))
        .route(
            &of("/annotation-settings/{setting_id}"),
            post(change_setting),
        )
}

async fn of_app(ctx: &Context, tenant_id: &str, id: &str) -> Result<App, Error> {
    let app = find(ctx, tenant_id, id).await?;
    annotation::require(&app)?;
    Ok(app)
}

async fn list(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path(id): Path<String>,
    params: Params,
) -> Result<Json<Value>, Error> {
    page(&ctx, &of_app(&ctx, &who.tenant_id, &id).await?, &params).await
}

async fn create(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Response, Error> {
    let app = of_app(&ctx, &who.tenant_id, &id).await?;
    let (question, answer) = texts(&fields)?;
    let made = match fields.text("message_id")?.filter(|id| !id.is_empty()) {
        Some(id) => {
            let id = path_uuid(&id)?;
            log::annotate(&ctx, &app, &who, &id, &question, &answer).await?
        }
        None => annotation::create(&ctx, &app, Some(&who), &question, &answer).await?,
    };
    Ok((StatusCode::CREATED, Json(item(&made))).into_response())
}

async fn update(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path((id, annotation_id)): Path<(String, String)>,
    fields: Fields,
) -> Result<Json<Value>, Error> {
    let app = of_app(&ctx, &who.tenant_id, &id).await?;
    let (question, answer) = texts(&fields)?;
    let id = path_uuid(&annotation_id)?;
    let changed = annotation::update(&ctx, &app, &id, &question, &answer).await?;
    Ok(Json(item(&changed)))
}

async fn delete(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path((id, annotation_id)): Path<(String, String)>,
) -> Result<StatusCode, Error> {
    let app = of_app(&ctx, &who.tenant_id, &id).await?;
    annotation::delete(&ctx, &app, &path_uuid(&annotation_id)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Those that `annotation_id` names, any number of times; without it, all.
async fn delete_some(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path(id): Path<String>,
    uri: http::Uri,
) -> Result<StatusCode, Error> {
    let app = of_app(&ctx, &who.tenant_id, &id).await?;
    let pairs = uri.query().unwrap_or_default().split('&');
    let ids: Vec<&str> = pairs
        .filter_map(|pair| pair.strip_prefix("annotation_id="))
        .collect();
    if ids.is_empty() {
        annotation::remove_all(&ctx, &app).await?;
    }
    for id in ids {
        annotation::delete(&ctx, &app, &path_uuid(id)?).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

async fn count(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, Error> {
    let app = of_app(&ctx, &who.tenant_id, &id).await?;
    let all = annotation::all(&ctx.tenant(&app.tenant_id), &app.id).await?;
    Ok(Json(json!({ "count": all.len() })))
}

async fn export(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, Error> {
    let app = of_app(&ctx, &who.tenant_id, &id).await?;
    let all = annotation::all(&ctx.tenant(&app.tenant_id), &app.id).await?;
    Ok(Json(
        json!({ "data": all.iter().map(item).collect::<Vec<_>>() }),
    ))
}

async fn import(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path(id): Path<String>,
    request: Request,
) -> Result<Json<Value>, Error> {
    let app = of_app(&ctx, &who.tenant_id, &id).await?;
    let complaints = Complaints {
        missing: || app::Error::new(Kind::NoFileUploaded, "Please upload your file."),
        too_large: || {
            let most = annotation::MAX_IMPORT_BYTES >> 20;
            let message =
                format!("File size exceeded. The largest file accepted here has {most} MB.");
            app::Error::new(Kind::FileTooLarge, message)
        },
    };
    let form = Form::read(request, annotation::MAX_IMPORT_BYTES, complaints).await?;
    if !form.filename.to_lowercase().ends_with(".csv") {
        let message = "Invalid file type. Only CSV files are allowed";
        return Err(app::Error::invalid("file", message).into());
    }
    let (job, rows) = annotation::import(&ctx, &app, &who, &form.bytes).await?;
    Ok(Json(
        json!({"job_id": job.id, "job_status": job.status.as_str(), "record_count": rows}),
    ))
}

async fn import_status(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path((id, job_id)): Path<(String, String)>,
) -> Result<Json<Value>, Error> {
    progress(&ctx, &of_app(&ctx, &who.tenant_id, &id).await?, &job_id).await
}

async fn history(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path((id, annotation_id)): Path<(String, String)>,
    params: Params,
) -> Result<Json<Value>, Error> {
    let app = of_app(&ctx, &who.tenant_id, &id).await?;
    let page = params.number("page", 1, 1, 99_999)?;
    let limit = params.number("limit", 20, 1, 100)?;
    let annotation_id = path_uuid(&annotation_id)?;
    let scope = ctx.tenant(&app.tenant_id);
    let (hits, total) = annotation::hits(&scope, &app.id, &annotation_id, page, limit).await?;
    Ok(Json(json!({
        "data": hits.iter().map(hit).collect::<Vec<_>>(),
        "has_more": ((page * limit) as u64) < total,
        "limit": limit,
        "total": total,
        "page": page,
    })))
}

async fn switch(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path((id, action)): Path<(String, String)>,
    fields: Fields,
) -> Result<Json<Value>, Error> {
    let app = of_app(&ctx, &who.tenant_id, &id).await?;
    turn(&ctx, &app, &action, &fields).await
}

async fn switch_status(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path((id, _, job_id)): Path<(String, String, String)>,
) -> Result<Json<Value>, Error> {
    progress(&ctx, &of_app(&ctx, &who.tenant_id, &id).await?, &job_id).await
}

async fn setting(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, Error> {
    Ok(Json(feature(&of_app(&ctx, &who.tenant_id, &id).await?)))
}

async fn change_setting(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path((id, setting_id)): Path<(String, String)>,
    fields: Fields,
) -> Result<Json<Value>, Error> {
    let mut app = of_app(&ctx, &who.tenant_id, &id).await?;
    let known = app.annotation_reply.as_ref();
    if known.is_none_or(|setting| setting.id != setting_id) {
        return Err(app::Error::not_found("App annotation not found").into());
    }
    let threshold = fields.float("score_threshold")?;
    let setting = annotation::set_threshold(&ctx, &app, threshold).await?;
    app.annotation_reply = Some(setting);
    Ok(Json(feature(&app)))
}

fn hit(hit: &Hit) -> Value {
    json!({
        "id": hit.message_id,
        "source": hit.source,
        "score": rounded(hit.score),
        "question": hit.question,
        "match": hit.matched,
        "response": hit.response,
        "created_at": hit.created_at.as_secs(),
    })
}
