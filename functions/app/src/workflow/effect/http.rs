//! An HTTP request is sent: to public addresses only, also after a redirect, unless the operator names the host.

use std::{fmt::Write, time::Duration};

use ::http::{Method, Request, Response, Uri, header};
use bytes::Bytes;
use ports::{Body, outgoing::PublicOnly};
use workflow::{Failure, FormField, HttpBody, HttpReply, HttpRequest, Map, Value};

use super::{Hands, extract};
use crate::{Error, Kind, Result};

/// Secret: hosts, separated by commas, that HTTP nodes may reach although they are not public.
pub const PRIVATE_HOSTS: &str = "EDGEWISE_HTTP_PRIVATE_HOSTS";

const FAILED: &str = "HttpRequestNodeError";
const REDIRECTS: usize = 10;
/// Largest answer that is text, and that is a file, in bytes.
const TEXT_BYTES: usize = 1 << 20;
const FILE_BYTES: usize = 10 << 20;

pub(super) async fn send(
    hands: &Hands,
    request: &HttpRequest,
    key: &str,
) -> Result<HttpReply, Failure> {
    let (connect, read, write) = request.timeout;
    let limit = Duration::from_secs(connect.saturating_add(read).saturating_add(write));
    let clock = hands.ctx.platform.clock.clone();
    let exchange = exchange(hands, request, key);
    let done = match ports::timeout(clock.as_ref(), limit, exchange).await {
        Ok(done) => done,
        Err(error) => Err(error.into()),
    };
    done.map_err(|error| {
        // A refused address stays refused; a service that did not answer may do so the next time.
        match error.kind() {
            Kind::InvalidParam | Kind::Forbidden => Failure::lasting(FAILED, error.message()),
            _ => Failure::new(FAILED, error.message()),
        }
    })
}

async fn exchange(hands: &Hands, request: &HttpRequest, key: &str) -> Result<HttpReply> {
    if !request.verify_tls {
        return Err(Error::invalid(
            "ssl_verify",
            "field `ssl_verify`: false is not supported; certificates are always checked",
        ));
    }
    let allowed = hands
        .ctx
        .platform
        .secrets
        .get(PRIVATE_HOSTS)
        .await?
        .unwrap_or_default();
    let content = encoded(hands, &request.body).await;
    let (mut body, content_type) = content.map_err(|error| at("body", error))?;
    let invalid =
        |field: &str, error: String| Error::invalid(field, format!("field `{field}`: {error}"));
    let mut method: Method = request
        .method
        .parse()
        .map_err(|_| invalid("method", request.method.to_string()))?;
    let mut address = address(request);
    let mut foreign = false;
    for _ in 0..=REDIRECTS {
        let uri: Uri = address
            .parse()
            .map_err(|_| invalid("url", format!("`{address}` is no address")))?;
        let mut sent = Request::builder().method(method.clone()).uri(uri.clone());
        for (name, value) in &request.headers {
            // Who is redirected to must not learn what the first was told.
            let secret =
                name.eq_ignore_ascii_case("authorization") || name.eq_ignore_ascii_case("cookie");
            if !(name.is_empty() || foreign && secret) {
                sent = sent.header(&**name, value.trim());
            }
        }
        let has = |name: &str| {
            request
                .headers
                .iter()
                .any(|(known, _)| known.eq_ignore_ascii_case(name))
        };
        if let Some(content_type) = &content_type
            && !has("content-type")
            && !body.is_empty()
        {
            sent = sent.header(header::CONTENT_TYPE, content_type);
        }
        let safe = [Method::GET, Method::HEAD, Method::OPTIONS].contains(&method);
        if !safe && !has("idempotency-key") {
            sent = sent.header("idempotency-key", key);
        }
        if !is_allowed(&uri, &allowed) {
            sent = sent.extension(PublicOnly);
        }
        let sent = sent
            .body(Body::from(body.clone()))
            .map_err(|error| invalid("headers", error.to_string()))?;
        let response = match ports::outgoing::admit(&sent) {
            Ok(()) => hands.ctx.platform.fetch.send(sent).await,
            Err(error) => Err(error),
        };
        let response = response.map_err(|error| at("url", error))?;
        let next = response
            .headers()
            .get(header::LOCATION)
            .and_then(|next| next.to_str().ok());
        let Some(next) = next.filter(|_| response.status().is_redirection()) else {
            return reply(response).await.map_err(|error| at("url", error));
        };
        let status = response.status().as_u16();
        let target = joined(&uri, next);
        foreign = foreign
            || target
                .parse::<Uri>()
                .ok()
                .and_then(|to| to.authority().cloned())
                != uri.authority().cloned();
        if status == 303 || (matches!(status, 301 | 302) && method == Method::POST) {
            method = Method::GET;
            body = Bytes::new();
        }
        address = target;
    }
    Err(invalid("url", "too many redirects".to_owned()))
}

/// What went wrong with a field.
fn at(field: &str, error: impl Into<Error>) -> Error {
    let error = error.into();
    Error::new(
        error.kind(),
        format!("field `{field}`: {}", error.message()),
    )
}

fn is_allowed(uri: &Uri, allowed: &str) -> bool {
    let names = |host: &str| {
        allowed
            .split(',')
            .any(|one| !one.trim().is_empty() && one.trim() == host)
    };
    uri.host().is_some_and(names)
        || uri
            .authority()
            .is_some_and(|authority| names(authority.as_str()))
}

/// The address with its parameters.
fn address(request: &HttpRequest) -> String {
    let mut address = request.url.trim().to_owned();
    let fragment = address.find('#').map(|at| address.split_off(at));
    for (name, value) in &request.params {
        address.push(if address.contains('?') { '&' } else { '?' });
        let _ = write!(address, "{}={}", escaped(name), escaped(value));
    }
    address + &fragment.unwrap_or_default()
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                out.push(char::from(byte))
            }
            _ => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}

fn joined(from: &Uri, target: &str) -> String {
    if target.contains("://") {
        return target.to_owned();
    }
    let scheme = from.scheme_str().unwrap_or("http");
    let authority = from.authority().map_or("", |authority| authority.as_str());
    match (target.strip_prefix("//"), target.starts_with('/')) {
        (Some(rest), _) => format!("{scheme}://{rest}"),
        (None, true) => format!("{scheme}://{authority}{target}"),
        (None, false) => {
            let folder = from
                .path()
                .rsplit_once('/')
                .map_or("", |(folder, _)| folder);
            format!("{scheme}://{authority}{folder}/{target}")
        }
    }
}

/// A body and what it is.
async fn encoded(hands: &Hands, body: &HttpBody) -> Result<(Bytes, Option<String>)> {
    Ok(match body {
        HttpBody::None => (Bytes::new(), None),
        HttpBody::Text(text) => (
            text.as_bytes().to_vec().into(),
            Some("text/plain".to_owned()),
        ),
        HttpBody::Json(text) => (
            text.as_bytes().to_vec().into(),
            Some("application/json".to_owned()),
        ),
        HttpBody::UrlEncoded(fields) => {
            let pairs: Vec<String> = fields
                .iter()
                .map(|(name, value)| format!("{}={}", escaped(name), escaped(value)))
                .collect();
            let kind = "application/x-www-form-urlencoded".to_owned();
            (pairs.join("&").into(), Some(kind))
        }
        HttpBody::FormData(fields) => form(hands, fields).await?,
        HttpBody::Binary(value) => match value {
            Value::File(file) => {
                let (bytes, kind) = extract::content(hands, file).await?;
                (bytes, Some(kind).filter(|kind| !kind.is_empty()))
            }
            Value::Null => (Bytes::new(), None),
            _ => return Err(Error::invalid("body", "body: a binary body must be a file")),
        },
    })
}

async fn form(
    hands: &Hands,
    fields: &[(std::sync::Arc<str>, FormField)],
) -> Result<(Bytes, Option<String>)> {
    let boundary = format!("edgewise-{}", hands.ctx.token(24));
    let quoted = |text: &str| text.replace(['\r', '\n'], " ").replace('"', "%22");
    let mut out: Vec<u8> = Vec::new();
    for (name, field) in fields {
        let files: Vec<&workflow::File> = match field {
            FormField::Text(text) => {
                let part = format!(
                    "--{boundary}\r\nContent-Disposition: form-data; name=\"{}\"\r\n\r\n{text}\r\n",
                    quoted(name)
                );
                out.extend_from_slice(part.as_bytes());
                continue;
            }
            FormField::File(Value::File(file)) => vec![file],
            FormField::File(Value::Array(files)) => files
                .iter()
                .filter_map(|file| match file {
                    Value::File(file) => Some(&**file),
                    _ => None,
                })
                .collect(),
            FormField::File(_) => Vec::new(),
        };
        for file in files {
            let (bytes, kind) = extract::content(hands, file).await?;
            let part = format!(
                "--{boundary}\r\nContent-Disposition: form-data; name=\"{}\"; filename=\"{}\"\r\nContent-Type: {}\r\n\r\n",
                quoted(name),
                quoted(file.filename.as_deref().unwrap_or("file")),
                quoted(&kind)
            );
            out.extend_from_slice(part.as_bytes());
            out.extend_from_slice(&bytes);
            out.extend_from_slice(b"\r\n");
        }
    }
    out.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    Ok((
        out.into(),
        Some(format!("multipart/form-data; boundary={boundary}")),
    ))
}

async fn reply(response: Response<Body>) -> Result<HttpReply> {
    let (head, body) = response.into_parts();
    let mut headers = Map::default();
    for (name, value) in &head.headers {
        let value = String::from_utf8_lossy(value.as_bytes());
        headers.insert(name.as_str().into(), Value::from(&*value));
    }
    let header = |name: header::HeaderName| {
        let value = head.headers.get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default().to_ascii_lowercase()
    };
    let kind = header(header::CONTENT_TYPE);
    let attached = header(header::CONTENT_DISPOSITION).starts_with("attachment");
    let media = ["image/", "audio/", "video/"]
        .iter()
        .any(|prefix| kind.starts_with(prefix));
    let binary = [
        "application/octet-stream",
        "application/pdf",
        "application/zip",
        "font/",
    ]
    .iter()
    .any(|prefix| kind.starts_with(prefix));
    let is_file = attached || media || binary;
    let bytes = body
        .into_bytes(if is_file { FILE_BYTES } else { TEXT_BYTES })
        .await;
    let bytes = bytes.map_err(|error| match error.kind() {
        ports::ErrorKind::TooLarge => {
            Error::invalid("url", format!("the answer is too large: {error}"))
        }
        _ => error.into(),
    })?;
    if is_file && !bytes.is_empty() {
        let message = format!(
            "the answer is a file ({kind}), and files made by nodes are not kept on this version"
        );
        return Err(Error::invalid("url", message));
    }
    Ok(HttpReply {
        status: head.status.as_u16(),
        headers,
        body: String::from_utf8_lossy(&bytes).into(),
        files: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        let check = |url: &str, params: &[(&str, &str)], expect: &str| {
            let request = HttpRequest {
                method: "GET".into(),
                url: url.into(),
                params: params
                    .iter()
                    .map(|(name, value)| ((*name).into(), (*value).into()))
                    .collect(),
                headers: Vec::new(),
                body: HttpBody::None,
                timeout: (1, 1, 1),
                verify_tls: true,
            };
            assert_eq!(address(&request), expect);
        };
        check(" https://a.test/x ", &[], "https://a.test/x");
        check(
            "https://a.test/x",
            &[("q", "a b&c"), ("q", "é")],
            "https://a.test/x?q=a%20b%26c&q=%C3%A9",
        );
        check(
            "https://a.test/x?a=1#there",
            &[("b", "2")],
            "https://a.test/x?a=1&b=2#there",
        );
    }

    #[test]
    fn hosts_that_the_operator_names() {
        let check = |uri: &str, allowed: &str, expect: bool| {
            assert_eq!(
                is_allowed(&uri.parse().unwrap(), allowed),
                expect,
                "{uri} {allowed}"
            );
        };
        check("http://127.0.0.1:90/x", "127.0.0.1", true);
        check("http://127.0.0.1:90/x", "a.test, 127.0.0.1:90", true);
        check("http://127.0.0.1:91/x", "127.0.0.1:90", false);
        check("http://10.0.0.1/x", "", false);
    }
}
