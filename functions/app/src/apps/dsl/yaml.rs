//! App files as text. They are read and written by other programs too, most of them with a YAML 1.1 parser: what is
//! written here means the same to both versions.

use std::fmt::Write;

use serde_json::{Map, Value};

/// Reads a file; the message says where it is wrong.
pub(super) fn parse(text: &str) -> Result<Value, String> {
    let options = serde_saphyr::options! {
        // Dify's parser takes the last of two equal keys.
        duplicate_keys: serde_saphyr::DuplicateKeyPolicy::LastWins,
        // `y` is the name of a coordinate, and no file that a program wrote says `yes` for true.
        strict_booleans: true,
        non_finite_float_policy: serde_saphyr::options::NonFiniteFloatPolicy::AsString,
        with_snippet: false,
    };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| error.to_string())
}

/// Writes a file.
pub(super) fn write(value: &Value) -> String {
    let mut out = String::new();
    match value {
        Value::Object(map) if !map.is_empty() => block_map(&mut out, map, 0),
        Value::Array(list) if !list.is_empty() => block_list(&mut out, list, 0),
        // Without an indent, lines of a block could be taken for the end of the document.
        Value::String(text) => quoted(&mut out, text),
        value => scalar(&mut out, value, 0),
    }
    end_line(&mut out);
    out
}

fn block_map(out: &mut String, map: &Map<String, Value>, indent: usize) {
    for (position, (key, value)) in map.iter().enumerate() {
        if position > 0 {
            pad(out, indent);
        }
        if is_plain(key) {
            out.push_str(key);
        } else {
            quoted(out, key);
        }
        out.push(':');
        match value {
            Value::Object(map) if !map.is_empty() => {
                out.push('\n');
                pad(out, indent + 2);
                block_map(out, map, indent + 2);
            }
            Value::Array(list) if !list.is_empty() => {
                out.push('\n');
                pad(out, indent);
                block_list(out, list, indent);
            }
            value => {
                out.push(' ');
                scalar(out, value, indent + 2);
                end_line(out);
            }
        }
    }
}

fn block_list(out: &mut String, list: &[Value], indent: usize) {
    for (position, value) in list.iter().enumerate() {
        if position > 0 {
            pad(out, indent);
        }
        out.push_str("- ");
        match value {
            Value::Object(map) if !map.is_empty() => block_map(out, map, indent + 2),
            Value::Array(list) if !list.is_empty() => block_list(out, list, indent + 2),
            value => {
                scalar(out, value, indent + 2);
                end_line(out);
            }
        }
    }
}

fn pad(out: &mut String, indent: usize) {
    out.extend(std::iter::repeat_n(' ', indent));
}

/// A literal block has ended its last line itself.
fn end_line(out: &mut String) {
    if !out.ends_with('\n') {
        out.push('\n');
    }
}

fn scalar(out: &mut String, value: &Value, indent: usize) {
    match value {
        Value::Object(_) => out.push_str("{}"),
        Value::Array(_) => out.push_str("[]"),
        Value::Null => out.push_str("null"),
        Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Value::Number(number) => out.push_str(&float(&number.to_string())),
        Value::String(text) if is_plain(text) => out.push_str(text),
        Value::String(text) if is_literal(text) => literal(out, text, indent),
        Value::String(text) => quoted(out, text),
    }
}

/// In YAML 1.1 an exponent needs a point before it and a sign: `1e21` would be text.
fn float(text: &str) -> String {
    let Some((mantissa, exponent)) = text.split_once('e') else {
        return text.to_owned();
    };
    let point = if mantissa.contains('.') { "" } else { ".0" };
    let sign = if exponent.starts_with(['-', '+']) {
        ""
    } else {
        "+"
    };
    format!("{mantissa}{point}e{sign}{exponent}")
}

/// Words that no version of YAML takes for anything but text. What starts with a letter is no number and no date.
fn is_plain(text: &str) -> bool {
    const WORDS: [&str; 10] = [
        "true", "false", "yes", "no", "on", "off", "y", "n", "null", "nan",
    ];
    let inner = |c: char| {
        c.is_ascii_alphanumeric() || (c.is_alphabetic() && !c.is_control()) || "_-./ ".contains(c)
    };
    text.starts_with(char::is_alphabetic)
        && text.chars().all(inner)
        && !text.ends_with(' ')
        && text.len() <= 200
        && !WORDS.contains(&text.to_lowercase().as_str())
}

/// Text of several lines that can stand as it is, indented.
fn is_literal(text: &str) -> bool {
    text.contains('\n')
        && !text.starts_with(char::is_whitespace)
        && text
            .chars()
            .all(|c| c == '\n' || c == '\t' || !needs_escape(c))
}

fn literal(out: &mut String, text: &str, indent: usize) {
    let body = text.trim_end_matches('\n');
    out.push_str(match text.len() - body.len() {
        0 => "|-\n",
        1 => "|\n",
        _ => "|+\n",
    });
    for line in body.split('\n') {
        if !line.is_empty() {
            pad(out, indent);
            out.push_str(line);
        }
        out.push('\n');
    }
    let more = (text.len() - body.len()).saturating_sub(1);
    out.extend(std::iter::repeat_n('\n', more));
}

fn quoted(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            // Writing to a string cannot fail.
            c if needs_escape(c) => drop(write!(out, "\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
}

/// What parsers refuse or take for the end of a line: controls, other line ends, marks, non-characters.
fn needs_escape(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}'
        )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn reads_what_it_wrote() {
        for text in [
            "",
            " ",
            "plain",
            "two words",
            "y",
            "n",
            "Yes",
            "on",
            "null",
            "~",
            "1",
            "0.1",
            "1e3",
            "2024-01-01",
            "12:30:00",
            "0x1f",
            "0o7",
            "1_000",
            ".5",
            "-",
            "- a",
            "a: b",
            "a #b",
            "#a",
            "a:",
            "{a}",
            "[a]",
            "&a",
            "*a",
            "!a",
            "%a",
            "@a",
            "`a`",
            "'a'",
            "\"a\"",
            "\\",
            "a\nb",
            "a\nb\n",
            "a\nb\n\n\n",
            "\na",
            " a\nb",
            "a\n  b\n c",
            "a\n\n\nb",
            "\n",
            "\n\n",
            "a\r\nb",
            "a\tb",
            "a\n\tb",
            "\ta\nb",
            "a \nb ",
            "a\n \nb",
            "漢字",
            "漢字\nかな",
            "🤖",
            "a\u{85}b",
            "a\u{2028}b",
            "\u{feff}a",
            "a\u{0}b",
            "\u{7f}",
            "{{#context#}}",
            "{{name}}: {{other}}",
            "---",
            "...",
            "--- a",
            "a\n---\nb",
            "a\n...\nb",
            "|",
            ">",
            "é",
            "=",
            "<<",
        ] {
            for value in [
                json!({ "k": text, "z": 1 }),
                json!({ text: { text: [text, [text], { "a": text }] }, "z": text }),
                json!([text, text]),
                json!(text),
            ] {
                let written = write(&value);
                assert_eq!(parse(&written).unwrap(), value, "{text:?}:\n{written}");
            }
        }
        for number in [
            json!(0),
            json!(-1),
            json!(u64::MAX),
            json!(i64::MIN),
            json!(0.7),
            json!(1.0),
            json!(1e21),
            json!(-2.5e-9),
        ] {
            let value = json!({ "n": number, "e": {}, "l": [], "t": true, "nothing": null });
            assert_eq!(parse(&write(&value)).unwrap(), value);
        }
        assert_eq!(float("1e21"), "1.0e+21");
    }

    #[test]
    fn reads_what_others_write() {
        let check = |text: &str, expect: Value| assert_eq!(parse(text).unwrap(), expect, "{text}");
        check(
            "version: 0.3.0\nposition: {x: 1, y: -2.5}",
            json!({ "version": "0.3.0", "position": { "x": 1, "y": -2.5 } }),
        );
        check("version: 0.1", json!({ "version": 0.1 }));
        check(
            "a: >-\n  one\n  two\nb: |\n  x",
            json!({ "a": "one two", "b": "x\n" }),
        );
        check(
            "a: 'it''s'\nb: \"\\u00e9\\n\"",
            json!({ "a": "it's", "b": "é\n" }),
        );
        check("a: &x [1]\nb: *x", json!({ "a": [1], "b": [1] }));
        check("1: a\ntrue: b", json!({ "1": "a", "true": "b" }));
        check("a: y\nb: ~\nc:", json!({ "a": "y", "b": null, "c": null }));
        check("a: 1\na: 2", json!({ "a": 2 }));
        check(
            "{\"a\": [1, {\"b\": null}]}",
            json!({ "a": [1, { "b": null }] }),
        );
        for broken in ["a: [", "a: b: c", "a: *unknown"] {
            assert!(parse(broken).is_err(), "{broken}");
        }
    }

    #[test]
    fn a_bomb_of_aliases_is_refused() {
        let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..12 {
            let inner = format!("*a{}, ", level - 1).repeat(10);
            text += &format!("a{level}: &a{level} [{}]\n", inner.trim_end_matches(", "));
        }
        assert!(parse(&text).is_err());
    }
}
