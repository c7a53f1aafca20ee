//! The console's files, which the manifest puts into the component's folder.

use std::{fs, path::Path};

use api::site::{self, File};
use axum::body::Body;
use http::{Request, Response};

/// Where the manifest puts them.
const ROOT: &str = "/site";

/// The answer of the console, if the path is its own.
pub fn answer(request: &Request<Body>) -> Option<Response<Body>> {
    site::answer(request, |name| open(Path::new(ROOT), name))
}

fn open(root: &Path, name: &str) -> Option<File> {
    let read = |name: &str| fs::read(root.join(name)).ok().map(Into::into);
    let whole = read(name)?;
    let small = read(&format!("{name}.gz"));
    Some(File { whole, small })
}
