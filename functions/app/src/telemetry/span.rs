//! Spans: what took how long, and within what.

use std::fmt::Write;

use serde_json::{Value, json};

use super::encode::{Attributes, attributes, nanos, resource};

/// Which side of a call a span is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Work within the process.
    Internal = 1,
    /// A request that came in.
    Server = 2,
    /// A request that went out.
    Client = 3,
}

/// Something that took time. Times are milliseconds since 1970.
#[derive(Clone, Debug, PartialEq)]
pub struct Span {
    /// Of all spans of a request.
    pub trace: [u8; 16],
    /// Its own.
    pub id: [u8; 8],
    /// The span it is part of.
    pub parent: Option<[u8; 8]>,
    /// Such as `chat gpt-4o-mini`.
    pub name: String,
    /// Which side.
    pub kind: Kind,
    /// When it began.
    pub start: u64,
    /// When it was over; never shown before `start`, though the clock went back.
    pub end: u64,
    /// What is known of it.
    pub attributes: Attributes,
    /// Why it failed, for people.
    pub error: Option<String>,
}

impl Span {
    fn encode(&self) -> Value {
        let mut span = json!({
            "traceId": hex(&self.trace),
            "spanId": hex(&self.id),
            "name": self.name,
            "kind": self.kind as u8,
            "startTimeUnixNano": nanos(self.start),
            "endTimeUnixNano": nanos(self.end.max(self.start)),
            "attributes": attributes(&self.attributes),
        });
        if let Some(fields) = span.as_object_mut() {
            if let Some(parent) = &self.parent {
                fields.insert("parentSpanId".to_owned(), hex(parent).into());
            }
            if let Some(message) = &self.error {
                let status = json!({ "code": 2, "message": message });
                fields.insert("status".to_owned(), status);
            }
        }
        span
    }
}

/// The body of a request to `/v1/traces`.
pub fn traces(service: &str, spans: &[Span]) -> Value {
    let spans: Vec<Value> = spans.iter().map(Span::encode).collect();
    json!({ "resourceSpans": [{
        "resource": resource(service),
        "scopeSpans": [{ "scope": { "name": "edgewise" }, "spans": spans }],
    }] })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing into text does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::super::encode::Attribute;
    use super::*;

    #[test]
    fn a_call_within_a_request() {
        let request = Span {
            trace: [0xab; 16],
            id: [1; 8],
            parent: None,
            name: "POST /v1/chat-messages".to_owned(),
            kind: Kind::Server,
            start: 1_000,
            end: 3_000,
            attributes: Vec::new(),
            error: None,
        };
        let call = Span {
            id: [2; 8],
            parent: Some(request.id),
            name: "chat m".to_owned(),
            kind: Kind::Client,
            start: 2_000,
            end: 1_500,
            attributes: vec![
                ("gen_ai.request.model", Attribute::Text("m".to_owned())),
                ("gen_ai.usage.input_tokens", Attribute::Int(1033)),
            ],
            error: Some("away".to_owned()),
            ..request.clone()
        };
        let got = traces("edgewise", &[request, call]);
        let expect = json!([
            { "traceId": "ab".repeat(16), "spanId": "01".repeat(8), "name": "POST /v1/chat-messages", "kind": 2,
              "startTimeUnixNano": "1000000000", "endTimeUnixNano": "3000000000", "attributes": [] },
            { "traceId": "ab".repeat(16), "spanId": "02".repeat(8), "parentSpanId": "01".repeat(8), "name": "chat m",
              "kind": 3, "startTimeUnixNano": "2000000000", "endTimeUnixNano": "2000000000",
              "attributes": [
                { "key": "gen_ai.request.model", "value": { "stringValue": "m" } },
                { "key": "gen_ai.usage.input_tokens", "value": { "intValue": "1033" } },
              ],
              "status": { "code": 2, "message": "away" } },
        ]);
        assert_eq!(got["resourceSpans"][0]["scopeSpans"][0]["spans"], expect);
        let resource = &got["resourceSpans"][0]["resource"]["attributes"][0];
        assert_eq!(resource["value"]["stringValue"], "edgewise");
    }
}
