//! The world outside, scripted.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use futures::future::BoxFuture;

use super::lock;
use crate::{Body, Error, ErrorKind, Fetch, Result};

type Handler = Arc<
    dyn Fn(http::Request<Body>) -> BoxFuture<'static, Result<http::Response<Body>>> + Send + Sync,
>;

/// Answers by the first route whose prefix the URL starts with; any other URL is `Unavailable`.
#[derive(Default)]
pub struct FakeFetch {
    routes: Mutex<Vec<(String, Handler)>>,
    sent: Mutex<Vec<Recorded>>,
}

/// A request that was sent to a route of whole bodies.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// Its method, URL and headers.
    pub head: http::Request<()>,
    /// All of its body.
    pub body: Bytes,
}

/// More than any scripted request needs.
const BODY_BYTES: usize = 64 << 20;

impl FakeFetch {
    /// Answers URLs that start with `prefix`; the request's body is read whole first, and recorded.
    pub fn route<F>(self: &Arc<Self>, prefix: &str, answer: F)
    where
        F: Fn(http::Request<Bytes>) -> Result<http::Response<Body>> + Send + Sync + 'static,
    {
        let answer = Arc::new(answer);
        let record = Arc::downgrade(self);
        self.route_streaming(prefix, move |request| {
            let (answer, record) = (answer.clone(), record.clone());
            Box::pin(async move {
                let (parts, body) = request.into_parts();
                let body = body.into_bytes(BODY_BYTES).await?;
                let head = http::Request::from_parts(parts.clone(), ());
                if let Some(record) = record.upgrade() {
                    let body = body.clone();
                    lock(&record.sent).push(Recorded { head, body });
                }
                answer(http::Request::from_parts(parts, body))
            })
        });
    }

    /// Answers URLs that start with `prefix`, with the bodies as they stream.
    pub fn route_streaming<F>(&self, prefix: &str, answer: F)
    where
        F: Fn(http::Request<Body>) -> BoxFuture<'static, Result<http::Response<Body>>>
            + Send
            + Sync
            + 'static,
    {
        lock(&self.routes).push((prefix.to_owned(), Arc::new(answer)));
    }

    /// What was sent to routes of whole bodies so far.
    pub fn sent(&self) -> Vec<Recorded> {
        lock(&self.sent).clone()
    }
}

#[async_trait]
impl Fetch for FakeFetch {
    async fn send(&self, request: http::Request<Body>) -> Result<http::Response<Body>> {
        crate::outgoing::admit(&request)?;
        let url = request.uri().to_string();
        let handler = lock(&self.routes)
            .iter()
            .find(|(prefix, _)| url.starts_with(prefix))
            .map(|(_, handler)| handler.clone());
        match handler {
            Some(handler) => handler(request).await,
            None => {
                let message = format!("nothing answers at {url}");
                Err(Error::new(ErrorKind::Unavailable, message))
            }
        }
    }
}
