//! JSON to indented text. It is laid out again, value by value and without building it in memory: a file on one line
//! would be cut anywhere. Numbers and strings stay as they are written.

use std::fmt::Write;

use serde::de::IgnoredAny;

use super::Limits;
use crate::{Error, ErrorKind, Result};

/// One value.
pub(super) fn extract(name: &str, text: &str, limits: &Limits) -> Result<String> {
    check(name, text, None)?;
    layout(text, limits.text).ok_or_else(|| super::too_much_text(name, limits))
}

/// A value in each line; each line is a paragraph.
pub(super) fn lines(name: &str, text: &str) -> Result<String> {
    let mut out = String::with_capacity(text.len());
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() {
            continue;
        }
        check(name, line, Some(number))?;
        if !out.is_empty() {
            out.push_str("\n\n");
        }
        out.push_str(line);
    }
    Ok(out)
}

/// Refuses what is not JSON. Nothing is built, and nesting costs no stack.
fn check(name: &str, text: &str, line: Option<usize>) -> Result<()> {
    serde_json::from_str::<IgnoredAny>(text)
        .map(|_| ())
        .map_err(|error| {
            let line = line
                .map(|line| format!("line {line}: "))
                .unwrap_or_default();
            let message = format!("`{name}` is broken: {line}{error}");
            Error::new(ErrorKind::Broken, message)
        })
}

/// Lays out what is known to be JSON; `None` if it is longer than `limit`.
fn layout(text: &str, limit: usize) -> Option<String> {
    let mut out = String::with_capacity(text.len().min(limit));
    let mut depth = 0usize;
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        if out.len() > limit {
            return None;
        }
        let end = match first {
            '"' => string_end(rest),
            '{' | '[' | '}' | ']' | ',' | ':' => 1,
            _ => rest
                .find(|c: char| matches!(c, '}' | ']' | ',' | ':') || c.is_ascii_whitespace())
                .unwrap_or(rest.len()),
        };
        let (token, tail) = rest.split_at_checked(end)?;
        rest = tail.trim_start();
        match first {
            '{' | '[' => {
                out.push_str(token);
                if rest.starts_with(['}', ']']) {
                    out.push_str(rest.get(..1)?);
                    rest = rest.get(1..)?.trim_start();
                } else {
                    depth += 1;
                    line(&mut out, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                line(&mut out, depth);
                out.push_str(token);
            }
            ',' => {
                out.push(',');
                // What lies side by side at the top are records: paragraphs.
                if depth == 1 {
                    out.push('\n');
                }
                line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            _ => out.push_str(token),
        }
    }
    Some(out)
}

fn line(out: &mut String, depth: usize) {
    // Writing to a string does not fail.
    let _ = write!(out, "\n{:1$}", "", depth * 2);
}

fn string_end(text: &str) -> usize {
    let mut escaped = false;
    let end = text.bytes().skip(1).position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    });
    end.map_or(text.len(), |end| end + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn laid_out() {
        let check = |text: &str, expect: &str| {
            let got = extract("a.json", text, &Limits::new(1000)).unwrap();
            assert_eq!(got, expect, "{text}");
            assert_eq!(
                serde_json::from_str::<serde_json::Value>(&got).unwrap(),
                serde_json::from_str::<serde_json::Value>(text).unwrap()
            );
        };
        check(
            r#"[{"a":1.10,"b":[]},{"c":"x\"{,\\"}]"#,
            "[\n  {\n    \"a\": 1.10,\n    \"b\": []\n  },\n\n  {\n    \"c\": \"x\\\"{,\\\\\"\n  }\n]",
        );
        check(" { } ", "{}");
        check("12345678901234567890123", "12345678901234567890123");
        check(
            "{\"ä\" : null , \"b\" : true}",
            "{\n  \"ä\": null,\n\n  \"b\": true\n}",
        );
    }

    #[test]
    fn broken_and_too_long() {
        let check = |text: &str, expect: &str| {
            let error = extract("a.json", text, &Limits::new(1000)).unwrap_err();
            assert!(error.to_string().contains(expect), "{error}");
        };
        check(
            "{\"a\": 1,\n}",
            "`a.json` is broken: key must be a string at line 2 column 1",
        );
        check("{\"a\"", "EOF while parsing");
        check(&"[".repeat(100_000), "EOF while parsing");
        let deep = "[".repeat(100_000) + &"]".repeat(100_000);
        check(&deep, "the text of `a.json` is longer than");
        // Indentation of a deep array of small values.
        let bomb = format!(
            "{}{}{}",
            "[".repeat(120),
            "1,".repeat(100_000) + "1",
            "]".repeat(120)
        );
        check(&bomb, "the text of `a.json` is longer than");
    }

    #[test]
    fn one_value_a_line() {
        assert_eq!(
            lines("a", "{\"a\":1}\n\n[2]\n").unwrap(),
            "{\"a\":1}\n\n[2]"
        );
        let error = lines("a.jsonl", "{}\n{]\n").unwrap_err().to_string();
        assert!(error.contains("`a.jsonl` is broken: line 2: "), "{error}");
    }
}
