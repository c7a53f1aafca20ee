//! What spans and metrics share in the JSON of the protocol (OTLP 1.x).

use serde_json::{Value, json};

/// What an attribute says.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Attribute {
    /// Text.
    Text(String),
    /// A whole number.
    Int(i64),
    /// Yes or no.
    Flag(bool),
}

/// A name and what it says.
pub(super) type Attributes = Vec<(&'static str, Attribute)>;

pub(super) fn attributes(list: &[(&'static str, Attribute)]) -> Value {
    let item = |(key, value): &(&str, Attribute)| {
        let value = match value {
            Attribute::Text(text) => json!({ "stringValue": text }),
            // 64-bit numbers are text in the JSON of protocol buffers.
            Attribute::Int(number) => json!({ "intValue": number.to_string() }),
            Attribute::Flag(is) => json!({ "boolValue": is }),
        };
        json!({ "key": key, "value": value })
    };
    list.iter().map(item).collect()
}

pub(super) fn resource(service: &str) -> Value {
    let name = [("service.name", Attribute::Text(service.to_owned()))];
    json!({ "attributes": attributes(&name) })
}

/// Milliseconds since 1970 as the protocol's nanoseconds.
pub(super) fn nanos(millis: u64) -> String {
    (u128::from(millis) * 1_000_000).to_string()
}
