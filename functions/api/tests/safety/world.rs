//! Services outside: an extension, and a provider's moderation.

use std::{collections::BTreeMap, sync::Arc};

use app::extension::{self, Entry};
use async_trait::async_trait;
use bytes::Bytes;
use model::{
    Dialect, Embedder, EmbedderInfo, Endpoint, Llm, LlmInfo, Models, Moderation, Moderator,
    ModeratorInfo, Reranker, RerankerInfo,
    fake::{Reply, ScriptedLlm},
};
use ports::{Body, fake::FakeFetch};
use serde_json::{Value, json};

use super::support::{APP, Bench, TENANT, app};

pub const EXTENSION: &str = "https://guard.example/check";
pub const EXTENSION_KEY: &str = "ext-key-0123456789";

/// Answers an extension's requests, and pings, by a function of the body.
pub fn extension_answers(
    fetch: &Arc<FakeFetch>,
    answer: impl Fn(&Value) -> (u16, Value) + Send + Sync + 'static,
) {
    fetch.route(EXTENSION, move |request: http::Request<Bytes>| {
        let bearer = request.headers().get("authorization").cloned().unwrap();
        assert_eq!(bearer, format!("Bearer {EXTENSION_KEY}"));
        let asked: Value = serde_json::from_slice(request.body()).unwrap();
        let (status, body) = match asked["point"].as_str() {
            Some("ping") => (200, json!({"result": "pong"})),
            _ => answer(&asked),
        };
        let body = Body::from(Bytes::from(body.to_string()));
        Ok(http::Response::builder().status(status).body(body).unwrap())
    });
}

/// The workspace's extension; its id.
pub async fn extension(bench: &Bench) -> String {
    bench
        .handles
        .secrets
        .set("EDGEWISE_MASTER_KEY", "correct horse battery");
    let entry = Entry {
        name: "guard".to_owned(),
        api_endpoint: EXTENSION.to_owned(),
        api_key: EXTENSION_KEY.to_owned(),
    };
    let made = extension::create(&bench.ctx, TENANT, entry).await;
    made.unwrap().id
}

/// What the extension was asked, without pings.
pub fn asked(bench: &Bench) -> Vec<Value> {
    let sent = bench.handles.fetch.sent();
    let bodies = sent
        .iter()
        .map(|sent| serde_json::from_slice(&sent.body).unwrap());
    bodies
        .filter(|body: &Value| body["point"] != "ping")
        .collect()
}

/// A provider whose moderation objects to `bad`, and fails on `down`.
pub struct Mirror;

impl Dialect for Mirror {
    fn llm(&self, _: &Endpoint, info: LlmInfo) -> Arc<dyn Llm> {
        Arc::new(ScriptedLlm::new(&info.model, []))
    }

    fn embedder(&self, _: &Endpoint, _: EmbedderInfo) -> Option<Arc<dyn Embedder>> {
        None
    }

    fn reranker(&self, _: &Endpoint, _: RerankerInfo) -> Option<Arc<dyn Reranker>> {
        None
    }

    fn moderator(&self, _: &Endpoint, info: ModeratorInfo) -> Option<Arc<dyn Moderator>> {
        Some(Arc::new(Objector(info)))
    }
}

struct Objector(ModeratorInfo);

#[async_trait]
impl Moderator for Objector {
    fn info(&self) -> &ModeratorInfo {
        &self.0
    }

    async fn moderate(&self, text: &str) -> model::Result<Moderation> {
        if text.contains("down") {
            return Err(model::Error::new(
                model::ErrorKind::Unavailable,
                "unreachable",
            ));
        }
        let flagged = text.contains("bad");
        let categories = flagged.then(|| "violence".to_owned()).into_iter().collect();
        Ok(Moderation {
            flagged,
            categories,
        })
    }
}

/// A chat app beside a provider `openai` that moderates.
pub async fn with_provider(config: Value, replies: impl IntoIterator<Item = Reply>) -> Bench {
    let (platform, handles) = ports::fake::platform();
    let llm = Arc::new(ScriptedLlm::new("scripted", replies));
    let models = Models {
        llms: vec![llm.clone()],
        dialects: BTreeMap::from([("openai", Arc::new(Mirror) as Arc<dyn Dialect>)]),
        ..Models::default()
    };
    let app = app(app::apps::Mode::Chat, config);
    assert_eq!(app.id, APP);
    let bench = Bench::over(platform, handles, models, llm, app).await;
    let entry = app::provider::Entry {
        name: "openai".to_owned(),
        dialect: "openai".to_owned(),
        base_url: "https://api.example/v1".to_owned(),
        api_key: None,
        models: vec![app::provider::Offer::new(model::ModelKind::Llm, "m")],
    };
    app::provider::save(&bench.ctx, TENANT, entry)
        .await
        .unwrap();
    bench
}
