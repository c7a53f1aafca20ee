//! Probes: small requests from which a test builds races between instances, restarts and broken connections.

use std::time::Duration;

use axum::{
    Json, Router,
    body::Body,
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use bytes::Bytes;
use futures::stream;
use ports::{Commit, ErrorKind, Job, Kv, Platform, Query as Ask, Range, Record};
use serde::Deserialize;
use serde_json::json;

use crate::task;

pub fn routes() -> Router<Platform> {
    Router::new()
        .route("/__test/increment", post(increment))
        .route("/__test/count", get(count))
        .route("/__test/blob", post(put_blob).get(get_blob))
        .route("/__test/job", post(send_job).get(deliveries))
        .route("/__test/file", get(file))
        .route("/__test/steps", get(steps))
        .route("/__test/confirm", post(confirm))
        .route("/__test/gone", get(gone))
}

#[derive(Deserialize)]
struct Probe {
    #[serde(default)]
    name: String,
    #[serde(default)]
    times: usize,
    #[serde(default)]
    byte: u8,
    #[serde(default)]
    delay_ms: u64,
}

type Probed = Result<Response, Failed>;

/// A failed port call, as a 500 that says so.
struct Failed(ports::Error);

impl From<ports::Error> for Failed {
    fn from(error: ports::Error) -> Self {
        Self(error)
    }
}

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        let message = format!("{:?}: {}", self.0.kind(), self.0);
        (StatusCode::INTERNAL_SERVER_ERROR, message).into_response()
    }
}

fn parse(record: Option<&Record>) -> u64 {
    record
        .and_then(|record| std::str::from_utf8(&record.value).ok()?.parse().ok())
        .unwrap_or(0)
}

/// Adds one to `left` and `right` together, so many times, by compare-and-set on `left`.
async fn increment(State(platform): State<Platform>, Query(probe): Query<Probe>) -> Probed {
    let kv: &dyn Kv = &*platform.kv;
    let mut conflicts = 0;
    for _ in 0..probe.times {
        loop {
            let record = kv.get(&probe.name, "left").await?;
            let next = (parse(record.as_ref()) + 1).to_string();
            let commit = Commit::new().put("left", next.clone()).put("right", next);
            let commit = match record {
                Some(record) => commit.if_version("left", record.version),
                None => commit.if_absent("left"),
            };
            match kv.commit(&probe.name, commit).await {
                Ok(_) => break,
                Err(error) if error.kind() == ErrorKind::Conflict => conflicts += 1,
                Err(error) => return Err(error.into()),
            }
        }
    }
    Ok(Json(json!({ "conflicts": conflicts })).into_response())
}

/// Both counts and the revision, from one snapshot.
async fn count(State(platform): State<Platform>, Query(probe): Query<Probe>) -> Probed {
    let queries = vec![Ask::Get("left".to_owned()), Ask::Get("right".to_owned())];
    let view = platform.kv.read(&probe.name, queries).await?;
    let of = |index: usize| parse(view.answers.get(index).and_then(|answer| answer.first()));
    let counts = json!({ "left": of(0), "right": of(1), "revision": view.revision });
    Ok(Json(counts).into_response())
}

/// Puts `times` megabytes of one byte.
async fn put_blob(State(platform): State<Platform>, Query(probe): Query<Probe>) -> Probed {
    let content = Bytes::from(vec![probe.byte; probe.times << 20]);
    platform.blob.put(&probe.name, content).await?;
    Ok(StatusCode::OK.into_response())
}

/// The size of a blob, and its byte if it is made of only one.
async fn get_blob(State(platform): State<Platform>, Query(probe): Query<Probe>) -> Probed {
    let Some(content) = platform.blob.get(&probe.name).await? else {
        return Ok(StatusCode::NOT_FOUND.into_response());
    };
    let first = content.first().copied();
    let same = content.iter().all(|byte| Some(*byte) == first);
    let seen = json!({ "size": content.len(), "byte": first.filter(|_| same) });
    Ok(Json(seen).into_response())
}

async fn send_job(State(platform): State<Platform>, Query(probe): Query<Probe>) -> Probed {
    let job = Job::new(&probe.name, "contract/ok", "");
    let job = job.delayed(Duration::from_millis(probe.delay_ms));
    platform.queue.send(vec![job]).await?;
    Ok(StatusCode::OK.into_response())
}

/// How often the recorder was given a job.
async fn deliveries(State(platform): State<Platform>, Query(probe): Query<Probe>) -> Probed {
    let range = Range::prefix(format!("{}/", probe.name), 100);
    let found = platform.kv.list("contract/recorder", range).await?;
    Ok(found.len().to_string().into_response())
}

/// What the component sees under a path.
async fn file(Query(probe): Query<Probe>) -> Response {
    match std::fs::read_to_string(&probe.name) {
        Ok(text) => text.into_response(),
        Err(error) => (StatusCode::NOT_FOUND, error.to_string()).into_response(),
    }
}

/// Sends a line after each confirmation, and notes when nobody reads any more.
async fn steps(State(platform): State<Platform>, Query(probe): Query<Probe>) -> Response {
    let partition = format!("probe/{}", probe.name);
    let noted = Noted {
        platform,
        partition,
    };
    let lines = stream::unfold((noted, 0u64), move |(noted, n)| async move {
        // The revision counts the confirmations.
        let wait = Duration::from_secs(30);
        while n > 0 {
            let seen = noted.platform.kv.watch(&noted.partition, n - 1, wait).await;
            match seen {
                Ok(revision) if revision >= n => break,
                Ok(_) => {}
                Err(error) => return Some((Err(error), (noted, n + 1))),
            }
        }
        Some((Ok(Bytes::from(format!("{n}\n"))), (noted, n + 1)))
    });
    Body::from_stream(lines).into_response()
}

struct Noted {
    platform: Platform,
    partition: String,
}

impl Drop for Noted {
    fn drop(&mut self) {
        let platform = self.platform.clone();
        let partition = format!("{}/gone", self.partition);
        task::spawn(async move {
            let commit = Commit::new().put("gone", "1");
            if let Err(error) = platform.kv.commit(&partition, commit).await {
                eprintln!("probe: {error}");
            }
        });
    }
}

async fn confirm(State(platform): State<Platform>, Query(probe): Query<Probe>) -> Probed {
    let partition = format!("probe/{}", probe.name);
    platform
        .kv
        .commit(&partition, Commit::new().put("c", "1"))
        .await?;
    Ok(StatusCode::OK.into_response())
}

/// Whether [`steps`] noticed that its reader left.
async fn gone(State(platform): State<Platform>, Query(probe): Query<Probe>) -> Probed {
    let partition = format!("probe/{}/gone", probe.name);
    let found = platform.kv.get(&partition, "gone").await?;
    Ok(found.is_some().to_string().into_response())
}
