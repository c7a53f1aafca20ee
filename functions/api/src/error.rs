//! `{code, message, status}`: the one place that knows HTTP statuses of failures.

use app::Kind;
use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use serde_json::{Value, json};

/// A failure on its way out.
#[derive(Debug)]
pub struct Error(pub app::Error);

impl Error {
    /// The stable code of the public API, and its status.
    pub fn code(kind: Kind) -> (&'static str, StatusCode) {
        match kind {
            Kind::InvalidParam => ("invalid_param", StatusCode::BAD_REQUEST),
            Kind::BadRequest => ("bad_request", StatusCode::BAD_REQUEST),
            Kind::Unauthorized => ("unauthorized", StatusCode::UNAUTHORIZED),
            Kind::Forbidden => ("forbidden", StatusCode::FORBIDDEN),
            Kind::NotFound => ("not_found", StatusCode::NOT_FOUND),
            Kind::MethodNotAllowed => ("method_not_allowed", StatusCode::METHOD_NOT_ALLOWED),
            Kind::Conflict => ("conflict", StatusCode::CONFLICT),
            Kind::AppUnavailable => ("app_unavailable", StatusCode::BAD_REQUEST),
            Kind::NotChatApp => ("not_chat_app", StatusCode::BAD_REQUEST),
            Kind::NotWorkflowApp => ("not_workflow_app", StatusCode::BAD_REQUEST),
            Kind::IsChatflow => ("app_unavailable", StatusCode::BAD_REQUEST),
            Kind::DraftWorkflowNotExist => ("draft_workflow_not_exist", StatusCode::NOT_FOUND),
            Kind::DraftWorkflowNotSync => ("draft_workflow_not_sync", StatusCode::CONFLICT),
            Kind::HumanInputFormSubmitted => (
                "human_input_form_submitted",
                StatusCode::PRECONDITION_FAILED,
            ),
            Kind::HumanInputFormExpired => {
                ("human_input_form_expired", StatusCode::PRECONDITION_FAILED)
            }
            Kind::ConversationCompleted => ("conversation_completed", StatusCode::BAD_REQUEST),
            Kind::ProviderNotInitialize => ("provider_not_initialize", StatusCode::BAD_REQUEST),
            Kind::ProviderQuotaExceeded => ("provider_quota_exceeded", StatusCode::BAD_REQUEST),
            Kind::ModelCurrentlyNotSupport => {
                ("model_currently_not_support", StatusCode::BAD_REQUEST)
            }
            Kind::CompletionRequestError => ("completion_request_error", StatusCode::BAD_REQUEST),
            Kind::TooManyRequests => ("too_many_requests", StatusCode::TOO_MANY_REQUESTS),
            Kind::NoFileUploaded => ("no_file_uploaded", StatusCode::BAD_REQUEST),
            Kind::TooManyFiles => ("too_many_files", StatusCode::BAD_REQUEST),
            Kind::FilenameNotExists => ("filename_not_exists_error", StatusCode::BAD_REQUEST),
            Kind::NoAudioUploaded => ("no_audio_uploaded", StatusCode::BAD_REQUEST),
            Kind::AudioTooLarge => ("audio_too_large", StatusCode::PAYLOAD_TOO_LARGE),
            Kind::UnsupportedAudioType => {
                ("unsupported_audio_type", StatusCode::UNSUPPORTED_MEDIA_TYPE)
            }
            Kind::ProviderNotSupportSpeechToText => (
                "provider_not_support_speech_to_text",
                StatusCode::BAD_REQUEST,
            ),
            Kind::SpeechToTextDisabled => ("speech_to_text_disabled", StatusCode::BAD_REQUEST),
            Kind::FileTooLarge => ("file_too_large", StatusCode::PAYLOAD_TOO_LARGE),
            Kind::UnsupportedFileType => {
                ("unsupported_file_type", StatusCode::UNSUPPORTED_MEDIA_TYPE)
            }
            Kind::FileNotFound => ("file_not_found", StatusCode::NOT_FOUND),
            Kind::FileAccessDenied => ("file_access_denied", StatusCode::FORBIDDEN),
            Kind::EndUserNotFound => ("end_user_not_found", StatusCode::NOT_FOUND),
            Kind::DatasetNotInitialized => ("dataset_not_initialized", StatusCode::BAD_REQUEST),
            Kind::DatasetNameDuplicate => ("dataset_name_duplicate", StatusCode::CONFLICT),
            Kind::DatasetInUse => ("dataset_in_use", StatusCode::CONFLICT),
            Kind::ArchivedDocumentImmutable => {
                ("archived_document_immutable", StatusCode::FORBIDDEN)
            }
            Kind::DocumentIndexing => ("document_indexing", StatusCode::BAD_REQUEST),
            Kind::InvalidAction => ("invalid_action", StatusCode::BAD_REQUEST),
            Kind::InvalidMetadata => ("invalid_metadata", StatusCode::BAD_REQUEST),
            Kind::AuthenticationFailed => ("authentication_failed", StatusCode::UNAUTHORIZED),
            Kind::TooManyAttempts => ("too_many_requests", StatusCode::TOO_MANY_REQUESTS),
            Kind::StorageFull => ("storage_full", StatusCode::INSUFFICIENT_STORAGE),
            Kind::Unavailable => ("service_unavailable", StatusCode::SERVICE_UNAVAILABLE),
            Kind::Internal => ("internal_server_error", StatusCode::INTERNAL_SERVER_ERROR),
        }
    }

    /// The body; also the fields of an `error` event.
    pub fn body(error: &app::Error) -> Value {
        let (code, status) = Self::code(error.kind());
        // What went wrong inside is for the log, not for the caller.
        let message = match error.kind() {
            Kind::Internal => "Internal Server Error, please contact support.",
            _ => error.message(),
        };
        let mut body = json!({"code": code, "message": message, "status": status.as_u16()});
        if let (Some(param), Some(object)) = (error.param(), body.as_object_mut()) {
            object.insert("params".to_owned(), param.into());
        }
        body
    }
}

impl From<app::Error> for Error {
    fn from(error: app::Error) -> Self {
        Self(error)
    }
}

impl From<ports::Error> for Error {
    fn from(error: ports::Error) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let (_, status) = Self::code(self.0.kind());
        if status.is_server_error() {
            tracing::error!(error = %self.0, "a request failed");
        }
        let mut response = (status, Json(Self::body(&self.0))).into_response();
        if status == StatusCode::UNAUTHORIZED {
            let challenge = HeaderValue::from_static("Bearer realm=\"api\"");
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}
