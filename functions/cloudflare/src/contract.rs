//! Test-only routes, compiled only into test builds: the contract suite, and what a test must see from inside.

use std::{convert::Infallible, sync::Arc, time::Duration};

use ::contract::{Harness, Recorder, Report};
use async_trait::async_trait;
use axum::{
    Json, Router,
    body::{Body, Bytes},
    extract::{Query, State},
    http::StatusCode,
    routing::{get, post},
};
use futures::stream;
use model::{Models, Purpose};
use ports::{Alarm, Commit, Consumer, Job, Platform};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Clone)]
struct Inside {
    platform: Platform,
    models: Models,
}

/// The routes under `/__test`.
pub(crate) fn router(platform: Platform, models: Models) -> Router {
    Router::new()
        .route("/__test/contract", post(suite))
        .route("/__test/memory", get(memory))
        .route("/__test/panic", post(trap))
        .route("/__test/drip", get(drip))
        .route("/__test/embed", post(embed))
        .route("/__test/keep", post(keep))
        .route("/__test/kept", get(kept))
        .route("/__test/rang", get(rang))
        .with_state(Inside { platform, models })
}

#[derive(Deserialize)]
struct Run {
    #[serde(default)]
    filter: String,
    #[serde(default)]
    peer: String,
}

async fn suite(State(inside): State<Inside>, Query(run): Query<Run>) -> Json<Report> {
    let harness = Harness {
        platform: inside.platform,
        peer: run.peer,
    };
    Json(::contract::run(harness, &run.filter).await)
}

/// The size of the module's linear memory, which only grows.
async fn memory() -> Json<Value> {
    Json(json!({ "bytes": bytes() }))
}

#[cfg(target_arch = "wasm32")]
fn bytes() -> usize {
    core::arch::wasm32::memory_size(0) * 65_536
}

#[cfg(not(target_arch = "wasm32"))]
fn bytes() -> usize {
    0
}

/// What a bug would do.
async fn trap() -> Json<Value> {
    std::process::abort()
}

/// Notes in `Kv` that it was dropped, for tests of a client that leaves.
struct Note(Platform, String);

impl Drop for Note {
    fn drop(&mut self) {
        let (kv, name) = (self.0.kv.clone(), std::mem::take(&mut self.1));
        self.0.spawn.spawn(Box::pin(async move {
            let note = Commit::new().put(name, "dropped");
            if let Err(error) = kv.commit("test/drops", note).await {
                worker::console_error!("no note: {error}");
            }
        }));
    }
}

#[derive(Deserialize)]
struct Drip {
    name: String,
    #[serde(default)]
    seen: bool,
}

/// A body that never ends, a line each 50 ms; with `seen=true`, whether it was dropped.
async fn drip(State(inside): State<Inside>, Query(drip): Query<Drip>) -> Body {
    let platform = inside.platform;
    if drip.seen {
        let note = platform.kv.get("test/drops", &drip.name).await;
        return Body::from(match note {
            Ok(Some(_)) => "dropped",
            _ => "running",
        });
    }
    let note = Note(platform, drip.name);
    let lines = stream::unfold((0u32, note), |(n, note)| async move {
        note.0.clock.sleep(Duration::from_millis(50)).await;
        let line = Bytes::from(format!("data: {n}\n\n"));
        Some((Ok::<_, Infallible>(line), (n + 1, note)))
    });
    Body::from_stream(lines)
}

#[derive(Deserialize)]
struct Keep {
    key: String,
    alarm_in: Option<u64>,
}

type Answer = Result<String, (StatusCode, String)>;

fn failed(error: ports::Error) -> (StatusCode, String) {
    (StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
}

/// Where [`keep`] puts its record.
const KEPT: &str = "test/kept";

/// Keeps the body in `Kv` and `Blob`, and sets an alarm.
async fn keep(State(inside): State<Inside>, Query(keep): Query<Keep>, body: Bytes) -> Answer {
    let Platform {
        kv,
        blob,
        timer,
        clock,
        ..
    } = &inside.platform;
    let put = async {
        let revision = kv
            .commit(KEPT, Commit::new().put(&keep.key, body.clone()))
            .await?;
        blob.put(&format!("test/{}", keep.key), body).await?;
        if let Some(seconds) = keep.alarm_in {
            let at = clock.now() + Duration::from_secs(seconds);
            let job = Job::new(format!("test-{}", keep.key), "contract/ok", "");
            timer
                .set(Alarm {
                    name: keep.key.clone(),
                    at,
                    job,
                })
                .await?;
        }
        Ok(revision.to_string())
    };
    put.await.map_err(failed)
}

/// The version of the record, the record, and the blob.
async fn kept(State(inside): State<Inside>, Query(keep): Query<Keep>) -> Answer {
    let Platform { kv, blob, .. } = &inside.platform;
    let get = async {
        let record = kv.get(KEPT, &keep.key).await?;
        let blob = blob
            .get(&format!("test/{}", keep.key))
            .await?
            .unwrap_or_default();
        let blob = String::from_utf8_lossy(&blob).into_owned();
        let record = record
            .map(|record| (record.version, record.value))
            .unwrap_or_default();
        let value = String::from_utf8_lossy(&record.1).into_owned();
        Ok(format!("{} {value} {blob}", record.0))
    };
    get.await.map_err(failed)
}

/// Whether the alarm became a job that was consumed.
async fn rang(State(inside): State<Inside>, Query(keep): Query<Keep>) -> Answer {
    let prefix = ports::Range::prefix("", 1000);
    let notes = inside.platform.kv.list("contract/recorder", prefix).await;
    let notes = notes.map_err(failed)?;
    let id = format!("test-{}", keep.key);
    Ok(notes.iter().any(|note| note.key.contains(&id)).to_string())
}

/// Embeds the body with the first local model.
async fn embed(State(inside): State<Inside>, text: String) -> Json<Value> {
    let Some(embedder) = inside.models.embedders.first() else {
        return Json(json!({ "error": "there is no local embedder" }));
    };
    let answer = match embedder.embed(&[text], Purpose::Document).await {
        Ok(embedded) => json!({
            "vector": embedded.vectors.first(),
            "tokens": embedded.usage.prompt_tokens,
        }),
        Err(error) => json!({ "error": error.to_string() }),
    };
    Json(answer)
}

/// Gives the suite's jobs to its recorder.
pub(crate) fn consumer(platform: Platform, others: Arc<dyn Consumer>) -> Arc<dyn Consumer> {
    let recorder = Recorder::new(platform);
    Arc::new(Split { recorder, others })
}

struct Split {
    recorder: Recorder,
    others: Arc<dyn Consumer>,
}

#[async_trait]
impl Consumer for Split {
    async fn consume(&self, job: &Job) -> ports::Result<()> {
        if Recorder::wants(job) {
            return self.recorder.consume(job).await;
        }
        self.others.consume(job).await
    }

    fn waits(&self, job: &Job) -> bool {
        self.others.waits(job)
    }

    async fn give_up(&self, job: &Job, reason: &str) {
        if Recorder::wants(job) {
            return self.recorder.give_up(job, reason).await;
        }
        self.others.give_up(job, reason).await;
    }
}
