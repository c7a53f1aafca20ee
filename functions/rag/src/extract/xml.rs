//! XML as Office files need it: elements, attributes and text, without namespaces, entities of one's own or a schema.
//!
//! Names are local names: the prefix before `:` is left out, since producers choose their prefixes freely.

use std::borrow::Cow;

use super::html::entities;
use crate::{Error, ErrorKind, Result};

/// Deepest nesting of elements.
const DEPTH: usize = 256;

/// What comes next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Event<'a> {
    /// An element starts. An empty one is followed by its end.
    Open(Tag<'a>),
    /// An element of this name ends.
    Close(&'a str),
    /// Text between tags, decoded.
    Text(Cow<'a, str>),
}

/// The start of an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tag<'a> {
    /// Its local name.
    pub(super) name: &'a str,
    attributes: &'a str,
}

impl<'a> Tag<'a> {
    /// The value of the attribute of this local name.
    pub(super) fn get(&self, name: &str) -> Option<Cow<'a, str>> {
        self.all(name).next()
    }

    /// The values of all attributes of this local name: prefixes tell them apart, and we leave those out.
    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = Cow<'a, str>> {
        let mut rest = self.attributes;
        let values = std::iter::from_fn(move || {
            let (key, tail) = rest.split_once('=')?;
            let tail = tail.trim_start();
            let quote = tail.chars().next().filter(|c| matches!(c, '"' | '\''))?;
            let (value, tail) = tail.get(1..)?.split_once(quote)?;
            rest = tail;
            Some((local(key.trim()), value))
        });
        let named = values.filter(move |(key, _)| *key == name);
        named.map(|(_, value)| entities::decode(value))
    }

    /// Whether an on/off property is on: it is when it stands there without saying no.
    pub(super) fn is_on(&self) -> bool {
        !matches!(
            self.get("val").as_deref(),
            Some("0" | "false" | "off" | "none")
        )
    }
}

/// Reads one part of a file.
pub(super) struct Reader<'a> {
    file: &'a str,
    part: &'a str,
    rest: &'a str,
    depth: usize,
    /// The empty element that was opened last.
    closing: Option<&'a str>,
}

impl<'a> Reader<'a> {
    /// A reader of `text`; the names are for errors.
    pub(super) fn new(file: &'a str, part: &'a str, text: &'a str) -> Self {
        Self {
            file,
            part,
            rest: text,
            depth: 0,
            closing: None,
        }
    }

    /// The next event; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<Event<'a>>> {
        if let Some(name) = self.closing.take() {
            self.depth = self.depth.saturating_sub(1);
            return Ok(Some(Event::Close(name)));
        }
        loop {
            if self.rest.is_empty() {
                return match self.depth {
                    0 => Ok(None),
                    _ => Err(self.fault("ends in the middle of an element")),
                };
            }
            let Some(tag) = self.rest.strip_prefix('<') else {
                let end = self.rest.find('<').unwrap_or(self.rest.len());
                let (text, rest) = self.rest.split_at(end);
                self.rest = rest;
                return Ok(Some(Event::Text(entities::decode(text))));
            };
            if let Some(rest) = tag.strip_prefix("!--") {
                self.rest = self.after(rest, "-->")?.1;
            } else if let Some(rest) = tag.strip_prefix("![CDATA[") {
                let (text, rest) = self.after(rest, "]]>")?;
                self.rest = rest;
                return Ok(Some(Event::Text(text.into())));
            } else if tag.starts_with('?') {
                self.rest = self.after(tag, "?>")?.1;
            } else if tag.starts_with('!') {
                let (declaration, rest) = self.after(tag, ">")?;
                // The only way to make a small file mean a large text, and no document needs it.
                if declaration.contains('[') || declaration.starts_with("!ENTITY") {
                    return Err(self.fault("declares entities, which is not accepted"));
                }
                self.rest = rest;
            } else if let Some(tag) = tag.strip_prefix('/') {
                let (name, rest) = self.after(tag, ">")?;
                self.rest = rest;
                self.depth = self
                    .depth
                    .checked_sub(1)
                    .ok_or_else(|| self.fault("closes an element that was never opened"))?;
                return Ok(Some(Event::Close(local(name.trim_end()))));
            } else {
                return self.open(tag).map(Some);
            }
        }
    }

    /// Leaves out the rest of the element that was just opened.
    pub(super) fn skip(&mut self) -> Result<()> {
        let outside = self.depth.saturating_sub(1);
        while self.depth > outside && self.next()?.is_some() {}
        Ok(())
    }

    /// The text of the element that was just opened, to its end.
    pub(super) fn text(&mut self) -> Result<String> {
        let outside = self.depth.saturating_sub(1);
        let mut text = String::new();
        while self.depth > outside {
            match self.next()? {
                Some(Event::Text(piece)) => text.push_str(&piece),
                Some(_) => {}
                None => break,
            }
        }
        Ok(text)
    }

    fn open(&mut self, tag: &'a str) -> Result<Event<'a>> {
        let mut quote = None;
        let end = tag.bytes().position(|byte| match (quote, byte) {
            (None, b'>') => true,
            (None, b'"' | b'\'') => {
                quote = Some(byte);
                false
            }
            (Some(open), byte) if open == byte => {
                quote = None;
                false
            }
            _ => false,
        });
        let Some((inside, rest)) = end.and_then(|end| tag.split_at_checked(end)) else {
            return Err(self.fault("ends in the middle of a tag"));
        };
        self.rest = rest.get(1..).unwrap_or_default();
        let (inside, empty) = match inside.strip_suffix('/') {
            Some(inside) => (inside, true),
            None => (inside, false),
        };
        let (name, attributes) = inside
            .split_once(|c: char| c.is_ascii_whitespace())
            .unwrap_or((inside, ""));
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(self.fault(&format!("nests elements deeper than {DEPTH}")));
        }
        let name = local(name);
        self.closing = empty.then_some(name);
        Ok(Event::Open(Tag { name, attributes }))
    }

    fn after(&self, text: &'a str, end: &str) -> Result<(&'a str, &'a str)> {
        text.split_once(end)
            .ok_or_else(|| self.fault("ends in the middle of a tag"))
    }

    fn fault(&self, what: &str) -> Error {
        let message = format!("`{}` is broken: its part `{}` {what}", self.file, self.part);
        Error::new(ErrorKind::Broken, message)
    }
}

fn local(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<String> {
        let mut reader = Reader::new("f.docx", "p.xml", text);
        let mut out = String::new();
        while let Some(event) = reader.next()? {
            out.push_str(&match event {
                Event::Open(tag) => {
                    format!("<{}{}", tag.name, tag.get("id").unwrap_or_default())
                }
                Event::Close(name) => format!("{name}>"),
                Event::Text(text) => text.into_owned(),
            });
        }
        Ok(out)
    }

    #[test]
    fn events() {
        let check = |text, expect: Result<&str, &str>| match (read(text), expect) {
            (Ok(got), Ok(expect)) => assert_eq!(got, expect, "{text}"),
            (Err(got), Err(expect)) => assert!(got.to_string().ends_with(expect), "{text}: {got}"),
            (got, expect) => panic!("{text}: {got:?}, not {expect:?}"),
        };
        check("<?xml version='1.0'?><w:a>x</w:a>", Ok("<axa>"));
        check("<a r:id='1' b=\"2\"/>", Ok("<a1a>"));
        check("<a x=\"/>\" id = \"a&amp;b\"><b/></a >", Ok("<aa&b<bb>a>"));
        check("<a>&lt;&#x41;&nope;</a>", Ok("<a<A&nope;a>"));
        check(
            "<a><![CDATA[<b>&amp;]]><!-- <c> --></a>",
            Ok("<a<b>&amp;a>"),
        );
        check("<!DOCTYPE html PUBLIC \"x\"><a/>", Ok("<aa>"));
        check("<a><b>", Err("`p.xml` ends in the middle of an element"));
        check("<a><b c='", Err("ends in the middle of a tag"));
        check("</a>", Err("closes an element that was never opened"));
        check(
            "<!DOCTYPE l [<!ENTITY a \"b\"><!ENTITY c \"&a;&a;\">]><l>&c;</l>",
            Err("declares entities, which is not accepted"),
        );
        check(&"<a>".repeat(300), Err("nests elements deeper than 256"));
    }

    #[test]
    fn elements_are_skipped_and_read_whole() {
        let mut reader = Reader::new("f", "p", "<a><b>x<c>y</c></b><d>1<e/>2</d><f/>z</a>");
        let mut seen = Vec::new();
        while let Some(event) = reader.next().unwrap() {
            match event {
                Event::Open(tag) if tag.name == "b" || tag.name == "f" => reader.skip().unwrap(),
                Event::Open(tag) if tag.name == "d" => seen.push(reader.text().unwrap()),
                Event::Text(text) => seen.push(text.into_owned()),
                _ => {}
            }
        }
        assert_eq!(seen, ["12", "z"]);
    }
}
