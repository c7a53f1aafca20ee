//! An installation on fakes with a dataset key, and short ways to call it.

use std::sync::Arc;

use api::consumer;
use app::{
    Context,
    dataset::{self, Hit, Settings},
    key::{self, Access},
    requests::{Of, Purpose, Tab},
};
use axum::{Router, body::Body};
use http::{Method, Request, StatusCode};
use model::{Embedder, Models, fake::HashEmbedder};
use ports::{
    Consumer,
    fake::{Handles, platform},
};
use serde_json::{Value, json};
use tower::ServiceExt;

pub const TENANT: &str = "11111111-1111-4111-8111-111111111111";

/// Searches without any request.
pub async fn retrieve(
    ctx: &Context,
    tenant_id: &str,
    ids: &[String],
    query: &str,
    settings: Settings,
) -> app::Result<Vec<Hit>> {
    let tab = Tab::new(ctx, tenant_id, Purpose::Query, Of::default());
    dataset::retrieve(&tab, ids, query, settings).await
}

pub struct Bench {
    pub ctx: Context,
    pub handles: Handles,
    pub key: String,
    router: Router,
    consumer: Arc<dyn Consumer>,
}

impl Bench {
    pub async fn new() -> Self {
        Self::with(Arc::new(HashEmbedder::new("hash"))).await
    }

    pub async fn with(embedder: Arc<dyn Embedder>) -> Self {
        Self::of(TENANT, embedder).await
    }

    /// Of another workspace: what a process remembers of datasets is kept apart by it.
    pub async fn of(tenant: &str, embedder: Arc<dyn Embedder>) -> Self {
        let models = Models {
            embedders: vec![embedder],
            ..Models::default()
        };
        Self::of_models(tenant, models).await
    }

    /// With these models.
    pub async fn of_models(tenant: &str, models: Models) -> Self {
        let (mut platform, handles) = platform();
        platform.runtime.document_bytes = 1 << 20;
        let ctx = Context::new(platform.clone(), models.clone());
        let (_, key) = key::create(&ctx, tenant, Access::Dataset).await.unwrap();
        let (router, consumer) = (
            crate::checked::service(platform.clone(), models.clone()),
            consumer(platform, models),
        );
        Self {
            ctx,
            handles,
            key,
            router,
            consumer,
        }
    }

    pub async fn call(&self, method: Method, path: &str, body: Option<Value>) -> (u16, Value) {
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        self.send(method, path, "application/json", body).await
    }

    pub async fn send(&self, method: Method, path: &str, kind: &str, body: Body) -> (u16, Value) {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {}", self.key))
            .header("content-type", kind)
            .body(body)
            .unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status: StatusCode = response.status();
        let bytes = axum::body::to_bytes(response.into_body(), 64 << 20)
            .await
            .unwrap();
        let value = if bytes.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(&bytes).unwrap()
        };
        (status.as_u16(), value)
    }

    pub async fn get(&self, path: &str) -> Value {
        self.expect(Method::GET, path, None, 200).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Value {
        self.expect(Method::POST, path, Some(body), 200).await
    }

    pub async fn expect(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
        status: u16,
    ) -> Value {
        let (got, value) = self.call(method.clone(), path, body).await;
        assert_eq!(got, status, "{method} {path}: {value}");
        value
    }

    /// A refusal: its status, its code, and a part of its message.
    pub async fn refused(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
        status: u16,
        code: &str,
        message: &str,
    ) {
        let (got, value) = self.call(method.clone(), path, body).await;
        assert_eq!(
            (got, value["code"].as_str()),
            (status, Some(code)),
            "{method} {path}: {value}"
        );
        assert_eq!(value["status"], status);
        let said = value["message"].as_str().unwrap_or_default();
        assert!(said.contains(message), "{method} {path}: {said}");
    }

    pub async fn upload(&self, path: &str, parts: &[(&str, Option<&str>, &[u8])]) -> (u16, Value) {
        self.upload_by(Method::POST, path, parts).await
    }

    pub async fn upload_by(
        &self,
        method: Method,
        path: &str,
        parts: &[(&str, Option<&str>, &[u8])],
    ) -> (u16, Value) {
        let mut body = Vec::new();
        for (name, filename, content) in parts {
            let filename = filename
                .map(|filename| format!("; filename=\"{filename}\""))
                .unwrap_or_default();
            body.extend(
                format!(
                    "--cut\r\nContent-Disposition: form-data; name=\"{name}\"{filename}\r\n\r\n"
                )
                .bytes(),
            );
            body.extend(*content);
            body.extend(b"\r\n");
        }
        body.extend(b"--cut--\r\n");
        self.send(
            method,
            path,
            "multipart/form-data; boundary=cut",
            body.into(),
        )
        .await
    }

    /// A fresh dataset's path.
    pub async fn dataset(&self, name: &str) -> String {
        let made = self
            .post(
                "/v1/datasets",
                json!({ "name": name, "indexing_technique": "high_quality" }),
            )
            .await;
        format!("/v1/datasets/{}", made["id"].as_str().unwrap())
    }

    /// Adds a text; answers the document's id and its batch.
    pub async fn add(&self, dataset: &str, name: &str, text: &str) -> (String, String) {
        let body = json!({ "name": name, "text": text, "process_rule": { "mode": "automatic" } });
        let made = self
            .post(&format!("{dataset}/document/create-by-text"), body)
            .await;
        let field = |value: &Value| value.as_str().unwrap().to_owned();
        (field(&made["document"]["id"]), field(&made["batch"]))
    }

    /// Runs the queue until it is empty.
    pub async fn settle(&self) {
        self.handles.settle(&*self.consumer).await;
    }

    pub fn consumer(&self) -> &dyn Consumer {
        &*self.consumer
    }

    pub async fn status(&self, dataset: &str, batch: &str) -> Value {
        let answer = self
            .get(&format!("{dataset}/documents/{batch}/indexing-status"))
            .await;
        answer["data"][0].clone()
    }

    /// Names and scores of what is found.
    pub async fn search(&self, dataset: &str, query: &str, top_k: usize) -> Vec<(String, f64)> {
        let model = json!({
            "search_method": "semantic_search", "reranking_enable": false, "top_k": top_k,
            "score_threshold_enabled": false,
        });
        let body = json!({ "query": query, "retrieval_model": model });
        let found = self.post(&format!("{dataset}/retrieve"), body).await;
        let records = found["records"].as_array().unwrap().iter();
        records
            .map(|record| {
                let name = record["segment"]["document"]["name"].as_str().unwrap();
                (name.to_owned(), record["score"].as_f64().unwrap())
            })
            .collect()
    }
}
