//! Titles that a model makes, behind the answer.

use std::{collections::BTreeMap, sync::Arc};

use app::{
    apps::Mode,
    provider::{self, Entry, Offer},
};
use async_trait::async_trait;
use futures::executor::block_on;
use model::{
    ChatRequest, DeltaStream, Dialect, Embedder, EmbedderInfo, Endpoint, ErrorKind, Llm, LlmInfo,
    ModelKind, Models, Reranker, RerankerInfo,
    fake::{Reply, ScriptedLlm},
};
use serde_json::json;

use super::support::*;

/// A service elsewhere that says what the script says.
struct Elsewhere(Arc<ScriptedLlm>);

struct Remote {
    info: LlmInfo,
    says: Arc<ScriptedLlm>,
}

#[async_trait]
impl Llm for Remote {
    fn info(&self) -> &LlmInfo {
        &self.info
    }

    async fn stream(&self, request: ChatRequest) -> model::Result<DeltaStream> {
        self.says.stream(request).await
    }
}

impl Dialect for Elsewhere {
    fn llm(&self, _: &Endpoint, info: LlmInfo) -> Arc<dyn Llm> {
        let says = self.0.clone();
        Arc::new(Remote { info, says })
    }

    fn embedder(&self, _: &Endpoint, _: EmbedderInfo) -> Option<Arc<dyn Embedder>> {
        None
    }

    fn reranker(&self, _: &Endpoint, _: RerankerInfo) -> Option<Arc<dyn Reranker>> {
        None
    }
}

async fn bench(replies: impl IntoIterator<Item = Reply>) -> Bench {
    let (platform, handles) = ports::fake::platform();
    let llm = Arc::new(ScriptedLlm::new("far", replies));
    let models = Models {
        dialects: BTreeMap::from([(
            "openai",
            Arc::new(Elsewhere(llm.clone())) as Arc<dyn Dialect>,
        )]),
        ..Models::default()
    };
    let mut config = config();
    config["model"] = json!({"provider": "remote", "name": "far", "mode": "chat"});
    let bench = Bench::over(platform, handles, models, llm, app(Mode::Chat, config)).await;
    let offer: Offer =
        serde_json::from_value(json!({"model": "far", "model_type": ModelKind::Llm})).unwrap();
    let entry = Entry {
        name: "remote".to_owned(),
        dialect: "openai".to_owned(),
        base_url: "https://models.example/v1".to_owned(),
        api_key: Some(String::new()),
        models: vec![offer],
    };
    provider::save(&bench.ctx, TENANT, entry).await.unwrap();
    bench
}

async fn names(bench: &Bench) -> Vec<String> {
    let (_, page) = bench.get("/v1/conversations?user=ada").await;
    let items = page["data"].as_array().unwrap().iter();
    items
        .map(|item| item["name"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn a_model_makes_the_title_after_the_answer() {
    block_on(async {
        let bench = bench([text("At nine."), text("\"Opening hours\"\n")]).await;
        bench
            .ask("When do you open on Sundays in winter?", None)
            .await;
        // The answer did not wait for it.
        assert_eq!(
            names(&bench).await,
            ["When do you open on Sundays in winter?"]
        );
        bench.settle().await;
        assert_eq!(names(&bench).await, ["Opening hours"]);
        assert_eq!(bench.llm.requests().len(), 2);
        let asked = &bench.llm.requests()[1].messages;
        assert_eq!(
            asked.last().unwrap().as_text(),
            "When do you open on Sundays in winter?"
        );
    });
}

#[test]
fn without_a_model_the_first_words_stay() {
    block_on(async {
        let fails = || Reply::Fail(ErrorKind::Unavailable, "down".to_owned());
        let bench = bench([text("At nine."), fails(), fails()]).await;
        let asked = bench.ask("When do you open?", None).await;
        bench.settle().await;
        assert_eq!(names(&bench).await, ["When do you open?"]);
        let id = asked["conversation_id"].as_str().unwrap();
        let path = format!("/v1/conversations/{id}/name");
        let body = json!({"user": "ada", "auto_generate": true});
        assert_eq!(bench.post(&path, body).await.1["name"], "When do you open?");
        assert_eq!(bench.llm.requests().len(), 3);
    });
}

#[test]
fn a_name_that_somebody_gave_stays() {
    block_on(async {
        let bench = bench([text("At nine."), text("Opening hours")]).await;
        let asked = bench.ask("When do you open?", None).await;
        let id = asked["conversation_id"].as_str().unwrap();
        let path = format!("/v1/conversations/{id}/name");
        bench
            .post(&path, json!({"user": "ada", "name": "Mine"}))
            .await;
        bench.settle().await;
        assert_eq!(names(&bench).await, ["Mine"]);
        assert_eq!(bench.llm.requests().len(), 1);
        let mut quiet = question("Untitled, please.", None);
        quiet["auto_generate_name"] = false.into();
        bench.post("/v1/chat-messages", quiet).await;
        bench.settle().await;
        assert_eq!(names(&bench).await[0], "New conversation");
        assert_eq!(bench.llm.requests().len(), 2);
    });
}
