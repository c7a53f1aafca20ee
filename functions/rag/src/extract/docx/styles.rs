//! Which paragraphs are headings and list items: by their styles and by the numbering that they name.

use std::collections::HashMap;

use super::super::{
    package::Package,
    xml::{Event, Reader, Tag},
};
use crate::Result;

/// Most styles between one and the one that everything rests on.
const CHAIN: usize = 16;

/// What a paragraph, or the style of one, says of its place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Properties {
    /// The style it has, or the one it rests on.
    pub(super) style: Option<String>,
    /// 1 for the topmost.
    pub(super) heading: Option<usize>,
    /// The list; `0` takes it out of one.
    pub(super) list: Option<String>,
    /// How deep in the list, from 0.
    pub(super) level: Option<usize>,
}

impl Properties {
    /// Reads the element that was just opened to its end.
    pub(super) fn read(&mut self, reader: &mut Reader<'_>) -> Result<()> {
        let mut depth = 1;
        while depth > 0 {
            match reader.next()? {
                // What they were before a change, and how their mark looks.
                Some(Event::Open(tag)) if matches!(tag.name, "pPrChange" | "rPr" | "sectPr") => {
                    reader.skip()?;
                }
                Some(Event::Open(tag)) => {
                    depth += 1;
                    self.take(&tag);
                }
                Some(Event::Close(_)) => depth -= 1,
                Some(Event::Text(_)) => {}
                None => break,
            }
        }
        Ok(())
    }

    fn take(&mut self, tag: &Tag<'_>) {
        let value = || tag.get("val").map(|value| value.into_owned());
        let number = || tag.get("val").and_then(|value| value.parse::<usize>().ok());
        match tag.name {
            "pStyle" => self.style = value(),
            "numId" => self.list = value(),
            "ilvl" => self.level = number(),
            // 9 is body text.
            "outlineLvl" => {
                self.heading = number().filter(|level| *level < 9).map(|level| level + 1)
            }
            _ => {}
        }
    }
}

/// Paragraph styles by id.
#[derive(Default)]
pub(super) struct Styles(HashMap<String, Properties>);

impl Styles {
    /// Reads the part of this path.
    pub(super) fn read(package: &Package<'_>, path: &str) -> Result<Self> {
        let Some(text) = package.part(path)? else {
            return Ok(Self::default());
        };
        let mut reader = package.reader(path, &text);
        let mut styles = HashMap::new();
        let mut open: Option<(String, Properties)> = None;
        while let Some(event) = reader.next()? {
            match event {
                Event::Open(tag) if tag.name == "style" => {
                    let id = tag.get("styleId").unwrap_or_default().into_owned();
                    open = Some((id, Properties::default()));
                }
                Event::Close("style") => styles.extend(open.take()),
                Event::Open(tag) => {
                    let Some((_, style)) = &mut open else {
                        continue;
                    };
                    match tag.name {
                        "name" => {
                            let name = tag.get("val").unwrap_or_default();
                            style.heading = style.heading.or(heading(&name));
                        }
                        "basedOn" => style.style = tag.get("val").map(|id| id.into_owned()),
                        "pPr" => {
                            let base = style.style.take();
                            style.read(&mut reader)?;
                            style.style = base;
                        }
                        _ => {}
                    }
                }
                _ => {}
            }
        }
        Ok(Self(styles))
    }

    /// Fills what a paragraph does not say itself from its style and those below it.
    pub(super) fn fill(&self, properties: &mut Properties) {
        let mut next = properties.style.clone();
        for _ in 0..CHAIN {
            let Some(style) = next.and_then(|id| self.0.get(&id)) else {
                return;
            };
            properties.heading = properties.heading.or(style.heading);
            if properties.list.is_none() {
                properties.list = style.list.clone();
                properties.level = properties.level.or(style.level);
            }
            next = style.style.clone();
        }
    }
}

/// The built-in styles of headings have English names in every language.
fn heading(name: &str) -> Option<usize> {
    let name = name.to_ascii_lowercase();
    if name == "title" {
        return Some(1);
    }
    let level = name.strip_prefix("heading ")?.trim().parse().ok()?;
    (1..=9).contains(&level).then_some(level)
}

/// Lists by id.
#[derive(Default)]
pub(super) struct Numbering {
    /// Which description a list follows.
    lists: HashMap<String, String>,
    /// For each level of a description: the first number, none for a bullet.
    levels: HashMap<(String, usize), Option<u32>>,
}

impl Numbering {
    /// Reads the part of this path.
    pub(super) fn read(package: &Package<'_>, path: &str) -> Result<Self> {
        let Some(text) = package.part(path)? else {
            return Ok(Self::default());
        };
        let mut reader = package.reader(path, &text);
        let mut numbering = Self::default();
        let (mut list, mut description, mut level) = (None, String::new(), 0usize);
        while let Some(event) = reader.next()? {
            let Event::Open(tag) = event else { continue };
            let value = || tag.get("val").unwrap_or_default();
            match tag.name {
                "abstractNum" => {
                    list = None;
                    description = tag.get("abstractNumId").unwrap_or_default().into_owned();
                }
                "num" => list = tag.get("numId").map(|id| id.into_owned()),
                "abstractNumId" => {
                    if let Some(list) = &list {
                        let description = value().into_owned();
                        numbering.lists.insert(list.clone(), description);
                    }
                }
                "lvl" => {
                    let number = tag.get("ilvl").and_then(|level| level.parse().ok());
                    level = number.unwrap_or_default();
                }
                "start" | "numFmt" if list.is_none() => {
                    let key = (description.clone(), level);
                    let first = numbering.levels.entry(key).or_insert(Some(1));
                    if tag.name == "numFmt" && matches!(value().as_ref(), "bullet" | "none") {
                        *first = None;
                    } else if tag.name == "start" && first.is_some() {
                        *first = Some(value().parse().unwrap_or(1));
                    }
                }
                _ => {}
            }
        }
        Ok(numbering)
    }

    /// The first number of a list's level; none for a bullet.
    pub(super) fn first(&self, list: &str, level: usize) -> Option<u32> {
        let description = self.lists.get(list)?;
        *self.levels.get(&(description.clone(), level))?
    }
}
