//! Server-sent events as Dify frames them: `data: <one-line JSON>`, and a bare `event: ping` in silence.

use std::{sync::Arc, time::Duration};

use axum::{
    body::{Body, Bytes},
    response::Response,
};
use futures::{
    Stream, StreamExt,
    future::{Either, select},
    stream,
};
use http::{HeaderValue, header};
use ports::Clock;
use serde_json::Value;

/// Silence after which a ping is sent, so that proxies keep the connection.
const PING: Duration = Duration::from_secs(10);

/// Streams events until they end; dropping the response drops them.
pub fn sse(clock: Arc<dyn Clock>, events: impl Stream<Item = Value> + Send + 'static) -> Response {
    frames(clock, events.map(|event| frame(&event)))
}

/// The same for runs: one ping at once, and the number of an event where the stream is made for being rejoined.
#[cfg(feature = "workflows")]
pub(crate) fn run(
    clock: Arc<dyn Clock>,
    events: impl Stream<Item = (Option<u64>, Value)> + Send + 'static,
) -> Response {
    rejoined(
        clock,
        events.map(|(id, event)| (id.map(|id| id.to_string()), event)),
    )
}

/// A stream that can be rejoined: one ping at once, and events with their ids.
pub(crate) fn rejoined(
    clock: Arc<dyn Clock>,
    events: impl Stream<Item = (Option<String>, Value)> + Send + 'static,
) -> Response {
    let events = events.map(|(id, event)| match id {
        Some(id) => format!("id: {id}\ndata: {event}\n\n").into(),
        None => frame(&event),
    });
    frames(clock, stream::iter([ping()]).chain(events))
}

fn frames(clock: Arc<dyn Clock>, frames: impl Stream<Item = Bytes> + Send + 'static) -> Response {
    let frames = stream::unfold((frames.boxed(), clock), |(mut frames, clock)| async move {
        let silence = clock.sleep(PING);
        let frame = match select(frames.next(), silence).await {
            Either::Left((Some(frame), _)) => frame,
            Either::Left((None, _)) => return None,
            Either::Right(_) => ping(),
        };
        Some((Ok::<_, std::convert::Infallible>(frame), (frames, clock)))
    });
    let mut response = Response::new(Body::from_stream(frames));
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/event-stream"),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    // Otherwise nginx in front collects the answer before it passes it on.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

fn ping() -> Bytes {
    Bytes::from_static(b"event: ping\n\n")
}

fn frame(event: &Value) -> Bytes {
    format!("data: {event}\n\n").into()
}
