//! What code computes, what it may not, and that real code nodes load.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "helpers of tests may panic as tests do"
)]

mod cases;
mod corpus;
mod hostile;

#[global_allocator]
static ALLOCATOR: sandbox::Meter = sandbox::Meter(std::alloc::System);

use sandbox::{Language, Limits};
use serde_json::Value;

/// Runs `code` on `inputs` (JSON) and compares the outputs as JSON, or the error as text.
fn check(language: Language, code: &str, inputs: &str, expect: Result<&str, &str>) {
    check_with(&Limits::default(), language, code, inputs, expect);
}

fn check_with(
    limits: &Limits,
    language: Language,
    code: &str,
    inputs: &str,
    expect: Result<&str, &str>,
) {
    let inputs: Value = serde_json::from_str(inputs).expect("JSON");
    let inputs = inputs.as_object().expect("an object");
    let found = sandbox::run(language, code, inputs, limits);
    match (found, expect) {
        (Ok(found), Ok(expect)) => {
            let expect: Value = serde_json::from_str(expect).expect("JSON");
            assert_eq!(Value::Object(found), expect, "{code}");
        }
        (Err(found), Err(expect)) => assert_eq!(found.to_string(), expect, "{code}"),
        (found, expect) => panic!("{code}\ngave {found:?}, not {expect:?}"),
    }
}
