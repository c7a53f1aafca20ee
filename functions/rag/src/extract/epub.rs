//! EPUB books: the chapters in the order in which they are read.

use std::collections::HashMap;

use super::{
    Extracted, Kind, html,
    package::{Package, resolve},
    sniff::{self, Content},
    xml::Event,
};
use crate::{Error, ErrorKind, Result};

const CONTAINER: &str = "META-INF/container.xml";

pub(super) fn extract(package: &Package<'_>) -> Result<Extracted> {
    let container = package.needed(CONTAINER)?;
    let mut reader = package.reader(CONTAINER, &container);
    let mut main = None;
    while let Some(event) = reader.next()? {
        if let Event::Open(tag) = event
            && tag.name == "rootfile"
            && main.is_none()
        {
            main = tag.get("full-path").map(|path| resolve("", &path));
        }
    }
    let (file, limits) = (package.archive().file(), package.archive().limits());
    let main = main.ok_or_else(|| package.archive().broken(CONTAINER, "names no book"))?;
    let folder = main.rsplit_once('/').map_or("", |(folder, _)| folder);
    let text = package.needed(&main)?;
    let mut reader = package.reader(&main, &text);
    let (mut items, mut chapters, mut title) = (HashMap::new(), Vec::new(), None);
    while let Some(event) = reader.next()? {
        let Event::Open(tag) = event else { continue };
        match tag.name {
            "title" if title.is_none() => {
                title = Some(reader.text()?.trim().to_owned()).filter(|title| !title.is_empty());
            }
            "item" => {
                if let (Some(id), Some(path)) = (tag.get("id"), tag.get("href")) {
                    items.insert(id.into_owned(), resolve(folder, &unescaped(&path)));
                }
            }
            "itemref" => chapters.extend(tag.get("idref").map(|id| id.into_owned())),
            _ => {}
        }
    }
    let mut out = String::new();
    // Each once: a chapter that is named a thousand times is no thousand chapters.
    for path in chapters.iter().filter_map(|id| items.remove(id)) {
        let Some(page) = package.part(&path)? else {
            continue;
        };
        if sniff::content(page.as_bytes()) != Content::Text {
            let message = format!(
                "`{file}` is protected: its part `{path}` is no text without the shop's key"
            );
            return Err(Error::new(ErrorKind::Encrypted, message));
        }
        let chapter = html::extract(&page).text;
        if !out.is_empty() && !chapter.is_empty() {
            out.push_str("\n\n");
        }
        out.push_str(&chapter);
        if out.len() > limits.text {
            return Err(super::too_much_text(file, limits));
        }
    }
    Ok(Extracted {
        kind: Kind::Epub,
        text: out,
        title,
        pages: None,
    })
}

/// A path in which odd characters are written as `%20`.
fn unescaped(path: &str) -> String {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('%') {
        bytes.extend(before.bytes());
        let code = after
            .get(..2)
            .and_then(|code| u8::from_str_radix(code, 16).ok());
        rest = match code {
            Some(code) => {
                bytes.push(code);
                after.get(2..).unwrap_or_default()
            }
            None => {
                bytes.push(b'%');
                after
            }
        };
    }
    bytes.extend(rest.bytes());
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::super::{Limits, archive::make::zip, extract as read};
    use super::*;

    fn book(chapters: &[(&str, &str)]) -> Vec<u8> {
        let container =
            r#"<container><rootfiles><rootfile full-path="OPS/book.opf"/></rootfiles></container>"#;
        let opf = r#"<?xml version="1.0"?><package><metadata><dc:title>The Lamp</dc:title></metadata>
            <manifest><item id="b" href="text/two.xhtml"/><item id="a" href="one%20a.xhtml"/>
            <item id="c" href="cover.jpg"/></manifest>
            <spine><itemref idref="a"/><itemref idref="b"/><itemref idref="a"/><itemref idref="x"/></spine></package>"#;
        let mut members = vec![
            ("mimetype", "application/epub+zip"),
            (CONTAINER, container),
            ("OPS/book.opf", opf),
        ];
        members.extend(chapters);
        let members: Vec<_> = members
            .iter()
            .map(|(path, text)| (*path, text.as_bytes()))
            .collect();
        zip(&members)
    }

    #[test]
    fn chapters_in_their_order() {
        let one = "<!DOCTYPE html><html><head><title>x</title></head><body><h1>One</h1><p>It was dark.</p></body></html>";
        let content = book(&[
            ("OPS/text/two.xhtml", "<h1>Two</h1><p>A &amp; B"),
            ("OPS/one a.xhtml", one),
        ]);
        let got = read("lamp.epub", &content, &Limits::new(1 << 20)).unwrap();
        assert_eq!(got.text, "# One\n\nIt was dark.\n\n# Two\n\nA & B");
        assert_eq!(
            (got.kind, got.title.as_deref()),
            (Kind::Epub, Some("The Lamp"))
        );
    }

    #[test]
    fn books_that_cannot_be_read() {
        let check = |content: &[u8], kind: ErrorKind, message: &str| {
            let error = read("a.epub", content, &Limits::new(1 << 20)).unwrap_err();
            assert_eq!(error.kind(), kind, "{error}");
            assert!(error.to_string().contains(message), "{error}");
        };
        check(&book(&[]), ErrorKind::Empty, "no text");
        let locked = book(&[("OPS/one a.xhtml", "\u{1}\u{2}\u{3}\0\u{4}")]);
        check(&locked, ErrorKind::Encrypted, "is protected");
        let nothing = zip(&[
            ("mimetype", b"application/epub+zip"),
            (CONTAINER, b"<container/>"),
        ]);
        check(&nothing, ErrorKind::Broken, "names no book");
        let word = zip(&[("word/document.xml", b"<d/>")]);
        check(
            &word,
            ErrorKind::Unsupported,
            "an EPUB book, but its content is a Word document",
        );
    }
}
