//! The server that the `Fetch` cases talk to.
//!
//! `/echo` gives the request's body back as it arrives, `/count` says its length and sum, `/bytes?n=` sends n bytes,
//! `/drip?n=&ms=&id=` sends lines with pauses, `/steps?n=&id=` sends a line after each `/confirm?id=`, `/hang?id=`
//! never answers, `/aborted?id=` says how many exchanges of that id the client cut, `/cut` breaks off, `/closed` names a
//! port on which nobody listens; `/status/{code}`, `/method`, `/uri/...`, `/headers?large=` and `/redirect` do what they say.

use std::{
    collections::HashMap,
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Path, Query, State},
    http::{HeaderMap, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
    routing::{any, get, post},
};
use futures::{StreamExt, stream};
use serde::Deserialize;
use tokio::{net::TcpListener, sync::Notify};

/// Serves until it is dropped.
pub async fn peer(listener: TcpListener) -> io::Result<()> {
    axum::serve(listener, router()).await
}

/// The routes, for a fake that calls them without a socket.
pub fn router() -> Router {
    Router::new()
        .route("/echo", post(|body: Body| async { body }))
        .route("/count", post(count))
        .route("/bytes", get(bytes))
        .route("/drip", get(drip))
        .route("/steps", get(steps))
        .route("/confirm", get(confirm))
        .route("/hang", any(hang))
        .route("/aborted", get(aborted))
        .route("/cut", get(cut))
        .route("/closed", get(closed))
        .route("/status/{code}", any(status))
        .route(
            "/method",
            any(|method: Method| async move { method.to_string() }),
        )
        .route("/uri/{*rest}", any(uri))
        .route("/headers", any(headers))
        .route("/redirect", get(redirect))
        .with_state(Peer::default())
}

#[derive(Clone, Default)]
struct Peer(Arc<Shared>);

#[derive(Default)]
struct Shared {
    seen: Mutex<HashMap<String, Seen>>,
    changed: Notify,
}

#[derive(Default)]
struct Seen {
    aborted: usize,
    confirmed: usize,
}

impl Peer {
    fn seen(&self) -> MutexGuard<'_, HashMap<String, Seen>> {
        self.0.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn guard(&self, id: &str) -> Guard {
        Guard {
            peer: self.clone(),
            id: id.to_owned(),
            done: false,
        }
    }
}

/// Counts an abort when it is dropped before the exchange was done.
struct Guard {
    peer: Peer,
    id: String,
    done: bool,
}

impl Guard {
    fn finish(&mut self) {
        self.done = true;
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if !self.done {
            let id = std::mem::take(&mut self.id);
            self.peer.seen().entry(id).or_default().aborted += 1;
        }
    }
}

#[derive(Deserialize)]
struct Arguments {
    #[serde(default)]
    n: usize,
    #[serde(default)]
    ms: u64,
    #[serde(default)]
    id: String,
    #[serde(default)]
    large: usize,
}

async fn count(body: Body) -> Result<String, StatusCode> {
    let (mut length, mut sum) = (0, 0);
    let mut stream = body.into_data_stream();
    while let Some(piece) = stream.next().await {
        let piece = piece.map_err(|_| StatusCode::BAD_REQUEST)?;
        length += piece.len();
        sum += piece.iter().map(|byte| u64::from(*byte)).sum::<u64>();
    }
    Ok(format!("{length} {sum}"))
}

async fn bytes(Query(arguments): Query<Arguments>) -> Body {
    let n = arguments.n;
    let pieces = (0..n).step_by(50_000).map(move |start| {
        let piece = (start..(start + 50_000).min(n)).map(|i| (i % 251) as u8);
        io::Result::Ok(piece.collect::<Bytes>())
    });
    Body::from_stream(stream::iter(pieces))
}

async fn drip(State(peer): State<Peer>, Query(arguments): Query<Arguments>) -> Body {
    let pause = Duration::from_millis(arguments.ms);
    let guard = peer.guard(&arguments.id);
    let lines = stream::unfold((0, guard), move |(i, mut guard)| async move {
        if i >= arguments.n {
            guard.finish();
            return None;
        }
        if i > 0 {
            tokio::time::sleep(pause).await;
        }
        Some((io::Result::Ok(format!("{i}\n")), (i + 1, guard)))
    });
    Body::from_stream(lines)
}

async fn steps(State(peer): State<Peer>, Query(arguments): Query<Arguments>) -> Body {
    let start = (0, Arc::<str>::from(arguments.id), peer);
    let lines = stream::unfold(start, move |(i, id, peer)| async move {
        loop {
            let changed = peer.0.changed.notified();
            let confirmed = peer.seen().get(&*id).map_or(0, |seen| seen.confirmed);
            if confirmed >= i {
                break;
            }
            changed.await;
        }
        (i < arguments.n).then(|| (io::Result::Ok(format!("{i}\n")), (i + 1, id, peer)))
    });
    Body::from_stream(lines)
}

async fn confirm(State(peer): State<Peer>, Query(arguments): Query<Arguments>) {
    peer.seen().entry(arguments.id).or_default().confirmed += 1;
    peer.0.changed.notify_waiters();
}

async fn hang(State(peer): State<Peer>, Query(arguments): Query<Arguments>) {
    let _guard = peer.guard(&arguments.id);
    std::future::pending::<()>().await;
}

async fn aborted(State(peer): State<Peer>, Query(arguments): Query<Arguments>) -> String {
    let seen = peer.seen();
    seen.get(&arguments.id)
        .map_or(0, |seen| seen.aborted)
        .to_string()
}

async fn cut() -> Body {
    let pieces = [Ok("the first piece\n"), Err(io::Error::other("cut"))];
    // A pause, or the server notices the failure before it has sent the head.
    let slow = stream::iter(pieces).then(|piece| async {
        tokio::time::sleep(Duration::from_millis(20)).await;
        piece
    });
    Body::from_stream(slow)
}

async fn closed() -> Result<String, StatusCode> {
    let free = TcpListener::bind("127.0.0.1:0").await;
    let address = free.and_then(|free| free.local_addr());
    match address {
        Ok(address) => Ok(address.port().to_string()),
        Err(_) => Err(StatusCode::INTERNAL_SERVER_ERROR),
    }
}

async fn status(Path(code): Path<u16>) -> Response {
    match StatusCode::from_u16(code) {
        Ok(StatusCode::NO_CONTENT) => StatusCode::NO_CONTENT.into_response(),
        Ok(status) => (status, format!("status {code}")).into_response(),
        Err(_) => StatusCode::BAD_REQUEST.into_response(),
    }
}

async fn uri(uri: Uri) -> String {
    uri.path_and_query()
        .map(ToString::to_string)
        .unwrap_or_default()
}

async fn headers(Query(arguments): Query<Arguments>, headers: HeaderMap) -> Response {
    let mut seen = String::new();
    for name in headers.keys() {
        let values = headers.get_all(name).iter();
        let values: Vec<_> = values.filter_map(|value| value.to_str().ok()).collect();
        seen.push_str(&format!("{name}: {}\n", values.join(", ")));
    }
    let mut response = seen.into_response();
    let answer = response.headers_mut();
    for (name, value) in [("x-once", "one"), ("x-twice", "one"), ("x-twice", "two")] {
        answer.append(name, header::HeaderValue::from_static(value));
    }
    if let Ok(value) = "l".repeat(arguments.large).parse() {
        answer.append("x-large", value);
    }
    response
}

async fn redirect() -> Response {
    (StatusCode::FOUND, [(header::LOCATION, "/status/200")]).into_response()
}
