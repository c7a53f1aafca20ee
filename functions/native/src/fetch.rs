//! `Fetch` over reqwest: pooled connections, rustls, bodies streamed both ways.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt};
use ports::{Body, Error, ErrorKind, Fetch, Result};

/// How long a connection may take to open. Everything else is the caller's to limit.
const CONNECT: Duration = Duration::from_secs(10);

/// The HTTP client of this process.
pub struct HttpFetch {
    client: reqwest::Client,
}

impl HttpFetch {
    /// A client that follows no redirects. Proxies are taken from the environment, as `curl` does.
    pub fn new() -> Result<Self> {
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT)
            .tcp_nodelay(true)
            .user_agent(concat!("edgewise/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| {
                Error::new(ErrorKind::Internal, "no HTTP client").with_source(error)
            })?;
        Ok(Self { client })
    }
}

#[async_trait]
impl Fetch for HttpFetch {
    async fn send(&self, request: http::Request<Body>) -> Result<http::Response<Body>> {
        let (parts, body) = request.into_parts();
        let url = reqwest::Url::parse(&parts.uri.to_string()).map_err(|error| {
            Error::new(ErrorKind::Invalid, "this is no URL to fetch").with_source(error)
        })?;
        let body = match body {
            Body::Empty => reqwest::Body::from(Bytes::new()),
            Body::Full(bytes) => bytes.into(),
            Body::Stream(stream) => reqwest::Body::wrap_stream(stream),
        };
        let request = self
            .client
            .request(parts.method, url)
            .headers(parts.headers)
            .body(body);
        let response: http::Response<reqwest::Body> = request.send().await.map_err(failed)?.into();
        // Dropping the body closes the connection (HTTP/1) or resets the stream (HTTP/2).
        Ok(response.map(|body| {
            Body::Stream(
                http_body_util::BodyDataStream::new(body)
                    .map_err(failed)
                    .boxed(),
            )
        }))
    }
}

/// Says what failed without the URL, which may carry a secret.
fn failed(error: reqwest::Error) -> Error {
    let error = error.without_url();
    let kind = match () {
        () if error.is_timeout() => ErrorKind::Timeout,
        () if error.is_builder() => ErrorKind::Invalid,
        () => ErrorKind::Unavailable,
    };
    let message = if error.is_connect() {
        "cannot connect"
    } else {
        "the exchange broke off"
    };
    Error::new(kind, message).with_source(error)
}
