//! `Code`: runs what the author of an app wrote, where it can do no harm.

use async_trait::async_trait;

use crate::{Error, ErrorKind, Result};

/// A piece of code and what it is called with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeCall {
    /// `python3` or `javascript`.
    pub language: String,
    /// Its entry point is `main`.
    pub source: String,
    /// A JSON object: the arguments of `main` by name.
    pub arguments: String,
}

/// A sandbox: no files, no sockets, no clock; steps and memory are limited.
#[async_trait]
pub trait Code: Send + Sync {
    /// Calls `main`; the object that it returned, as JSON. `Invalid` is the fault of the code and says where;
    /// `Forbidden` means that this runtime does not run such code.
    async fn run(&self, call: CodeCall) -> Result<String>;
}

/// A runtime without a sandbox.
#[derive(Clone, Copy, Debug)]
pub struct NoCode;

#[async_trait]
impl Code for NoCode {
    async fn run(&self, call: CodeCall) -> Result<String> {
        let message = format!(
            "this runtime has no sandbox for code nodes (`code_language` is `{}`)",
            call.language
        );
        Err(Error::new(ErrorKind::Forbidden, message))
    }
}
