//! A code node runs in the sandbox of the runtime.

use ports::{CodeCall, ErrorKind};
use serde_json::Value;
use workflow::{CodeRequest, Failure};

use super::Hands;

const FAILED: &str = "CodeNodeError";

pub(super) async fn run(hands: &Hands, request: &CodeRequest) -> Result<workflow::Value, Failure> {
    let broken = |error: serde_json::Error| Failure::lasting(FAILED, error.to_string());
    let call = CodeCall {
        language: request.language.to_string(),
        source: request.source.to_string(),
        arguments: serde_json::to_string(&request.arguments).map_err(broken)?,
    };
    match hands.ctx.platform.code.run(call).await {
        Ok(returned) => {
            let returned: Value = serde_json::from_str(&returned).map_err(broken)?;
            Ok(workflow::Value::from(&returned))
        }
        // The same code with the same arguments fails again.
        Err(error) if matches!(error.kind(), ErrorKind::Invalid | ErrorKind::Forbidden) => {
            Err(Failure::lasting(FAILED, at_code(&error)))
        }
        Err(error) => Err(Failure::new(FAILED, at_code(&error))),
    }
}

fn at_code(error: &ports::Error) -> String {
    format!("field `code`: {error}")
}
