//! Errors in OpenAI's shape: what a caller retries, and what it does not, must be the same as there.

use app::Kind;
use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use model::ErrorKind;
use serde_json::{Value, json};

/// Why a call was not answered.
#[derive(Debug)]
pub(crate) enum Failure {
    /// By us.
    Ours(app::Error),
    /// By the model.
    Model(model::Error),
}

impl From<app::Error> for Failure {
    fn from(error: app::Error) -> Self {
        Self::Ours(error)
    }
}

impl From<model::Error> for Failure {
    fn from(error: model::Error) -> Self {
        Self::Model(error)
    }
}

impl Failure {
    /// Status, type and code.
    fn kind(&self) -> (StatusCode, &'static str, &'static str) {
        let bad_request = "invalid_request_error";
        match self {
            Self::Ours(error) => match error.kind() {
                Kind::Unauthorized => (StatusCode::UNAUTHORIZED, bad_request, "invalid_api_key"),
                Kind::NotFound | Kind::ProviderNotInitialize => {
                    (StatusCode::NOT_FOUND, bad_request, "model_not_found")
                }
                other => match crate::Error::code(other).1 {
                    status if status.is_server_error() => (status, "server_error", "server_error"),
                    status => (status, bad_request, "invalid_request"),
                },
            },
            Self::Model(error) => match error.kind() {
                ErrorKind::RateLimit => (
                    StatusCode::TOO_MANY_REQUESTS,
                    "rate_limit_error",
                    "rate_limit_exceeded",
                ),
                ErrorKind::Quota => (
                    StatusCode::PAYMENT_REQUIRED,
                    "insufficient_quota",
                    "insufficient_quota",
                ),
                ErrorKind::ContextLength => (
                    StatusCode::BAD_REQUEST,
                    bad_request,
                    "context_length_exceeded",
                ),
                ErrorKind::BadRequest => (StatusCode::BAD_REQUEST, bad_request, "invalid_request"),
                ErrorKind::NotFound => (StatusCode::NOT_FOUND, bad_request, "model_not_found"),
                ErrorKind::Timeout => (StatusCode::GATEWAY_TIMEOUT, "server_error", "timeout"),
                // A key of ours that a provider refuses is not the caller's.
                ErrorKind::Authentication | ErrorKind::Unavailable | ErrorKind::Protocol => {
                    (StatusCode::BAD_GATEWAY, "server_error", "server_error")
                }
                ErrorKind::Cancelled | ErrorKind::Internal => (
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "server_error",
                    "server_error",
                ),
            },
        }
    }

    /// The body; also the data of an event.
    pub(super) fn body(&self) -> Value {
        let (_, kind, code) = self.kind();
        let (message, param) = match self {
            Self::Ours(error) if error.kind() == Kind::Internal => (
                "Internal Server Error, please contact support.".to_owned(),
                None,
            ),
            Self::Ours(error) => (error.message().to_owned(), error.param()),
            Self::Model(error) => (error.to_string(), None),
        };
        json!({ "error": { "message": message, "type": kind, "param": param, "code": code } })
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut response = (self.kind().0, Json(self.body())).into_response();
        if let Self::Model(error) = &self {
            let headers = response.headers_mut();
            // The attempts that make sense were made here: OpenAI's own clients, and our gateway, heed this.
            headers.insert("x-should-retry", HeaderValue::from_static("false"));
            if let Some(pause) = error.retry_after() {
                headers.insert(header::RETRY_AFTER, pause.as_secs().max(1).into());
            }
        }
        response
    }
}
