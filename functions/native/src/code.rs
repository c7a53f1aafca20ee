//! `Code` by the interpreters of the sandbox, off the async threads.

use async_trait::async_trait;
use ports::{Code, CodeCall, Error, ErrorKind, Result};
use sandbox::{Language, Limits};
use tokio::sync::Semaphore;

use crate::kv::blocking;

/// Python and JavaScript in the process, as many at once as there are cores.
pub struct Interpreters {
    cores: Semaphore,
}

impl Interpreters {
    /// One run for each core.
    pub fn new() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            cores: Semaphore::new(cores),
        }
    }
}

impl Default for Interpreters {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Code for Interpreters {
    async fn run(&self, call: CodeCall) -> Result<String> {
        let stopping =
            |error| Error::new(ErrorKind::Unavailable, "the server is stopping").with_source(error);
        let _turn = self.cores.acquire().await.map_err(stopping)?;
        blocking(move || run(&call)).await
    }
}

fn run(call: &CodeCall) -> Result<String> {
    let invalid = |message: String| Error::new(ErrorKind::Invalid, message);
    let arguments = serde_json::from_str(&call.arguments)
        .map_err(|error| invalid(format!("the arguments are no object: {error}")))?;
    let language = Language::parse(&call.language).map_err(|error| invalid(error.to_string()))?;
    let returned = sandbox::run(language, &call.source, &arguments, &Limits::default())
        .map_err(|error| invalid(error.to_string()))?;
    Ok(serde_json::Value::Object(returned).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn both_languages_run_and_faults_are_told() {
        let interpreters = Interpreters::new();
        let check = async |language: &str, source: &str, expect: &str| {
            let call = CodeCall {
                language: language.to_owned(),
                source: source.to_owned(),
                arguments: r#"{"a":20,"b":22}"#.to_owned(),
            };
            let told = match interpreters.run(call).await {
                Ok(returned) => returned,
                Err(error) => error.to_string(),
            };
            assert!(told.contains(expect), "{language}: {told}");
        };
        let python = "def main(a, b):\n    return {'sum': a + b}";
        check("python3", python, r#"{"sum":42}"#).await;
        let javascript = "function main({a, b}) { return {sum: a + b} }";
        check("javascript", javascript, r#"{"sum":42}"#).await;
        check(
            "python3",
            "def main(a, b):\n    return {'x': a / 0}",
            "ZeroDivisionError",
        )
        .await;
        check("javascript", "function main() { while (true) {} }", "steps").await;
        check("cobol", "", "cobol").await;
    }
}
