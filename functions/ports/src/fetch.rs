//! `Fetch`: outgoing HTTP with bodies streamed both ways.

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::{self, BoxStream, StreamExt};

use crate::{Error, ErrorKind, Result};

/// A body that arrives in pieces.
pub type ByteStream = BoxStream<'static, Result<Bytes>>;

/// An HTTP client.
#[async_trait]
pub trait Fetch: Send + Sync {
    /// Sends a request and returns as soon as the response's head is there.
    ///
    /// Any status is a success. Failing to connect is `Unavailable`. Redirects are not followed. Dropping this
    /// future, or the response's body, aborts the exchange on the wire. Time limits are the caller's: see
    /// [`timeout`](crate::timeout). A request that carries [`PublicOnly`](crate::outgoing::PublicOnly) never reaches a
    /// private address: see [`outgoing`](crate::outgoing).
    async fn send(&self, request: http::Request<Body>) -> Result<http::Response<Body>>;
}

/// The body of a request or a response.
pub enum Body {
    /// Nothing.
    Empty,
    /// All of it, so that `content-length` is known.
    Full(Bytes),
    /// Piece by piece.
    Stream(ByteStream),
}

impl Body {
    /// As a stream, whatever it was.
    pub fn into_stream(self) -> ByteStream {
        match self {
            Self::Empty => stream::empty().boxed(),
            Self::Full(bytes) => stream::iter([Ok(bytes)]).boxed(),
            Self::Stream(stream) => stream,
        }
    }

    /// Collects it; fails with `TooLarge` as soon as it is over `limit` bytes.
    pub async fn into_bytes(self, limit: usize) -> Result<Bytes> {
        let too_large = || {
            Error::new(
                ErrorKind::TooLarge,
                format!("the body is over {limit} bytes"),
            )
        };
        if let Self::Full(bytes) = self {
            return if bytes.len() > limit {
                Err(too_large())
            } else {
                Ok(bytes)
            };
        }
        let mut stream = self.into_stream();
        let mut collected = Vec::new();
        while let Some(piece) = stream.next().await {
            let piece = piece?;
            if collected.len() + piece.len() > limit {
                return Err(too_large());
            }
            collected.extend_from_slice(&piece);
        }
        Ok(collected.into())
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        if bytes.is_empty() {
            Self::Empty
        } else {
            Self::Full(bytes)
        }
    }
}

impl std::fmt::Debug for Body {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Empty => f.write_str("Empty"),
            Self::Full(bytes) => write!(f, "Full({} bytes)", bytes.len()),
            Self::Stream(_) => f.write_str("Stream"),
        }
    }
}
