//! A file that lies at an address.

use std::{net::IpAddr, time::Duration};

use http::{Request, Uri, header};
use ports::{Body, timeout};

use crate::Context;

/// Largest file.
pub(super) const FILE_BYTES: usize = 10 << 20;
/// For each step, and for the whole body.
const LIMIT: Duration = Duration::from_secs(30);
const REDIRECTS: usize = 3;

/// The text at an address; the message is for people.
pub(super) async fn fetch(ctx: &Context, address: &str) -> Result<String, String> {
    let mut address = raw(address);
    for _ in 0..=REDIRECTS {
        let uri = check(&address)?;
        let unreachable = |error: ports::Error| format!("Failed to fetch {address}: {error}");
        let request = Request::get(uri.clone())
            .header(
                header::USER_AGENT,
                concat!("edgewise/", env!("CARGO_PKG_VERSION")),
            )
            .body(Body::Empty)
            .map_err(|error| format!("Failed to fetch {address}: {error}"))?;
        let clock = ctx.platform.clock.as_ref();
        let response = timeout(clock, LIMIT, ctx.platform.fetch.send(request)).await;
        let response = response.and_then(|sent| sent).map_err(unreachable)?;
        if response.status().is_redirection() {
            let next = response.headers().get(header::LOCATION);
            let next = next.and_then(|next| next.to_str().ok());
            address = match next {
                Some(next) if next.starts_with('/') => {
                    let authority = uri.authority().map(http::uri::Authority::as_str);
                    format!("https://{}{next}", authority.unwrap_or_default())
                }
                Some(next) => next.to_owned(),
                None => return Err(format!("Failed to fetch {address}: a redirect to nowhere")),
            };
            continue;
        }
        if !response.status().is_success() {
            let status = response.status().as_u16();
            return Err(format!("Failed to fetch {address}: status {status}"));
        }
        let body = timeout(clock, LIMIT, response.into_body().into_bytes(FILE_BYTES)).await;
        let body = body
            .and_then(|body| body)
            .map_err(|error| match error.kind() {
                ports::ErrorKind::TooLarge => "File size exceeds the limit of 10MB".to_owned(),
                _ => unreachable(error),
            })?;
        return String::from_utf8(body.into()).map_err(|_| "The file is not UTF-8.".to_owned());
    }
    Err(format!("Failed to fetch {address}: too many redirects"))
}

/// A page of GitHub that shows a file becomes the file.
fn raw(address: &str) -> String {
    let parts = || {
        let path = address.strip_prefix("https://github.com/")?;
        let (repository, file) = path.split_once("/blob/")?;
        let yaml = file.ends_with(".yml") || file.ends_with(".yaml");
        yaml.then(|| format!("https://raw.githubusercontent.com/{repository}/{file}"))
    };
    parts().unwrap_or_else(|| address.to_owned())
}

/// Addresses of the inside are not for whoever wrote an address into a form.
fn check(address: &str) -> Result<Uri, String> {
    let uri: Uri = address
        .parse()
        .map_err(|_| format!("Invalid URL: {address}"))?;
    let web = matches!(uri.scheme_str(), Some("https" | "http"));
    let host = uri
        .host()
        .filter(|_| web)
        .ok_or_else(|| format!("Invalid URL: {address}"))?;
    let bare = host
        .trim_start_matches('[')
        .trim_end_matches(']')
        .trim_end_matches('.');
    let inside = match bare.parse::<IpAddr>() {
        Ok(IpAddr::V4(ip)) => {
            ip.is_private()
                || ip.is_loopback()
                || ip.is_link_local()
                || ip.is_unspecified()
                || ip.is_broadcast()
        }
        Ok(IpAddr::V6(ip)) => {
            let local = ip.is_unique_local() || ip.is_unicast_link_local();
            ip.is_loopback() || ip.is_unspecified() || local || ip.to_ipv4_mapped().is_some()
        }
        // Numbers that are no address in the usual form are one in an unusual form.
        Err(_) => {
            let name = bare.to_ascii_lowercase();
            let number = name
                .rsplit('.')
                .next()
                .is_some_and(|last| last.starts_with(|c: char| c.is_ascii_digit()));
            number
                || name == "localhost"
                || name.ends_with(".localhost")
                || name.ends_with(".internal")
                || name.ends_with(".local")
        }
    };
    match inside {
        true => Err(format!("The address {address} is not allowed.")),
        false => Ok(uri),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        assert_eq!(
            raw("https://github.com/o/r/blob/main/a/b.yml"),
            "https://raw.githubusercontent.com/o/r/main/a/b.yml"
        );
        assert_eq!(
            raw("https://github.com/o/r/blob/main/a.txt"),
            "https://github.com/o/r/blob/main/a.txt"
        );
        for inside in [
            "http://localhost/a",
            "http://127.0.0.1/a",
            "http://10.1.2.3/",
            "http://192.168.0.1:80/",
            "http://169.254.169.254/latest",
            "http://[::1]/",
            "http://[::ffff:127.0.0.1]/",
            "http://2130706433/",
            "http://0x7f.1/",
            "http://metadata.google.internal/",
            "file:///etc/passwd",
            "ftp://h/a",
            "nonsense",
            "http:///a",
        ] {
            assert!(check(inside).is_err(), "{inside}");
        }
        assert!(check("https://example.org/a.yml").is_ok());
        assert!(check("http://8.8.8.8/a.yml").is_ok());
    }
}
