//! Rows to text: a table of a document as Markdown, and the rows of a sheet as records that stand for themselves.

/// A table in Markdown. Its first row is the header, because Markdown knows no other.
pub(super) fn markdown(rows: &[Vec<String>]) -> String {
    let width = rows.iter().map(Vec::len).max().unwrap_or(0);
    let mut out = String::new();
    for (index, row) in rows.iter().enumerate() {
        if index > 0 {
            out.push('\n');
        }
        out.push('|');
        for cell in row {
            let words: Vec<_> = cell.split_whitespace().collect();
            out.push(' ');
            out.push_str(&words.join(" ").replace('|', "\\|"));
            out.push_str(" |");
        }
        // Short rows are filled up only as far as the header goes.
        let filled = if index == 0 { width } else { row.len() };
        for _ in row.len()..filled {
            out.push_str("  |");
        }
        if index == 0 {
            out.push_str("\n|");
            out.push_str(&" --- |".repeat(width));
        }
    }
    out
}

/// A cell: its column, from 0, and what it shows.
pub(super) type Cell = (u32, String);

/// Rows of a sheet as records `header: value; header: value`, one a paragraph, so that each can be found and understood
/// without the others.
pub(super) struct Records {
    header: Option<Vec<Cell>>,
    /// Rows before the header is known, and how many are looked at.
    waiting: Vec<Vec<Cell>>,
    look: usize,
    rows: usize,
}

impl Records {
    /// `look`: among how many rows the header is looked for: the first with two cells or more, else the first.
    pub(super) fn new(look: usize) -> Self {
        Self {
            header: None,
            waiting: Vec::new(),
            look,
            rows: 0,
        }
    }

    /// Adds a row; empty cells and empty rows count for nothing.
    pub(super) fn push(&mut self, mut row: Vec<Cell>, out: &mut String) {
        for (_, text) in &mut row {
            *text = tidy(text);
        }
        row.retain(|(_, text)| !text.is_empty());
        if row.is_empty() {
            return;
        }
        if let Some(header) = &self.header {
            self.rows += 1;
            return write(header, &row, out);
        }
        let is_header = row.len() > 1 || self.look == 1;
        self.waiting.push(row);
        if is_header {
            // What stands above the header is a title.
            self.header = self.waiting.pop();
            for title in std::mem::take(&mut self.waiting) {
                write(&[], &title, out);
            }
        } else if self.waiting.len() == self.look {
            self.settle(out);
        }
    }

    /// Writes what still waits.
    pub(super) fn finish(mut self, out: &mut String) {
        self.settle(out);
        // A table of a header only.
        if let (0, Some(header)) = (self.rows, &self.header) {
            write(&[], header, out);
        }
    }

    /// Every row has one cell: the first is the header.
    fn settle(&mut self, out: &mut String) {
        let mut waiting = std::mem::take(&mut self.waiting).into_iter();
        if self.header.is_none() {
            self.header = waiting.next();
        }
        for row in waiting {
            self.push(row, out);
        }
    }
}

fn write(header: &[Cell], row: &[Cell], out: &mut String) {
    if !out.is_empty() {
        out.push_str("\n\n");
    }
    for (index, (column, text)) in row.iter().enumerate() {
        if index > 0 {
            out.push_str("; ");
        }
        let named = header.binary_search_by_key(column, |(column, _)| *column);
        if let Some((_, name)) = named.ok().and_then(|at| header.get(at)) {
            out.push_str(&name.replace('\n', " "));
            out.push_str(": ");
        }
        out.push_str(text);
    }
}

/// Without blanks around it and empty lines in it, which would cut a record in two.
fn tidy(text: &str) -> String {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_in_markdown() {
        let check = |rows: &[&[&str]], expect: &str| {
            let rows: Vec<Vec<String>> = rows
                .iter()
                .map(|row| row.iter().map(|cell| (*cell).to_owned()).collect())
                .collect();
            assert_eq!(markdown(&rows), expect);
        };
        check(
            &[&["a", "b"], &["1\n2", "x|y"]],
            "| a | b |\n| --- | --- |\n| 1 2 | x\\|y |",
        );
        check(&[&["a"], &["1", "2"]], "| a |  |\n| --- | --- |\n| 1 | 2 |");
    }

    #[test]
    fn records() {
        let check = |look, rows: &[&[&str]], expect: &str| {
            let (mut records, mut out) = (Records::new(look), String::new());
            for row in rows {
                let row = (0..).zip(row.iter().map(|cell| (*cell).to_owned()));
                records.push(row.collect(), &mut out);
            }
            records.finish(&mut out);
            assert_eq!(out, expect);
        };
        check(
            1,
            &[&["q", "a"], &["1", "2"], &["", "3"], &[], &["4", "5", "6"]],
            "q: 1; a: 2\n\na: 3\n\nq: 4; a: 5; 6",
        );
        check(
            10,
            &[
                &["Prices of 2024"],
                &["item", "price"],
                &["pear\n\n", "2\n\n3"],
            ],
            "Prices of 2024\n\nitem: pear; price: 2\n3",
        );
        check(
            10,
            &[&["city"], &["Rome"], &["Oslo"]],
            "city: Rome\n\ncity: Oslo",
        );
        check(
            2,
            &[&["city"], &["Rome"], &["Oslo"]],
            "city: Rome\n\ncity: Oslo",
        );
        check(1, &[&["q", "a"]], "q; a");
        check(10, &[&["only"]], "only");
    }
}
