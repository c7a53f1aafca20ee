//! The contract on the in-memory twins: what proves that a test on a fake says something about the real thing.

use axum::body::Body as AxumBody;
use contract::{Harness, Recorder};
use futures::StreamExt;
use ports::{Body, Error, ErrorKind, fake};
use tower::ServiceExt;

#[tokio::test]
async fn the_fakes_keep_the_contract() {
    let (platform, handles) = fake::platform();
    let router = contract::peer::router();
    let answer = move |request: http::Request<Body>| {
        let router = router.clone();
        let request = request.map(|body| AxumBody::from_stream(body.into_stream()));
        Box::pin(async move {
            let Ok(response) = router.oneshot(with_length(request)).await;
            let broken = |error| Error::new(ErrorKind::Unavailable, "broke off").with_source(error);
            Ok(response.map(|body| {
                let stream = body
                    .into_data_stream()
                    .map(move |piece| piece.map_err(broken));
                Body::Stream(stream.boxed())
            }))
        }) as futures::future::BoxFuture<'static, _>
    };
    handles.fetch.route_streaming("http://peer.test/", answer);
    let harness = Harness {
        platform: platform.clone(),
        peer: "http://peer.test".to_owned(),
    };
    let recorder = Recorder::new(platform);
    let report = handles.drive(&recorder, contract::run(harness, "")).await;
    let failures = report.failures();
    assert!(failures.is_empty(), "{failures:#?}");
    assert_eq!(
        report.ran(),
        contract::cases().len(),
        "the fakes can do everything"
    );
    assert!(report.ran() > 80);
}

/// What a client on a socket would add.
fn with_length(mut request: http::Request<AxumBody>) -> http::Request<AxumBody> {
    if request.uri().path() == "/headers" && request.method() == http::Method::POST {
        let length = http::HeaderValue::from_static("5");
        request
            .headers_mut()
            .insert(http::header::CONTENT_LENGTH, length);
    }
    request
}

#[test]
fn names_are_unique_and_grouped() {
    let names: Vec<_> = contract::cases().iter().map(|case| case.name).collect();
    let mut sorted = names.clone();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(sorted.len(), names.len());
    assert!(names.iter().all(|name| name.contains('/')));
}
