//! Telemetry: traces and metrics of answers and runs, by the OpenTelemetry protocol (OTLP/JSON over HTTP) and its conventions
//! for generative AI, from every runtime.
//!
//! Configured by `OTEL_EXPORTER_OTLP_ENDPOINT`, `OTEL_EXPORTER_OTLP_HEADERS` and `OTEL_SERVICE_NAME`; without the first
//! nothing is kept. What ended is kept in memory and sent together a little later, behind everybody's back: a collector
//! that is away costs the spans of that time, and no answer.
//!
//! A trace has the id of its message or run, so that whoever has one finds the other.
//!
//! Start at [`Telemetry`].

mod config;
mod encode;
mod metric;
mod span;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use futures::FutureExt;
use http::{HeaderName, HeaderValue, Request, header};
use ports::{Body, Timestamp, timeout};
use serde_json::Value;
use sha2::{Digest, Sha256};

use self::{
    config::{Config, Signal},
    encode::Attribute,
    metric::{DURATION, Histogram, TOKENS, metrics},
    span::{Kind, Span, traces},
};
use crate::{
    Context,
    message::{Message, Status, Trace},
    requests::{self, Outcome, Row},
};

/// How long spans are collected before they are sent.
const PAUSE: Duration = Duration::from_secs(2);

/// For one export.
const LIMIT: Duration = Duration::from_secs(10);

/// Spans that wait at most; more are dropped.
const MOST: usize = 4096;

/// What waits to be sent.
#[derive(Default)]
pub struct Telemetry(Mutex<State>);

#[derive(Default)]
struct State {
    spans: Vec<Span>,
    /// By operation, provider, model and kind of failure.
    calls: BTreeMap<[String; 4], Measured>,
    /// When the first of them was measured.
    since: u64,
    dropped: u64,
    is_sending: bool,
    /// The operator wants none.
    is_off: bool,
}

/// Of calls of one kind: tokens that it read, tokens that it wrote, and seconds.
struct Measured([Histogram; 3]);

impl Telemetry {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An answer has come to its end: its request and the search. What models were asked for it says [`called`].
pub(crate) fn answered(ctx: &Context, app_id: &str, message: &Message, trace: &Trace) {
    if ctx.telemetry.state().is_off {
        return;
    }
    let usage = message.usage.clone().unwrap_or_default();
    let (start, id) = (message.created_at, message.id.as_str());
    let end = start + Duration::from_secs_f64(usage.latency.clamp(0.0, 86_400.0));
    let asked = start + Duration::from_millis(trace.gather_ms);
    let error = (message.status == Status::Error)
        .then(|| message.error.clone().unwrap_or_else(|| "failed".to_owned()));
    let mut spans = vec![Span {
        kind: Kind::Server,
        attributes: vec![
            ("edgewise.app.id", text(app_id)),
            ("gen_ai.conversation.id", text(&message.conversation_id)),
            ("user.id", text(&message.end_user_id)),
        ],
        error: error.clone(),
        ..whole(id, "answer", start, end)
    }];
    if let Some(search) = trace.retrieval_ms {
        let begun = Timestamp(asked.0.saturating_sub(search).max(start.0));
        spans.push(Span {
            attributes: vec![(
                "edgewise.retrieval.passages",
                Attribute::Int(trace.passages_used as i64),
            )],
            ..part(id, "retrieval", "retrieve", begun, asked)
        });
    }
    push(ctx, spans);
}

/// A run of a workflow has come to its end.
#[cfg(feature = "workflows")]
pub(crate) fn ran(ctx: &Context, run: &crate::workflow::Record) {
    if ctx.telemetry.state().is_off {
        return;
    }
    let end = run.finished_at.unwrap_or_else(|| ctx.now());
    let failed = (run.status == "failed").then(|| run.error.clone().unwrap_or_default());
    push(
        ctx,
        vec![Span {
            kind: Kind::Server,
            attributes: vec![
                ("edgewise.app.id", text(&run.app_id)),
                ("edgewise.run.status", text(&run.status)),
                ("edgewise.run.steps", Attribute::Int(run.total_steps as i64)),
                ("user.id", text(&run.user.id)),
            ],
            error: failed,
            ..whole(&run.id, "workflow", run.created_at, end)
        }],
    );
}

/// A model was asked: a part of the trace of its message or run, or a trace of its own.
pub(crate) fn called(ctx: &Context, row: &Row) {
    if ctx.telemetry.state().is_off {
        return;
    }
    let operation = match row.kind {
        requests::Kind::Chat => "chat",
        requests::Kind::Embedding => "embeddings",
        requests::Kind::Rerank => "rerank",
        requests::Kind::Moderation => "moderation",
        requests::Kind::Tts => "text_to_speech",
        requests::Kind::Stt => "speech_to_text",
    };
    let (kind, message) = match &row.outcome {
        Outcome::Error { kind, message } => (kind.as_str(), Some(message.clone())),
        _ => ("", None),
    };
    let named = || {
        let mut attributes = vec![
            ("gen_ai.operation.name", text(operation)),
            ("gen_ai.provider.name", text(&row.provider)),
            ("gen_ai.request.model", text(&row.model)),
        ];
        if !kind.is_empty() {
            attributes.push(("error.type", text(kind)));
        }
        attributes
    };
    let counts = [
        ("gen_ai.usage.input_tokens", row.prompt_tokens),
        ("gen_ai.usage.output_tokens", row.completion_tokens),
    ];
    let mut attributes = named();
    // What was refused has no usage.
    if row.prompt_tokens + row.completion_tokens > 0 {
        attributes.extend(counts.map(|(name, count)| (name, Attribute::Int(count as i64))));
    }
    attributes.push(("edgewise.purpose", text(row.purpose.word())));
    if row.estimated {
        attributes.push(("edgewise.usage.estimated", Attribute::Flag(true)));
    }
    let of = [
        ("edgewise.app.id", &row.of.app_id),
        ("gen_ai.conversation.id", &row.of.conversation_id),
    ];
    attributes.extend(
        of.into_iter()
            .filter_map(|(name, id)| Some((name, text(id.as_deref()?)))),
    );
    let (start, took) = (row.at, Duration::from_millis(row.latency_ms));
    let name = format!("{operation} {}", row.model);
    let span = match row.of.message_id.as_ref().or(row.of.run_id.as_ref()) {
        Some(of) => part(of, &row.id, &name, start, start + took),
        None => whole(&row.id, &name, start, start + took),
    };
    {
        let mut state = ctx.telemetry.state();
        if state.calls.is_empty() {
            state.since = start.0;
        }
        let key = [operation, &row.provider, &row.model, kind].map(str::to_owned);
        let Measured([read, written, seconds]) = state.calls.entry(key).or_insert_with(|| {
            let tokens = |kind: &str| {
                let mut attributes = named();
                attributes.push(("gen_ai.token.type", text(kind)));
                Histogram::new(&TOKENS, attributes)
            };
            Measured([
                tokens("input"),
                tokens("output"),
                Histogram::new(&DURATION, named()),
            ])
        });
        // The conventions want no counts but those that the provider says.
        if !row.estimated && row.prompt_tokens + row.completion_tokens > 0 {
            read.add(row.prompt_tokens as f64);
            written.add(row.completion_tokens as f64);
        }
        seconds.add(took.as_secs_f64());
    }
    let span = Span {
        kind: Kind::Client,
        attributes,
        error: message,
        ..span
    };
    push(ctx, vec![span]);
}

fn text(text: &str) -> Attribute {
    Attribute::Text(text.to_owned())
}

/// The span that the others of a trace are parts of.
fn whole(of: &str, name: &str, start: Timestamp, end: Timestamp) -> Span {
    Span {
        parent: None,
        ..part(of, "", name, start, end)
    }
}

fn part(of: &str, key: &str, name: &str, start: Timestamp, end: Timestamp) -> Span {
    let mut trace = [0; 16];
    // A UUID without its dashes is what a trace's id is.
    let _ = hex::decode_to_slice(of.replace('-', ""), &mut trace);
    Span {
        trace,
        id: id(of, key),
        parent: Some(id(of, "")),
        name: name.to_owned(),
        kind: Kind::Internal,
        start: start.0,
        end: end.0,
        attributes: Vec::new(),
        error: None,
    }
}

/// The same part of the same trace has the same id, whoever says it.
fn id(of: &str, key: &str) -> [u8; 8] {
    let digest = Sha256::digest(format!("{of}/{key}").as_bytes());
    let mut id = [0; 8];
    id.iter_mut()
        .zip(digest.iter())
        .for_each(|(to, from)| *to = *from);
    id
}

/// Keeps spans until they are sent, and sees to it that they are.
fn push(ctx: &Context, spans: Vec<Span>) {
    {
        let mut state = ctx.telemetry.state();
        let room = MOST.saturating_sub(state.spans.len());
        state.dropped += spans.len().saturating_sub(room) as u64;
        state.spans.extend(spans.into_iter().take(room));
        if std::mem::replace(&mut state.is_sending, true) {
            return;
        }
    }
    let ctx = ctx.clone();
    let spawn = ctx.platform.spawn.clone();
    spawn.spawn(async move { send(&ctx).await }.boxed());
}

/// Sends what was kept, until nothing is left.
async fn send(ctx: &Context) {
    let Some(config) = configured(ctx).await else {
        let mut state = ctx.telemetry.state();
        *state = State {
            is_off: true,
            ..State::default()
        };
        return;
    };
    loop {
        ctx.platform.clock.sleep(PAUSE).await;
        let (spans, calls, since, dropped) = {
            let mut state = ctx.telemetry.state();
            if state.spans.is_empty() && state.calls.is_empty() {
                state.is_sending = false;
                return;
            }
            (
                std::mem::take(&mut state.spans),
                std::mem::take(&mut state.calls),
                state.since,
                std::mem::take(&mut state.dropped),
            )
        };
        if dropped > 0 {
            tracing::warn!(dropped, "spans were dropped: too many at a time");
        }
        export(
            ctx,
            &config,
            Signal::Traces,
            &traces(&config.service, &spans),
        )
        .await;
        if !calls.is_empty() {
            let all = calls.into_values().flat_map(|it| it.0);
            let histograms: Vec<Histogram> = all.filter(|it| !it.is_empty()).collect();
            let body = metrics(&config.service, since, ctx.now().0, &histograms);
            export(ctx, &config, Signal::Metrics, &body).await;
        }
    }
}

async fn configured(ctx: &Context) -> Option<Config> {
    let mut found = BTreeMap::new();
    for name in Config::NAMES {
        match ctx.platform.secrets.get(name).await {
            Ok(value) => drop(value.map(|value| found.insert(name, value))),
            Err(error) => tracing::warn!(%error, "{name} cannot be read"),
        }
    }
    match Config::read(|name| found.get(name).cloned()) {
        Ok(config) => config,
        Err(message) => {
            tracing::warn!("no telemetry is sent: {message}");
            None
        }
    }
}

async fn export(ctx: &Context, config: &Config, signal: Signal, body: &Value) {
    let request =
        Request::post(config.url(signal)).header(header::CONTENT_TYPE, "application/json");
    let mut request = match request.body(Body::from(Bytes::from(body.to_string()))) {
        Ok(request) => request,
        Err(error) => {
            tracing::warn!(%error, "no telemetry is sent: OTEL_EXPORTER_OTLP_ENDPOINT is no address");
            return;
        }
    };
    for (name, value) in &config.headers {
        let name = HeaderName::try_from(name.as_str());
        let value = HeaderValue::try_from(value.as_str());
        if let (Ok(name), Ok(value)) = (name, value) {
            request.headers_mut().insert(name, value);
        }
    }
    let exchange = ctx.platform.fetch.send(request);
    let sent = timeout(ctx.platform.clock.as_ref(), LIMIT, exchange).await;
    match sent.and_then(|exchange| exchange) {
        Ok(response) if response.status().is_success() => {}
        Ok(response) => {
            let status = response.status().as_u16();
            tracing::warn!(status, "the collector of telemetry refused what was sent");
        }
        Err(error) => tracing::warn!(%error, "the collector of telemetry does not answer"),
    }
}

/// Shared by all clones of a context.
pub(crate) fn new() -> Arc<Telemetry> {
    Arc::default()
}
