//! What an app says about itself: `/v1/info`, `/v1/parameters`, `/v1/meta`, `/v1/site`, and its end users.

use app::{
    Context, Kind,
    apps::{App, Mode},
    end_user,
    file::Class,
};
use axum::{
    Json, Router,
    extract::{Path, State},
    routing::get,
};
use serde_json::{Map, Value, json};

use super::{annotations, iso};
use crate::{AppKey, Error, params::path_uuid};

pub(super) fn router() -> Router<Context> {
    Router::new()
        .route("/v1/info", get(info))
        .route("/v1/parameters", get(parameters))
        .route("/v1/meta", get(meta))
        .route("/v1/site", get(site))
        .route("/v1/end-users/{id}", get(user))
}

async fn info(AppKey(app): AppKey) -> Json<Value> {
    Json(json!({
        "name": app.name,
        "description": app.description,
        "tags": [],
        "mode": app.mode.as_str(),
        "author_name": app.author_name,
    }))
}

async fn meta(AppKey(_): AppKey) -> Json<Value> {
    // Icons belong to tools, and apps of these kinds have none.
    Json(json!({"tool_icons": {}}))
}

async fn site(AppKey(app): AppKey) -> Json<Value> {
    Json(page(&app))
}

/// How an app looks as a page.
pub(super) fn page(app: &App) -> Value {
    let site = &app.site;
    let is_image = app.icon_type.as_deref() == Some("image");
    json!({
        "title": site.title.as_ref().unwrap_or(&app.name),
        "chat_color_theme": site.chat_color_theme,
        "chat_color_theme_inverted": site.chat_color_theme_inverted,
        "icon_type": app.icon_type.as_deref().unwrap_or("emoji"),
        "icon": app.icon,
        "icon_background": app.icon_background,
        "icon_url": if is_image { app.icon.clone() } else { None },
        "description": site.description.as_ref().unwrap_or(&app.description),
        "copyright": site.copyright,
        "privacy_policy": site.privacy_policy,
        "custom_disclaimer": site.custom_disclaimer.as_deref().unwrap_or_default(),
        "input_placeholder": site.input_placeholder,
        "default_language": site.default_language.as_deref().unwrap_or("en-US"),
        "show_workflow_steps": site.show_workflow_steps.unwrap_or(true),
        "use_icon_as_answer_icon": app.use_icon_as_answer_icon,
    })
}

async fn parameters(AppKey(app): AppKey) -> Result<Json<Value>, Error> {
    Ok(Json(of(&app)?))
}

/// What a caller must know of an app before it asks.
pub(super) fn of(app: &App) -> Result<Value, Error> {
    let (features, form) = match app.mode {
        Mode::Workflow | Mode::AdvancedChat => of_graph(app)?,
        _ => {
            let config = app.config()?;
            let features = app
                .model_config
                .as_ref()
                .and_then(Value::as_object)
                .cloned()
                .unwrap_or_default();
            (features, json!(config.user_input_form))
        }
    };
    let feature = |name: &str| match features.get(name) {
        Some(Value::Object(feature)) => {
            let mut feature = feature.clone();
            feature.entry("enabled").or_insert(Value::Bool(false));
            Value::Object(feature)
        }
        // Citations are on unless the app says otherwise.
        _ => {
            json!({"enabled": name == "retriever_resource" && matches!(app.mode, Mode::Chat | Mode::AgentChat)})
        }
    };
    let image = json!({
        "enabled": false, "number_limits": 3, "detail": "high", "transfer_methods": ["remote_url", "local_file"]
    });
    let mut file_upload = features
        .get("file_upload")
        .and_then(Value::as_object)
        .cloned()
        .unwrap_or_default();
    file_upload.entry("image").or_insert(image);
    Ok(json!({
        "opening_statement": features.get("opening_statement"),
        "suggested_questions": features.get("suggested_questions").filter(|list| list.is_array()).unwrap_or(&json!([])),
        "suggested_questions_after_answer": feature("suggested_questions_after_answer"),
        "speech_to_text": feature("speech_to_text"),
        "text_to_speech": feature("text_to_speech"),
        "retriever_resource": feature("retriever_resource"),
        "annotation_reply": annotations::feature(app),
        "more_like_this": feature("more_like_this"),
        "user_input_form": form,
        "sensitive_word_avoidance": feature("sensitive_word_avoidance"),
        "file_upload": file_upload,
        "system_parameters": {
            "image_file_size_limit": Class::Image.limit(),
            "video_file_size_limit": Class::Video.limit(),
            "audio_file_size_limit": Class::Audio.limit(),
            "file_size_limit": Class::Document.limit(),
            "workflow_file_upload_limit": 10,
        },
    }))
}

/// Features of a workflow, and the variables of its start node as a form.
fn of_graph(app: &App) -> Result<(Map<String, Value>, Value), Error> {
    let missing = || {
        let message = "App unavailable, please check your app configurations.";
        app::Error::new(Kind::AppUnavailable, message)
    };
    let workflow = app.workflow.as_ref().ok_or_else(missing)?;
    let features = workflow
        .get("features")
        .and_then(Value::as_object)
        .cloned()
        .unwrap_or_default();
    let nodes = workflow.pointer("/graph/nodes").and_then(Value::as_array);
    let start = nodes
        .into_iter()
        .flatten()
        .find(|node| node.pointer("/data/type") == Some(&json!("start")));
    let variables = start
        .and_then(|node| node.pointer("/data/variables"))
        .and_then(Value::as_array);
    let form = variables.into_iter().flatten().filter_map(|variable| {
        let kind = variable.get("type")?.as_str()?.to_owned();
        Some(Value::Object(Map::from_iter([(kind, variable.clone())])))
    });
    let form = form.collect();
    Ok((features, form))
}

async fn user(
    State(ctx): State<Context>,
    AppKey(app): AppKey,
    Path(id): Path<String>,
) -> Result<Json<Value>, Error> {
    let found = end_user::get(&ctx.tenant(&app.tenant_id), &app.id, &path_uuid(&id)?).await?;
    let user =
        found.ok_or_else(|| app::Error::new(Kind::EndUserNotFound, "End user not found."))?;
    Ok(Json(json!({
        "id": user.id,
        "tenant_id": app.tenant_id,
        "app_id": user.app_id,
        "type": user.source().as_str(),
        "external_user_id": null,
        "name": null,
        "is_anonymous": user.is_anonymous(),
        "session_id": user.session(),
        "created_at": iso(user.created_at),
        "updated_at": iso(user.updated_at),
    })))
}
