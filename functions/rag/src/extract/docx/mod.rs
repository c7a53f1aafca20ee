//! Word documents to Markdown: headings, lists, tables, links and footnotes; deleted and hidden text, comments, page
//! headers and footers stay out.

mod body;
mod styles;

use std::collections::HashMap;

use super::{Extracted, Kind, package::Package, xml::Event};
use crate::Result;
use body::Writer;
use styles::{Numbering, Styles};

/// Longer targets of links are left out: a few of them could be most of the text.
const LONGEST_TARGET: usize = 2000;

/// What a document's text refers to.
#[derive(Default)]
struct Book {
    styles: Styles,
    numbering: Numbering,
    /// Web addresses by the names of their relations.
    links: HashMap<String, String>,
    /// Footnotes and endnotes by the element that refers to them and their id.
    notes: HashMap<(&'static str, String), String>,
}

pub(super) fn extract(package: &Package<'_>) -> Result<Extracted> {
    let main = package.main("word/document.xml")?;
    let text = package.needed(&main)?;
    let mut book = Book::default();
    let mut notes = Vec::new();
    for relation in package.relations(&main)? {
        match relation.kind.as_str() {
            "styles" => book.styles = Styles::read(package, &relation.target)?,
            "numbering" => book.numbering = Numbering::read(package, &relation.target)?,
            "footnotes" => notes.push(("footnote", "footnoteReference", relation.target)),
            "endnotes" => notes.push(("endnote", "endnoteReference", relation.target)),
            "hyperlink" if relation.external && relation.target.len() <= LONGEST_TARGET => {
                book.links.insert(relation.id, relation.target);
            }
            _ => {}
        }
    }
    for (element, reference, path) in notes {
        for (id, note) in read_notes(package, &book, &path, element)? {
            book.notes.insert((reference, id), note);
        }
    }
    let limits = package.archive().limits();
    let mut reader = package.reader(&main, &text);
    let mut writer = Writer::new(&book, limits.text);
    while let Some(event) = reader.next()? {
        writer
            .event(&mut reader, event)?
            .map_err(|_| super::too_much_text(package.archive().file(), limits))?;
    }
    Ok(Extracted {
        kind: Kind::Docx,
        text: writer.finish(),
        title: package.title()?,
        pages: None,
    })
}

/// The notes of a part by their ids.
fn read_notes(
    package: &Package<'_>,
    book: &Book,
    path: &str,
    element: &str,
) -> Result<Vec<(String, String)>> {
    let Some(text) = package.part(path)? else {
        return Ok(Vec::new());
    };
    let limits = package.archive().limits();
    let mut reader = package.reader(path, &text);
    let mut notes = Vec::new();
    let mut open: Option<(String, Writer<'_>)> = None;
    while let Some(event) = reader.next()? {
        match event {
            Event::Open(tag) if tag.name == element => {
                let id = tag.get("id").unwrap_or_default().into_owned();
                open = Some((id, Writer::new(book, limits.text)));
            }
            Event::Close(name) if name == element => {
                if let Some((id, writer)) = open.take() {
                    let words: Vec<_> = writer
                        .finish()
                        .split_whitespace()
                        .map(str::to_owned)
                        .collect();
                    notes.push((id, words.join(" ")));
                }
            }
            event => {
                if let Some((_, writer)) = &mut open {
                    writer
                        .event(&mut reader, event)?
                        .map_err(|_| super::too_much_text(package.archive().file(), limits))?;
                }
            }
        }
    }
    Ok(notes)
}

#[cfg(test)]
mod tests;
