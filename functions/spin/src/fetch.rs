//! `Fetch` over `wasi:http`: bodies stream both ways, and dropping the answer cuts the exchange.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use futures::{
    StreamExt,
    future::{AbortHandle, Abortable},
    stream,
};
use http::header::{CONTENT_LENGTH, HOST, TRANSFER_ENCODING};
use ports::{Body, ByteStream, Error, ErrorKind, Fetch, Result};
use spin_sdk::{
    wasip3::{
        http::{
            client,
            types::{ErrorCode, Fields, Method, Request, Response, Scheme, Trailers},
        },
        wit_future, wit_stream,
    },
    wit_bindgen::{FutureReader, FutureWriter, StreamReader, StreamResult, StreamWriter},
};

use crate::task;

/// The adapter.
pub struct SpinFetch;

/// What one read of a response body asks for.
const READ_BYTES: usize = 64 * 1024;

#[async_trait]
impl Fetch for SpinFetch {
    async fn send(&self, request: http::Request<Body>) -> Result<http::Response<Body>> {
        ports::outgoing::admit(&request)?;
        let (parts, body) = request.into_parts();
        let headers = headers(&parts, &body)?;
        let (end, end_there) = wit_future::new(|| Ok(None));
        let (contents, upload) = match body {
            Body::Empty => (None, None),
            body => {
                let (writer, reader) = wit_stream::new();
                (Some(reader), Some((writer, body.into_stream())))
            }
        };
        let (request, transmitted) = Request::new(headers, contents, end_there, None);
        target(&request, &parts)?;

        let failed = Failure::default();
        let upload = match upload {
            None => {
                // Without this the host waits for the trailers of a body that is not there.
                task::spawn(async move { _ = end.write(Ok(None)).await });
                None
            }
            Some((writer, body)) => {
                let (abort, registration) = AbortHandle::new_pair();
                let sending = transmit(writer, end, body, failed.clone());
                let sending = Abortable::new(sending, registration);
                task::spawn(async move { _ = sending.await });
                Some(AbortOnDrop(abort))
            }
        };
        let response = match client::send(request).await {
            Ok(response) => response,
            // The caller's own stream broke: say that, not what the host made of it.
            Err(code) => return Err(failed.take().unwrap_or_else(|| translate(&code))),
        };
        let mut answer = http::Response::builder().status(response.get_status_code());
        for (name, value) in response.get_headers().copy_all() {
            answer = answer.header(name, value);
        }
        let exchange = Exchange {
            _upload: upload,
            _transmitted: transmitted,
        };
        let body = Body::Stream(receive(response, exchange));
        answer.body(body).map_err(|error| {
            let message = "the answer is not HTTP";
            Error::new(ErrorKind::Unavailable, message).with_source(error)
        })
    }
}

/// What must live as long as the answer is read. The host cuts a body off when nobody can hear any more how its
/// transmission ended.
struct Exchange {
    _upload: Option<AbortOnDrop>,
    _transmitted: FutureReader<std::result::Result<(), ErrorCode>>,
}

struct AbortOnDrop(AbortHandle);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Where an upload leaves the error of the stream that it read.
#[derive(Clone, Default)]
struct Failure(Arc<Mutex<Option<Error>>>);

impl Failure {
    fn put(&self, error: Error) {
        if let Ok(mut failure) = self.0.lock() {
            *failure = Some(error);
        }
    }

    fn take(&self) -> Option<Error> {
        self.0.lock().ok()?.take()
    }
}

type End = std::result::Result<Option<Trailers>, ErrorCode>;

/// Sends a body piece by piece, as fast as the other side takes it.
async fn transmit(
    mut writer: StreamWriter<u8>,
    end: FutureWriter<End>,
    mut body: ByteStream,
    failed: Failure,
) {
    while let Some(piece) = body.next().await {
        match piece {
            Ok(piece) => {
                if !writer.write_all(piece.into()).await.is_empty() {
                    // Nobody reads any more: the exchange is over.
                    return;
                }
            }
            Err(error) => {
                let code = ErrorCode::InternalError(Some(error.to_string()));
                failed.put(error);
                _ = end.write(Err(code)).await;
                return;
            }
        }
    }
    drop(writer);
    _ = end.write(Ok(None)).await;
}

/// The body of a response, read as it is asked for.
fn receive(response: Response, exchange: Exchange) -> ByteStream {
    // What is written here would tell the server's side how reading ended; dropping it says "well".
    let (read, read_there) = wit_future::new(|| Ok(()));
    let (body, trailers) = Response::consume_body(response, read_there);
    let state = Receiving {
        body,
        trailers,
        _read: read,
        _exchange: exchange,
    };
    stream::unfold(Some(state), |state| async move {
        let mut state = state?;
        loop {
            let (result, bytes) = state.body.read(Vec::with_capacity(READ_BYTES)).await;
            if !bytes.is_empty() {
                return Some((Ok(Bytes::from(bytes)), Some(state)));
            }
            if matches!(result, StreamResult::Complete(_)) {
                continue;
            }
            return match state.trailers.await {
                Ok(_) => None,
                Err(code) => Some((Err(translate(&code)), None)),
            };
        }
    })
    .boxed()
}

struct Receiving {
    body: StreamReader<u8>,
    trailers: FutureReader<End>,
    _read: FutureWriter<std::result::Result<(), ErrorCode>>,
    _exchange: Exchange,
}

/// The headers of a request. `wasi:http` takes the host from the address, and frames the body itself.
fn headers(parts: &http::request::Parts, body: &Body) -> Result<Fields> {
    let mut entries: Vec<(String, Vec<u8>)> = parts
        .headers
        .iter()
        .filter(|(name, _)| ![HOST, TRANSFER_ENCODING, CONTENT_LENGTH].contains(name))
        .map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec()))
        .collect();
    if let Body::Full(bytes) = body {
        let length = bytes.len().to_string().into_bytes();
        entries.push((CONTENT_LENGTH.as_str().to_owned(), length));
    }
    Fields::from_list(&entries).map_err(|error| {
        let message = "a header of the request is not allowed";
        Error::new(ErrorKind::Invalid, message).with_source(error)
    })
}

/// Method and address of a request.
fn target(request: &Request, parts: &http::request::Parts) -> Result<()> {
    let invalid = |what: &str| {
        let message = format!("{what} of the request to {} is not usable", parts.uri);
        Error::new(ErrorKind::Invalid, message)
    };
    let scheme = match parts.uri.scheme_str() {
        Some("http") => Scheme::Http,
        Some("https") => Scheme::Https,
        _ => return Err(invalid("the scheme")),
    };
    let Some(authority) = parts.uri.authority() else {
        return Err(invalid("the host"));
    };
    let path = parts.uri.path_and_query().map(|path| path.as_str());
    request
        .set_method(&Method::from(&parts.method))
        .map_err(|()| invalid("the method"))?;
    request
        .set_scheme(Some(&scheme))
        .map_err(|()| invalid("the scheme"))?;
    request
        .set_authority(Some(authority.as_str()))
        .map_err(|()| invalid("the host"))?;
    request
        .set_path_with_query(path)
        .map_err(|()| invalid("the path"))
}

fn translate(code: &ErrorCode) -> Error {
    let kind = match code {
        ErrorCode::HttpRequestDenied => ErrorKind::Forbidden,
        ErrorCode::ConnectionTimeout
        | ErrorCode::ConnectionReadTimeout
        | ErrorCode::ConnectionWriteTimeout
        | ErrorCode::HttpResponseTimeout
        | ErrorCode::DnsTimeout => ErrorKind::Timeout,
        ErrorCode::HttpRequestUriInvalid
        | ErrorCode::HttpRequestUriTooLong
        | ErrorCode::HttpRequestMethodInvalid => ErrorKind::Invalid,
        ErrorCode::HttpRequestHeaderSectionSize(_) | ErrorCode::HttpRequestBodySize(_) => {
            ErrorKind::TooLarge
        }
        _ => ErrorKind::Unavailable,
    };
    let message = match kind {
        ErrorKind::Forbidden => "spin.toml does not allow this address".to_owned(),
        _ => code.to_string(),
    };
    Error::new(kind, message)
}
