//! Server-sent events as they really arrive: pieces cut anywhere, any line ending, comments as keep-alive.

use model::{Error, ErrorKind, Result};

/// Longest event; a service that sends more is broken or hostile.
const EVENT_BYTES: usize = 4 << 20;

/// Turns pieces of a stream into the `data` of its events.
#[derive(Default)]
pub(crate) struct Parser {
    line: Vec<u8>,
    data: Option<String>,
    after_cr: bool,
    started: bool,
}

impl Parser {
    /// Takes the next piece; returns the events that it completes.
    pub(crate) fn push(&mut self, piece: &[u8]) -> Result<Vec<String>> {
        let mut events = Vec::new();
        for &byte in piece {
            let after_cr = std::mem::take(&mut self.after_cr);
            match byte {
                b'\n' if after_cr => {}
                b'\n' => self.end_line(&mut events),
                b'\r' => {
                    self.after_cr = true;
                    self.end_line(&mut events);
                }
                _ => self.line.push(byte),
            }
        }
        let held = self.line.len() + self.data.as_ref().map_or(0, String::len);
        if held > EVENT_BYTES {
            return Err(Error::new(
                ErrorKind::Protocol,
                "an event of the stream is over 4 MiB",
            ));
        }
        Ok(events)
    }

    /// The stream is over: whatever is left counts, although its closing blank line never came.
    pub(crate) fn finish(&mut self) -> Vec<String> {
        let mut events = Vec::new();
        if !self.line.is_empty() {
            self.end_line(&mut events);
        }
        events.extend(self.data.take());
        events
    }

    fn end_line(&mut self, events: &mut Vec<String>) {
        let bytes = std::mem::take(&mut self.line);
        let text = String::from_utf8_lossy(&bytes);
        let mut line = text.as_ref();
        if !std::mem::replace(&mut self.started, true) {
            line = line.trim_start_matches('\u{feff}');
        }
        if line.is_empty() {
            events.extend(self.data.take());
        } else if line.starts_with('{') {
            // Not an event at all: services under stress answer a bare JSON error on an open stream.
            events.push(line.to_owned());
        } else {
            let (field, value) = line.split_once(':').unwrap_or((line, ""));
            if field == "data" {
                let value = value.strip_prefix(' ').unwrap_or(value);
                match &mut self.data {
                    Some(data) => {
                        data.push('\n');
                        data.push_str(value);
                    }
                    None => self.data = Some(value.to_owned()),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fed whole, byte by byte and in threes, a stream gives the same events.
    fn check(stream: &str, expect: &[&str]) {
        for size in [stream.len().max(1), 1, 3] {
            let mut parser = Parser::default();
            let mut events = Vec::new();
            for piece in stream.as_bytes().chunks(size) {
                events.extend(parser.push(piece).unwrap());
            }
            events.extend(parser.finish());
            assert_eq!(events, expect, "pieces of {size}: {stream:?}");
        }
    }

    #[test]
    fn streams() {
        check("", &[]);
        check("data: a\n\ndata: b\n\n", &["a", "b"]);
        check("data: a\r\n\r\ndata: b\r\n\r\n", &["a", "b"]);
        check("data: a\r\rdata: b\r\r", &["a", "b"]);
        check("\u{feff}data: a\n\n", &["a"]);
        check("data:a\n\n", &["a"]);
        check("data:  a\n\n", &[" a"]);
        check("data: a\ndata: b\n\n", &["a\nb"]);
        check(": ping\n\n: ping\n\ndata: a\n\n", &["a"]);
        check("event: x\nid: 7\nretry: 5\ndata: a\n\n", &["a"]);
        check("data: a\n\ndata: cut", &["a", "cut"]);
        check("data: a\n\ndata: cut\n", &["a", "cut"]);
        check("data: Grüße 漢字\n\n", &["Grüße 漢字"]);
        check("{\"error\":1}\n", &["{\"error\":1}"]);
        check("data\n\n", &[""]);
    }

    #[test]
    fn an_endless_event_is_refused() {
        let mut parser = Parser::default();
        let piece = vec![b'x'; 1 << 20];
        let error = (0..8).find_map(|_| parser.push(&piece).err()).unwrap();
        assert_eq!(error.kind(), ErrorKind::Protocol);
    }
}
