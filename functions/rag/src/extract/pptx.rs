//! PowerPoint presentations: titles, texts, tables and the speaker's notes, slide by slide.

use super::{Extracted, Kind, package::Package, table, xml::Event};
use crate::Result;

pub(super) fn extract(package: &Package<'_>) -> Result<Extracted> {
    let main = package.main("ppt/presentation.xml")?;
    let mut relations = package.relations(&main)?;
    let text = package.needed(&main)?;
    let mut reader = package.reader(&main, &text);
    let mut slides = Vec::new();
    while let Some(event) = reader.next()? {
        let Event::Open(tag) = event else { continue };
        if tag.name == "sldId" {
            // A slide has a number of its own and the name of a relation.
            let named = tag
                .all("id")
                .find_map(|id| relations.iter().position(|relation| relation.id == id));
            // Each once: a slide that is named a thousand times is no thousand slides.
            slides.extend(named.map(|at| relations.swap_remove(at).target));
        }
    }
    let (file, limits) = (package.archive().file(), package.archive().limits());
    let mut out = String::new();
    for path in &slides {
        let mut parts = vec![slide(package, path, false)?];
        for relation in package.relations(path)? {
            if relation.kind == "notesSlide" {
                parts.push(slide(package, &relation.target, true)?);
            }
        }
        for part in parts.iter().filter(|part| !part.is_empty()) {
            if !out.is_empty() {
                out.push_str("\n\n");
            }
            out.push_str(part);
        }
        if out.len() > limits.text {
            return Err(super::too_much_text(file, limits));
        }
    }
    Ok(Extracted {
        kind: Kind::Pptx,
        text: out,
        title: package.title()?,
        pages: Some(slides.len()),
    })
}

/// What a shape is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Title,
    /// The main text; of a page of notes, the notes.
    Body,
    /// Date, number and the like.
    Furniture,
    Other,
}

/// The text of a slide, or of the notes to one.
fn slide(package: &Package<'_>, path: &str, notes: bool) -> Result<String> {
    let text = package.needed(path)?;
    let mut reader = package.reader(path, &text);
    let mut blocks: Vec<String> = Vec::new();
    let mut role = Role::Other;
    let mut lines: Vec<String> = Vec::new();
    let (mut line, mut level) = (String::new(), 0usize);
    let mut rows: Option<Vec<Vec<String>>> = None;
    while let Some(event) = reader.next()? {
        match event {
            Event::Open(tag) => match tag.name {
                "sp" => role = Role::Other,
                "ph" => {
                    role = match tag.get("type").as_deref() {
                        Some("title" | "ctrTitle") => Role::Title,
                        None | Some("body" | "obj" | "subTitle") => Role::Body,
                        Some("dt" | "ftr" | "sldNum" | "hdr" | "sldImg") => Role::Furniture,
                        Some(_) => Role::Other,
                    }
                }
                "p" => (line, level) = (String::new(), 0),
                "pPr" => {
                    level = tag
                        .get("lvl")
                        .and_then(|l| l.parse().ok())
                        .unwrap_or(0)
                        .min(8)
                }
                "t" => line.push_str(&reader.text()?),
                "br" => line.push(' '),
                "tbl" => rows = Some(Vec::new()),
                "tr" => rows.iter_mut().for_each(|rows| rows.push(Vec::new())),
                "tc" => lines.clear(),
                // What older programs show instead of the same.
                "Fallback" => reader.skip()?,
                _ => {}
            },
            Event::Close("p") => {
                let text = line.trim();
                if !text.is_empty() {
                    let item = role == Role::Body && rows.is_none() && !notes;
                    lines.push(match item {
                        true => format!("{}- {text}", "  ".repeat(level)),
                        false => text.to_owned(),
                    });
                }
                line.clear();
            }
            Event::Close("tc") => {
                let cell = std::mem::take(&mut lines).join(" ");
                if let Some(row) = rows.as_mut().and_then(|rows| rows.last_mut()) {
                    row.push(cell);
                }
            }
            Event::Close("tbl") => blocks.extend(rows.take().map(|rows| table::markdown(&rows))),
            Event::Close("sp") => {
                let lines = std::mem::take(&mut lines);
                match role {
                    _ if lines.is_empty() || (notes && role != Role::Body) => {}
                    Role::Furniture => {}
                    // The title stands first, wherever it was drawn.
                    Role::Title => blocks.insert(0, format!("# {}", lines.join(" "))),
                    Role::Body | Role::Other => blocks.push(lines.join("\n")),
                }
            }
            _ => {}
        }
    }
    Ok(blocks.join("\n\n"))
}

#[cfg(test)]
mod tests {
    use super::super::{Limits, archive::make::zip, extract as read};
    use crate::ErrorKind;

    fn shape(kind: &str, paragraphs: &str) -> String {
        let ph = match kind {
            "" => String::new(),
            "body" => "<p:nvPr><p:ph idx='1'/></p:nvPr>".to_owned(),
            kind => format!("<p:nvPr><p:ph type='{kind}'/></p:nvPr>"),
        };
        format!("<p:sp><p:nvSpPr>{ph}</p:nvSpPr><p:txBody>{paragraphs}</p:txBody></p:sp>")
    }

    fn p(level: usize, text: &str) -> String {
        format!("<a:p><a:pPr lvl='{level}'/><a:r><a:t>{text}</a:t></a:r></a:p>")
    }

    fn deck(slide: &str) -> Vec<u8> {
        let slide = format!("<p:sld><p:cSld><p:spTree>{slide}</p:spTree></p:cSld></p:sld>");
        let notes = format!(
            "<p:notes>{}{}</p:notes>",
            shape("sldImg", &p(0, "7")),
            shape("body", &p(0, "Say hello."))
        );
        let second = format!("<p:sld>{}</p:sld>", shape("ctrTitle", &p(0, "End")));
        let relation = |id: &str, kind: &str, target: &str| {
            format!("<Relationship Id='{id}' Type='http://x/{kind}' Target='{target}'/>")
        };
        let all = format!(
            "<Relationships>{}{}</Relationships>",
            relation("r1", "slide", "slides/a.xml"),
            relation("r2", "slide", "slides/b.xml")
        );
        let of_slide = format!(
            "<Relationships>{}</Relationships>",
            relation("n", "notesSlide", "../notesSlides/n.xml")
        );
        let presentation = "<p:presentation><p:sldIdLst><p:sldId id='256' r:id='r1'/>\
            <p:sldId id='257' r:id='r2'/><p:sldId id='258' r:id='r1'/></p:sldIdLst></p:presentation>";
        let members = [
            ("ppt/presentation.xml", presentation),
            ("ppt/_rels/presentation.xml.rels", all.as_str()),
            ("ppt/slides/_rels/a.xml.rels", &of_slide),
            ("ppt/slides/a.xml", &slide),
            ("ppt/slides/b.xml", &second),
            ("ppt/notesSlides/n.xml", &notes),
        ];
        let members: Vec<_> = members
            .iter()
            .map(|(path, text)| (*path, text.as_bytes()))
            .collect();
        zip(&members)
    }

    #[test]
    fn slides_in_their_order() {
        let cell = |text| format!("<a:tc><a:txBody>{}</a:txBody></a:tc>", p(0, text));
        let row = |a, b| format!("<a:tr>{}{}</a:tr>", cell(a), cell(b));
        let table = format!(
            "<p:graphicFrame><a:tbl>{}{}</a:tbl></p:graphicFrame>",
            row("k", "v"),
            row("1", "2")
        );
        let content = deck(&format!(
            "{}{}{}{table}{}",
            shape("body", &(p(0, "one") + &p(1, "deeper"))),
            shape("", &p(0, "a box")),
            shape("title", &p(0, "Plan")),
            shape("sldNum", &p(0, "12"))
        ));
        let got = read("a.pptx", &content, &Limits::new(1 << 20)).unwrap();
        let expect = "# Plan\n\n- one\n  - deeper\n\na box\n\n| k | v |\n| --- | --- |\n| 1 | 2 |\
            \n\nSay hello.\n\n# End";
        assert_eq!((got.text.as_str(), got.pages), (expect, Some(2)));
    }

    #[test]
    fn a_slide_that_is_missing() {
        let content = zip(&[
            (
                "ppt/presentation.xml",
                b"<p><sldId id='1' r:id='a'/></p>".as_slice(),
            ),
            (
                "ppt/_rels/presentation.xml.rels",
                b"<R><Relationship Id='a' Type='x/slide' Target='slides/a.xml'/></R>",
            ),
        ]);
        let error = read("a.pptx", &content, &Limits::new(1 << 20)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Broken);
        assert!(
            error.to_string().contains("`ppt/slides/a.xml` is missing"),
            "{error}"
        );
    }
}
