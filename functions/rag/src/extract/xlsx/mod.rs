//! Excel workbooks: each sheet as records of its rows, values as they are shown.

mod date;
mod number;

use super::{
    Extracted, Kind, csv,
    package::Package,
    table::{Cell, Records},
    xml::{Event, Reader, Tag},
};
use crate::{Error, ErrorKind, Result};
use number::{Format, Formats};

/// Among how many rows the header is looked for.
const HEADER_ROWS: usize = 10;

pub(super) fn extract(package: &Package<'_>) -> Result<Extracted> {
    let main = package.main("xl/workbook.xml")?;
    let relations = package.relations(&main)?;
    let part = |kind: &str| relations.iter().find(|relation| relation.kind == kind);
    let mut book = Book {
        package,
        strings: Vec::new(),
        formats: Formats::default(),
        from_1904: false,
        cells: package.archive().limits().cells,
    };
    if let Some(strings) = part("sharedStrings") {
        book.strings = book.read_strings(&strings.target)?;
    }
    if let Some(styles) = part("styles") {
        book.formats = Formats::read(package, &styles.target)?;
    }
    let mut sheets = Vec::new();
    let text = package.needed(&main)?;
    let mut reader = package.reader(&main, &text);
    while let Some(event) = reader.next()? {
        let Event::Open(tag) = event else { continue };
        match tag.name {
            "workbookPr" => {
                let old = tag.get("date1904");
                book.from_1904 = matches!(old.as_deref(), Some("1" | "true"));
            }
            "sheet" => {
                let id = tag.get("id").unwrap_or_default();
                let sheet = relations
                    .iter()
                    .find(|relation| relation.id == id && relation.kind == "worksheet");
                if let Some(sheet) = sheet {
                    let name = tag.get("name").unwrap_or_default().into_owned();
                    sheets.push((name, sheet.target.as_str()));
                }
            }
            _ => {}
        }
    }
    let mut out = String::new();
    for (name, path) in &sheets {
        let start = out.len();
        // One sheet needs no name: it is called `Sheet1` in most files.
        if sheets.len() > 1 {
            out.push_str(if out.is_empty() { "# " } else { "\n\n# " });
            out.push_str(name);
        }
        let header = out.len();
        book.sheet(name, path, &mut out)?;
        if out.len() == header {
            out.truncate(start);
        }
    }
    Ok(Extracted {
        kind: Kind::Xlsx,
        text: out,
        title: package.title()?,
        pages: None,
    })
}

struct Book<'a> {
    package: &'a Package<'a>,
    strings: Vec<String>,
    formats: Formats,
    /// Whether days are counted from 1904, as on old Macintoshes.
    from_1904: bool,
    /// How many more cells are accepted.
    cells: usize,
}

/// Where a cell is and how its value is written.
#[derive(Default)]
struct Place {
    column: u32,
    kind: String,
    style: usize,
}

impl Book<'_> {
    fn count_cell(&mut self) -> Result<()> {
        let (file, limits) = (
            self.package.archive().file(),
            self.package.archive().limits(),
        );
        self.cells = self
            .cells
            .checked_sub(1)
            .ok_or_else(|| csv::too_many_cells(file, limits))?;
        Ok(())
    }

    fn read_strings(&mut self, path: &str) -> Result<Vec<String>> {
        let text = self.package.needed(path)?;
        let package = self.package;
        let mut reader = package.reader(path, &text);
        let most = package.archive().limits().cells;
        let mut strings = Vec::new();
        while let Some(event) = reader.next()? {
            if matches!(event, Event::Open(tag) if tag.name == "si") {
                strings.push(rich_text(&mut reader)?);
                if strings.len() > most {
                    let (file, limits) = (package.archive().file(), package.archive().limits());
                    return Err(csv::too_many_cells(file, limits));
                }
            }
        }
        Ok(strings)
    }

    fn sheet(&mut self, name: &str, path: &str, out: &mut String) -> Result<()> {
        let text = self.package.needed(path)?;
        let package = self.package;
        let (file, limits) = (package.archive().file(), package.archive().limits());
        let mut reader = package.reader(path, &text);
        let mut records = Records::new(HEADER_ROWS);
        let mut row: Vec<Cell> = Vec::new();
        // The text of the row that is open: many cells may show one long string.
        let mut length = 0;
        let mut place = Place::default();
        while let Some(event) = reader.next()? {
            let value = match event {
                Event::Open(tag) if tag.name == "row" => {
                    row = Vec::new();
                    length = 0;
                    place = Place::default();
                    continue;
                }
                Event::Open(tag) if tag.name == "c" => {
                    self.count_cell()?;
                    place = Place::read(&tag, row.last().map(|(column, _)| *column));
                    if place.column >= csv::COLUMNS {
                        let message = format!(
                            "`{file}` has a cell in column {} of the sheet `{name}`; a sheet has {} columns at most",
                            place.column.saturating_add(1),
                            csv::COLUMNS
                        );
                        return Err(Error::new(ErrorKind::TooLarge, message));
                    }
                    row.push((place.column, String::new()));
                    continue;
                }
                Event::Open(tag) if tag.name == "v" => self.value(&place, reader.text()?),
                Event::Open(tag) if tag.name == "is" => rich_text(&mut reader)?,
                // Formulas, and what stands in headers and footers of printed pages.
                Event::Open(tag) if matches!(tag.name, "f" | "headerFooter") => {
                    reader.skip()?;
                    continue;
                }
                Event::Close("row") => {
                    let mut row = std::mem::take(&mut row);
                    row.sort_by_key(|(column, _)| *column);
                    records.push(row, out);
                    if out.len() > limits.text {
                        return Err(super::too_much_text(file, limits));
                    }
                    continue;
                }
                _ => continue,
            };
            length += value.len();
            if length > limits.text {
                return Err(super::too_much_text(file, limits));
            }
            if let Some((_, text)) = row.last_mut() {
                *text = value;
            }
        }
        records.finish(out);
        Ok(())
    }

    /// A value as it is shown.
    fn value(&self, place: &Place, raw: String) -> String {
        match place.kind.as_str() {
            "s" => {
                let string = raw
                    .trim()
                    .parse()
                    .ok()
                    .and_then(|at: usize| self.strings.get(at));
                string.cloned().unwrap_or_default()
            }
            "b" => match raw.trim() {
                "1" | "true" => "TRUE".to_owned(),
                _ => "FALSE".to_owned(),
            },
            "str" | "e" | "d" => raw,
            _ => match raw.trim().parse::<f64>() {
                Ok(number) if number.is_finite() => {
                    let format = self.formats.get(place.style);
                    let format = format.unwrap_or(const { &Format::GENERAL });
                    format.show(number, self.from_1904)
                }
                _ => raw,
            },
        }
    }
}

impl Place {
    /// Of a cell's element; one without a place follows the last one.
    fn read(tag: &Tag<'_>, last: Option<u32>) -> Self {
        let column = tag.get("r").and_then(|name| column(&name));
        Self {
            column: column.unwrap_or_else(|| last.map_or(0, |last| last.saturating_add(1))),
            kind: tag.get("t").unwrap_or_default().into_owned(),
            style: tag
                .get("s")
                .and_then(|style| style.parse().ok())
                .unwrap_or(0),
        }
    }
}

/// The column of a cell's name, from 0: 27 of `AB12`.
fn column(name: &str) -> Option<u32> {
    let letters = name.bytes().take_while(u8::is_ascii_alphabetic);
    let column = letters.fold(0u32, |column, letter| {
        let letter = u32::from(letter.to_ascii_uppercase() - b'A') + 1;
        column.saturating_mul(26).saturating_add(letter)
    });
    column.checked_sub(1)
}

/// The text of a string's runs, without the readings of Japanese words.
fn rich_text(reader: &mut Reader<'_>) -> Result<String> {
    let mut text = String::new();
    let mut depth = 1;
    while depth > 0 {
        match reader.next()? {
            Some(Event::Open(tag)) if tag.name == "t" => text.push_str(&reader.text()?),
            Some(Event::Open(tag)) if matches!(tag.name, "rPh" | "rPr") => reader.skip()?,
            Some(Event::Open(_)) => depth += 1,
            Some(Event::Close(_)) => depth -= 1,
            Some(Event::Text(_)) => {}
            None => break,
        }
    }
    Ok(text)
}

#[cfg(test)]
mod tests;
