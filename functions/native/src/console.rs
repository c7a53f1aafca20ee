//! The console and the web apps as static files, built by `cargo xtask console` and put into the binary by `build.rs`.
//!
//! Only paths of this table and of the browser's own pages are answered here; everything else is the service's.

use axum::{
    Router,
    body::Body,
    extract::Request,
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};

/// One file of the built console.
struct File {
    /// The path below the site's root, without a leading slash.
    name: &'static str,
    whole: &'static [u8],
    /// The same with gzip, where that is smaller.
    small: Option<&'static [u8]>,
}

/// Every file, sorted by name; none if the console was not built.
static FILES: &[File] = include!(concat!(env!("OUT_DIR"), "/console_files.rs"));

/// First segments of the paths that the console answers in the browser.
const PAGES: [&str; 11] = [
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
];

/// What the browser may load, up to who may frame a page.
const POLICY: &str = include_str!("../../../console/content-security-policy");

/// What is said when the binary was built without the console.
const ABSENT: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Edgewise</title>\
    <h1>The console is not in this binary</h1><p>Build it with <code>cargo xtask console</code>, then build the \
    binary again. The APIs under <code>/v1</code> and <code>/console/api</code> answer all the same.</p></html>";

/// Adds the console in front of the service.
pub fn with_console(service: Router) -> Router {
    service.layer(middleware::from_fn(async |request: Request, next: Next| {
        let asked = request.method() == Method::GET || request.method() == Method::HEAD;
        let found = match asked {
            true => find(request.uri().path(), FILES),
            false => None,
        };
        match found {
            Some(found) => answer(&found, request.uri().path(), request.headers()),
            None => next.run(request).await,
        }
    }))
}

/// What a path leads to.
enum Found {
    File(&'static File),
    /// The page that the browser fills.
    Page(Option<&'static File>),
}

fn find(path: &str, files: &'static [File]) -> Option<Found> {
    let name = path.trim_start_matches('/');
    let named = |name: &str| files.iter().find(|file| file.name == name);
    if name != "index.html"
        && let Some(file) = named(name)
    {
        return Some(Found::File(file));
    }
    let first = name.split('/').next().unwrap_or_default();
    PAGES
        .contains(&first)
        .then(|| Found::Page(named("index.html")))
}

fn answer(found: &Found, path: &str, asked: &HeaderMap) -> Response {
    let (file, cached) = match found {
        // A name with a hash never means anything else.
        Found::File(file) if file.name.starts_with("assets/") => {
            (*file, "public, max-age=31536000, immutable")
        }
        Found::File(file) => (*file, "public, max-age=300"),
        Found::Page(Some(file)) => (*file, "no-cache"),
        Found::Page(None) => {
            let body = (StatusCode::NOT_FOUND, axum::response::Html(ABSENT));
            return body.into_response();
        }
    };
    let encodings = asked
        .get(header::ACCEPT_ENCODING)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let small = file.small.filter(|_| encodings.contains("gzip"));
    let mut response = Response::new(Body::from(small.unwrap_or(file.whole)));
    let headers = response.headers_mut();
    let mut put = |name: HeaderName, value: &'static str| {
        headers.insert(name, HeaderValue::from_static(value));
    };
    put(header::CONTENT_TYPE, kind(file.name));
    put(header::CACHE_CONTROL, cached);
    put(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    put(header::REFERRER_POLICY, "same-origin");
    if file.small.is_some() {
        put(header::VARY, "accept-encoding");
    }
    if small.is_some() {
        put(header::CONTENT_ENCODING, "gzip");
    }
    if matches!(found, Found::Page(_)) {
        // Only the chat that is made for it may stand in the page of somebody else.
        let embedded = path.starts_with("/chatbot/");
        let framers = if embedded { "*" } else { "'self'" };
        if let Ok(policy) = HeaderValue::from_str(&format!("{} {framers}", POLICY.trim())) {
            headers.insert(header::CONTENT_SECURITY_POLICY, policy);
        }
        headers.insert(
            HeaderName::from_static("permissions-policy"),
            HeaderValue::from_static("camera=(), geolocation=(), microphone=(self)"),
        );
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

    static SITE: &[File] = &[
        File {
            name: "assets/a-1234.js",
            whole: b"let a = 1",
            small: Some(b"small"),
        },
        File {
            name: "index.html",
            whole: b"<!doctype html>",
            small: None,
        },
    ];

    #[test]
    fn who_answers() {
        let check = |path: &str, expect: &str| {
            let found = match find(path, SITE) {
                Some(Found::File(_)) => "file",
                Some(Found::Page(Some(_))) => "page",
                Some(Found::Page(None)) => "absent",
                None => "service",
            };
            assert_eq!(found, expect, "{path}");
        };
        check("/", "page");
        check("/apps/123/logs", "page");
        check("/chat/abcdefgh", "page");
        check("/index.html", "service");
        check("/assets/a-1234.js", "file");
        check("/assets/gone.js", "service");
        check("/v1/chat-messages", "service");
        check("/console/api/apps", "service");
        check("/api/passport", "service");
        check("/healthz", "service");
        check("/chatter", "service");
        assert!(matches!(find("/apps", &[]), Some(Found::Page(None))));
    }

    #[test]
    fn headers() {
        let check = |path: &str, encodings: &'static str, name: HeaderName, expect: &str| {
            let mut asked = HeaderMap::new();
            asked.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(encodings));
            let found = find(path, SITE).expect("an answer");
            let response = answer(&found, path, &asked);
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
        check("/chatbot/x", "", policy, "frame-ancestors *");
        check(file, "", header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    }

    #[test]
    fn without_a_build_the_page_says_how() {
        let found = find("/", &[]).expect("a page");
        let response = answer(&found, "/", &HeaderMap::new());
        assert_eq!(response.status(), StatusCode::NOT_FOUND);
        assert!(ABSENT.contains("cargo xtask console"));
    }
}
