//! `/v1/audio-to-text` and `/v1/text-to-audio`.

use app::{
    Context,
    apps::App,
    audio::{self, Words},
    end_user::EndUser,
};
use axum::{
    Json, Router,
    extract::{Request, State},
    response::{IntoResponse, Response},
    routing::post,
};
use http::header;
use model::Audio;
use serde_json::{Value, json};

use super::form::{Complaints, Form, body_limit};
use crate::{
    AppKey, Error,
    params::{Fields, end_user, path_uuid},
};

pub(super) fn router() -> Router<Context> {
    Router::new()
        .route("/v1/audio-to-text", post(hear).layer(body_limit()))
        .route("/v1/text-to-audio", post(speak))
}

async fn hear(
    State(ctx): State<Context>,
    AppKey(app): AppKey,
    request: Request,
) -> Result<Json<Value>, Error> {
    heard(&ctx, &app, request).await
}

/// The words of a recording.
pub(super) async fn heard(
    ctx: &Context,
    app: &App,
    request: Request,
) -> Result<Json<Value>, Error> {
    let complaints = Complaints {
        missing: audio::no_audio,
        too_large: audio::too_large,
    };
    let form = Form::read(request, audio::MAX_BYTES, complaints).await?;
    let recording = Audio {
        filename: form.filename,
        mime_type: form.mime_type,
        bytes: form.bytes,
    };
    let text = audio::transcribe(ctx, app, recording).await?;
    Ok(Json(json!({ "text": text })))
}

async fn speak(
    State(ctx): State<Context>,
    AppKey(app): AppKey,
    fields: Fields,
) -> Result<Response, Error> {
    let user = end_user(&ctx, &app.id, &fields.user_or_anonymous());
    spoken(&ctx, &app, &user, &fields).await
}

/// Words, or a message of this end user, as sound.
pub(super) async fn spoken(
    ctx: &Context,
    app: &App,
    user: &EndUser,
    fields: &Fields,
) -> Result<Response, Error> {
    let words = match fields.text("message_id")?.filter(|id| !id.is_empty()) {
        Some(id) => Words::Message(path_uuid(&id)?),
        None => Words::Text(fields.required("text")?),
    };
    let voice = fields.text("voice")?;
    let spoken = audio::speak(ctx, app, user, words, voice.as_deref()).await?;
    Ok(([(header::CONTENT_TYPE, spoken.mime_type)], spoken.bytes).into_response())
}
