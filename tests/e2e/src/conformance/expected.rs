//! What there is to prove: names and shapes of Dify's Service API.

use anyhow::{Result, ensure};
use serde_json::Value;

use crate::http::{Sight, text};

/// Method and path below `/v1`.
pub(super) const OPERATIONS: [(&str, &str); 29] = [
    ("GET", "/"),
    ("POST", "/chat-messages"),
    ("POST", "/chat-messages/{}/stop"),
    ("POST", "/completion-messages"),
    ("POST", "/completion-messages/{}/stop"),
    ("GET", "/messages"),
    ("GET", "/messages/{}/suggested"),
    ("POST", "/messages/{}/feedbacks"),
    ("GET", "/app/feedbacks"),
    ("GET", "/conversations"),
    ("DELETE", "/conversations/{}"),
    ("POST", "/conversations/{}/name"),
    ("GET", "/conversations/{}/variables"),
    ("PUT", "/conversations/{}/variables/{}"),
    ("POST", "/files/upload"),
    ("GET", "/files/{}/preview"),
    ("POST", "/audio-to-text"),
    ("POST", "/text-to-audio"),
    ("GET", "/info"),
    ("GET", "/parameters"),
    ("GET", "/meta"),
    ("GET", "/site"),
    ("GET", "/end-users/{}"),
    ("GET", "/apps/annotations"),
    ("POST", "/apps/annotations"),
    ("PUT", "/apps/annotations/{}"),
    ("DELETE", "/apps/annotations/{}"),
    ("POST", "/apps/annotation-reply/{}"),
    ("GET", "/apps/annotation-reply/{}/status/{}"),
];

/// Operations that these cases cannot bring to their success, and who does.
pub(super) const ELSEWHERE: [(&str, &str, &str); 1] = [(
    "PUT",
    "/conversations/{}/variables/{}",
    "only chatflows have variables: `functions/api/tests/workflows/chatflow.rs`",
)];

/// Code, status, and a word on codes that no request can provoke.
pub(super) const CODES: [(&str, u16, &str); 38] = [
    ("invalid_param", 400, ""),
    ("bad_request", 400, ""),
    ("app_unavailable", 400, ""),
    ("not_chat_app", 400, ""),
    ("not_workflow_app", 400, ""),
    (
        "not_completion_app",
        400,
        "Dify defines it and answers `app_unavailable`, as we do",
    ),
    (
        "conversation_completed",
        400,
        "nothing ends a conversation so far; `conversation::require_open`",
    ),
    ("provider_not_initialize", 400, ""),
    ("provider_quota_exceeded", 400, ""),
    (
        "model_currently_not_support",
        400,
        "about Dify's hosted quota",
    ),
    ("completion_request_error", 400, ""),
    ("too_many_requests", 429, ""),
    ("no_audio_uploaded", 400, ""),
    ("audio_too_large", 413, ""),
    ("unsupported_audio_type", 415, ""),
    ("provider_not_support_speech_to_text", 400, ""),
    ("speech_to_text_disabled", 400, ""),
    ("no_file_uploaded", 400, ""),
    ("too_many_files", 400, ""),
    ("filename_not_exists_error", 400, ""),
    ("file_too_large", 413, ""),
    ("unsupported_file_type", 415, ""),
    (
        "file_extension_blocked",
        400,
        "no extension is blocked, which is Dify's default too",
    ),
    ("file_not_found", 404, ""),
    ("file_access_denied", 403, ""),
    ("end_user_not_found", 404, ""),
    ("dataset_not_initialized", 400, ""),
    ("dataset_name_duplicate", 409, ""),
    ("dataset_in_use", 409, ""),
    ("archived_document_immutable", 403, ""),
    ("document_indexing", 400, ""),
    ("invalid_action", 400, ""),
    ("invalid_metadata", 400, ""),
    ("not_found", 404, ""),
    ("forbidden", 403, ""),
    ("unauthorized", 401, ""),
    ("method_not_allowed", 405, ""),
    (
        "internal_server_error",
        500,
        "a fault of ours: schemathesis looks for one",
    ),
];

/// Events of chats and completions with all their fields, but for those that all share.
pub(super) const EVENTS: [(&str, &[&str]); 7] = [
    ("message", &["id", "answer", "from_variable_selector"]),
    ("message_replace", &["answer", "reason"]),
    ("message_end", &["id", "metadata", "files"]),
    ("tts_message", &["audio"]),
    ("tts_message_end", &["audio"]),
    ("error", &["status", "code", "message"]),
    ("ping", &[]),
];

/// The operation that a path belongs to.
pub(super) fn operation(sight: &Sight) -> Option<(&'static str, &'static str)> {
    let path = sight.path.split('?').next().unwrap_or_default();
    let path = path.strip_prefix("/v1")?;
    let fits = |template: &str| {
        let (mut given, mut wanted) = (path.split('/'), template.split('/'));
        loop {
            match (given.next(), wanted.next()) {
                (None, None) => return true,
                (Some(given), Some(wanted)) if given == wanted || wanted == "{}" => {}
                _ => return false,
            }
        }
    };
    OPERATIONS
        .into_iter()
        .find(|(method, template)| sight.method.as_str() == *method && fits(template))
}

/// Every error has its code's status and the envelope; every event has exactly its fields.
pub(super) fn check(sights: &[Sight]) -> Result<()> {
    for sight in sights {
        if sight.status >= 400 {
            error(&sight.body, sight.status, &sight.path)?;
        }
        for event in &sight.events {
            fields(event, sight.path.contains("completion"))?;
        }
    }
    Ok(())
}

fn error(body: &Value, status: u16, path: &str) -> Result<()> {
    let code = text(body, "/code");
    let known = CODES.iter().find(|(name, ..)| *name == code);
    ensure!(
        known.is_some_and(|(_, of_code, _)| *of_code == status),
        "{path} answered {status} with {body}"
    );
    ensure!(body.pointer("/status") == Some(&status.into()), "{body}");
    ensure!(body.get("message").is_some_and(Value::is_string), "{body}");
    Ok(())
}

fn fields(event: &Value, is_completion: bool) -> Result<()> {
    let name = text(event, "/event");
    let own = EVENTS.iter().find(|(known, _)| *known == name);
    let (_, own) = own.ok_or_else(|| anyhow::anyhow!("an unknown event: {event}"))?;
    let mut wanted = vec!["event", "message_id", "created_at"];
    if !is_completion {
        wanted.push("conversation_id");
    }
    if name != "error" {
        wanted.push("task_id");
    }
    wanted.extend_from_slice(own);
    wanted.sort_unstable();
    let mut found: Vec<&str> = event
        .as_object()
        .into_iter()
        .flat_map(|event| event.keys().map(String::as_str))
        // The field that an error is about, where there is one.
        .filter(|key| *key != "params")
        .collect();
    found.sort_unstable();
    ensure!(
        found == wanted,
        "{name} has {found:?} instead of {wanted:?}"
    );
    Ok(())
}
