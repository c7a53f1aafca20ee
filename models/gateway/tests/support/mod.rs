//! Cassettes: exchanges written down, matched in both directions. A request that differs from the tape fails, and so
//! does a tape that was not played to its end.

// Each test binary uses its part.
#![allow(dead_code)]

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use futures::{StreamExt, stream};
use model::{ChatRequest, Delta, Dialect, Endpoint, LlmInfo, Message, Role};
use ports::{Body, Clock, fake};
use serde_json::Value;

pub const KEY: &str = "sk-secret-1";

/// One exchange of a tape.
#[derive(serde::Deserialize)]
pub struct Exchange {
    url: String,
    request: Value,
    #[serde(default = "ok")]
    status: u16,
    #[serde(default)]
    headers: std::collections::BTreeMap<String, String>,
    /// Pieces of the body, as they arrive.
    #[serde(default)]
    response: Vec<String>,
    #[serde(default)]
    end: End,
}

/// How a body ends.
#[derive(Default, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
enum End {
    #[default]
    Closed,
    /// The connection breaks.
    Cut,
    /// Nothing comes any more.
    Hangs,
    /// Not even a head comes.
    Silent,
}

fn ok() -> u16 {
    200
}

/// A tape in the player.
pub struct Player {
    pub handles: fake::Handles,
    pub openai: Arc<dyn Dialect>,
    /// Bodies that were dropped, at their end or before.
    pub dropped: Arc<AtomicUsize>,
    tape: Arc<Mutex<VecDeque<Exchange>>>,
    problems: Arc<Mutex<Vec<String>>>,
    start: ports::Timestamp,
}

impl Player {
    /// Loads `tests/cassettes/{name}.json`.
    pub fn load(name: &str) -> Self {
        let path = format!("{}/tests/cassettes/{name}.json", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
        Self::new(serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}")))
    }

    fn new(tape: Vec<Exchange>) -> Self {
        let (platform, handles) = fake::platform();
        let tape = Arc::new(Mutex::new(VecDeque::from(tape)));
        let problems = Arc::new(Mutex::new(Vec::new()));
        let dropped = Arc::new(AtomicUsize::new(0));
        let (played, noted, count) = (tape.clone(), problems.clone(), dropped.clone());
        handles.fetch.route_streaming("", move |request| {
            let exchange = played.lock().unwrap().pop_front();
            let (noted, count) = (noted.clone(), count.clone());
            Box::pin(async move {
                let (head, body) = request.into_parts();
                let body = body.into_bytes(1 << 20).await?;
                let body: Value = serde_json::from_slice(&body).unwrap();
                let Some(exchange) = exchange else {
                    noted
                        .lock()
                        .unwrap()
                        .push(format!("not on the tape: {} {body}", head.uri));
                    return Err(ports::Error::new(
                        ports::ErrorKind::Unavailable,
                        "the tape is over",
                    ));
                };
                let authorization = head.headers.get("authorization").unwrap();
                assert_eq!(authorization, format!("Bearer {KEY}").as_str());
                assert!(authorization.is_sensitive());
                let wrong = (head.method != "POST").then(|| head.method.to_string());
                let wrong =
                    wrong.or((head.uri != exchange.url.as_str()).then(|| head.uri.to_string()));
                let wrong = wrong.or((body != exchange.request).then(|| body.to_string()));
                noted
                    .lock()
                    .unwrap()
                    .extend(wrong.map(|wrong| format!("drift: {wrong}")));
                if matches!(exchange.end, End::Silent) {
                    return futures::future::pending().await;
                }
                Ok(exchange.answer(count))
            })
        });
        let openai = gateway::dialects(platform.fetch, platform.clock.clone(), platform.entropy)
            .remove("openai")
            .unwrap();
        let start = platform.clock.now();
        Self {
            handles,
            openai,
            dropped,
            tape,
            problems,
            start,
        }
    }

    pub fn endpoint(&self) -> Endpoint {
        Endpoint {
            base_url: "https://api.test/v1".to_owned(),
            api_key: KEY.to_owned(),
        }
    }

    /// Time that passed on the fake clock.
    pub fn elapsed(&self) -> Duration {
        self.handles.clock.now().since(self.start)
    }

    /// The tape was played to its end, and as it is written.
    pub fn check(&self) {
        let problems = self.problems.lock().unwrap();
        assert!(problems.is_empty(), "{}", problems.join("\n"));
        assert_eq!(
            self.tape.lock().unwrap().len(),
            0,
            "exchanges left on the tape"
        );
    }
}

impl Exchange {
    fn answer(self, count: Arc<AtomicUsize>) -> http::Response<Body> {
        let mut response = http::Response::builder().status(self.status);
        for (name, value) in &self.headers {
            response = response.header(name, value);
        }
        let pieces = stream::iter(self.response).map(|piece| Ok(Bytes::from(piece)));
        let end = match self.end {
            End::Closed | End::Silent => stream::empty().boxed(),
            End::Cut => {
                let error = ports::Error::new(ports::ErrorKind::Unavailable, "connection reset");
                stream::iter([Err(error)]).boxed()
            }
            End::Hangs => stream::pending().boxed(),
        };
        let guard = Guard(count);
        let body = pieces.chain(end).map(move |piece| {
            let _held = &guard;
            piece
        });
        response.body(Body::Stream(body.boxed())).unwrap()
    }
}

struct Guard(Arc<AtomicUsize>);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// What is known of the model on the tapes.
pub fn info() -> LlmInfo {
    LlmInfo {
        provider: "test".to_owned(),
        model: "m".to_owned(),
        context_window: 8192,
        max_output_tokens: 1024,
        exact_tokens: false,
        vision: true,
        tools: true,
        price: None,
    }
}

/// A question of one word.
pub fn hi() -> ChatRequest {
    ChatRequest {
        messages: vec![Message::text(Role::User, "hi")],
        ..Default::default()
    }
}

/// A stream in short: `text`, `(reasoning)`, `[error]`, `<usage>`, `.finish`.
pub fn short(deltas: &[model::Result<Delta>]) -> String {
    let short = |delta: &model::Result<Delta>| match delta {
        Ok(Delta::Text(text)) => text.clone(),
        Ok(Delta::Reasoning(text)) => format!("({text})"),
        Ok(Delta::ToolCall(call)) => format!(
            "{{{}{}}}",
            call.name.as_deref().unwrap_or(""),
            call.arguments
        ),
        Ok(Delta::Usage(usage)) => {
            let estimated = if usage.estimated { "~" } else { "" };
            format!(
                "<{estimated}{}+{}>",
                usage.prompt_tokens, usage.completion_tokens
            )
        }
        Ok(Delta::Finish(finish)) => format!(".{finish:?}"),
        Err(error) => format!("[{:?}: {error}]", error.kind()),
    };
    deltas.iter().map(short).collect()
}
