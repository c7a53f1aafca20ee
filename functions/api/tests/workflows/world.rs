//! An installation on fakes with apps that are made by the console.

use std::{
    future::Future,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::Poll,
    time::Duration,
};

use axum::{Router, body::Body};
use futures::StreamExt;
use http::{Method, Request, StatusCode};
use model::{
    Models,
    fake::{HashEmbedder, Reply, ScriptedLlm},
};
use ports::{
    Consumer, Platform,
    fake::{FakeEntropy, Handles, platform},
};
use serde_json::{Value, json};
use tower::ServiceExt;

const ADMIN: &str = "the-admin-token";

pub struct World {
    pub handles: Handles,
    pub llm: Arc<ScriptedLlm>,
    router: Router,
    consumer: Arc<dyn Consumer>,
}

/// Runs code as the native binary does, without its threads.
struct Interpreters;

#[async_trait::async_trait]
impl ports::Code for Interpreters {
    async fn run(&self, call: ports::CodeCall) -> ports::Result<String> {
        let language = sandbox::Language::parse(&call.language);
        let arguments = serde_json::from_str(&call.arguments).expect("arguments are an object");
        let returned = language.and_then(|language| {
            sandbox::run(language, &call.source, &arguments, &Default::default())
        });
        match returned {
            Ok(returned) => Ok(Value::Object(returned).to_string()),
            Err(error) => Err(ports::Error::new(
                ports::ErrorKind::Invalid,
                error.to_string(),
            )),
        }
    }
}

/// An app and its key.
pub struct Made {
    pub id: String,
    pub key: String,
}

impl World {
    /// A model that says these things in turn, then echoes.
    pub fn new(replies: impl IntoIterator<Item = Reply>) -> Self {
        Self::over(replies, |_| {})
    }

    /// The same over another platform.
    pub fn over(
        replies: impl IntoIterator<Item = Reply>,
        change: impl FnOnce(&mut Platform),
    ) -> Self {
        let (mut platform, handles) = platform();
        change(&mut platform);
        // Plans are kept by ids that no two apps share; worlds of one process shall not either.
        static SEED: AtomicU64 = AtomicU64::new(1);
        let seed = SEED.fetch_add(1, Ordering::Relaxed);
        platform.entropy = Arc::new(FakeEntropy::new(seed));
        platform.code = Arc::new(Interpreters);
        handles.secrets.set("EDGEWISE_ADMIN_TOKEN", ADMIN);
        let llm = Arc::new(ScriptedLlm::new("scripted", replies));
        let models = Models {
            llms: vec![llm.clone()],
            embedders: vec![Arc::new(HashEmbedder::new("hash"))],
            ..Models::default()
        };
        Self {
            router: crate::checked::service(platform.clone(), models.clone()),
            consumer: api::consumer(platform, models),
            handles,
            llm,
        }
    }

    pub async fn drive<F: Future>(&self, future: F) -> F::Output {
        let mut future = pin!(future);
        std::future::poll_fn(|task| {
            let polled = future.as_mut().poll(task);
            if polled.is_pending() {
                let _: Poll<()> = self.handles.spawn.poll(task);
            }
            polled
        })
        .await
    }

    /// Everything behind the requests, until nothing is left to do.
    pub async fn settle(&self) {
        self.handles.settle(&*self.consumer).await;
    }

    /// What is due now, and what that begins; time stands still.
    pub async fn due(&self) {
        self.drive(self.handles.queue.run_due(&*self.consumer))
            .await;
        self.handles.spawn.settle().await;
    }

    /// Time passes in small steps, for what was begun beside the requests.
    pub async fn pass(&self, time: Duration) {
        for _ in 0..time.as_secs() {
            self.handles.clock.advance(Duration::from_secs(1));
            let poll =
                |task: &mut std::task::Context<'_>| Poll::Ready(self.handles.spawn.poll(task));
            for _ in 0..16 {
                let _: Poll<()> = std::future::poll_fn(poll).await;
            }
        }
    }

    /// What is due, while a second passes whenever it waits; how many deliveries that were.
    pub async fn work_while_time_passes(&self) -> usize {
        let mut due = pin!(self.handles.queue.run_due(&*self.consumer));
        let mut due = pin!(self.drive(due.as_mut()));
        std::future::poll_fn(|task| {
            let polled = due.as_mut().poll(task);
            if polled.is_pending() {
                self.handles.clock.advance(Duration::from_secs(1));
                task.waker().wake_by_ref();
            }
            polled
        })
        .await
    }

    pub async fn send(
        &self,
        method: &str,
        path: &str,
        token: &str,
        body: Option<&Value>,
    ) -> http::Response<Body> {
        self.send_after(method, path, token, body, None).await
    }

    async fn send_after(
        &self,
        method: &str,
        path: &str,
        token: &str,
        body: Option<&Value>,
        last_event: Option<u64>,
    ) -> http::Response<Body> {
        let mut request = Request::builder()
            .method(method.parse::<Method>().unwrap())
            .uri(path)
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", "application/json");
        if let Some(last) = last_event {
            request = request.header("last-event-id", last.to_string());
        }
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let request = request.body(body).unwrap();
        self.drive(self.router.clone().oneshot(request))
            .await
            .unwrap()
    }

    /// A request to a trigger's address: JSON, unless a header says otherwise.
    pub async fn hook(
        &self,
        path: &str,
        headers: &[(&str, &str)],
        body: String,
    ) -> (StatusCode, Value) {
        let mut request = Request::builder().method(Method::POST).uri(path);
        if !headers.iter().any(|(name, _)| *name == "content-type") {
            request = request.header("content-type", "application/json");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::from(body)).unwrap();
        let response = self
            .drive(self.router.clone().oneshot(request))
            .await
            .unwrap();
        let status = response.status();
        let text = self.text(response).await;
        (status, serde_json::from_str(&text).unwrap_or_default())
    }

    pub async fn text(&self, response: http::Response<Body>) -> String {
        let bytes = axum::body::to_bytes(response.into_body(), usize::MAX);
        String::from_utf8(self.drive(bytes).await.unwrap().to_vec()).unwrap()
    }

    pub async fn call(
        &self,
        method: &str,
        path: &str,
        token: &str,
        body: Option<&Value>,
    ) -> (StatusCode, Value) {
        let response = self.send(method, path, token, body).await;
        let status = response.status();
        let text = self.text(response).await;
        (
            status,
            serde_json::from_str(&text).unwrap_or(Value::String(text)),
        )
    }

    /// By the console; must succeed.
    pub async fn console(&self, method: &str, path: &str, body: Value) -> Value {
        let (status, answer) = self.try_console(method, path, body).await;
        assert!(status.is_success(), "{method} {path}: {status} {answer}");
        answer
    }

    pub async fn try_console(&self, method: &str, path: &str, body: Value) -> (StatusCode, Value) {
        let body = (!body.is_null()).then_some(&body);
        self.call(method, &format!("/console/api{path}"), ADMIN, body)
            .await
    }

    /// A published app of this graph.
    pub async fn app(&self, mode: &str, workflow: Value) -> Made {
        let app = self
            .console("POST", "/apps", json!({ "name": "Flow", "mode": mode }))
            .await;
        let id = app["id"].as_str().unwrap().to_owned();
        self.console("POST", &format!("/apps/{id}/workflows/draft"), workflow)
            .await;
        self.publish(&id).await;
        let key = self
            .console("POST", &format!("/apps/{id}/api-keys"), Value::Null)
            .await;
        Made {
            id,
            key: key["token"].as_str().unwrap().to_owned(),
        }
    }

    pub async fn publish(&self, id: &str) -> Value {
        self.console("POST", &format!("/apps/{id}/workflows/publish"), json!({}))
            .await
    }

    /// The passport of a new visitor of a page.
    pub async fn visitor(&self, code: &str) -> String {
        let request = Request::builder()
            .uri("/api/passport")
            .header("x-app-code", code);
        let request = request.body(Body::empty()).unwrap();
        let response = self.drive(self.router.clone().oneshot(request)).await;
        let passport: Value = serde_json::from_str(&self.text(response.unwrap()).await).unwrap();
        passport["access_token"].as_str().unwrap().to_owned()
    }

    /// Runs in blocking mode.
    pub async fn run(&self, app: &Made, inputs: Value) -> (StatusCode, Value) {
        let body = json!({ "inputs": inputs, "user": "ada" });
        self.call("POST", "/v1/workflows/run", &app.key, Some(&body))
            .await
    }

    /// Begins a run that nobody reads on, and comes as far as it can without the time; gives its id and its task's.
    pub async fn begin(&self, app: &Made, inputs: Value) -> (String, String) {
        let body = json!({ "inputs": inputs, "user": "ada", "response_mode": "streaming" });
        let response = self
            .send("POST", "/v1/workflows/run", &app.key, Some(&body))
            .await;
        let run = response.headers()["x-workflow-run-id"].to_str().unwrap();
        let run = run.to_owned();
        let mut body = response.into_body().into_data_stream();
        let mut text = String::new();
        let task = loop {
            let piece = self.drive(body.next()).await.unwrap().unwrap();
            text.push_str(std::str::from_utf8(&piece).unwrap());
            if let Some((_, task)) = text.split_once(r#""task_id":""#)
                && let Some((task, _)) = task.split_once('"')
            {
                break task.to_owned();
            }
        };
        self.go_on().await;
        (run, task)
    }

    /// Whatever was begun beside the requests comes as far as it can without the time.
    async fn go_on(&self) {
        for _ in 0..1024 {
            std::future::poll_fn(|task| Poll::Ready(self.handles.spawn.poll(task)))
                .await
                .is_ready();
        }
    }

    /// What looks after runs does so now, as when a process starts.
    pub async fn look_after(&self) {
        let mut jobs = self.handles.queue.waiting();
        jobs.retain(|job| api::WATCHES.contains(&&*job.topic));
        assert!(!jobs.is_empty(), "nobody looks after runs");
        for job in &jobs {
            let done = self.drive(self.consumer.consume(job)).await;
            done.unwrap();
        }
    }

    /// The time passes after which runs whose driver died are taken over; never faster than whoever does so can work.
    pub async fn take_over(&self) {
        for _ in 0..12 {
            self.handles.clock.advance(Duration::from_secs(20));
            self.drive(self.handles.queue.run_due(&*self.consumer))
                .await;
            self.go_on().await;
        }
    }

    /// The events of a stream.
    pub async fn stream(&self, path: &str, app: &Made, body: Value) -> Vec<Value> {
        let mut body = body;
        body["response_mode"] = json!("streaming");
        body["user"] = json!("ada");
        let response = self.send("POST", path, &app.key, Some(&body)).await;
        assert_eq!(response.status(), StatusCode::OK);
        frames(&self.text(response).await)
            .into_iter()
            .map(|(_, event)| event)
            .collect()
    }

    /// The events of a run after one.
    pub async fn rejoin(
        &self,
        app: &Made,
        run: &str,
        after: Option<u64>,
    ) -> Vec<(Option<u64>, Value)> {
        let path = format!("/v1/workflow/{run}/events?user=ada");
        let response = self.send_after("GET", &path, &app.key, None, after).await;
        assert_eq!(response.status(), StatusCode::OK);
        frames(&self.text(response).await)
    }
}

/// Reads a stream, strictly as it is framed.
pub fn frames(text: &str) -> Vec<(Option<u64>, Value)> {
    let frames = text
        .strip_suffix("\n\n")
        .expect("the stream ends with a whole frame")
        .split("\n\n");
    let mut frames = frames.peekable();
    assert_eq!(
        frames.peek(),
        Some(&"event: ping"),
        "a run's stream begins with a ping"
    );
    let frames = frames.filter(|frame| *frame != "event: ping").map(|frame| {
        let (id, data) = match frame.strip_prefix("id: ") {
            Some(rest) => {
                let (id, rest) = rest.split_once('\n').expect(frame);
                (Some(id.parse().expect(frame)), rest)
            }
            None => (None, frame),
        };
        let json = data.strip_prefix("data: ").expect(frame);
        (id, serde_json::from_str(json).expect(frame))
    });
    frames.collect()
}

/// Events as lines: the name, and what tells them apart.
pub fn lines(events: &[Value]) -> Vec<String> {
    let line = |event: &Value| {
        let data = &event["data"];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        match event["event"].as_str().unwrap() {
            "message" => format!("message {}", text(&event["answer"])),
            "text_chunk" => format!("text_chunk {}", text(&data["text"])),
            "workflow_finished" => format!("workflow_finished {}", text(&data["status"])),
            "node_finished" => format!(
                "node_finished {} {}",
                text(&data["node_id"]),
                text(&data["status"])
            ),
            "agent_log" => {
                format!(
                    "agent_log {} {}",
                    text(&data["label"]),
                    text(&data["status"])
                )
            }
            name if data["node_id"].is_string() => format!("{name} {}", text(&data["node_id"])),
            name => name.to_owned(),
        }
    };
    events.iter().map(line).collect()
}

/// A node.
pub fn node(id: &str, kind: &str, data: Value) -> Value {
    let mut data = data;
    data["type"] = json!(kind);
    data["title"] = json!(id);
    json!({ "id": id, "type": "custom", "data": data })
}

/// A graph of these nodes in a chain.
pub fn chain(nodes: Vec<Value>) -> Value {
    let edges: Vec<Value> = nodes
        .windows(2)
        .map(|pair| {
            json!({ "source": pair[0]["id"], "sourceHandle": "source", "target": pair[1]["id"], "targetHandle": "target" })
        })
        .collect();
    json!({ "graph": { "nodes": nodes, "edges": edges }, "features": {} })
}

pub fn start(names: &[&str]) -> Value {
    let variables: Vec<Value> = names
        .iter()
        .map(|name| json!({ "variable": name, "label": name, "type": "paragraph", "required": true, "max_length": 50 }))
        .collect();
    node("start", "start", json!({ "variables": variables }))
}

/// A node that asks the scripted model.
pub fn llm(id: &str, prompt: &str) -> Value {
    let model =
        json!({ "provider": "local", "name": "scripted", "mode": "chat", "completion_params": {} });
    let prompt = json!([{ "role": "user", "text": prompt }]);
    node(
        id,
        "llm",
        json!({ "model": model, "prompt_template": prompt, "context": { "enabled": false }, "vision": { "enabled": false } }),
    )
}

pub fn end(selector: [&str; 2]) -> Value {
    node(
        "end",
        "end",
        json!({ "outputs": [{ "variable": "out", "value_selector": selector }] }),
    )
}

pub fn text(reply: &str) -> Reply {
    Reply::Text(reply.to_owned())
}
