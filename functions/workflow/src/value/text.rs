//! Values as text in templates. The rules are those of the app files' first engine, which is written in Python, and
//! prompts rely on them: booleans are `True`, lists that are not of strings print as Python prints them.

use std::fmt::Write as _;

use super::Value;

impl Value {
    /// As a template shows it: null and files as nothing, objects and lists of strings as JSON, other lists as Python
    /// prints them, an empty list as nothing.
    pub fn text(&self) -> String {
        let mut text = String::new();
        self.write_text(&mut text, false);
        text
    }

    /// Appends [`Value::text`]; `markdown` shows files as links, for answers.
    pub(crate) fn write_text(&self, out: &mut String, markdown: bool) {
        match self {
            Self::Null => {}
            Self::String(text) | Self::Secret(text) => out.push_str(text),
            Self::Bool(true) => out.push_str("True"),
            Self::Bool(false) => out.push_str("False"),
            Self::Int(number) => write_int(out, *number),
            Self::Float(number) => out.push_str(&float(*number)),
            Self::Object(_) => write_json(out, self),
            Self::File(file) => {
                if markdown {
                    out.push_str(&file.markdown());
                }
            }
            Self::Array(items) if items.is_empty() => {}
            Self::Array(items) if items.iter().all(|item| matches!(item, Self::String(_))) => {
                write_json(out, self)
            }
            Self::Array(items) if items.iter().all(|item| matches!(item, Self::File(_))) => {
                for (index, item) in items.iter().enumerate() {
                    if markdown && index > 0 {
                        out.push('\n');
                    }
                    item.write_text(out, markdown);
                }
            }
            Self::Array(_) => write_python(out, self),
        }
    }
}

fn write_int(out: &mut String, number: i64) {
    // Writing to a string does not fail.
    let _ = write!(out, "{number}");
}

fn write_json(out: &mut String, value: &Value) {
    out.push_str(&serde_json::to_string(value).unwrap_or_default());
}

/// As Python prints a float: the shortest digits that read back, `.0` on whole numbers, an exponent from 1e16 on and
/// below 1e-4.
pub(crate) fn float(number: f64) -> String {
    if number.is_nan() {
        return "nan".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let scientific = format!("{number:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if number != 0.0 && !(-4..16).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{digits}e{sign}{:02}", exponent.abs());
    }
    let plain = format!("{number}");
    if plain.contains('.') {
        plain
    } else {
        format!("{plain}.0")
    }
}

/// As Python's `repr`.
fn write_python(out: &mut String, value: &Value) {
    match value {
        Value::Null => out.push_str("None"),
        Value::String(text) => write_quoted(out, text),
        Value::Secret(text) => write_quoted(out, text),
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push_str(", ");
                }
                write_python(out, item);
            }
            out.push(']');
        }
        Value::Object(map) => {
            out.push('{');
            for (index, (key, item)) in map.iter().enumerate() {
                if index > 0 {
                    out.push_str(", ");
                }
                write_quoted(out, key);
                out.push_str(": ");
                write_python(out, item);
            }
            out.push('}');
        }
        Value::File(file) => write_quoted(out, file.filename.as_deref().unwrap_or_default()),
        Value::Bool(_) | Value::Int(_) | Value::Float(_) => value.write_text(out, false),
    }
}

pub(crate) fn write_quoted(out: &mut String, text: &str) {
    let quote = if text.contains('\'') && !text.contains('"') {
        '"'
    } else {
        '\''
    };
    out.push(quote);
    for letter in text.chars() {
        match letter {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            letter if letter == quote => {
                out.push('\\');
                out.push(letter);
            }
            letter if letter.is_control() => {
                let code = letter as u32;
                let _ = if code < 0x100 {
                    write!(out, "\\x{code:02x}")
                } else {
                    write!(out, "\\u{code:04x}")
                };
            }
            letter => out.push(letter),
        }
    }
    out.push(quote);
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::value::File;

    #[test]
    fn text_follows_the_rules() {
        let file = Value::File(Arc::new(File {
            kind: "image".to_owned(),
            filename: Some("a.png".to_owned()),
            url: Some("http://f/a.png".to_owned()),
            ..File::default()
        }));
        let check = |json: &str, expect: &str| {
            let value: Value = serde_json::from_str(json).expect("JSON");
            assert_eq!(value.text(), expect, "{json}");
        };
        check("null", "");
        check("\"a\"", "a");
        check("3", "3");
        check("3.0", "3.0");
        check("0.1", "0.1");
        check("1e16", "1e+16");
        check("1e15", "1000000000000000.0");
        check("0.00001", "1e-05");
        check("0.0001", "0.0001");
        check("-2.5e-7", "-2.5e-07");
        check("0.0", "0.0");
        check("true", "True");
        check("false", "False");
        check(r#"{"b": "é", "a": [1, 2.0]}"#, r#"{"b":"é","a":[1,2.0]}"#);
        check("{}", "{}");
        check(r#"["a", "b"]"#, r#"["a","b"]"#);
        check("[]", "");
        check("[1, 2]", "[1, 2]");
        check(r#"[{"a": 1, "b": null}]"#, "[{'a': 1, 'b': None}]");
        check(r#"[true, "x"]"#, "[True, 'x']");
        check(r#"[1, "it's"]"#, r#"[1, "it's"]"#);
        check(
            r#"[1, "it's \"so\"\n\u0001\u2028"]"#,
            "[1, 'it\\'s \"so\"\\n\\x01\u{2028}']",
        );
        assert_eq!(file.text(), "");
        assert_eq!(Value::array([file.clone()]).text(), "");
        let mut markdown = String::new();
        Value::array([file.clone(), file]).write_text(&mut markdown, true);
        assert_eq!(
            markdown,
            "![a.png](http://f/a.png)\n![a.png](http://f/a.png)"
        );
        assert_eq!(Value::Secret("k".into()).text(), "k");
    }
}
