//! An installation on fakes with one app, and short ways to call it.

use std::{future::Future, pin::pin, sync::Arc, task::Poll};

use app::{
    Context,
    apps::{App, Mode},
    key::{self, Access},
    keys, store,
};
use axum::{Router, body::Body, response::Response};
use http::{Method, Request, StatusCode};
use model::{
    Models,
    fake::{Reply, ScriptedLlm},
};
use ports::{
    Consumer, Platform,
    fake::{Handles, platform},
};
use serde_json::{Value, json};
use tower::ServiceExt;

pub const TENANT: &str = "11111111-1111-4111-8111-111111111111";
pub const APP: &str = "22222222-2222-4222-8222-222222222222";

pub struct Bench {
    pub ctx: Context,
    pub handles: Handles,
    pub llm: Arc<ScriptedLlm>,
    pub key: String,
    router: Router,
    consumer: Arc<dyn Consumer>,
}

/// The app's configuration, before a test changes it.
pub fn config() -> Value {
    json!({
        "model": {"provider": "local", "name": "scripted", "mode": "chat", "completion_params": {}},
        "pre_prompt": "You are terse.",
    })
}

pub fn app(mode: Mode, config: Value) -> App {
    // From JSON, so that a field which gets a default needs no change here.
    let app = json!({
        "id": APP, "tenant_id": TENANT, "name": "Helper", "description": "Helps", "mode": mode, "icon_type": "emoji",
        "icon": "🤖", "enable_site": true, "enable_api": true, "model_config": config, "author_name": "Ada",
        "created_at": 1_767_225_600_000u64, "updated_at": 1_767_225_600_000u64,
    });
    serde_json::from_value(app).unwrap()
}

impl Bench {
    /// A chat app whose model says these things in turn.
    pub async fn new(config: Value, replies: impl IntoIterator<Item = Reply>) -> Self {
        Self::with_app(app(Mode::Chat, config), replies).await
    }

    pub async fn with_app(app: App, replies: impl IntoIterator<Item = Reply>) -> Self {
        let (platform, handles) = platform();
        let llm = Arc::new(ScriptedLlm::new("scripted", replies));
        let models = Models {
            llms: vec![llm.clone()],
            ..Models::default()
        };
        Self::over(platform, handles, models, llm, app).await
    }

    /// Nothing can answer.
    pub async fn without_models(app: App) -> Self {
        let (platform, handles) = platform();
        Self::over(
            platform,
            handles,
            Models::default(),
            Arc::new(ScriptedLlm::new("none", [])),
            app,
        )
        .await
    }

    pub async fn over(
        platform: Platform,
        handles: Handles,
        models: Models,
        llm: Arc<ScriptedLlm>,
        app: App,
    ) -> Self {
        let ctx = Context::new(platform.clone(), models.clone());
        let router = crate::checked::service(platform.clone(), models.clone());
        let consumer = api::consumer(platform, models);
        let access = Access::App {
            app_id: app.id.clone(),
        };
        let (_, key) = key::create(&ctx, &app.tenant_id, access).await.unwrap();
        let bench = Self {
            ctx,
            handles,
            llm,
            key,
            router,
            consumer,
        };
        bench.save(&app).await;
        bench
    }

    /// Creates or changes the app.
    pub async fn save(&self, app: &App) {
        store::save(
            &self.ctx.tenant(&app.tenant_id),
            &keys::app(&app.id),
            "app",
            app,
        )
        .await
        .unwrap();
    }

    /// Sends a request, and returns its head with the body still open.
    pub async fn send(&self, request: Request<Body>) -> Response {
        self.drive(self.router.clone().oneshot(request))
            .await
            .unwrap()
    }

    pub fn request(&self, method: Method, path: &str, body: Option<Value>) -> Request<Body> {
        let request = Request::builder().method(method).uri(path);
        let request = request.header("authorization", format!("Bearer {}", self.key));
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        request
            .header("content-type", "application/json")
            .body(body)
            .unwrap()
    }

    async fn call(&self, method: Method, path: &str, body: Option<Value>) -> (StatusCode, Value) {
        let response = self.send(self.request(method, path, body)).await;
        let status = response.status();
        let text = self.text(response).await;
        (
            status,
            if text.is_empty() {
                Value::Null
            } else {
                serde_json::from_str(&text).expect(&text)
            },
        )
    }

    pub async fn get(&self, path: &str) -> (StatusCode, Value) {
        self.call(Method::GET, path, None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> (StatusCode, Value) {
        self.call(Method::POST, path, Some(body)).await
    }

    /// With another key than the app's; must succeed.
    pub async fn post_with(&self, key: &str, path: &str, body: Value) -> Value {
        let mut request = self.request(Method::POST, path, Some(body));
        let bearer = format!("Bearer {key}").parse().unwrap();
        request.headers_mut().insert("authorization", bearer);
        let response = self.send(request).await;
        let status = response.status();
        let text = self.text(response).await;
        assert!(status.is_success(), "{status} {text}");
        serde_json::from_str(&text).expect(&text)
    }

    pub async fn delete(&self, path: &str, body: Value) -> (StatusCode, Value) {
        self.call(Method::DELETE, path, Some(body)).await
    }

    pub async fn text(&self, response: Response) -> String {
        let bytes = axum::body::to_bytes(response.into_body(), usize::MAX);
        let bytes = self.drive(bytes).await.unwrap();
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    /// Waits while spawned tasks go on. Jobs wait for [`settle`](Self::settle): a request that ends first would drop
    /// them half done.
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

    /// Lets spawned tasks go as far as they can without waiting.
    pub async fn poll_spawned(&self) {
        for _ in 0..64 {
            std::future::poll_fn(|task| Poll::Ready(self.handles.spawn.poll(task)))
                .await
                .is_ready();
        }
    }

    /// Everything behind the requests, until nothing is left to do.
    pub async fn settle(&self) {
        self.handles.settle(&*self.consumer).await;
    }

    /// Asks in blocking mode.
    pub async fn ask(&self, query: &str, conversation: Option<&str>) -> Value {
        let (status, answer) = self
            .post("/v1/chat-messages", question(query, conversation))
            .await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        answer
    }

    /// Asks in streaming mode; the events as JSON.
    pub async fn stream(&self, body: Value) -> Vec<Value> {
        let mut body = body;
        body["response_mode"] = "streaming".into();
        let response = self
            .send(self.request(Method::POST, "/v1/chat-messages", Some(body)))
            .await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        events(&self.text(response).await)
    }
}

/// A question of the end user `ada`.
pub fn question(query: &str, conversation: Option<&str>) -> Value {
    json!({"inputs": {}, "query": query, "user": "ada", "conversation_id": conversation})
}

/// Reads a stream, strictly as it is framed.
pub fn events(text: &str) -> Vec<Value> {
    let frames = text
        .strip_suffix("\n\n")
        .expect("the stream ends with a whole frame")
        .split("\n\n");
    let data = frames.filter(|frame| *frame != "event: ping").map(|frame| {
        let json = frame.strip_prefix("data: ").expect(frame);
        assert!(!json.contains('\n'), "{frame}");
        serde_json::from_str(json).expect(frame)
    });
    data.collect()
}

/// Ids and times by names, so that whole answers can be compared.
pub fn filtered(mut value: Value) -> Value {
    fn walk(value: &mut Value) {
        match value {
            Value::Object(fields) => {
                for (key, value) in fields {
                    match key.as_str() {
                        "id" | "message_id" | "conversation_id" | "task_id"
                        | "parent_message_id"
                            if value.is_string() =>
                        {
                            *value = format!("<{key}>").into();
                        }
                        "created_at" | "updated_at" if value.is_number() => {
                            *value = "<time>".into()
                        }
                        "latency" | "time_to_first_token" | "time_to_generate"
                            if value.is_number() =>
                        {
                            *value = "<seconds>".into();
                        }
                        _ => walk(value),
                    }
                }
            }
            Value::Array(items) => items.iter_mut().for_each(walk),
            _ => {}
        }
    }
    walk(&mut value);
    value
}

pub fn text(reply: &str) -> Reply {
    Reply::Text(reply.to_owned())
}
