//! App files: in and out.

use app::{
    Context,
    apps::dsl::{self, Overrides, Report, Request, Source, Status},
};
use axum::{
    Router,
    extract::{DefaultBodyLimit, Path, State},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Caller, apps::find};
use crate::{Error, Json, Query};

/// A file of 10 MiB in JSON, with what escapes add.
const BODY_BYTES: usize = 24 << 20;

pub(super) fn router() -> Router<Context> {
    Router::new()
        .route(
            "/console/api/apps/imports",
            post(import).layer(DefaultBodyLimit::max(BODY_BYTES)),
        )
        // One name for what are an import's and an app's id: the router wants it so.
        .route("/console/api/apps/imports/{id}/confirm", post(confirm))
        .route(
            "/console/api/apps/imports/{id}/check-dependencies",
            get(check),
        )
        .route("/console/api/apps/{id}/export", get(export))
}

#[derive(Deserialize)]
struct Import {
    mode: String,
    yaml_content: Option<String>,
    yaml_url: Option<String>,
    app_id: Option<String>,
    #[serde(flatten)]
    overrides: Overrides,
}

async fn import(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Json(body): Json<Import>,
) -> Result<Response, Error> {
    let source = match (body.mode.as_str(), body.yaml_content, body.yaml_url) {
        ("yaml-content", Some(content), _) => Source::Content(content),
        ("yaml-url", _, Some(url)) => Source::Url(url),
        ("yaml-content", None, _) => {
            return Err(app::Error::invalid("yaml_content", "yaml_content is required").into());
        }
        ("yaml-url", _, None) => {
            return Err(app::Error::invalid("yaml_url", "yaml_url is required").into());
        }
        (mode, ..) => {
            let message = format!("Invalid import_mode: {mode}");
            return Err(app::Error::invalid("mode", message).into());
        }
    };
    let request = Request {
        source,
        overrides: body.overrides,
        app_id: body.app_id.filter(|id| !id.is_empty()),
    };
    Ok(answer(&dsl::import(&ctx, &who, request).await?))
}

async fn confirm(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path(id): Path<String>,
) -> Result<Response, Error> {
    Ok(answer(&dsl::confirm(&ctx, &who, &id).await?))
}

async fn check(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path(id): Path<String>,
) -> Result<axum::Json<Value>, Error> {
    let missing = dsl::missing_dependencies(&ctx, &who.tenant_id, &id).await?;
    Ok(axum::Json(json!({ "leaked_dependencies": missing })))
}

#[derive(Deserialize)]
struct Export {
    #[serde(default)]
    include_secret: bool,
}

async fn export(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path(id): Path<String>,
    Query(query): Query<Export>,
) -> Result<axum::Json<Value>, Error> {
    let app = find(&ctx, &who.tenant_id, &id).await?;
    Ok(axum::Json(
        json!({ "data": dsl::export(&app, query.include_secret) }),
    ))
}

fn answer(report: &Report) -> Response {
    let status = match report.status {
        Status::Completed | Status::CompletedWithWarnings => StatusCode::OK,
        Status::Pending => StatusCode::ACCEPTED,
        Status::Failed => StatusCode::BAD_REQUEST,
    };
    let body = json!({
        "id": report.id,
        "status": report.status.as_str(),
        "app_id": report.app_id,
        "app_mode": report.app_mode.map(app::apps::Mode::as_str),
        "current_dsl_version": report.current_version(),
        "imported_dsl_version": report.imported_version,
        "error": report.error,
        "warnings": report.warnings,
    });
    (status, axum::Json(body)).into_response()
}
