//! The text of a document, element by element.

use std::collections::{HashMap, HashSet};

use super::{Book, styles::Properties};
use crate::{
    Result,
    extract::{
        table,
        xml::{Event, Reader, Tag},
    },
};

/// The text is longer than may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooLong;

/// Most columns that one cell may say it covers.
const WIDEST_CELL: usize = 64;

/// Writes Markdown from the elements of a document's body.
pub(super) struct Writer<'a> {
    book: &'a Book,
    out: String,
    /// What is open, the innermost last.
    frames: Vec<Frame>,
    /// The last number of each level of each list.
    numbers: HashMap<(String, usize), u32>,
    /// Whether the last block was an item of a list.
    in_list: bool,
    /// Whether the run that is open is hidden.
    hidden: bool,
    /// Notes that were written, and those that follow the block that is open.
    noted: HashMap<(&'static str, String), usize>,
    written: HashSet<usize>,
    notes: Vec<(usize, &'a str)>,
    /// Bytes that may still be written.
    left: usize,
}

enum Frame {
    Paragraph(Paragraph),
    Table(Vec<Vec<String>>),
    Cell(Cell),
}

#[derive(Default)]
struct Paragraph {
    text: String,
    properties: Properties,
    /// Where each open link starts, and its target.
    links: Vec<(usize, Option<String>)>,
}

#[derive(Default)]
struct Cell {
    text: String,
    columns: usize,
}

impl<'a> Writer<'a> {
    /// A writer of at most this many bytes, roughly.
    pub(super) fn new(book: &'a Book, limit: usize) -> Self {
        Self {
            book,
            out: String::new(),
            frames: Vec::new(),
            numbers: HashMap::new(),
            in_list: false,
            hidden: false,
            noted: HashMap::new(),
            written: HashSet::new(),
            notes: Vec::new(),
            left: limit,
        }
    }

    /// Takes the next event. The outer result is of reading, the inner one of the length.
    pub(super) fn event(
        &mut self,
        reader: &mut Reader<'_>,
        event: Event<'_>,
    ) -> Result<Result<(), TooLong>> {
        match event {
            Event::Open(tag) => self.open(reader, &tag),
            Event::Close(name) => Ok(self.close(name)),
            Event::Text(_) => Ok(Ok(())),
        }
    }

    /// The text.
    pub(super) fn finish(self) -> String {
        self.out
    }

    fn open(&mut self, reader: &mut Reader<'_>, tag: &Tag<'_>) -> Result<Result<(), TooLong>> {
        match tag.name {
            "p" => self.frames.push(Frame::Paragraph(Paragraph::default())),
            "pPr" => match self.frames.last_mut() {
                Some(Frame::Paragraph(paragraph)) => paragraph.properties.read(reader)?,
                _ => reader.skip()?,
            },
            "r" => self.hidden = false,
            "vanish" => self.hidden = tag.is_on(),
            "t" => {
                let text = reader.text()?;
                if !self.hidden {
                    return Ok(self.push(&text));
                }
            }
            "tab" | "ptab" => return Ok(self.push("\t")),
            "br" | "cr" => return Ok(self.push("\n")),
            "noBreakHyphen" => return Ok(self.push("-")),
            "docPr" => {
                if let Some(description) = tag.get("descr") {
                    return Ok(self.push(&description));
                }
            }
            "hyperlink" => {
                let target = tag.get("id").and_then(|id| self.book.links.get(&*id));
                let target = target.filter(|target| target.starts_with("http")).cloned();
                if let Some(Frame::Paragraph(paragraph)) = self.frames.last_mut() {
                    paragraph.links.push((paragraph.text.len(), target));
                }
            }
            "footnoteReference" => return Ok(self.note("footnoteReference", tag)),
            "endnoteReference" => return Ok(self.note("endnoteReference", tag)),
            "tbl" => self.frames.push(Frame::Table(Vec::new())),
            "tr" => {
                if let Some(Frame::Table(rows)) = self.frames.last_mut() {
                    rows.push(Vec::new());
                }
            }
            "tc" => self.frames.push(Frame::Cell(Cell::default())),
            "gridSpan" => {
                if let Some(Frame::Cell(cell)) = self.frames.last_mut() {
                    let columns = tag.get("val").and_then(|columns| columns.parse().ok());
                    cell.columns = columns.unwrap_or(1).min(WIDEST_CELL);
                }
            }
            // What was deleted or moved away, what older programs show instead, and how things look.
            "del" | "moveFrom" | "Fallback" | "tblPr" | "trPr" | "sectPr" | "rPrChange" => {
                reader.skip()?;
            }
            _ => {}
        }
        Ok(Ok(()))
    }

    fn close(&mut self, name: &str) -> Result<(), TooLong> {
        match name {
            "hyperlink" => {
                if let Some(Frame::Paragraph(paragraph)) = self.frames.last_mut()
                    && let Some((start, Some(target))) = paragraph.links.pop()
                    && let Some(label) = paragraph.text.get(start..).map(str::trim)
                    && !label.is_empty()
                    && label != target
                {
                    let link = format!("[{label}]({target})");
                    paragraph.text.truncate(start);
                    return self.push(&link);
                }
            }
            "p" => {
                if matches!(self.frames.last(), Some(Frame::Paragraph(_)))
                    && let Some(Frame::Paragraph(paragraph)) = self.frames.pop()
                {
                    self.paragraph(paragraph);
                }
            }
            "tc" => {
                if matches!(self.frames.last(), Some(Frame::Cell(_)))
                    && let Some(Frame::Cell(cell)) = self.frames.pop()
                {
                    self.spend(4 * cell.columns)?;
                    if let Some(Frame::Table(rows)) = self.frames.last_mut()
                        && let Some(row) = rows.last_mut()
                    {
                        row.push(cell.text);
                        row.extend((1..cell.columns).map(|_| String::new()));
                    }
                }
            }
            "tbl" => {
                if matches!(self.frames.last(), Some(Frame::Table(_)))
                    && let Some(Frame::Table(rows)) = self.frames.pop()
                {
                    self.table(rows);
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Text in the paragraph that is open.
    fn push(&mut self, text: &str) -> Result<(), TooLong> {
        self.spend(text.len())?;
        if let Some(Frame::Paragraph(paragraph)) = self.frames.last_mut() {
            paragraph.text.push_str(text);
        }
        Ok(())
    }

    fn spend(&mut self, bytes: usize) -> Result<(), TooLong> {
        self.left = self.left.checked_sub(bytes).ok_or(TooLong)?;
        Ok(())
    }

    /// The mark of a note; its text follows the block in which it is first named.
    fn note(&mut self, reference: &'static str, tag: &Tag<'_>) -> Result<(), TooLong> {
        let key = (reference, tag.get("id").unwrap_or_default().into_owned());
        let book = self.book;
        let Some(note) = book.notes.get(&key).filter(|note| !note.is_empty()) else {
            return Ok(());
        };
        let next = self.noted.len() + 1;
        let number = *self.noted.entry(key).or_insert(next);
        if number == next {
            self.notes.push((number, note));
        }
        self.push(&format!("[^{number}]"))
    }

    fn paragraph(&mut self, mut paragraph: Paragraph) {
        let text = paragraph.text.trim();
        if text.is_empty() {
            return;
        }
        self.book.styles.fill(&mut paragraph.properties);
        let Properties {
            heading,
            list,
            level,
            ..
        } = paragraph.properties;
        let in_table = self.frames.iter().any(|f| matches!(f, Frame::Cell(_)));
        match (heading, list.filter(|list| list != "0")) {
            (Some(level), _) if !in_table => {
                let line: Vec<_> = text.split_whitespace().collect();
                self.block(
                    &format!("{} {}", "#".repeat(level.min(6)), line.join(" ")),
                    false,
                );
            }
            (_, Some(list)) => {
                let level = level.unwrap_or(0).min(8);
                let mark = self.mark(&list, level);
                let indent = "  ".repeat(level);
                let text = text.replace('\n', &format!("\n{indent}  "));
                self.block(&format!("{indent}{mark} {text}"), true);
            }
            _ => self.block(text, false),
        }
    }

    /// `-`, or the number of an item.
    fn mark(&mut self, list: &str, level: usize) -> String {
        let Some(first) = self.book.numbering.first(list, level) else {
            return "-".to_owned();
        };
        // An item starts the levels below it anew.
        self.numbers
            .retain(|(of, at), _| of != list || *at <= level);
        let number = self.numbers.entry((list.to_owned(), level));
        let number = number
            .and_modify(|n| *n = n.wrapping_add(1))
            .or_insert(first);
        format!("{number}.")
    }

    fn table(&mut self, rows: Vec<Vec<String>>) {
        let nested = self.frames.iter().any(|f| matches!(f, Frame::Cell(_)));
        match rows.as_slice() {
            // A frame around text.
            [row] if row.len() == 1 => {
                if let Some(text) = row.first() {
                    self.block(text, false);
                }
            }
            rows if nested => {
                let words = rows
                    .iter()
                    .flatten()
                    .flat_map(|cell| cell.split_whitespace());
                let words: Vec<_> = words.collect();
                self.block(&words.join(" "), false);
            }
            rows => self.block(&table::markdown(rows), false),
        }
    }

    /// A block of the cell that is open, else of the document; the notes that it names follow it.
    fn block(&mut self, text: &str, item: bool) {
        if text.trim().is_empty() {
            return;
        }
        let cell = self.frames.iter_mut().rev().find_map(|frame| match frame {
            Frame::Cell(cell) => Some(cell),
            _ => None,
        });
        if let Some(cell) = cell {
            if !cell.text.is_empty() {
                cell.text.push('\n');
            }
            cell.text.push_str(text);
            return;
        }
        if !self.out.is_empty() {
            self.out
                .push_str(if item && self.in_list { "\n" } else { "\n\n" });
        }
        self.out.push_str(text);
        self.in_list = item;
        for (number, note) in std::mem::take(&mut self.notes) {
            if self.written.insert(number) {
                self.out.push_str(&format!("\n\n[^{number}]: {note}"));
                self.in_list = false;
            }
        }
    }
}
