//! Printing.

use std::io::{IsTerminal, Write};

use anyhow::Result;
use serde_json::Value;

/// One JSON value, on a line of its own.
pub fn json(value: &Value) -> Result<()> {
    line(&value.to_string())
}

/// A line of standard output. A reader that went away (`| head`) is an error like any other.
pub fn line(text: &str) -> Result<()> {
    Ok(writeln!(std::io::stdout().lock(), "{text}")?)
}

/// A piece of a line, shown at once.
pub fn piece(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}

/// A warning, for people: scripts find it in the JSON.
pub fn warn(text: &str) {
    // Nothing can be done about an unwritable standard error.
    let _ = writeln!(std::io::stderr().lock(), "warning: {text}");
}

/// A line that replaces the one before, on a terminal only.
pub fn progress(text: &str) {
    let mut err = std::io::stderr().lock();
    if err.is_terminal() {
        let _ = write!(err, "\r\x1b[2K{text}");
        let _ = err.flush();
    }
}

/// A table whose columns are as wide as their longest cell.
pub fn table(head: &[&str], rows: &[Vec<String>]) -> Result<()> {
    let head: Vec<String> = head.iter().map(|cell| (*cell).to_owned()).collect();
    let mut widths: Vec<usize> = head.iter().map(|cell| cell.chars().count()).collect();
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    for row in std::iter::once(&head).chain(rows) {
        let mut text = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            text.push_str(&format!("{cell:width$}  "));
        }
        line(text.trim_end())?;
    }
    Ok(())
}

/// A field as text; empty when it is not there.
pub fn field(value: &Value, name: &str) -> String {
    match value.get(name) {
        Some(Value::String(text)) => text.clone(),
        None | Some(Value::Null) => String::new(),
        Some(other) => other.to_string(),
    }
}
