//! Round trips before the model is asked, and money.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use futures::executor::block_on;
use model::{
    ChatRequest, DeltaStream, Llm, LlmInfo, Models, Price,
    fake::{Reply, ScriptedLlm},
};
use ports::fake::{RoundTrips, platform};
use serde_json::json;

use super::support::*;

/// Notes how many round trips lay behind a request when the model was asked.
struct Watched {
    llm: Arc<ScriptedLlm>,
    info: LlmInfo,
    trips: RoundTrips,
    seen: Mutex<Vec<(usize, Vec<String>)>>,
}

#[async_trait]
impl Llm for Watched {
    fn info(&self) -> &LlmInfo {
        &self.info
    }

    async fn stream(&self, request: ChatRequest) -> model::Result<DeltaStream> {
        self.seen
            .lock()
            .unwrap()
            .push((self.trips.sequential(), self.trips.names()));
        self.llm.stream(request).await
    }
}

#[test]
fn two_round_trips_before_the_model_is_asked() {
    block_on(async {
        let (platform, handles) = platform();
        let llm = Arc::new(ScriptedLlm::new("scripted", []));
        let price = Price {
            input: "2.50".to_owned(),
            output: "10".to_owned(),
            unit: "0.000001".to_owned(),
            currency: "USD".to_owned(),
        };
        let info = LlmInfo {
            price: Some(price),
            ..llm.info().clone()
        };
        let trips = handles.round_trips.clone();
        let watched = Arc::new(Watched {
            llm: llm.clone(),
            info,
            trips: trips.clone(),
            seen: Mutex::default(),
        });
        let models = Models {
            llms: vec![watched.clone()],
            ..Models::default()
        };
        let app = app(app::apps::Mode::Chat, config());
        let bench = Bench::over(platform, handles, models, llm, app).await;
        let mut conversation = None;
        for _ in 0..3 {
            bench.settle().await;
            trips.reset();
            let answer = bench.ask("What now?", conversation.as_deref()).await;
            conversation = answer["conversation_id"].as_str().map(str::to_owned);
            let usage = &answer["metadata"]["usage"];
            assert_eq!(usage["currency"], "USD");
            assert_eq!(usage["prompt_unit_price"], "2.50");
            assert_eq!(usage["completion_price"], "0.0000300", "{usage}");
            assert_ne!(usage["total_price"], json!("0.0000000"));
        }
        for (sequential, names) in watched.seen.lock().unwrap().iter() {
            assert!(*sequential <= 2, "{sequential} in a row: {names:?}");
        }
    });
}

#[test]
fn usage_is_counted_when_the_provider_does_not_say() {
    block_on(async {
        let bench = Bench::new(config(), [Reply::Cut("half".to_owned())]).await;
        let events = bench.stream(question("What?", None)).await;
        let conversation = events[0]["conversation_id"].as_str().unwrap();
        let (_, page) = bench
            .get(&format!(
                "/v1/messages?user=ada&conversation_id={conversation}"
            ))
            .await;
        let message = &page["data"][0];
        assert!(message["message_tokens"].as_u64() > Some(0), "{message}");
        assert!(message["answer_tokens"].as_u64() > Some(0), "{message}");
    });
}
