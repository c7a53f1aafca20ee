//! One HTTP exchange under time limits, and the attempts around it.

use std::{future::Future, sync::Arc, time::Duration};

use bytes::Bytes;
use futures::{
    FutureExt, StreamExt,
    future::{BoxFuture, Either, select},
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use model::{Endpoint, Error, ErrorKind, Result};
use ports::{Body, ByteStream, Clock, Entropy, Fetch, Timestamp};
use serde_json::Value;

use crate::error::{Refusal, from_port};

/// How long a service may take, and how often it is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// From sending the request to the head of the response.
    pub first_byte: Duration,
    /// Between two pieces of a response.
    pub between: Duration,
    /// For one call with all its attempts.
    pub total: Duration,
    /// At most, for failures that may pass.
    pub attempts: u32,
    /// A service that asks for a longer pause is not asked again.
    pub longest_pause: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            first_byte: Duration::from_secs(60),
            between: Duration::from_secs(60),
            total: Duration::from_secs(600),
            attempts: 3,
            longest_pause: Duration::from_secs(20),
        }
    }
}

/// Bytes of a refusal that are read.
const REFUSAL_BYTES: usize = 64 << 10;

/// Sends JSON to services. Cloning is cheap.
#[derive(Clone)]
pub(crate) struct Client {
    fetch: Arc<dyn Fetch>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    limits: Limits,
}

/// A failed attempt.
pub(crate) struct Failed {
    error: Error,
    /// Whether another attempt may succeed.
    again: bool,
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        let again = error.kind().is_retryable();
        Self { error, again }
    }
}

/// The body of a request.
pub(crate) enum Payload<'a> {
    /// As most services want it.
    Json(&'a Value),
    /// A multipart form, ready to be sent.
    Form {
        boundary: &'static str,
        bytes: Vec<u8>,
    },
}

impl<'a> From<&'a Value> for Payload<'a> {
    fn from(value: &'a Value) -> Self {
        Self::Json(value)
    }
}

/// What is sent where.
pub(crate) struct Call<'a> {
    /// The service.
    pub(crate) endpoint: &'a Endpoint,
    /// Below its base URL, such as `/embeddings`.
    pub(crate) path: &'static str,
    /// `provider/model`, for messages.
    pub(crate) who: &'a str,
    /// The request.
    pub(crate) body: Payload<'a>,
    /// When the whole call must be over.
    pub(crate) deadline: Timestamp,
}

impl Client {
    pub(crate) fn new(
        fetch: Arc<dyn Fetch>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        limits: Limits,
    ) -> Self {
        Self {
            fetch,
            clock,
            entropy,
            limits,
        }
    }

    /// When a call that starts now must be over.
    pub(crate) fn deadline(&self) -> Timestamp {
        self.clock.now() + self.limits.total
    }

    /// Runs `attempt` until it succeeds, fails for good, or has failed as often as the limits allow.
    pub(crate) async fn retry<T, F>(
        &self,
        deadline: Timestamp,
        mut attempt: impl FnMut() -> F,
    ) -> Result<T>
    where
        F: Future<Output = Result<T, Failed>>,
    {
        let mut failures = 0;
        loop {
            let Failed { error, again } = match attempt().await {
                Ok(value) => return Ok(value),
                Err(failed) => failed,
            };
            failures += 1;
            let pause = self
                .backoff(failures)
                .max(error.retry_after().unwrap_or_default());
            if !again
                || failures >= self.limits.attempts
                || pause > self.limits.longest_pause
                || self.clock.now() + pause >= deadline
            {
                return Err(error);
            }
            self.clock.sleep(pause).await;
        }
    }

    /// 0.5 s doubling, of which a random part between a half and all: callers that failed together come back apart.
    fn backoff(&self, failures: u32) -> Duration {
        let mut random = [0u8; 1];
        self.entropy.fill(&mut random);
        let [random] = random;
        let full = Duration::from_millis(250 << failures.min(6));
        full / 2 + full / 2 * u32::from(random) / 255
    }

    /// Sends once; returns the response if it is a success, and not a web page.
    pub(crate) async fn send(&self, call: &Call<'_>) -> Result<(HeaderMap, Incoming), Failed> {
        let request = request(call)?;
        let limit = self.limits.first_byte.min(self.left(call.deadline));
        let response = ports::timeout(&*self.clock, limit, self.fetch.send(request))
            .await
            .and_then(|answer| answer)
            .map_err(|error| from_port(error, call.who))?;
        let (head, body) = response.into_parts();
        let html = content_type(&head.headers).starts_with("text/html");
        if head.status.is_success() && !html {
            return Ok((head.headers, self.incoming(body, call)));
        }
        let refusal = self.refusal(body, call).await;
        let error = if head.status.is_success() {
            let message = format!(
                "{}: the service answered a web page; is the base URL right?",
                call.who
            );
            Error::new(ErrorKind::Unavailable, message)
        } else {
            refusal.into_error(Some(head.status), call.who, &call.endpoint.api_key)
        };
        let error = match retry_after(&head.headers, head.status, self.clock.now()) {
            Some(pause) => error.with_retry_after(pause),
            None => error,
        };
        // Whoever has tried often enough itself says so.
        let tried = head.headers.get("x-should-retry");
        let tried = tried.is_some_and(|value| value == "false");
        Err(Failed {
            again: error.kind().is_retryable() && !tried,
            error,
        })
    }

    /// Sends, with attempts, and reads a whole JSON answer of at most `limit` bytes.
    pub(crate) async fn json(&self, call: &Call<'_>, limit: usize) -> Result<Value> {
        self.retry(call.deadline, || async {
            let (_, mut incoming) = self.send(call).await?;
            let bytes = incoming.collect(limit).await?;
            serde_json::from_slice(&bytes).map_err(|error| {
                let message = format!("{}: the answer is not JSON", call.who);
                Error::new(ErrorKind::Protocol, message)
                    .with_source(error)
                    .into()
            })
        })
        .await
    }

    /// The words of a refusal, as far as they arrive.
    async fn refusal(&self, body: Body, call: &Call<'_>) -> Refusal {
        let mut incoming = self.incoming(body, call);
        let mut words = Vec::new();
        while words.len() < REFUSAL_BYTES
            && let Some(Ok(piece)) = incoming.next().await
        {
            words.extend_from_slice(&piece);
        }
        words.truncate(REFUSAL_BYTES);
        Refusal::parse(&words)
    }

    fn incoming(&self, body: Body, call: &Call<'_>) -> Incoming {
        Incoming {
            stream: body.into_stream(),
            clock: self.clock.clone(),
            between: self.limits.between,
            last: self.clock.now(),
            deadline: call.deadline,
            alarm: None,
            who: call.who.to_owned(),
        }
    }

    fn left(&self, deadline: Timestamp) -> Duration {
        deadline.since(self.clock.now())
    }
}

/// A response's body under time limits. Dropping it aborts the exchange.
pub(crate) struct Incoming {
    stream: ByteStream,
    clock: Arc<dyn Clock>,
    between: Duration,
    last: Timestamp,
    deadline: Timestamp,
    /// One timer serves many pieces: when it rings it is set again if something came meanwhile.
    alarm: Option<BoxFuture<'static, ()>>,
    who: String,
}

impl Incoming {
    /// Shortens the pause allowed between two pieces from now on.
    pub(crate) fn hurry(&mut self, between: Duration) {
        if between < self.between {
            self.between = between;
            self.alarm = None;
        }
    }

    /// The next piece.
    pub(crate) async fn next(&mut self) -> Option<Result<Bytes>> {
        loop {
            let now = self.clock.now();
            let wait = (self.last + self.between).min(self.deadline).since(now);
            let clock = &self.clock;
            let alarm = self.alarm.get_or_insert_with(|| {
                let clock = clock.clone();
                async move { clock.sleep(wait).await }.boxed()
            });
            let piece = match select(self.stream.next(), alarm).await {
                Either::Left((piece, _)) => piece,
                Either::Right(_) => {
                    self.alarm = None;
                    let now = self.clock.now();
                    let idle = now.since(self.last);
                    if now < self.deadline && idle < self.between {
                        continue;
                    }
                    let message = if now < self.deadline {
                        format!("{}: silent for {} s", self.who, idle.as_secs())
                    } else {
                        format!("{}: the answer took too long", self.who)
                    };
                    return Some(Err(Error::new(ErrorKind::Timeout, message)));
                }
            };
            self.last = self.clock.now();
            return piece.map(|piece| piece.map_err(|error| from_port(error, &self.who)));
        }
    }

    /// All of it, at most `limit` bytes.
    pub(crate) async fn collect(&mut self, limit: usize) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        while let Some(piece) = self.next().await {
            let piece = piece?;
            if bytes.len() + piece.len() > limit {
                let message = format!("{}: the answer is over {limit} bytes", self.who);
                return Err(Error::new(ErrorKind::Protocol, message));
            }
            bytes.extend_from_slice(&piece);
        }
        Ok(bytes)
    }
}

/// The media type without parameters, lower case; empty if there is none.
pub(crate) fn content_type(headers: &HeaderMap) -> String {
    let value = headers.get(header::CONTENT_TYPE);
    let value = value.and_then(|value| value.to_str().ok()).unwrap_or("");
    let media = value.split(';').next().unwrap_or("");
    media.trim().to_ascii_lowercase()
}

fn request(call: &Call<'_>) -> Result<http::Request<Body>> {
    let invalid = |what: &str| Error::new(ErrorKind::BadRequest, format!("{}: {what}", call.who));
    let (kind, body) = match &call.body {
        Payload::Json(value) => {
            let body = serde_json::to_vec(value)
                .map_err(|error| invalid("the request is not JSON").with_source(error))?;
            ("application/json".to_owned(), body)
        }
        Payload::Form { boundary, bytes } => (
            format!("multipart/form-data; boundary={boundary}"),
            bytes.clone(),
        ),
    };
    let mut request = http::Request::post(url(&call.endpoint.base_url, call.path))
        .header(header::CONTENT_TYPE, kind)
        .header(header::ACCEPT, "application/json, text/event-stream")
        .header(
            header::USER_AGENT,
            concat!("edgewise/", env!("CARGO_PKG_VERSION")),
        );
    if !call.endpoint.api_key.is_empty() {
        let value = HeaderValue::from_str(&format!("Bearer {}", call.endpoint.api_key));
        let mut value = value.map_err(|_| {
            let message = format!("{}: the key has characters that no key has", call.who);
            Error::new(ErrorKind::Authentication, message)
        })?;
        value.set_sensitive(true);
        request = request.header(header::AUTHORIZATION, value);
    }
    request
        .body(Body::Full(body.into()))
        .map_err(|error| invalid("the base URL is not valid").with_source(error))
}

/// Puts `path` below the base URL, in front of its query if it has one.
fn url(base: &str, path: &str) -> String {
    let (base, query) = match base.split_once('?') {
        Some((base, query)) => (base, format!("?{query}")),
        None => (base, String::new()),
    };
    format!("{}{path}{query}", base.trim_end_matches('/'))
}

/// `retry-after-ms`, or `retry-after` in seconds or as a date.
fn retry_after(headers: &HeaderMap, status: StatusCode, now: Timestamp) -> Option<Duration> {
    if !(status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error()) {
        return None;
    }
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let seconds = |seconds: f64| Duration::try_from_secs_f64(seconds).ok();
    if let Some(value) = text("retry-after-ms").and_then(|value| value.trim().parse::<f64>().ok()) {
        return seconds(value / 1000.0);
    }
    let value = text("retry-after")?.trim();
    if let Ok(value) = value.parse() {
        return seconds(value);
    }
    let date = httpdate::parse_http_date(value).ok()?;
    let date = date.duration_since(std::time::UNIX_EPOCH).ok()?;
    Some(date.saturating_sub(Duration::from_millis(now.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls() {
        for (base, expect) in [
            ("https://h/v1", "https://h/v1/x"),
            ("https://h/v1/", "https://h/v1/x"),
            ("https://h/v1?api-version=2", "https://h/v1/x?api-version=2"),
        ] {
            assert_eq!(url(base, "/x"), expect);
        }
    }

    #[test]
    fn pauses() {
        let check = |status: u16, name: &'static str, value: &str, expect: Option<u64>| {
            let headers = HeaderMap::from_iter([(
                header::HeaderName::from_static(name),
                HeaderValue::from_str(value).unwrap(),
            )]);
            let now = Timestamp(784_111_777_000); // Sun, 06 Nov 1994 08:49:37 GMT
            let pause = retry_after(&headers, StatusCode::from_u16(status).unwrap(), now);
            assert_eq!(pause, expect.map(Duration::from_millis), "{value}");
        };
        check(429, "retry-after", "2", Some(2000));
        check(503, "retry-after", "0.5", Some(500));
        check(429, "retry-after-ms", "120", Some(120));
        check(
            429,
            "retry-after",
            "Sun, 06 Nov 1994 08:49:40 GMT",
            Some(3000),
        );
        check(429, "retry-after", "Sun, 06 Nov 1994 08:00:00 GMT", Some(0));
        check(429, "retry-after", "soon", None);
        check(429, "retry-after", "-1", None);
        check(400, "retry-after", "2", None);
    }

    #[test]
    fn silence_is_measured_from_the_last_piece() {
        let (platform, _) = ports::fake::platform();
        let (clock, start) = (platform.clock.clone(), platform.clock.now());
        let late = platform.clock.clone();
        let stream = futures::stream::once(async move {
            late.sleep(Duration::from_secs(50)).await;
            Ok(Bytes::from_static(b"x"))
        });
        let mut incoming = Incoming {
            stream: stream.chain(futures::stream::pending()).boxed(),
            clock: platform.clock,
            between: Duration::from_secs(60),
            last: start,
            deadline: start + Duration::from_secs(600),
            alarm: None,
            who: String::new(),
        };
        futures::executor::block_on(async {
            assert!(incoming.next().await.unwrap().is_ok());
            let error = incoming.next().await.unwrap().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Timeout);
        });
        assert_eq!(clock.now().since(start).as_secs(), 110);
    }
}
