//! What may be uploaded, and what a rule would make of it before anything is kept.

use app::{
    Context, Kind,
    document::{self, Content, FileKind, ProcessRule},
};
use axum::{
    Json,
    extract::{FromRequest, Multipart, Request, State},
};
use http::header;
use serde_json::{Map, Value, json};

use super::{
    ConsoleDoor, Through,
    documents::process_rule,
    form::{Form, no_file},
};
use crate::{
    Error,
    params::{Fields, invalid},
};

/// Passages of a preview that does not say how many.
const SHOWN: usize = 20;

/// A form with `file` and `data`, or JSON with `text` and `name`.
pub(super) async fn estimate(
    State(ctx): State<Context>,
    Through(who, _): Through<ConsoleDoor>,
    request: Request,
) -> Result<Json<Value>, Error> {
    let kind = request.headers().get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let (content, fields) = match kind.starts_with("multipart/") {
        true => {
            let form = Multipart::from_request(request, &ctx)
                .await
                .map_err(|_| no_file())?;
            let form = Form::take(form, ctx.platform.runtime.document_bytes).await?;
            let fields = form.data.unwrap_or_else(|| Fields(Map::new()));
            (form.file.ok_or_else(no_file)?, fields)
        }
        false => {
            let fields = Fields::from_request(request, &ctx).await?;
            let text = fields.required("text")?;
            let name = fields.text("name")?.unwrap_or_else(|| "text".to_owned());
            (Content::of_text(&name, text), fields)
        }
    };
    let rule = process_rule(&fields)?.unwrap_or_else(ProcessRule::automatic);
    let limit = match fields.0.get("limit") {
        None | Some(Value::Null) => SHOWN,
        Some(limit) => {
            let limit = limit.as_u64().filter(|limit| (1..=50).contains(limit));
            let wrong = || invalid("limit", "limit must be a whole number from 1 to 50");
            limit.ok_or_else(wrong)? as usize
        }
    };
    let (name, bytes) = (&content.filename, &content.bytes);
    let made = document::estimate(&ctx, &who.tenant_id, name, bytes, &rule, limit).await;
    // What is wrong with a file is the file's, whatever the reader calls it.
    let made = made.map_err(|error| match (error.kind(), error.param()) {
        (Kind::InvalidParam, None) => app::Error::invalid("file", error.message()),
        _ => error,
    })?;
    let preview = made.preview.iter().map(|(chunk, tokens)| {
        json!({
            "content": chunk.content,
            "child_chunks": chunk.children,
            "tokens": tokens,
            "word_count": chunk.content.chars().count(),
        })
    });
    Ok(Json(json!({
        "total_segments": made.segments,
        "tokens": made.tokens,
        "characters": made.characters,
        "preview": preview.collect::<Vec<_>>(),
        "qa_preview": null,
    })))
}

/// What this runtime takes.
pub(super) async fn limits(State(ctx): State<Context>, _: Through<ConsoleDoor>) -> Json<Value> {
    let bytes = ctx.platform.runtime.document_bytes;
    let kinds: Vec<String> = FileKind::known()
        .split(',')
        .map(|kind| kind.trim().to_owned())
        .collect();
    Json(json!({
        "file_size_limit": bytes >> 20,
        "batch_count_limit": 20,
        "file_upload_limit": 20,
        "image_file_size_limit": app::file::Class::Image.limit(),
        "video_file_size_limit": app::file::Class::Video.limit(),
        "audio_file_size_limit": app::file::Class::Audio.limit(),
        "workflow_file_upload_limit": 10,
        "document_bytes": bytes,
        "document_kinds": kinds,
    }))
}
