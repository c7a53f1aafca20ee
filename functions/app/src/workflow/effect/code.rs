//! A code node runs in the sandbox of this process.

use serde_json::{Map, Value};
use workflow::{CodeRequest, Failure};

use super::Hands;

const FAILED: &str = "CodeNodeError";

/// Runs code that an app's author wrote.
pub trait CodeRunner: Send + Sync {
    /// Calls `main` of `source` with the arguments; the object that it returned.
    ///
    /// # Errors
    /// For the author: what is wrong with the code, or what a sandbox does not give it.
    fn run(
        &self,
        language: &str,
        source: &str,
        arguments: &Map<String, Value>,
    ) -> Result<Map<String, Value>, String>;
}

pub(super) fn run(_: &Hands, request: &CodeRequest) -> Result<workflow::Value, Failure> {
    let arguments = match serde_json::to_value(&request.arguments) {
        Ok(Value::Object(arguments)) => arguments,
        _ => Map::new(),
    };
    runner()
        .run(&request.language, &request.source, &arguments)
        .map(|returned| workflow::Value::from(&Value::Object(returned)))
        .map_err(|message| Failure::lasting(FAILED, message))
}

fn runner() -> &'static dyn CodeRunner {
    &Missing
}

/// A build without a sandbox.
struct Missing;

impl CodeRunner for Missing {
    fn run(
        &self,
        language: &str,
        _: &str,
        _: &Map<String, Value>,
    ) -> Result<Map<String, Value>, String> {
        Err(format!(
            "this build has no sandbox for code nodes (`code_language` is `{language}`)"
        ))
    }
}
