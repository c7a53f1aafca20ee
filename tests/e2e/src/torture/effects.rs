//! The server that HTTP nodes ask: it counts what each step of each run asked for, and under which key.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::{Context, Result, ensure};
use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use serde_json::{Value, json};

use crate::http::text;

/// Run and step -> how often each key came.
type Counts = BTreeMap<(String, u64), BTreeMap<String, usize>>;

/// The running server; it ends with the runtime.
pub struct Effects {
    /// Such as `127.0.0.1:41234`.
    pub host: String,
    counts: Arc<Mutex<Counts>>,
}

impl Effects {
    /// Starts it on a free port.
    pub async fn start() -> Result<Self> {
        let counts = Arc::new(Mutex::new(Counts::new()));
        let app = Router::new()
            .route("/effect", post(count))
            .with_state(Arc::clone(&counts));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let host = listener.local_addr()?.to_string();
        tokio::spawn(async move { axum::serve(listener, app).await });
        Ok(Self { host, counts })
    }

    /// Fails unless each of these runs had all its steps, each under one key that no other step had. Answers how many
    /// requests came, and how many of them for a second time.
    pub fn check(&self, runs: &BTreeSet<&str>, steps: u64) -> Result<(usize, usize)> {
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let mut keys = BTreeSet::new();
        for ((run, step), seen) in counts.iter() {
            ensure!(
                seen.len() == 1,
                "step {step} of run {run} came under {} keys: {seen:?}",
                seen.len()
            );
            for key in seen.keys() {
                ensure!(!key.is_empty(), "step {step} of run {run} had no key");
                ensure!(keys.insert(key), "{key} came for two steps");
            }
        }
        for run in runs {
            for step in 0..steps {
                counts
                    .get(&((*run).to_owned(), step))
                    .with_context(|| format!("step {step} of run {run} never came"))?;
            }
        }
        let all: usize = counts.values().flat_map(BTreeMap::values).sum();
        Ok((all, all - counts.len()))
    }
}

async fn count(
    State(counts): State<Arc<Mutex<Counts>>>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> (StatusCode, Json<Value>) {
    let key = headers
        .get("idempotency-key")
        .and_then(|key| key.to_str().ok())
        .unwrap_or_default()
        .to_owned();
    let Some(step) = body.get("step").and_then(Value::as_u64) else {
        return (StatusCode::BAD_REQUEST, Json(json!({ "missing": "step" })));
    };
    let mut counts = counts.lock().unwrap_or_else(PoisonError::into_inner);
    let seen = counts.entry((text(&body, "/run"), step)).or_default();
    *seen.entry(key).or_default() += 1;
    (StatusCode::OK, Json(json!({ "said": text(&body, "/say") })))
}
