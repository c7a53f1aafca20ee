//! Comma-separated values, whatever separates them, to records.

use super::{Limits, table::Records};
use crate::{Error, ErrorKind, Result};

/// Most columns of a sheet, as in Excel.
pub(super) const COLUMNS: u32 = 16_384;
/// Records by which the separator is guessed.
const SAMPLE: usize = 50;

pub(super) fn extract(name: &str, text: &str, limits: &Limits) -> Result<String> {
    let (separator, text) = separator(text);
    let mut records = Records::new(1);
    let mut out = String::new();
    let mut cells = 0usize;
    for row in Rows::new(text, separator) {
        let row = row.map_err(|line| {
            let message =
                format!("`{name}` is broken: the quote that opens in line {line} is never closed");
            Error::new(ErrorKind::Broken, message)
        })?;
        if row.len() > COLUMNS as usize {
            let message = format!(
                "`{name}` has a row of {} columns; the most accepted here are {COLUMNS}",
                row.len()
            );
            return Err(Error::new(ErrorKind::TooLarge, message));
        }
        cells += row.len();
        if cells > limits.cells {
            return Err(too_many_cells(name, limits));
        }
        records.push((0..).zip(row).collect(), &mut out);
        if out.len() > limits.text {
            return Err(super::too_much_text(name, limits));
        }
    }
    records.finish(&mut out);
    Ok(out)
}

pub(super) fn too_many_cells(name: &str, limits: &Limits) -> Error {
    let message = format!(
        "`{name}` has more than {} cells, the most accepted here",
        limits.cells
    );
    Error::new(ErrorKind::TooLarge, message)
}

/// What separates the values: what the file says itself (`sep=;`, as Excel writes it), else what cuts most of the
/// first records into the same number of columns, most columns first.
fn separator(text: &str) -> (u8, &str) {
    if let Some(rest) = text.strip_prefix("sep=")
        && let [separator, b'\n', ..] = rest.as_bytes()
        && separator.is_ascii()
    {
        return (*separator, rest.get(2..).unwrap_or_default());
    }
    let fit = |separator: u8| {
        let widths: Vec<usize> = Rows::new(text, separator)
            .take(SAMPLE)
            .map_while(|row| row.ok().map(|row| row.len()))
            .filter(|width| *width > 0)
            .collect();
        let first = widths.first().copied().filter(|width| *width > 1)?;
        let same = widths.iter().filter(|width| **width == first).count();
        // In tenths: a few odd rows must not beat a separator that all rows share.
        Some((same * 10 / widths.len(), first, separator))
    };
    let best = [b'|', b'\t', b';', b',']
        .into_iter()
        .filter_map(fit)
        .max_by_key(|fit| (fit.0, fit.1));
    (best.map_or(b',', |(_, _, separator)| separator), text)
}

/// The rows of a text (RFC 4180). An error is the number of the line in which a quote opens that is never closed.
struct Rows<'a> {
    rest: &'a str,
    separator: u8,
    line: usize,
    /// After a quote that is never closed there is nothing to be read.
    failed: bool,
}

impl<'a> Rows<'a> {
    fn new(text: &'a str, separator: u8) -> Self {
        Self {
            rest: text,
            separator,
            line: 1,
            failed: false,
        }
    }

    /// A value, and whether its row goes on.
    fn value(&mut self) -> Result<(String, bool), usize> {
        let mut value = String::new();
        // A quote counts only at the start of a value: `5" pipe` is text.
        if let Some(quoted) = self.rest.trim_start_matches(' ').strip_prefix('"') {
            let start = self.line;
            self.rest = quoted;
            loop {
                let (inside, after) = self.rest.split_once('"').ok_or(start)?;
                self.line += inside.matches('\n').count();
                value.push_str(inside);
                self.rest = after;
                match after.strip_prefix('"') {
                    Some(after) => {
                        value.push('"');
                        self.rest = after;
                    }
                    None => break,
                }
            }
        }
        let end = self
            .rest
            .bytes()
            .position(|byte| byte == self.separator || byte == b'\n')
            .unwrap_or(self.rest.len());
        let (tail, rest) = self.rest.split_at_checked(end).unwrap_or((self.rest, ""));
        value.push_str(tail);
        let more = rest
            .bytes()
            .next()
            .is_some_and(|byte| byte == self.separator);
        self.line += usize::from(rest.starts_with('\n'));
        self.rest = rest.get(1..).unwrap_or_default();
        Ok((value, more))
    }
}

impl Iterator for Rows<'_> {
    type Item = Result<Vec<String>, usize>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() || self.failed {
            return None;
        }
        let mut row = Vec::new();
        loop {
            match self.value() {
                Ok((value, more)) => {
                    row.push(value);
                    if !more {
                        return Some(Ok(row));
                    }
                }
                Err(line) => {
                    self.failed = true;
                    return Some(Err(line));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: &str) {
        let limits = Limits::new(1 << 20);
        match extract("a.csv", text, &limits) {
            Ok(got) => assert_eq!(got, expect, "{text}"),
            Err(error) => assert!(error.to_string().contains(expect), "{text}: {error}"),
        }
    }

    #[test]
    fn separators() {
        let expect = "name: Ann, B.; age: 3\n\nname: Cy; age: 4";
        check("name,age\n\"Ann, B.\",3\nCy,4\n", expect);
        check("name;age\nAnn, B.;3\nCy;4", expect);
        check("name\tage\nAnn, B.\t3\nCy\t4", expect);
        check("name|age\nAnn, B.|3\nCy|4\n", expect);
        check("sep=;\nname;age\nAnn, B.;3\nCy;4", expect);
        // Decimal commas do not beat the separator that all rows share.
        check("w;h\n1,5;2,5\n3;4", "w: 1,5; h: 2,5\n\nw: 3; h: 4");
        check("only\none\ntwo", "only: one\n\nonly: two");
    }

    #[test]
    fn quotes() {
        check("a,b\n\"x \"\"y\"\"\nz\",2", "a: x \"y\"\nz; b: 2");
        check("a,b\n5\" pipe,2", "a: 5\" pipe; b: 2");
        check("a,b\n1,2\n3,\"open\n4,5", "opens in line 3 is never closed");
        check("a,b\n\"ä\"x,é", "a: äx; b: é");
    }

    #[test]
    fn too_wide_and_too_many() {
        check(&",".repeat(1_000_000), "a row of 1000001 columns; the most");
        let mut limits = Limits::new(1 << 20);
        limits.cells = 5;
        let error = extract("a.csv", "a,b\n1,2\n3,4", &limits).unwrap_err();
        assert!(error.to_string().contains("more than 5 cells"), "{error}");
        // A long header repeated by many rows.
        let mut bomb = format!("{}\n", "h".repeat(100_000));
        bomb.push_str(&"1\n".repeat(1000));
        check(&bomb, "the text of `a.csv` is longer than");
    }
}
