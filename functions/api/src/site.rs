//! The console and the web apps as static files, as `cargo xtask console` builds them: which path leads to which file, and
//! what a browser is told with it. A root brings the files.
//!
//! Only paths of the site and of the browser's own pages are answered here; everything else is the service's.

use axum::body::{Body, Bytes};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, header};

/// First segments of the paths that the console answers in the browser.
const PAGES: [&str; 12] = [
    "",
    "activate",
    "apps",
    "chat",
    "chatbot",
    "completion",
    "form",
    "install",
    "knowledge",
    "settings",
    "signin",
    "workflow",
];

/// What the browser may load, up to who may frame a page.
const POLICY: &str = include_str!("../../../console/content-security-policy");

/// The page that the browser fills.
const PAGE: &str = "index.html";

/// The page of the API's document.
const DOCS: &str = "docs/index.html";

/// What is said where the console was not built.
const ABSENT: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Edgewise</title>\
    <h1>The console is not in this installation</h1><p>Build it with <code>cargo xtask console</code>, then build \
    the program again. The APIs under <code>/v1</code> and <code>/console/api</code> answer all the same.</p></html>";

/// A file of the site.
#[derive(Clone, Debug)]
pub struct File {
    /// What is in it.
    pub whole: Bytes,
    /// The same with gzip, where that is smaller.
    pub small: Option<Bytes>,
}

/// The answer of the site; nothing where the path is not its own. `open` gives a file by its path below the site's root,
/// without a leading slash, that lies there and nowhere else.
pub fn answer<B>(
    request: &Request<B>,
    open: impl Fn(&str) -> Option<File>,
) -> Option<Response<Body>> {
    if request.method() != Method::GET && request.method() != Method::HEAD {
        return None;
    }
    let path = request.uri().path();
    let name = path.trim_start_matches('/');
    let name = match name {
        "docs" | "docs/" => DOCS,
        name => name,
    };
    let plain = !name.is_empty() && name != PAGE && !name.split('/').any(|part| part == "..");
    if plain && let Some(file) = open(name) {
        return Some(with_headers(&file, name, path, request.headers()));
    }
    let first = name.split('/').next().unwrap_or_default();
    if !PAGES.contains(&first) {
        return None;
    }
    let page = open(PAGE).map(|file| with_headers(&file, PAGE, path, request.headers()));
    Some(page.unwrap_or_else(|| {
        let mut response = Response::new(Body::from(ABSENT));
        *response.status_mut() = StatusCode::NOT_FOUND;
        let html = HeaderValue::from_static(kind(PAGE));
        response.headers_mut().insert(header::CONTENT_TYPE, html);
        response
    }))
}

fn with_headers(file: &File, name: &str, path: &str, asked: &HeaderMap) -> Response<Body> {
    let cached = match name {
        PAGE => "no-cache",
        // A name with a hash never means anything else.
        name if name.starts_with("assets/") => "public, max-age=31536000, immutable",
        _ => "public, max-age=300",
    };
    let encodings = asked
        .get(header::ACCEPT_ENCODING)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let small = file.small.as_ref().filter(|_| encodings.contains("gzip"));
    let mut response = Response::new(Body::from(small.unwrap_or(&file.whole).clone()));
    let headers = response.headers_mut();
    let mut put = |name: HeaderName, value: &'static str| {
        headers.insert(name, HeaderValue::from_static(value));
    };
    put(header::CONTENT_TYPE, kind(name));
    put(header::CACHE_CONTROL, cached);
    put(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    put(header::REFERRER_POLICY, "same-origin");
    if file.small.is_some() {
        put(header::VARY, "accept-encoding");
    }
    if small.is_some() {
        put(header::CONTENT_ENCODING, "gzip");
    }
    if name == PAGE || name == DOCS {
        let permissions = HeaderName::from_static("permissions-policy");
        put(permissions, "camera=(), geolocation=(), microphone=(self)");
        // Only the chat that is made for it may stand in the page of somebody else.
        let embedded = path.starts_with("/chatbot/");
        let framers = if embedded { "*" } else { "'self'" };
        if let Ok(policy) = HeaderValue::from_str(&format!("{} {framers}", POLICY.trim())) {
            headers.insert(header::CONTENT_SECURITY_POLICY, policy);
        }
    }
    response
}

fn kind(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "woff2" => "font/woff2",
        "woff" => "font/woff",
        "ttf" => "font/ttf",
        "json" => "application/json",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(name: &str) -> Option<File> {
        let (whole, small): (&'static str, _) = match name {
            "assets/a-1234.js" => ("let a = 1", Some(Bytes::from_static(b"small"))),
            "index.html" => ("<!doctype html>", None),
            "docs/index.html" => ("<!doctype html><title>API</title>", None),
            _ => return None,
        };
        let whole = Bytes::from_static(whole.as_bytes());
        Some(File { whole, small })
    }

    fn request(method: &Method, path: &str, encodings: &str) -> Request<()> {
        let request = Request::builder().method(method).uri(path);
        let request = request.header(header::ACCEPT_ENCODING, encodings);
        request.body(()).expect("a request")
    }

    #[test]
    fn who_answers() {
        let check = |path: &str, expect: &str| {
            let found = answer(&request(&Method::GET, path, ""), open);
            let found = found.map(|response| response.headers()[header::CONTENT_TYPE].clone());
            let found = match found.as_ref().map(HeaderValue::as_bytes) {
                Some(b"text/html; charset=utf-8") => "page",
                Some(_) => "file",
                None => "service",
            };
            assert_eq!(found, expect, "{path}");
            let posted = answer(&request(&Method::POST, path, ""), open);
            assert!(posted.is_none(), "{path}");
        };
        check("/", "page");
        check("/apps/123/logs", "page");
        check("/chat/abcdefgh", "page");
        check("/docs", "page");
        check("/docs/", "page");
        check("/docs/docs.js", "service");
        check("/index.html", "service");
        check("/assets/a-1234.js", "file");
        check("/assets/gone.js", "service");
        check("/assets/../assets/a-1234.js", "service");
        check("/v1/chat-messages", "service");
        check("/console/api/apps", "service");
        check("/api/passport", "service");
        check("/healthz", "service");
        check("/chatter", "service");
    }

    #[test]
    fn headers() {
        let check = |path: &str, encodings: &str, name: HeaderName, expect: &str| {
            let response = answer(&request(&Method::GET, path, encodings), open);
            let response = response.expect("an answer");
            let value = response.headers().get(name.clone());
            let value = value.map_or("", |value| value.to_str().expect("text"));
            assert!(value.contains(expect), "{path} {name}: {value}");
            assert_eq!(value.is_empty(), expect.is_empty(), "{path} {name}");
        };
        let file = "/assets/a-1234.js";
        check(file, "br, gzip", header::CONTENT_ENCODING, "gzip");
        check(file, "identity", header::CONTENT_ENCODING, "");
        check(file, "gzip", header::CACHE_CONTROL, "immutable");
        check("/", "gzip", header::CONTENT_ENCODING, "");
        check("/", "gzip", header::CACHE_CONTROL, "no-cache");
        let policy = header::CONTENT_SECURITY_POLICY;
        check("/apps", "", policy.clone(), "script-src 'self';");
        check("/apps", "", policy.clone(), "frame-ancestors 'self'");
        check("/docs", "", policy.clone(), "script-src 'self';");
        check("/chatbot/x", "", policy, "frame-ancestors *");
        check(file, "", header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    }

    #[test]
    fn without_a_build_the_page_says_how() {
        let response = answer(&request(&Method::GET, "/apps", ""), |_| None);
        assert_eq!(response.expect("a page").status(), StatusCode::NOT_FOUND);
        assert!(ABSENT.contains("cargo xtask console"));
    }
}
