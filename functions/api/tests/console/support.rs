//! An installation on fakes, and short ways to call it.

use std::{collections::BTreeMap, sync::Arc};

use axum::{Router, body::Body};
use http::{HeaderMap, Method, Request, StatusCode};
use model::{
    Dialect, Embedder, EmbedderInfo, Endpoint, Llm, LlmInfo, Models, Reranker, RerankerInfo,
    fake::{HashEmbedder, Reply, ScriptedLlm},
};
use ports::{
    Consumer, Platform,
    fake::{Handles, platform},
};
use serde_json::Value;
use tower::ServiceExt;

pub const ADMIN: &str = "the-admin-token";

/// Services that are reached answer with the key they were shown; `wrong` as a key is refused.
struct Mirror;

impl Dialect for Mirror {
    fn llm(&self, endpoint: &Endpoint, info: LlmInfo) -> Arc<dyn Llm> {
        let reply = match endpoint.api_key.as_str() {
            "wrong" => Reply::Fail(
                model::ErrorKind::Authentication,
                format!("{}: the key was refused", info.model),
            ),
            key => Reply::Text(format!("reached {} with {key}", endpoint.base_url)),
        };
        Arc::new(ScriptedLlm::new(&info.model, [reply]))
    }

    fn embedder(&self, _: &Endpoint, info: EmbedderInfo) -> Option<Arc<dyn Embedder>> {
        Some(Arc::new(HashEmbedder::new(&info.model)))
    }

    fn reranker(&self, _: &Endpoint, _: RerankerInfo) -> Option<Arc<dyn Reranker>> {
        None
    }
}

pub struct Bench {
    pub platform: Platform,
    pub handles: Handles,
    pub llm: Arc<ScriptedLlm>,
    router: Router,
    consumer: Arc<dyn Consumer>,
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text)
            .unwrap_or_else(|_| panic!("{}: {}", self.status, self.text))
    }

    /// The `Set-Cookie` values, as a browser would send them back.
    pub fn cookies(&self) -> Vec<String> {
        let all = self.headers.get_all("set-cookie").iter();
        all.map(|cookie| {
            cookie
                .to_str()
                .unwrap()
                .split(';')
                .next()
                .unwrap()
                .to_owned()
        })
        .collect()
    }
}

impl Bench {
    /// With the admin token configured.
    pub fn new(replies: impl IntoIterator<Item = Reply>) -> Self {
        let (platform, handles) = platform();
        handles.secrets.set("EDGEWISE_ADMIN_TOKEN", ADMIN);
        let llm = Arc::new(ScriptedLlm::new("tiny", replies));
        let models = Models {
            llms: vec![llm.clone()],
            embedders: vec![Arc::new(HashEmbedder::new("mini"))],
            dialects: BTreeMap::from([("openai", Arc::new(Mirror) as Arc<dyn Dialect>)]),
            ..Models::default()
        };
        let router = crate::checked::service(platform.clone(), models.clone());
        let consumer = api::consumer(platform.clone(), models);
        Self {
            platform,
            handles,
            llm,
            router,
            consumer,
        }
    }

    pub async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("content-type", "application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        self.answer(request.body(body).unwrap()).await
    }

    /// Everything behind the requests, until nothing is left to do.
    pub async fn settle(&self) {
        self.handles.settle(&*self.consumer).await;
    }

    /// A form with one file, as the owner.
    pub async fn upload(&self, path: &str, name: &str, kind: &str, content: &str) -> Answer {
        let body = format!(
            "--line\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
             content-type: {kind}\r\n\r\n{content}\r\n--line--\r\n"
        );
        let request = Request::post(format!("/console/api{path}"))
            .header("authorization", format!("Bearer {ADMIN}"))
            .header("content-type", "multipart/form-data; boundary=line")
            .body(Body::from(body))
            .unwrap();
        self.answer(request).await
    }

    async fn answer(&self, request: Request<Body>) -> Answer {
        let answer = self.router.clone().oneshot(request).await.unwrap();
        let (head, body) = answer.into_parts();
        // The stream of a run goes on only while its jobs do.
        let whole = axum::body::to_bytes(body, 1 << 24);
        let bytes = self.handles.drive(&*self.consumer, whole).await.unwrap();
        Answer {
            status: head.status,
            headers: head.headers,
            text: String::from_utf8(bytes.to_vec()).unwrap(),
        }
    }

    /// As the owner, by the admin token.
    pub async fn admin(&self, method: &str, path: &str, body: Value) -> Answer {
        let bearer = format!("Bearer {ADMIN}");
        let body = (!body.is_null()).then_some(&body);
        let path = format!("/console/api{path}");
        self.send(
            method.parse().unwrap(),
            &path,
            &[("authorization", &bearer)],
            body,
        )
        .await
    }

    pub async fn get(&self, path: &str) -> Value {
        let answer = self.admin("GET", path, Value::Null).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        answer.json()
    }

    pub async fn post(&self, path: &str, body: Value) -> Value {
        let answer = self.admin("POST", path, body).await;
        assert!(answer.status.is_success(), "{path}: {}", answer.text);
        answer.json()
    }
}
