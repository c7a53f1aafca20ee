//! `Fetch` over reqwest: pooled connections, rustls, bodies streamed both ways.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt};
use ports::{
    Body, Error, ErrorKind, Fetch, Result,
    outgoing::{self, PublicOnly},
};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// How long a connection may take to open. Everything else is the caller's to limit.
const CONNECT: Duration = Duration::from_secs(10);

/// The HTTP client of this process.
pub struct HttpFetch {
    client: reqwest::Client,
    /// For requests that must not reach private addresses.
    public: reqwest::Client,
}

impl HttpFetch {
    /// A client that follows no redirects. Proxies are taken from the environment, as `curl` does, but not for
    /// requests to public addresses only: a proxy would look their names up unseen.
    pub fn new() -> Result<Self> {
        let build = |builder: reqwest::ClientBuilder| {
            builder
                .redirect(reqwest::redirect::Policy::none())
                .connect_timeout(CONNECT)
                .tcp_nodelay(true)
                .user_agent(concat!("edgewise/", env!("CARGO_PKG_VERSION")))
                .build()
                .map_err(|error| {
                    Error::new(ErrorKind::Internal, "no HTTP client").with_source(error)
                })
        };
        let public = reqwest::Client::builder()
            .no_proxy()
            .dns_resolver(Arc::new(PublicNames));
        Ok(Self {
            client: build(reqwest::Client::builder())?,
            public: build(public)?,
        })
    }
}

/// Looks names up and leaves out every address that is not public. The client connects to what is left, and never asks
/// again: a name cannot change its meaning between the check and the connection.
struct PublicNames;

impl Resolve for PublicNames {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            Ok(Box::new(public(name.as_str(), found.collect())?.into_iter()) as Addrs)
        })
    }
}

fn public(name: &str, mut found: Vec<SocketAddr>) -> Result<Vec<SocketAddr>> {
    found.retain(|address| outgoing::is_public(address.ip()));
    match found.is_empty() {
        true => Err(Error::new(
            ErrorKind::Invalid,
            format!("the address {name} is not allowed: it is not public"),
        )),
        false => Ok(found),
    }
}

#[async_trait]
impl Fetch for HttpFetch {
    async fn send(&self, request: http::Request<Body>) -> Result<http::Response<Body>> {
        outgoing::admit(&request)?;
        let (parts, body) = request.into_parts();
        let url = reqwest::Url::parse(&parts.uri.to_string()).map_err(|error| {
            Error::new(ErrorKind::Invalid, "this is no URL to fetch").with_source(error)
        })?;
        let body = match body {
            Body::Empty => reqwest::Body::from(Bytes::new()),
            Body::Full(bytes) => bytes.into(),
            Body::Stream(stream) => reqwest::Body::wrap_stream(stream),
        };
        let client = match parts.extensions.get::<PublicOnly>() {
            // The client may read a host in another way than we do; it never looks numbers up.
            Some(PublicOnly) if url.host_str().is_some_and(outgoing::is_public_host) => {
                &self.public
            }
            Some(PublicOnly) => {
                return Err(Error::new(
                    ErrorKind::Invalid,
                    "the address is not allowed: it is not public",
                ));
            }
            None => &self.client,
        };
        let request = client
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
    let mut cause: Option<&dyn std::error::Error> = Some(&error);
    while let Some(inner) = cause {
        if let Some(refused) = inner.downcast_ref::<Error>() {
            return Error::new(refused.kind(), refused.to_string());
        }
        cause = inner.source();
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn request(url: &str, public: bool) -> http::Request<Body> {
        let mut request = http::Request::get(url).body(Body::Empty).unwrap();
        if public {
            request.extensions_mut().insert(PublicOnly);
        }
        request
    }

    #[test]
    fn only_public_addresses_of_a_name_are_left() {
        let at = |text: &str| text.parse::<SocketAddr>().unwrap();
        let found = vec![
            at("127.0.0.1:0"),
            at("9.9.9.9:0"),
            at("[::1]:0"),
            at("10.0.0.1:0"),
        ];
        assert_eq!(public("mixed.test", found).unwrap(), [at("9.9.9.9:0")]);
        let error = public("inside.test", vec![at("192.168.1.1:0")]).unwrap_err();
        assert!(
            error.to_string().contains("inside.test is not allowed"),
            "{error}"
        );
    }

    #[tokio::test]
    async fn a_private_service_is_reached_only_by_those_who_may() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let router = axum::Router::new().fallback(|| async { "inside" });
        let serving = tokio::spawn(axum::serve(listener, router).into_future());
        let fetch = HttpFetch::new().unwrap();
        let get = async |host: &str, public| {
            let sent = fetch
                .send(request(&format!("http://{host}:{port}/"), public))
                .await;
            sent.map(|response| response.status().as_u16())
        };
        assert_eq!(get("127.0.0.1", false).await.unwrap(), 200);
        for host in ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "2130706433"] {
            assert_eq!(
                get(host, true).await.unwrap_err().kind(),
                ErrorKind::Invalid,
                "{host}"
            );
        }
        // A name that passes as it is written, but stands for an address of the inside.
        let resolved = PublicNames.resolve("localhost".parse().unwrap()).await;
        assert!(
            resolved
                .err()
                .unwrap()
                .to_string()
                .contains("is not allowed")
        );
        serving.abort();
    }
}
