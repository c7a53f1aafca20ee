//! Files to text.
//!
//! The text of every kind reads like Markdown: headings with `#`, list items with `-`, table rows between `|`, so that
//! the splitter and the model see the same structure wherever it came from.

mod archive;
mod csv;
mod docx;
mod epub;
mod html;
mod json;
mod kind;
mod package;
mod pdf;
mod pptx;
mod sniff;
mod table;
mod text;
mod xlsx;
mod xml;

use crate::{Error, ErrorKind, Result};
pub use kind::Kind;
use package::Package;
use sniff::Content;

/// A file as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extracted {
    /// What it was read as.
    pub kind: Kind,
    /// Its text, with `\n` line ends.
    pub text: String,
    /// The title it gives itself.
    pub title: Option<String>,
    /// How many pages it has, of a paged kind.
    pub pages: Option<usize>,
}

/// What extraction may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Largest file, in bytes.
    pub bytes: usize,
    /// Most that its compressed parts may unpack to, in bytes.
    pub unpacked: usize,
    /// Most pages.
    pub pages: usize,
    /// Most cells of a workbook or a table of values.
    pub cells: usize,
    /// Longest text, in bytes.
    pub text: usize,
    /// Most drawing instructions in all pages together: bounds the time that a page which draws itself again and
    /// again can take.
    pub instructions: usize,
}

impl Limits {
    /// Limits for a runtime that accepts documents of this many bytes.
    pub fn new(bytes: usize) -> Self {
        Self {
            bytes,
            unpacked: bytes.saturating_mul(12).clamp(8 << 20, 512 << 20),
            pages: 5000,
            cells: (bytes / 4).clamp(100_000, 2_000_000),
            text: bytes.saturating_mul(4).clamp(1 << 20, 64 << 20),
            instructions: 20_000_000,
        }
    }
}

/// Reads a file. Its name says how; content that contradicts the name is an error that says what the content is.
///
/// Errors: `Empty`, `TooLarge` (naming the limit), `Encrypted`, `Broken`, `Unsupported`.
pub fn extract(name: &str, content: &[u8], limits: &Limits) -> Result<Extracted> {
    let kind = Kind::of_name(name).ok_or_else(|| {
        let message = format!(
            "the file type of `{name}` is not supported; supported are: {}",
            Kind::known()
        );
        Error::new(ErrorKind::Unsupported, message)
    })?;
    if content.is_empty() {
        return Err(Error::new(ErrorKind::Empty, format!("`{name}` is empty")));
    }
    if content.len() > limits.bytes {
        let message = format!(
            "`{name}` has {} bytes; the largest document accepted here has {}",
            content.len(),
            limits.bytes
        );
        return Err(Error::new(ErrorKind::TooLarge, message));
    }
    let plain = |text| Extracted {
        kind,
        text,
        title: None,
        pages: None,
    };
    let mut extracted = match (kind, sniff::content(content)) {
        (Kind::Pdf, Content::Pdf) => pdf::extract(name, content, limits)?,
        (Kind::Docx | Kind::Xlsx | Kind::Pptx | Kind::Epub, Content::Zip(_)) => {
            let package = Package::open(name, content, limits)?;
            match (kind, package.describe()) {
                (Kind::Docx, sniff::WORD) => docx::extract(&package)?,
                (Kind::Xlsx, sniff::EXCEL) => xlsx::extract(&package)?,
                (Kind::Pptx, sniff::POWERPOINT) => pptx::extract(&package)?,
                (Kind::Epub, sniff::EPUB) => epub::extract(&package)?,
                (_, what) => return Err(mismatch(name, kind, what)),
            }
        }
        (Kind::Docx | Kind::Xlsx | Kind::Pptx, Content::Compound) => {
            let what = Content::Compound.describe();
            return Err(
                package::locked(name, content).unwrap_or_else(|| mismatch(name, kind, what))
            );
        }
        (Kind::Pdf | Kind::Docx | Kind::Xlsx | Kind::Pptx | Kind::Epub, Content::Text) => {
            let what = match sniff::looks_like_html(content) {
                _ if content.starts_with(b"%!PS") => "a PostScript document",
                true => "an HTML page",
                false => "plain text",
            };
            return Err(mismatch(name, kind, what));
        }
        (Kind::Html, Content::Text) => html::extract(&text::decode(content, true, name)?),
        (Kind::Csv, Content::Text) => plain(csv::extract(
            name,
            &text::decode(content, false, name)?,
            limits,
        )?),
        (Kind::Json, Content::Text) => plain(json::extract(
            name,
            &text::decode(content, false, name)?,
            limits,
        )?),
        (Kind::JsonLines, Content::Text) => {
            plain(json::lines(name, &text::decode(content, false, name)?)?)
        }
        (Kind::Text | Kind::Markdown | Kind::Code, Content::Text) => {
            plain(text::decode(content, false, name)?)
        }
        (_, other) => return Err(mismatch(name, kind, other.describe())),
    };
    if extracted.text.len() > limits.text {
        return Err(too_much_text(name, limits));
    }
    if extracted.text.trim().is_empty() {
        let message = match kind {
            Kind::Pdf => format!(
                "`{name}` has no text layer: its pages are images, which need character recognition first"
            ),
            _ => format!("`{name}` has no text in it"),
        };
        return Err(Error::new(ErrorKind::Empty, message));
    }
    if kind == Kind::Markdown {
        extracted.title = extracted
            .text
            .lines()
            .find_map(|line| line.strip_prefix("# "))
            .map(|title| title.trim().to_owned());
    }
    Ok(extracted)
}

fn mismatch(name: &str, kind: Kind, what: &str) -> Error {
    let named = kind.describe();
    let message = format!("`{name}` is named like {named}, but its content is {what}");
    Error::new(ErrorKind::Unsupported, message)
}

fn too_much_text(name: &str, limits: &Limits) -> Error {
    let message = format!(
        "the text of `{name}` is longer than {} bytes, the most accepted here",
        limits.text
    );
    Error::new(ErrorKind::TooLarge, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, content: &[u8], expect: Result<&str, (ErrorKind, &str)>) {
        let got = extract(name, content, &Limits::new(1000));
        match (got, expect) {
            (Ok(got), Ok(expect)) => assert_eq!(got.text, expect, "{name}"),
            (Err(got), Err((kind, message))) => {
                assert_eq!(got.kind(), kind, "{name}: {got}");
                assert!(got.to_string().contains(message), "{name}: {got}");
            }
            (got, expect) => panic!("{name}: {got:?}, not {expect:?}"),
        }
    }

    #[test]
    fn kinds() {
        use ErrorKind::*;
        check("a.txt", b"one\r\ntwo\rthree", Ok("one\ntwo\nthree"));
        check("A.TXT", b"x", Ok("x"));
        check("a.md", b"# Head\n\n- item", Ok("# Head\n\n- item"));
        check("a.html", b"<h1>Head</h1><p>text", Ok("# Head\n\ntext"));
        check("a.csv", b"q,a\n1,2", Ok("q: 1; a: 2"));
        check("a.tsv", b"q\ta\n1\t2", Ok("q: 1; a: 2"));
        check("a.json", b"{\"q\":1}", Ok("{\n  \"q\": 1\n}"));
        check("a.jsonl", b"{}\r\n[]", Ok("{}\n\n[]"));
        check("a.rs", b"fn f() {\r\n    1\r\n}", Ok("fn f() {\n    1\n}"));
        check("Dockerfile", b"FROM x", Ok("FROM x"));
        check("a.txt", b"", Err((Empty, "`a.txt` is empty")));
        check("a.txt", b" \n\t", Err((Empty, "no text in it")));
        check("a.html", b"<script>1</script>", Err((Empty, "no text")));
        check(
            "a.txt",
            &[b'x'; 1001],
            Err((TooLarge, "accepted here has 1000")),
        );
        check("a.doc", b"x", Err((Unsupported, "supported are: txt, md")));
        check("noextension", b"x", Err((Unsupported, "`noextension`")));
    }

    #[test]
    fn a_name_that_lies() {
        let check = |name, content: &[u8], what| {
            check(name, content, Err((ErrorKind::Unsupported, what)));
        };
        let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
        check(
            "a.pdf",
            png,
            "named like a PDF document, but its content is a PNG image",
        );
        check(
            "a.txt",
            png,
            "named like a text file, but its content is a PNG image",
        );
        check(
            "a.md",
            b"%PDF-1.4\n%\xe2\xe3",
            "but its content is a PDF document",
        );
        check(
            "a.pdf",
            b"<!DOCTYPE html><html>",
            "but its content is an HTML page",
        );
        check("a.pdf", b"just words", "but its content is plain text");
        check(
            "a.txt",
            b"PK\x03\x04....word/document.xml",
            "a Word document",
        );
        check("a.html", b"PK\x03\x04....", "a ZIP archive");
        check(
            "a.docx",
            b"words",
            "a Word document, but its content is plain text",
        );
        check(
            "a.xlsx",
            b"a,b",
            "an Excel workbook, but its content is plain text",
        );
        check(
            "a.csv",
            b"PK\x03\x04....xl/workbook.xml",
            "an Excel workbook",
        );
        check("a.json", png, "a JSON file, but its content is a PNG image");
        check(
            "a.py",
            b"%PDF-1.4\n",
            "source code, but its content is a PDF",
        );
        let ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 an old one";
        check("a.docx", ole, "an old Office document");
        let word = archive::make::zip(&[("word/document.xml", b"<document/>")]);
        check(
            "a.xlsx",
            &word,
            "an Excel workbook, but its content is a Word document",
        );
        let other = archive::make::zip(&[("readme", b"x")]);
        check(
            "a.docx",
            &other,
            "a Word document, but its content is a ZIP archive",
        );
        check("a.txt", b"\x7fELF\x02\x01\x01\0\0", "an executable");
        check("a.txt", b"ab\0\x01\x02\0\x03cd\0\0\0", "binary data");
    }

    #[test]
    fn titles() {
        let limits = Limits::new(1000);
        let title = |name, content: &str| extract(name, content.as_bytes(), &limits).unwrap().title;
        assert_eq!(
            title("a.md", "intro\n# The title \n# Other"),
            Some("The title".to_owned())
        );
        assert_eq!(title("a.md", "## Only this"), None);
        assert_eq!(
            title("a.html", "<title>A &amp; B</title>x"),
            Some("A & B".to_owned())
        );
    }
}
