//! Files for tables.

use axum::{body::Body, response::Response};
use http::{HeaderValue, header};
use serde_json::Value;

/// A file of rows, as RFC 4180 has them.
pub(super) struct File(String);

impl File {
    /// With these columns.
    pub(super) fn new(columns: &[&str]) -> Self {
        // Without the mark, spreadsheets take it for another encoding.
        let mut file = Self("\u{feff}".to_owned());
        let columns: Vec<String> = columns.iter().map(|it| (*it).to_owned()).collect();
        file.row(&columns);
        file
    }

    /// One more row.
    pub(super) fn row(&mut self, cells: &[String]) {
        let cells: Vec<String> = cells.iter().map(|cell| escaped(cell)).collect();
        self.0.push_str(&cells.join(","));
        self.0.push_str("\r\n");
    }

    /// As a download.
    pub(super) fn respond(self, name: &str) -> Response {
        download(self.0, "text/csv; charset=utf-8", name)
    }
}

/// A value as a download.
pub(super) fn json_file(value: &Value, name: &str) -> Response {
    download(value.to_string(), "application/json", name)
}

fn download(text: String, kind: &'static str, name: &str) -> Response {
    let mut response = Response::new(Body::from(text));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    let disposition = format!("attachment; filename=\"{name}\"");
    if let Ok(disposition) = HeaderValue::from_str(&disposition) {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    response
}

/// A cell. What a spreadsheet would run as a formula gets a quote in front: these are the words of strangers.
fn escaped(text: &str) -> String {
    let is_number = text.parse::<f64>().is_ok();
    let text = match text.starts_with(['=', '+', '-', '@', '\t', '\r']) && !is_number {
        true => format!("'{text}"),
        false => text.to_owned(),
    };
    match text.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells() {
        for (text, expect) in [
            ("plain", "plain"),
            ("a,b", "\"a,b\""),
            ("say \"x\"\nagain", "\"say \"\"x\"\"\nagain\""),
            ("=1+1", "'=1+1"),
            ("-0.5", "-0.5"),
            ("-cmd|x", "'-cmd|x"),
            ("@x,y", "\"'@x,y\""),
        ] {
            assert_eq!(escaped(text), expect);
        }
    }
}
