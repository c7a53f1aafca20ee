//! Which addresses may be reached for whoever wrote an address into a form: public ones only.
//!
//! The rule stands here, once. A request that carries [`PublicOnly`] is held to it by every `Fetch`: each checks the
//! address as it is written, and native also every address that a name stands for, and connects to what it checked.
//! Redirects are not followed by a `Fetch`; [`get`] follows them, and each step is a request of its own.

use std::{net::IpAddr, time::Duration};

use bytes::Bytes;
use http::{Request, Response, Uri, header};

use crate::{Body, Clock, Error, ErrorKind, Fetch, Result, timeout};

/// Put into a request's extensions, it keeps the request away from private addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicOnly;

/// Bounds of [`get`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GetLimits {
    /// Largest body, in bytes.
    pub bytes: usize,
    /// Most redirects.
    pub redirects: usize,
    /// For all steps and the body together.
    pub time: Duration,
}

/// Fetches what lies at a public address, over redirects.
///
/// Errors: `Invalid` for an address that is none or not public (also after a redirect), or too many redirects;
/// `TooLarge`; `Timeout`; `Unavailable`. The answer's status may be any but a redirect.
pub async fn get(
    fetch: &dyn Fetch,
    clock: &dyn Clock,
    address: &str,
    agent: &str,
    limits: GetLimits,
) -> Result<Response<Bytes>> {
    let exchange = async {
        let mut address = address.to_owned();
        for _ in 0..=limits.redirects {
            let uri = check(&address)?;
            let request = Request::get(uri.clone())
                .header(header::USER_AGENT, agent)
                .extension(PublicOnly)
                .body(Body::Empty)
                .map_err(|error| invalid("the address cannot be asked for").with_source(error))?;
            let response = fetch.send(request).await?;
            let next = response.headers().get(header::LOCATION);
            if !response.status().is_redirection() || next.is_none() {
                let (head, body) = response.into_parts();
                return Ok(Response::from_parts(
                    head,
                    body.into_bytes(limits.bytes).await?,
                ));
            }
            let next = next.and_then(|next| next.to_str().ok());
            address = next
                .and_then(|next| join(&uri, next))
                .ok_or_else(|| invalid("a redirect to nowhere"))?;
        }
        Err(invalid("too many redirects"))
    };
    timeout(clock, limits.time, exchange)
        .await
        .and_then(|got| got)
}

/// Holds a request to the rule, if it asks for it. For every `Fetch`, before anything is sent.
pub fn admit<T>(request: &Request<T>) -> Result<()> {
    match request.extensions().get::<PublicOnly>() {
        Some(PublicOnly) => check_uri(request.uri()),
        None => Ok(()),
    }
}

/// An `http` or `https` address that is not private as it is written. What a name stands for is not looked up.
pub fn check(address: &str) -> Result<Uri> {
    let uri: Uri = address
        .parse()
        .map_err(|_| invalid("this is no URL that can be fetched"))?;
    check_uri(&uri)?;
    Ok(uri)
}

fn check_uri(uri: &Uri) -> Result<()> {
    let web = matches!(uri.scheme_str(), Some("https" | "http"));
    match uri.host().filter(|host| web && !host.is_empty()) {
        None => Err(invalid("this is no URL that can be fetched")),
        Some(host) if is_public_host(host) => Ok(()),
        Some(host) => Err(invalid(format!(
            "the address {host} is not allowed: it is not public"
        ))),
    }
}

/// Whether a host, as it is written, may be public: a name that is not one of an inside, or a public address.
pub fn is_public_host(host: &str) -> bool {
    let bare = host
        .trim_start_matches('[')
        .trim_end_matches(']')
        .trim_end_matches('.');
    if let Ok(ip) = bare.parse::<IpAddr>() {
        return is_public(ip);
    }
    let name = bare.to_ascii_lowercase();
    // A last part that starts with a digit is an address in an unusual form (`0x7f.1`, `2130706433`): no name ends so.
    let last = name.rsplit('.').next().unwrap_or_default();
    let number = last.starts_with(|c: char| c.is_ascii_digit());
    // Encoded characters and zones are read in different ways by different parsers.
    let plain = name
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'));
    let inside = [
        "localhost",
        "local",
        "internal",
        "intranet",
        "lan",
        "home",
        "arpa",
    ];
    plain && !name.is_empty() && !number && !inside.contains(&last)
}

/// Whether an address is reachable from everywhere (IANA special-purpose registries).
pub fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => {
            let [a, b, c, _] = ip.octets();
            let special = match (a, b) {
                // This network, loopback, multicast and reserved.
                (0 | 127 | 224.., _) => true,
                // Shared by carriers; benchmarks.
                (100, 64..=127) | (198, 18 | 19) => true,
                // Protocol assignments and examples.
                (192, 0) => c == 0 || c == 2,
                (198, 51) => c == 100,
                (203, 0) => c == 113,
                _ => false,
            };
            !(special || ip.is_private() || ip.is_link_local())
        }
        IpAddr::V6(ip) => {
            let [first, second, third, ..] = ip.segments();
            match first {
                // 6to4: as public as the address inside.
                0x2002 => {
                    let ([a, b], [c, d]) = (second.to_be_bytes(), third.to_be_bytes());
                    is_public(IpAddr::from([a, b, c, d]))
                }
                // Protocol assignments (Teredo among them) and examples.
                0x2001 => second >= 0x200 && second != 0xdb8,
                // Only 2000::/3 is handed out; that leaves out mapped, unique local and link-local addresses.
                _ => first & 0xe000 == 0x2000,
            }
        }
    }
}

fn invalid(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Invalid, message)
}

/// The target of a redirect.
fn join(from: &Uri, target: &str) -> Option<String> {
    if target.contains("://") {
        return Some(target.to_owned());
    }
    let (scheme, authority) = (from.scheme_str()?, from.authority()?);
    if let Some(rest) = target.strip_prefix("//") {
        return Some(format!("{scheme}://{rest}"));
    }
    if target.starts_with('/') {
        return Some(format!("{scheme}://{authority}{target}"));
    }
    let folder = from
        .path()
        .rsplit_once('/')
        .map_or("", |(folder, _)| folder);
    Some(format!("{scheme}://{authority}{folder}/{target}"))
}

#[cfg(test)]
mod tests {
    use futures::executor::block_on;

    use super::*;
    use crate::fake::platform;

    #[test]
    fn written_addresses() {
        for inside in [
            "http://localhost/a",
            "http://a.localhost:80/",
            "http://127.0.0.1/a",
            "http://127.1/",
            "http://10.1.2.3/",
            "http://172.20.0.1/",
            "http://192.168.0.1:80/",
            "http://100.64.0.1/",
            "http://169.254.169.254/latest",
            "http://0.0.0.0/",
            "http://[::1]/",
            "http://[::]/",
            "http://[::ffff:127.0.0.1]/",
            "http://[fd00::1]/",
            "http://[fe80::1]/",
            "http://[2002:7f00:1::]/",
            "http://[64:ff9b::7f00:1]/",
            "http://2130706433/",
            "http://0x7f.1/",
            "http://0177.0.0.1/",
            "http://user@127.0.0.1/",
            "http://%31%32%37.0.0.1/",
            "http://metadata.google.internal./",
            "http://printer.local/",
            "file:///etc/passwd",
            "ftp://h/a",
            "nonsense",
            "http:///a",
            "",
        ] {
            assert!(check(inside).is_err(), "{inside}");
        }
        for public in [
            "https://example.org/a.yml",
            "http://8.8.8.8/a",
            "http://172.32.0.1/",
            "https://[2606:4700::1111]:8443/",
            "https://a_b.example.org",
        ] {
            assert!(check(public).is_ok(), "{public}");
        }
    }

    #[test]
    fn every_redirect_is_checked() {
        let (platform, handles) = platform();
        let moved = |to: &'static str| {
            move |request: Request<Bytes>| {
                assert_eq!(request.extensions().get::<PublicOnly>(), Some(&PublicOnly));
                let response = Response::builder().status(302).header("location", to);
                Ok(response.body(Body::Empty).unwrap())
            }
        };
        handles
            .fetch
            .route("https://a.test/d/relative", moved("next?x"));
        handles
            .fetch
            .route("https://a.test/d/next?x", moved("//b.test/end"));
        handles
            .fetch
            .route("https://a.test/inside", moved("http://169.254.169.254/"));
        handles
            .fetch
            .route("https://a.test/file", moved("file:///etc/passwd"));
        handles
            .fetch
            .route("https://a.test/circle", moved("/circle"));
        handles.fetch.route("https://b.test/end", |_| {
            Ok(Response::new(Body::Full(Bytes::from_static(b"there"))))
        });
        let limits = |bytes| GetLimits {
            bytes,
            redirects: 3,
            time: Duration::from_secs(9),
        };
        let check = |address: &str, bytes, expect: Result<&str, &str>| {
            let clock = platform.clock.as_ref();
            let got = get(
                platform.fetch.as_ref(),
                clock,
                address,
                "test",
                limits(bytes),
            );
            match (block_on(got), expect) {
                (Ok(got), Ok(expect)) => assert_eq!(got.body(), expect, "{address}"),
                (Err(got), Err(expect)) => {
                    assert!(got.to_string().contains(expect), "{address}: {got}");
                }
                (got, expect) => panic!("{address}: {got:?}, not {expect:?}"),
            }
        };
        check("https://a.test/d/relative", 5, Ok("there"));
        check("https://b.test/end", 4, Err("over 4 bytes"));
        check(
            "https://a.test/inside",
            9,
            Err("169.254.169.254 is not allowed"),
        );
        check("https://a.test/file", 9, Err("no URL that can be fetched"));
        check("https://a.test/circle", 9, Err("too many redirects"));
        check("http://127.0.0.1/", 9, Err("is not allowed"));
        check("https://nobody.test/", 9, Err("nothing answers"));
    }
}
