//! Drafting and publishing.

use app::{
    Context,
    apps::App,
    workflow::{self, Marks, Save, Version},
};
use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, Path, State},
    routing::{get, patch, post},
};
use http::StatusCode;
use serde_json::{Value, json};

use crate::{
    Error,
    params::{Fields, Params, path_uuid},
    routes::console::{Caller, apps::find},
};

/// A graph in JSON.
const BODY_BYTES: usize = 24 << 20;

pub(super) fn router() -> Router<Context> {
    let of = |path: &str| crate::routes::of_app(&format!("/workflows{path}"));
    Router::new()
        .route(
            &of("/draft"),
            get(draft)
                .post(save)
                .layer(DefaultBodyLimit::max(BODY_BYTES)),
        )
        .route(&of("/publish"), get(published).post(publish))
        .route(&of(""), get(list))
        .route(&of("/{version}"), patch(mark).delete(delete))
        .route(&of("/{version}/restore"), post(restore))
        .route(&of("/{version}/diff/{other}"), get(diff))
}

async fn draft(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, Error> {
    let app = find(&ctx, &who.tenant_id, &id).await?;
    Ok(Json(shown(&app)?))
}

async fn save(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Json<Value>, Error> {
    find(&ctx, &who.tenant_id, &id).await?;
    let value = |name: &str| fields.0.get(name).filter(|value| !value.is_null()).cloned();
    let save = Save {
        graph: value("graph"),
        features: value("features"),
        hash: fields.text("hash")?.filter(|hash| !hash.is_empty()),
        environment_variables: value("environment_variables"),
        conversation_variables: value("conversation_variables"),
    };
    let app = workflow::save(&ctx, &who, &id, save).await?;
    Ok(Json(json!({
        "result": "success",
        "hash": workflow::hash(workflow::of(&app)?),
        "updated_at": app.updated_at.as_secs(),
    })))
}

async fn publish(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path(id): Path<String>,
    body: axum::body::Bytes,
) -> Result<Json<Value>, Error> {
    find(&ctx, &who.tenant_id, &id).await?;
    // Without a body, the version has no name.
    let fields = match body.is_empty() {
        true => Fields(Default::default()),
        false => Fields(crate::extract::parse(&body)?),
    };
    let version = workflow::publish(&ctx, &who, &id, marks(&fields)?).await?;
    Ok(Json(json!({
        "result": "success",
        "created_at": version.created_at.as_secs(),
        "id": version.id,
    })))
}

async fn published(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, Error> {
    find(&ctx, &who.tenant_id, &id).await?;
    let version = workflow::published(&ctx.tenant(&who.tenant_id), &id).await?;
    Ok(Json(version.map_or(Value::Null, |version| row(&version))))
}

async fn list(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path(id): Path<String>,
    params: Params,
) -> Result<Json<Value>, Error> {
    find(&ctx, &who.tenant_id, &id).await?;
    let page = params.number("page", 1, 1, 99_999)?;
    let limit = params.number("limit", 10, 1, 100)?;
    let (versions, more) = workflow::list(&ctx.tenant(&who.tenant_id), &id, page, limit).await?;
    Ok(Json(json!({
        "items": versions.iter().map(row).collect::<Vec<_>>(),
        "page": page,
        "limit": limit,
        "has_more": more,
    })))
}

async fn mark(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path((id, version)): Path<(String, String)>,
    fields: Fields,
) -> Result<Json<Value>, Error> {
    find(&ctx, &who.tenant_id, &id).await?;
    let scope = ctx.tenant(&who.tenant_id);
    let version = workflow::mark(&scope, &id, &path_uuid(&version)?, marks(&fields)?).await?;
    Ok(Json(row(&version)))
}

async fn delete(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path((id, version)): Path<(String, String)>,
) -> Result<StatusCode, Error> {
    find(&ctx, &who.tenant_id, &id).await?;
    workflow::delete(&ctx.tenant(&who.tenant_id), &id, &path_uuid(&version)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn restore(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path((id, version)): Path<(String, String)>,
) -> Result<Json<Value>, Error> {
    find(&ctx, &who.tenant_id, &id).await?;
    let app = workflow::restore(&ctx, &who, &id, &path_uuid(&version)?).await?;
    Ok(Json(json!({
        "result": "success",
        "hash": workflow::hash(workflow::of(&app)?),
        "updated_at": app.updated_at.as_secs(),
    })))
}

async fn diff(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path((id, version, other)): Path<(String, String, String)>,
) -> Result<Json<Value>, Error> {
    let app = find(&ctx, &who.tenant_id, &id).await?;
    workflow::of(&app)?;
    let scope = ctx.tenant(&who.tenant_id);
    let (before, from) = workflow::graph_of(&scope, &app, &version).await?;
    let (after, to) = workflow::graph_of(&scope, &app, &other).await?;
    let changes = workflow::diff(&before, &after);
    let changes = changes.into_iter().map(|change| {
        json!({
            "node_id": change.node_id,
            "title": change.title,
            "field": change.field,
            "before": change.before,
            "after": change.after,
        })
    });
    Ok(Json(
        json!({ "from": from, "to": to, "changes": changes.collect::<Vec<_>>() }),
    ))
}

fn marks(fields: &Fields) -> Result<Marks, Error> {
    Ok(Marks {
        name: fields.text("marked_name")?,
        comment: fields.text("marked_comment")?,
    })
}

fn shown(app: &App) -> Result<Value, Error> {
    let draft = workflow::of(app)?;
    Ok(graph(
        &workflow::masked(draft),
        json!({
            "id": app.id,
            "version": "draft",
            "hash": workflow::hash(draft),
            "marked_name": "",
            "marked_comment": "",
            "created_by": { "id": app.created_by, "name": app.author_name, "email": null },
            "created_at": app.created_at.as_secs(),
            "updated_at": app.updated_at.as_secs(),
        }),
    ))
}

fn row(version: &Version) -> Value {
    graph(
        &workflow::masked(&version.workflow),
        json!({
            "id": version.id,
            "version": workflow::shown_version(version.created_at),
            "hash": workflow::hash(&version.workflow),
            "marked_name": version.marked_name,
            "marked_comment": version.marked_comment,
            "created_by": { "id": version.created_by, "name": version.author_name, "email": null },
            "created_at": version.created_at.as_secs(),
            "updated_at": version.created_at.as_secs(),
        }),
    )
}

/// A graph with what is said about it.
fn graph(workflow: &Value, mut about: Value) -> Value {
    if let Value::Object(fields) = &mut about {
        for (key, empty) in [
            ("graph", json!({})),
            ("features", json!({})),
            ("environment_variables", json!([])),
            ("conversation_variables", json!([])),
            ("rag_pipeline_variables", json!([])),
        ] {
            let value = workflow.get(key).filter(|value| !value.is_null());
            fields.insert(key.to_owned(), value.cloned().unwrap_or(empty));
        }
        fields.insert("tool_published".to_owned(), json!(false));
    }
    about
}
