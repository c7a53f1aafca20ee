//! The OpenAPI 3.1 document: every operation of the product, its parameters, bodies, answers and errors.
//!
//! One file for each file of `routes/`, with a table of operations and the types that they speak. Handlers read most
//! bodies field by field and write answers as values, so that the wasm modules stay small; what is here says the same in
//! types, and three tests hold the two together: every route of the router has an operation and the reverse
//! (`tests/openapi`), every answer of every test of this crate is valid against the document (`tests/checked`), and
//! schemathesis finds nothing against the running binary.
//!
//! Must never: be part of a wasm module. The feature `openapi` is for native, which also writes the files that other
//! runtimes serve.
//!
//! Start at [`document`], then [`Op`](operation::Op).

#![allow(
    dead_code,
    reason = "types that are never made: only their schemas are used"
)]

mod assemble;
mod console;
mod models;
mod operation;
mod routes;
mod types;
mod v1;
mod web;
mod web_runs;

pub(crate) use routes::router;

use serde_json::Value;

/// The document. `shelf`: with what only native has, the models that it downloads and runs itself.
pub fn document(shelf: bool) -> Value {
    let mut operations = v1::operations();
    operations.extend(models::operations());
    operations.extend(web::operations());
    operations.extend(console::operations());
    if cfg!(feature = "workflows") {
        operations.extend(v1::workflows::operations());
        operations.extend(v1::forms::operations());
        operations.extend(console::trials::operations());
        operations.extend(console::workflows::operations());
        operations.extend(web_runs::operations());
        operations.extend(console::tools::operations());
        operations.extend(console::triggers::operations());
    }
    if shelf && cfg!(feature = "shelf") {
        operations.extend(console::shelf::operations());
    }
    assemble::document(operations)
}

/// The files of the browsable documentation: name below `/docs`, content type, content.
pub const PAGE: [(&str, &str, &str); 3] = [
    (
        "index.html",
        "text/html; charset=utf-8",
        include_str!("page/index.html"),
    ),
    (
        "docs.js",
        "text/javascript; charset=utf-8",
        include_str!("page/docs.js"),
    ),
    (
        "docs.css",
        "text/css; charset=utf-8",
        include_str!("page/docs.css"),
    ),
];
