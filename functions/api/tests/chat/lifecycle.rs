//! Answers that are stopped, left alone, or too many at once.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use axum::body::BodyDataStream;
use futures::{
    StreamExt,
    channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded},
    executor::block_on,
};
use http::{Method, StatusCode};
use model::{ChatRequest, Delta, DeltaStream, Llm, LlmInfo, Models, fake::ScriptedLlm};
use ports::fake::platform;
use serde_json::{Value, json};

use super::support::*;

/// Says what the test sends, and tells whether it was stopped.
struct Piped {
    info: LlmInfo,
    pipe: Mutex<Option<UnboundedReceiver<model::Result<Delta>>>>,
    dropped: Arc<AtomicBool>,
}

struct Flag(Arc<AtomicBool>);

impl Drop for Flag {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[async_trait]
impl Llm for Piped {
    fn info(&self) -> &LlmInfo {
        &self.info
    }

    async fn stream(&self, _: ChatRequest) -> model::Result<DeltaStream> {
        let pipe = self.pipe.lock().unwrap().take().expect("asked once");
        let flag = Flag(self.dropped.clone());
        Ok(pipe.inspect(move |_| _ = &flag).boxed())
    }
}

pub struct Slow {
    pub bench: Bench,
    pub say: UnboundedSender<model::Result<Delta>>,
    pub dropped: Arc<AtomicBool>,
}

pub async fn slow() -> Slow {
    let (platform, handles) = platform();
    handles.clock.manual();
    let scripted = Arc::new(ScriptedLlm::new("scripted", []));
    let (say, pipe) = unbounded();
    let dropped = Arc::new(AtomicBool::new(false));
    let info = scripted.info().clone();
    let piped = Piped {
        info,
        pipe: Mutex::new(Some(pipe)),
        dropped: dropped.clone(),
    };
    let models = Models {
        llms: vec![Arc::new(piped)],
        ..Models::default()
    };
    let mut app = app(app::apps::Mode::Chat, config());
    app.max_active_requests = 1;
    Slow {
        bench: Bench::over(platform, handles, models, scripted, app).await,
        say,
        dropped,
    }
}

impl Slow {
    pub fn say(&self, text: &str) {
        self.say
            .unbounded_send(Ok(Delta::Text(text.to_owned())))
            .unwrap();
    }

    pub async fn open(&self) -> BodyDataStream {
        let mut body = question("Tell me.", None);
        body["response_mode"] = "streaming".into();
        let request = self
            .bench
            .request(Method::POST, "/v1/chat-messages", Some(body));
        let response = self.bench.send(request).await;
        assert_eq!(response.status(), StatusCode::OK);
        response.into_body().into_data_stream()
    }

    pub async fn next(&self, stream: &mut BodyDataStream) -> Option<Value> {
        let frame = self.bench.drive(stream.next()).await?.unwrap();
        Some(events(std::str::from_utf8(&frame).unwrap()).remove(0))
    }

    async fn message(&self, conversation: &Value) -> Value {
        let path = format!(
            "/v1/messages?user=ada&conversation_id={}",
            conversation.as_str().unwrap()
        );
        let (status, page) = self.bench.get(&path).await;
        assert_eq!(status, StatusCode::OK, "{page}");
        page["data"][0].clone()
    }
}

#[test]
fn stopping_keeps_what_was_said() {
    block_on(async {
        let slow = slow().await;
        slow.say("Once ");
        let mut stream = slow.open().await;
        let first = slow.next(&mut stream).await.unwrap();
        assert_eq!(first["answer"], "Once ");
        let path = format!(
            "/v1/chat-messages/{}/stop",
            first["task_id"].as_str().unwrap()
        );
        // Somebody else's wish has no effect, and is answered alike.
        let success = (StatusCode::OK, json!({"result": "success"}));
        assert_eq!(
            slow.bench.post(&path, json!({"user": "bob"})).await,
            success
        );
        slow.say("upon ");
        assert_eq!(slow.next(&mut stream).await.unwrap()["answer"], "upon ");
        assert_eq!(
            slow.bench.post(&path, json!({"user": "ada"})).await,
            success
        );
        let end = slow.next(&mut stream).await.unwrap();
        assert_eq!(end["event"], "message_end");
        assert!(end["metadata"]["usage"]["total_tokens"].as_u64() > Some(0));
        assert!(slow.next(&mut stream).await.is_none());
        assert!(slow.dropped.load(Ordering::SeqCst), "the model goes on");
        let message = slow.message(&first["conversation_id"]).await;
        assert_eq!(
            (&message["answer"], &message["status"]),
            (&json!("Once upon "), &json!("normal"))
        );
        let nobody = format!("/v1/chat-messages/{TENANT}/stop");
        assert_eq!(
            slow.bench.post(&nobody, json!({"user": "ada"})).await,
            success
        );
        let (status, error) = slow.bench.post(&nobody, json!({})).await;
        assert_eq!(
            (status, &error["message"]),
            (
                StatusCode::BAD_REQUEST,
                &json!("Arg user must be provided.")
            )
        );
    });
}

#[test]
fn an_answer_outlives_its_reader_for_a_while() {
    block_on(async {
        let slow = slow().await;
        slow.say("Once ");
        let mut stream = slow.open().await;
        let first = slow.next(&mut stream).await.unwrap();
        drop(stream);
        slow.bench.poll_spawned().await;
        // What there was when the reader left is safe already.
        assert_eq!(
            slow.message(&first["conversation_id"]).await["answer"],
            "Once "
        );
        slow.bench.handles.clock.advance(Duration::from_secs(29));
        slow.say("upon ");
        slow.bench.poll_spawned().await;
        assert!(!slow.dropped.load(Ordering::SeqCst));
        slow.bench.handles.clock.advance(Duration::from_secs(1));
        slow.bench.poll_spawned().await;
        assert!(slow.dropped.load(Ordering::SeqCst), "the model goes on");
        let message = slow.message(&first["conversation_id"]).await;
        assert_eq!(
            (&message["answer"], &message["status"]),
            (&json!("Once upon "), &json!("normal"))
        );
    });
}

#[test]
fn an_answer_that_ends_without_its_reader_is_whole() {
    block_on(async {
        let slow = slow().await;
        slow.say("Once ");
        let mut stream = slow.open().await;
        let first = slow.next(&mut stream).await.unwrap();
        drop(stream);
        slow.say("upon a time.");
        slow.say.close_channel();
        slow.bench.poll_spawned().await;
        let message = slow.message(&first["conversation_id"]).await;
        assert_eq!(
            (&message["answer"], &message["status"]),
            (&json!("Once upon a time."), &json!("normal"))
        );
    });
}

#[test]
fn a_ceiling_of_one() {
    block_on(async {
        let slow = slow().await;
        slow.say("Once ");
        let mut stream = slow.open().await;
        slow.next(&mut stream).await.unwrap();
        let (status, error) = slow
            .bench
            .post("/v1/chat-messages", question("Me too?", None))
            .await;
        assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(error["code"], "too_many_requests");
        let message = error["message"].as_str().unwrap();
        assert!(
            message.contains(APP) && message.ends_with("is 1."),
            "{message}"
        );
        slow.say.close_channel();
        while slow.next(&mut stream).await.is_some() {}
        // The slot is free again: what fails now is the model, which can be asked once only.
        let view = slow
            .bench
            .ctx
            .tenant(TENANT)
            .list(&app::keys::active(APP), ports::Range::prefix("slot/", 9))
            .await;
        assert!(view.unwrap().is_empty());
    });
}

#[test]
fn silence_is_broken_by_pings() {
    block_on(async {
        let slow = slow().await;
        let mut stream = slow.open().await;
        assert!(futures::poll!(stream.next()).is_pending());
        slow.bench.handles.clock.advance(Duration::from_secs(10));
        let frame = slow.bench.drive(stream.next()).await.unwrap().unwrap();
        assert_eq!(frame, "event: ping\n\n");
    });
}
