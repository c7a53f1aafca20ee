//! What a service's refusal means.

use http::StatusCode;
use model::{Error, ErrorKind};
use serde_json::Value;

/// Longest text of a service that is passed on.
const MESSAGE_CHARS: usize = 500;

/// What a service said when it refused.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// Its `code` and `type`, lower case.
    pub(crate) codes: Vec<String>,
    /// Its words.
    pub(crate) message: String,
}

impl Refusal {
    /// Reads any of the shapes in use: `{"error": {...}}`, `{"error": "..."}`, `{"message": ...}`,
    /// `{"detail": ...}`, any of these in a list, or plain text.
    pub(crate) fn parse(body: &[u8]) -> Self {
        let Ok(value) = serde_json::from_slice::<Value>(body) else {
            let text = String::from_utf8_lossy(body);
            let text = text.trim();
            let message = if text.starts_with('<') { "" } else { text };
            return Self {
                codes: Vec::new(),
                message: message.to_owned(),
            };
        };
        Self::from_value(&value)
    }

    /// The same from JSON already read.
    pub(crate) fn from_value(value: &Value) -> Self {
        let value = value.get(0).unwrap_or(value);
        let inner = value.get("error").unwrap_or(value);
        let codes = [
            inner.get("code"),
            inner.get("type"),
            inner.get("status"),
            value.get("code"),
        ];
        let mut codes: Vec<String> = codes
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .map(str::to_lowercase)
            .collect();
        codes.dedup();
        let message = match inner {
            Value::String(text) => Some(text.clone()),
            _ => ["message", "msg", "detail", "error"]
                .iter()
                .find_map(|key| inner.get(key))
                .map(plain),
        };
        Self {
            codes,
            message: message.unwrap_or_else(|| plain(inner)),
        }
    }

    /// What the refusal means. A code says more than the status, which is none on an open stream.
    pub(crate) fn kind(&self, status: Option<StatusCode>) -> ErrorKind {
        self.codes
            .iter()
            .find_map(|code| by_code(code))
            .or_else(|| self.by_message(status))
            .or_else(|| status.map(by_status))
            .unwrap_or(ErrorKind::Unavailable)
    }

    /// Several servers (vLLM, SGLang, LM Studio) say only in words that the prompt is too long.
    fn by_message(&self, status: Option<StatusCode>) -> Option<ErrorKind> {
        let about_request = status.is_none_or(|status| status.is_client_error());
        let text = self.message.to_lowercase();
        let too_long = [
            "maximum context length",
            "context length exceeded",
            "exceeds the context",
        ];
        (about_request && too_long.iter().any(|words| text.contains(words)))
            .then_some(ErrorKind::ContextLength)
    }

    /// The error for people: who, what, and the service's words without the key.
    pub(crate) fn into_error(self, status: Option<StatusCode>, who: &str, key: &str) -> Error {
        let kind = self.kind(status);
        let words = short(&redact(&self.message, key));
        let what = match (kind, status) {
            (ErrorKind::Authentication, _) => "the key was refused".to_owned(),
            (ErrorKind::Quota, _) => "the account has no credit left".to_owned(),
            (ErrorKind::RateLimit, _) => "too many requests".to_owned(),
            (ErrorKind::ContextLength, _) => {
                "the prompt is too long for the model's context window".to_owned()
            }
            (ErrorKind::NotFound, _) => "no such model or address".to_owned(),
            (_, Some(status)) => format!("the service answered {}", status.as_u16()),
            (_, None) => "the service reported an error".to_owned(),
        };
        let message = if words.is_empty() {
            format!("{who}: {what}")
        } else {
            format!("{who}: {what}: {words}")
        };
        Error::new(kind, message)
    }
}

fn by_code(code: &str) -> Option<ErrorKind> {
    Some(match code {
        "invalid_api_key"
        | "authentication_error"
        | "permission_error"
        | "permission_denied"
        | "unauthorized"
        | "unauthenticated" => ErrorKind::Authentication,
        "insufficient_quota"
        | "insufficient_balance"
        | "insufficient_credits"
        | "billing_hard_limit_reached"
        | "billing_not_active"
        | "exceeded_current_quota_error" => ErrorKind::Quota,
        "rate_limit_exceeded"
        | "rate_limit_error"
        | "rate_limited"
        | "too_many_requests"
        | "resource_exhausted"
        | "rate_limit_reached_error" => ErrorKind::RateLimit,
        "context_length_exceeded" | "context_window_exceeded" | "exceed_context_size_error" => {
            ErrorKind::ContextLength
        }
        "model_not_found" | "not_found_error" | "model_not_exist" | "not_found" => {
            ErrorKind::NotFound
        }
        "server_error"
        | "api_error"
        | "overloaded_error"
        | "engine_overloaded_error"
        | "internal_error"
        | "internal_server_error"
        | "service_unavailable"
        | "unavailable" => ErrorKind::Unavailable,
        "timeout" | "request_timeout" | "deadline_exceeded" => ErrorKind::Timeout,
        _ => return None,
    })
}

fn by_status(status: StatusCode) -> ErrorKind {
    match status.as_u16() {
        401 | 403 => ErrorKind::Authentication,
        402 => ErrorKind::Quota,
        404 => ErrorKind::NotFound,
        408 | 504 | 524 => ErrorKind::Timeout,
        409 | 425 => ErrorKind::Unavailable,
        429 => ErrorKind::RateLimit,
        400..=499 => ErrorKind::BadRequest,
        500..=599 => ErrorKind::Unavailable,
        // Redirects are not followed: the base URL is not that of an API.
        _ => ErrorKind::Protocol,
    }
}

/// A port's failure in the words of models.
pub(crate) fn from_port(error: ports::Error, who: &str) -> Error {
    use ports::ErrorKind as Port;
    let (kind, what) = match error.kind() {
        Port::Timeout => (ErrorKind::Timeout, "no answer in time"),
        Port::Unavailable | Port::Conflict | Port::Full => {
            (ErrorKind::Unavailable, "could not be reached")
        }
        Port::Forbidden => (ErrorKind::BadRequest, "the address is not allowed"),
        Port::Invalid => (ErrorKind::BadRequest, "the address is not valid"),
        Port::TooLarge => (ErrorKind::Protocol, "the answer is too large"),
        Port::Corrupt | Port::Internal => (ErrorKind::Internal, "the call failed"),
    };
    Error::new(kind, format!("{who}: {what}")).with_source(error)
}

/// Services repeat parts of a wrong key, as in `sk-ab***yz`.
fn redact(text: &str, key: &str) -> String {
    let mark: String = key.chars().take(4).collect();
    if mark.chars().count() < 4 || !text.contains(&mark) {
        return text.to_owned();
    }
    let words = text.split(' ').map(|word| match word.find(&mark) {
        Some(at) => format!("{}***", word.get(..at).unwrap_or_default()),
        None => word.to_owned(),
    });
    words.collect::<Vec<_>>().join(" ")
}

fn short(text: &str) -> String {
    match text.char_indices().nth(MESSAGE_CHARS) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(status: u16, body: &str, kind: ErrorKind, message: &str) {
        let status = StatusCode::from_u16(status).unwrap();
        let error =
            Refusal::parse(body.as_bytes()).into_error(Some(status), "openai/m", "sk-secret-1");
        assert_eq!(
            (error.kind(), error.to_string().as_str()),
            (kind, message),
            "{body}"
        );
    }

    #[test]
    fn refusals() {
        use ErrorKind::*;
        check(
            401,
            r#"{"error":{"message":"Incorrect API key provided: sk-se**et-1. Look here.","type":"invalid_request_error","code":"invalid_api_key"}}"#,
            Authentication,
            "openai/m: the key was refused: Incorrect API key provided: *** Look here.",
        );
        check(403, "", Authentication, "openai/m: the key was refused");
        check(
            429,
            r#"{"error":{"message":"You exceeded your current quota","type":"insufficient_quota","code":"insufficient_quota"}}"#,
            Quota,
            "openai/m: the account has no credit left: You exceeded your current quota",
        );
        check(402, "", Quota, "openai/m: the account has no credit left");
        check(
            429,
            r#"{"error":{"message":"slow down","type":"tokens","code":"rate_limit_exceeded"}}"#,
            RateLimit,
            "openai/m: too many requests: slow down",
        );
        check(
            400,
            r#"{"error":{"message":"8193 tokens","type":"invalid_request_error","code":"context_length_exceeded"}}"#,
            ContextLength,
            "openai/m: the prompt is too long for the model's context window: 8193 tokens",
        );
        check(
            400,
            r#"{"object":"error","message":"This model's maximum context length is 2048 tokens.","type":"BadRequestError","code":400}"#,
            ContextLength,
            "openai/m: the prompt is too long for the model's context window: This model's maximum context length is 2048 tokens.",
        );
        check(
            404,
            r#"{"error":{"message":"The model `m` does not exist","code":"model_not_found"}}"#,
            NotFound,
            "openai/m: no such model or address: The model `m` does not exist",
        );
        check(
            422,
            r#"{"detail":[{"msg":"extra fields"}]}"#,
            BadRequest,
            r#"openai/m: the service answered 422: [{"msg":"extra fields"}]"#,
        );
        check(
            400,
            r#"[{"error":{"code":400,"message":"bad","status":"INVALID_ARGUMENT"}}]"#,
            BadRequest,
            "openai/m: the service answered 400: bad",
        );
        check(
            500,
            r#"{"error":"boom"}"#,
            Unavailable,
            "openai/m: the service answered 500: boom",
        );
        check(
            503,
            "<html><body>Bad gateway</body></html>",
            Unavailable,
            "openai/m: the service answered 503",
        );
        check(504, "", Timeout, "openai/m: the service answered 504");
        check(302, "", Protocol, "openai/m: the service answered 302");
        check(
            400,
            &"long ".repeat(200),
            BadRequest,
            &format!(
                "openai/m: the service answered 400: {}…",
                "long ".repeat(100)
            ),
        );
    }
}
