//! Cases for `Fetch`, against the peer server.

use std::time::Duration;

use bytes::Bytes;
use futures::{
    StreamExt,
    channel::mpsc,
    future::{join, join_all},
    stream,
};
use http::{Method, Request, Response, StatusCode};
use ports::{Body, ErrorKind, Platform};

use crate::{
    Case, Harness, Needs,
    check::{Checked, Failure, case, ensure, eventually, fails, fresh, same},
};

const LIMIT: Duration = Duration::from_secs(100);
const MEGABYTES: usize = 5 << 20;

pub(crate) fn cases() -> Vec<Case> {
    let duplex = Needs {
        duplex: true,
        ..Needs::PEER
    };
    vec![
        case!("fetch/any_status", any_status, Needs::PEER),
        case!("fetch/methods", methods, Needs::PEER),
        case!("fetch/url_is_kept", url_is_kept, Needs::PEER),
        case!("fetch/headers_both_ways", headers_both_ways, Needs::PEER),
        case!("fetch/large_headers", large_headers, Needs::PEER),
        case!(
            "fetch/full_body_has_a_length",
            full_body_has_a_length,
            Needs::PEER
        ),
        case!("fetch/streamed_upload", streamed_upload, Needs::PEER),
        case!("fetch/streamed_download", streamed_download, Needs::PEER),
        case!("fetch/echo", echo, Needs::PEER),
        case!(
            "fetch/response_arrives_in_pieces",
            response_arrives_in_pieces,
            Needs::PEER
        ),
        case!("fetch/duplex", duplex_exchange, duplex),
        case!(
            "fetch/dropping_the_body_aborts",
            dropping_the_body_aborts,
            Needs::PEER
        ),
        case!(
            "fetch/dropping_the_call_aborts",
            dropping_the_call_aborts,
            Needs::PEER
        ),
        case!(
            "fetch/redirects_are_not_followed",
            redirects_are_not_followed,
            Needs::PEER
        ),
        case!("fetch/connect_failure", connect_failure, Needs::PEER),
        case!("fetch/cut_response", cut_response, Needs::PEER),
        case!("fetch/many_at_once", many_at_once, Needs::PEER),
    ]
}

impl Harness {
    fn request(&self, method: Method, path: &str) -> http::request::Builder {
        Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.peer))
    }

    async fn send(
        &self,
        builder: http::request::Builder,
        body: Body,
    ) -> Result<Response<Body>, Failure> {
        let request = builder
            .body(body)
            .map_err(|error| Failure(error.to_string()))?;
        Ok(self.platform.fetch.send(request).await?)
    }

    async fn get(&self, path: &str) -> Result<(StatusCode, String), Failure> {
        let response = self
            .send(self.request(Method::GET, path), Body::Empty)
            .await?;
        let status = response.status();
        Ok((status, text(response).await?))
    }
}

async fn text(response: Response<Body>) -> Result<String, Failure> {
    let bytes = response.into_body().into_bytes(1 << 20).await?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

async fn any_status(harness: Harness) -> Checked {
    for code in [200, 201, 204, 400, 401, 404, 429, 500, 503] {
        let (status, text) = harness.get(&format!("/status/{code}")).await?;
        same("status", status.as_u16(), code)?;
        let want = if code == 204 {
            String::new()
        } else {
            format!("status {code}")
        };
        same("body", text, want)?;
    }
    Ok(())
}

async fn methods(harness: Harness) -> Checked {
    for method in [
        Method::GET,
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
    ] {
        let response = harness
            .send(harness.request(method.clone(), "/method"), Body::Empty)
            .await?;
        same("method", text(response).await?, method.to_string())?;
    }
    let response = harness
        .send(harness.request(Method::HEAD, "/method"), Body::Empty)
        .await?;
    same("status of HEAD", response.status().as_u16(), 200)?;
    same("body of HEAD", text(response).await?, String::new())
}

async fn url_is_kept(harness: Harness) -> Checked {
    let url = "/uri/a%20b/%C3%A9/c%2Fd?q=%26%3D&empty=&q=2";
    let (_, got) = harness.get(url).await?;
    same("url", got.as_str(), url)
}

async fn headers_both_ways(harness: Harness) -> Checked {
    let builder = harness
        .request(Method::GET, "/headers")
        .header("authorization", "Bearer secret")
        .header("x-one", "1")
        .header("x-two", "a")
        .header("x-two", "b");
    let response = harness.send(builder, Body::Empty).await?;
    let answered = response.headers().clone();
    let joined = |name: &str| {
        let values = answered.get_all(name).iter();
        values
            .filter_map(|value| value.to_str().ok())
            .collect::<Vec<_>>()
            .join(", ")
    };
    same("answered once", joined("x-once"), "one".to_owned())?;
    same("answered twice", joined("x-twice"), "one, two".to_owned())?;
    let seen = text(response).await?;
    for line in ["authorization: Bearer secret", "x-one: 1", "x-two: a, b"] {
        ensure!(
            seen.lines().any(|seen| seen == line),
            "`{line}` did not arrive: {seen}"
        );
    }
    Ok(())
}

async fn large_headers(harness: Harness) -> Checked {
    let builder = harness
        .request(Method::GET, "/headers?large=6000")
        .header("x-large", "r".repeat(6000));
    let response = harness.send(builder, Body::Empty).await?;
    let got = response.headers().get("x-large").map(|value| value.len());
    same("response header", got, Some(6000))?;
    let seen = text(response).await?;
    let sent = format!("x-large: {}", "r".repeat(6000));
    same(
        "request header",
        seen.lines().any(|seen| seen == sent),
        true,
    )
}

async fn full_body_has_a_length(harness: Harness) -> Checked {
    let body = Body::Full(Bytes::from_static(b"hello"));
    let response = harness
        .send(harness.request(Method::POST, "/headers"), body)
        .await?;
    let seen = text(response).await?;
    ensure!(
        seen.lines().any(|line| line == "content-length: 5"),
        "no length: {seen}"
    );
    Ok(())
}

/// Megabytes in pieces of odd sizes, and what `/count` says of them.
fn pieces() -> (Vec<Bytes>, String) {
    let content: Bytes = (0..MEGABYTES).map(|i| (i % 251) as u8).collect();
    let sum: u64 = content.iter().map(|byte| u64::from(*byte)).sum();
    let said = format!("{} {sum}", content.len());
    let pieces = (0..MEGABYTES).step_by(61_007);
    let cut = |start: usize| content.slice(start..(start + 61_007).min(MEGABYTES));
    (pieces.map(cut).collect(), said)
}

async fn streamed_upload(harness: Harness) -> Checked {
    let (pieces, said) = pieces();
    let body = Body::Stream(stream::iter(pieces.into_iter().map(Ok)).boxed());
    let response = harness
        .send(harness.request(Method::POST, "/count"), body)
        .await?;
    same("counted", text(response).await?, said)
}

async fn streamed_download(harness: Harness) -> Checked {
    let (_, said) = pieces();
    let path = format!("/bytes?n={MEGABYTES}");
    let response = harness
        .send(harness.request(Method::GET, &path), Body::Empty)
        .await?;
    let mut body = response.into_body().into_stream();
    let (mut length, mut sum) = (0, 0);
    while let Some(piece) = body.next().await {
        let piece = piece?;
        length += piece.len();
        sum += piece.iter().map(|byte| u64::from(*byte)).sum::<u64>();
    }
    same("counted", format!("{length} {sum}"), said)
}

async fn echo(harness: Harness) -> Checked {
    for body in ["", "one", "é日😀"] {
        let full = Body::from(Bytes::from(body));
        let response = harness
            .send(harness.request(Method::POST, "/echo"), full)
            .await?;
        same("full", text(response).await?, body.to_owned())?;
        let pieces: Vec<_> = body
            .bytes()
            .map(|byte| Ok(Bytes::from(vec![byte])))
            .collect();
        let streamed = Body::Stream(stream::iter(pieces).boxed());
        let response = harness
            .send(harness.request(Method::POST, "/echo"), streamed)
            .await?;
        same("streamed", text(response).await?, body.to_owned())?;
    }
    Ok(())
}

async fn response_arrives_in_pieces(harness: Harness) -> Checked {
    // The peer sends a piece only after the one before was confirmed: whoever collects the body waits for ever.
    let id = ports::uuid(&*harness.platform.entropy);
    let exchange = async {
        let path = format!("/steps?n=4&id={id}");
        let response = harness
            .send(harness.request(Method::GET, &path), Body::Empty)
            .await?;
        let mut body = response.into_body().into_stream();
        let mut seen = Vec::new();
        while let Some(piece) = body.next().await {
            seen.extend_from_slice(&piece?);
            harness.get(&format!("/confirm?id={id}")).await?;
        }
        same(
            "pieces",
            String::from_utf8_lossy(&seen).into_owned(),
            "0\n1\n2\n3\n".to_owned(),
        )
    };
    ports::timeout(&*harness.platform.clock, LIMIT, exchange).await?
}

async fn duplex_exchange(harness: Harness) -> Checked {
    let (sender, receiver) = mpsc::unbounded();
    let send = |text: &'static str| {
        let sent = sender.unbounded_send(Ok(Bytes::from(text)));
        sent.map_err(|_| Failure("the request's body was dropped".to_owned()))
    };
    let exchange = async {
        send("0")?;
        let builder = harness.request(Method::POST, "/echo");
        let response = harness
            .send(builder, Body::Stream(receiver.boxed()))
            .await?;
        let mut body = response.into_body().into_stream();
        for (i, next) in ["1", "2", "3"].into_iter().enumerate() {
            let piece = body.next().await.transpose()?;
            same("piece", piece, Some(Bytes::from(i.to_string())))?;
            send(next)?;
        }
        sender.close_channel();
        let rest = Body::Stream(body).into_bytes(100).await?;
        same("rest", rest, Bytes::from("3"))
    };
    ports::timeout(&*harness.platform.clock, LIMIT, exchange).await?
}

/// Waits until the peer says that it saw this exchange cut off.
async fn aborted(harness: &Harness, id: &str) -> Checked {
    let path = format!("/aborted?id={id}");
    let platform: &Platform = &harness.platform;
    eventually!(platform, "abort seen by the peer", LIMIT, {
        let (_, count) = harness.get(&path).await?;
        (count == "1").then_some(())
    });
    Ok(())
}

async fn dropping_the_body_aborts(harness: Harness) -> Checked {
    let id = fresh(&harness.platform, "abort").replace('/', "-");
    let path = format!("/drip?n=100000&ms=20&id={id}");
    let response = harness
        .send(harness.request(Method::GET, &path), Body::Empty)
        .await?;
    let mut body = response.into_body().into_stream();
    let first = body.next().await.transpose()?;
    ensure!(first.is_some(), "nothing arrived");
    let (_, before) = harness.get(&format!("/aborted?id={id}")).await?;
    same("before", before.as_str(), "0")?;
    drop(body);
    aborted(&harness, &id).await
}

async fn dropping_the_call_aborts(harness: Harness) -> Checked {
    let id = fresh(&harness.platform, "abort").replace('/', "-");
    let path = format!("/hang?id={id}");
    let call = harness.send(harness.request(Method::GET, &path), Body::Empty);
    let limit = Duration::from_millis(500);
    let ended = ports::timeout(&*harness.platform.clock, limit, call).await;
    fails("a call that hangs", ended.map(|_| ()), ErrorKind::Timeout)?;
    aborted(&harness, &id).await
}

async fn redirects_are_not_followed(harness: Harness) -> Checked {
    let response = harness
        .send(harness.request(Method::GET, "/redirect"), Body::Empty)
        .await?;
    same("status", response.status().as_u16(), 302)?;
    let location = response
        .headers()
        .get("location")
        .and_then(|it| it.to_str().ok());
    same("location", location, Some("/status/200"))
}

async fn connect_failure(harness: Harness) -> Checked {
    let (_, port) = harness.get("/closed").await?;
    let request = Request::builder()
        .uri(format!("http://127.0.0.1:{port}/"))
        .body(Body::Empty)
        .map_err(|error| Failure(error.to_string()))?;
    let result = harness.platform.fetch.send(request).await;
    fails(
        "connect",
        result.map(|it| it.status()),
        ErrorKind::Unavailable,
    )
}

async fn cut_response(harness: Harness) -> Checked {
    let response = harness
        .send(harness.request(Method::GET, "/cut"), Body::Empty)
        .await?;
    let body = response.into_body().into_bytes(1 << 20).await;
    fails("a body that breaks off", body, ErrorKind::Unavailable)
}

async fn many_at_once(harness: Harness) -> Checked {
    let calls = (0..6).map(|i| {
        let harness = harness.clone();
        async move { harness.get(&format!("/uri/{i}")).await }
    });
    // A slow exchange beside them holds nobody up.
    let id = ports::uuid(&*harness.platform.entropy);
    let path = format!("/drip?n=3&ms=5&id={id}");
    let (slow, fast) = join(harness.get(&path), join_all(calls)).await;
    same("slow", slow?.1.lines().count(), 3)?;
    for (i, result) in fast.into_iter().enumerate() {
        same("fast", result?.1, format!("/uri/{i}"))?;
    }
    Ok(())
}
