//! Comma-separated rows as RFC 4180 has them, with the line that each begins in.

/// What a file holds.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Read {
    /// Rows that are not empty.
    pub(super) rows: Vec<Row>,
    /// The line of a quote that is never closed; what follows it is no row.
    pub(super) open_quote: Option<usize>,
}

/// A row.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Row {
    /// From 1.
    pub(super) line: usize,
    /// As they are meant: without quotes.
    pub(super) cells: Vec<String>,
}

/// Reads all rows of a text; a byte order mark in front is none of them.
pub(super) fn read(text: &str) -> Read {
    let mut chars = text.trim_start_matches('\u{feff}').chars().peekable();
    let mut rows = Vec::new();
    let (mut line, mut begun, mut quote) = (1, 1, None);
    let mut cells = Vec::new();
    let mut cell = String::new();
    // Whether the cell was quoted: then it counts though it is empty.
    let mut quoted = false;
    while let Some(c) = chars.next() {
        if quote.is_some() {
            match c {
                '"' if chars.peek() == Some(&'"') => cell.extend(chars.next()),
                '"' => quote = None,
                _ => {
                    line += usize::from(c == '\n');
                    cell.push(c);
                }
            }
            continue;
        }
        match c {
            '"' if cell.is_empty() => (quote, quoted) = (Some(begun), true),
            ',' => cells.push(std::mem::take(&mut cell)),
            '\r' if chars.peek() == Some(&'\n') => {}
            '\n' => {
                if !cells.is_empty() || !cell.is_empty() || quoted {
                    cells.push(std::mem::take(&mut cell));
                    let cells = std::mem::take(&mut cells);
                    rows.push(Row { line: begun, cells });
                }
                line += 1;
                (begun, quoted) = (line, false);
            }
            _ => cell.push(c),
        }
    }
    if quote.is_none() && (!cells.is_empty() || !cell.is_empty() || quoted) {
        cells.push(cell);
        rows.push(Row { line: begun, cells });
    }
    Read {
        rows,
        open_quote: quote,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_and_their_lines() {
        let check = |text: &str, expect: &[(usize, &[&str])], open_quote| {
            let rows = expect.iter().map(|(line, cells)| Row {
                line: *line,
                cells: cells.iter().map(|cell| (*cell).to_owned()).collect(),
            });
            let rows = rows.collect();
            assert_eq!(read(text), Read { rows, open_quote }, "{text:?}");
        };
        check("", &[], None);
        check("\n\n", &[], None);
        check("a,b\nc,d", &[(1, &["a", "b"]), (2, &["c", "d"])], None);
        check("a,\r\n,b\r\n", &[(1, &["a", ""]), (2, &["", "b"])], None);
        check("\"\",\"\"", &[(1, &["", ""])], None);
        check("\"\"\n", &[(1, &[""])], None);
        check("a\"b,c", &[(1, &["a\"b", "c"])], None);
        check(
            "\"a,\n\"\"b\",c\nd",
            &[(1, &["a,\n\"b", "c"]), (3, &["d"])],
            None,
        );
        check("a\n\"b\nc", &[(1, &["a"])], Some(2));
    }
}
