//! `Fetch` over the platform's `fetch`: bodies streamed both ways, and an abort on the wire when it is dropped.

use async_trait::async_trait;
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use js_sys::{Promise, Uint8Array};
use ports::{Body, ByteStream, Error, ErrorKind, Fetch, Result};
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};
use wasm_bindgen_futures::JsFuture;
use wasm_streams::ReadableStream;
use web_sys::{AbortController, Headers, Request, RequestInit, RequestRedirect, Response};

use crate::{
    gate::{Gate, Pass},
    js::{SendFuture, SendWrapper, text, thrown},
};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = fetch)]
    fn global_fetch(request: &Request) -> Promise;
}

/// Outgoing HTTP of one request to the Worker, as many at a time as its gate lets in.
#[derive(Default)]
pub(crate) struct GlobalFetch {
    gate: Gate,
}

/// Aborts the exchange unless it came to its end: dropping a wrapped promise stops nothing by itself.
struct Exchange {
    controller: Option<AbortController>,
    _pass: Pass,
}

impl Exchange {
    fn over(&mut self) {
        self.controller = None;
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        if let Some(controller) = self.controller.take() {
            controller.abort();
        }
    }
}

#[async_trait]
impl Fetch for GlobalFetch {
    async fn send(&self, request: http::Request<Body>) -> Result<http::Response<Body>> {
        ports::outgoing::admit(&request)?;
        let pass = self.gate.enter().await;
        SendFuture::new(exchange(request, pass)).await
    }
}

async fn exchange(request: http::Request<Body>, pass: Pass) -> Result<http::Response<Body>> {
    let invalid = |error| thrown(ErrorKind::Invalid, "the request", &error);
    let host = request.uri().host().unwrap_or_default().to_owned();
    let controller = AbortController::new().map_err(invalid)?;
    let request = outgoing(request, &controller).map_err(invalid)?;
    let guard = Exchange {
        controller: Some(controller),
        _pass: pass,
    };
    let unreachable = |error: JsValue| {
        let message = format!("{host} could not be reached: {}", text(&error));
        Error::new(ErrorKind::Unavailable, message)
    };
    let response = JsFuture::from(global_fetch(&request))
        .await
        .map_err(unreachable)?;
    incoming(response.unchecked_into(), guard)
}

fn outgoing(
    request: http::Request<Body>,
    controller: &AbortController,
) -> std::result::Result<Request, JsValue> {
    let (head, body) = request.into_parts();
    let headers = Headers::new()?;
    for (name, value) in &head.headers {
        let value = value
            .to_str()
            .map_err(|error| JsValue::from_str(&error.to_string()))?;
        headers.append(name.as_str(), value)?;
    }
    let init = RequestInit::new();
    init.set_method(head.method.as_str());
    init.set_headers(&headers);
    init.set_redirect(RequestRedirect::Manual);
    init.set_signal(Some(&controller.signal()));
    match body {
        Body::Empty => {}
        Body::Full(bytes) => init.set_body(&Uint8Array::from(bytes.as_ref())),
        Body::Stream(pieces) => init.set_body(&readable(pieces)),
    }
    Request::new_with_str_and_init(&head.uri.to_string(), &init)
}

fn readable(pieces: ByteStream) -> JsValue {
    let pieces = pieces
        .map_ok(|piece| JsValue::from(Uint8Array::from(piece.as_ref())))
        .map_err(|error| JsValue::from(js_sys::Error::new(&error.to_string())));
    ReadableStream::from_stream(pieces).into_raw().into()
}

fn incoming(response: Response, mut guard: Exchange) -> Result<http::Response<Body>> {
    let protocol = |error: http::Error| {
        Error::new(ErrorKind::Unavailable, "the answer's head is not HTTP").with_source(error)
    };
    let mut answer = http::Response::builder().status(response.status());
    for entry in response.headers().entries() {
        let entry =
            entry.map_err(|error| thrown(ErrorKind::Unavailable, "the answer's head", &error))?;
        let entry: js_sys::Array = entry.unchecked_into();
        let (name, value) = (entry.get(0).as_string(), entry.get(1).as_string());
        answer = answer.header(name.unwrap_or_default(), value.unwrap_or_default());
    }
    let Some(body) = response.body() else {
        guard.over();
        return answer.body(Body::Empty).map_err(protocol);
    };
    let pieces = ReadableStream::from_raw(body.unchecked_into()).into_stream();
    let state = SendWrapper::new((pieces, guard));
    let pieces = stream::unfold(Some(state), |state| SendFuture::new(next(state)));
    answer.body(Body::Stream(pieces.boxed())).map_err(protocol)
}

type State = SendWrapper<(wasm_streams::readable::IntoStream<'static>, Exchange)>;

async fn next(state: Option<State>) -> Option<(Result<Bytes>, Option<State>)> {
    let mut state = state?;
    match state.0.0.next().await {
        Some(Ok(piece)) => {
            let piece = Uint8Array::new(&piece).to_vec();
            Some((Ok(piece.into()), Some(state)))
        }
        Some(Err(error)) => {
            state.0.1.over();
            let error = thrown(ErrorKind::Unavailable, "the answer broke off", &error);
            Some((Err(error), None))
        }
        None => {
            state.0.1.over();
            None
        }
    }
}
