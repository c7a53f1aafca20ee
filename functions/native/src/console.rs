//! The console and the web apps, built by `cargo xtask console` and put into the binary by `build.rs`. What is answered
//! with them is `api::site`'s.

use axum::{
    Router,
    body::Bytes,
    extract::Request,
    middleware::{self, Next},
};

/// One file of the built console.
struct File {
    /// The path below the site's root, without a leading slash.
    name: &'static str,
    whole: &'static [u8],
    /// The same with gzip, where that is smaller.
    small: Option<&'static [u8]>,
}

/// Every file; none if the console was not built.
static FILES: &[File] = include!(concat!(env!("OUT_DIR"), "/console_files.rs"));

/// Adds the console in front of the service.
pub fn with_console(service: Router) -> Router {
    service.layer(middleware::from_fn(
        async |request: Request, next: Next| match api::site::answer(&request, |name| {
            open(FILES, name)
        }) {
            Some(response) => response,
            None => next.run(request).await,
        },
    ))
}

fn open(files: &'static [File], name: &str) -> Option<api::site::File> {
    let file = files.iter().find(|file| file.name == name)?;
    Some(api::site::File {
        whole: Bytes::from_static(file.whole),
        small: file.small.map(Bytes::from_static),
    })
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
    fn files_by_name() {
        let script = open(SITE, "assets/a-1234.js").expect("a script");
        assert_eq!(script.small.expect("with gzip"), "small");
        let page = open(SITE, "index.html").expect("a page");
        assert_eq!((page.whole, page.small), ("<!doctype html>".into(), None));
        assert!(open(SITE, "gone").is_none());
    }
}
