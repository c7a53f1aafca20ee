//! A forgiving tokenizer: whatever the page holds, it ends.

use std::borrow::Cow;

/// A piece of a page.
pub(super) enum Token<'a> {
    /// Text with entities in it.
    Text(&'a str),
    /// Text that stands as it is.
    Raw(&'a str),
    /// A start or an end tag.
    Tag(Tag<'a>),
}

/// `<name attributes>` or `</name>`.
pub(super) struct Tag<'a> {
    /// In lower case.
    pub name: String,
    pub closing: bool,
    /// Has no content, so no end tag.
    pub void: bool,
    attributes: &'a str,
}

impl Tag<'_> {
    /// The value of an attribute, decoded.
    pub(super) fn attribute(&self, name: &str) -> Option<Cow<'_, str>> {
        let mut attributes = Attributes(self.attributes);
        attributes
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| super::entities::decode(value))
    }

    pub(super) fn has(&self, name: &str) -> bool {
        Attributes(self.attributes).any(|(key, _)| key.eq_ignore_ascii_case(name))
    }
}

pub(super) struct Tokens<'a> {
    rest: &'a str,
    /// The element whose content is not markup, until its end tag.
    raw: Option<String>,
}

impl<'a> Tokens<'a> {
    pub(super) fn new(page: &'a str) -> Self {
        Self {
            rest: page,
            raw: None,
        }
    }

    fn take(&mut self, length: usize) -> &'a str {
        let (head, rest) = self
            .rest
            .split_at_checked(length)
            .unwrap_or((self.rest, ""));
        self.rest = rest;
        head
    }

    fn tag(&mut self) -> Option<Tag<'a>> {
        let body = self.rest.strip_prefix('<')?;
        let (closing, body) = match body.strip_prefix('/') {
            Some(body) => (true, body),
            None => (false, body),
        };
        if !body.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return None;
        }
        let length = body
            .find(|c: char| c.is_whitespace() || matches!(c, '>' | '/'))
            .unwrap_or(body.len());
        let (name, body) = body.split_at(length);
        let end = end_of_tag(body);
        let (attributes, after) = body.split_at(end);
        self.rest = after.strip_prefix('>').unwrap_or(after);
        let name = name.to_ascii_lowercase();
        let void = matches!(
            name.as_str(),
            "area"
                | "base"
                | "br"
                | "col"
                | "embed"
                | "hr"
                | "img"
                | "input"
                | "link"
                | "meta"
                | "source"
                | "track"
                | "wbr"
        ) || (attributes.ends_with('/') && matches!(name.as_str(), "svg" | "path"));
        if !closing
            && matches!(
                name.as_str(),
                "script" | "style" | "textarea" | "title" | "iframe" | "noscript"
            )
        {
            self.raw = Some(name.clone());
        }
        Some(Tag {
            name,
            closing,
            void,
            attributes,
        })
    }
}

/// The `>` that is not inside quotes.
fn end_of_tag(body: &str) -> usize {
    let mut quote = None;
    let mut after_equals = false;
    for (at, byte) in body.bytes().enumerate() {
        match (quote, byte) {
            (None, b'>') => return at,
            (None, b'"' | b'\'') if after_equals => quote = Some(byte),
            (Some(open), _) if open == byte => quote = None,
            _ => {}
        }
        after_equals = byte == b'=' || (after_equals && byte.is_ascii_whitespace());
    }
    // A quote that never closes: the tag ends at the first `>` after all.
    body.find('>').unwrap_or(body.len())
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        if self.rest.is_empty() {
            return None;
        }
        if let Some(name) = self.raw.take() {
            let end = find_end_tag(self.rest, &name).unwrap_or(self.rest.len());
            let text = self.take(end);
            return Some(if name == "title" {
                Token::Text(text)
            } else {
                Token::Raw(text)
            });
        }
        if !self.rest.starts_with('<') {
            let end = self.rest.find('<').unwrap_or(self.rest.len());
            return Some(Token::Text(self.take(end)));
        }
        if let Some(comment) = self.rest.strip_prefix("<!--") {
            let end = comment.find("-->").map_or(self.rest.len(), |end| end + 7);
            self.take(end);
            return Some(Token::Raw(""));
        }
        if self.rest.starts_with("<!") || self.rest.starts_with("<?") {
            let end = self.rest.find('>').map_or(self.rest.len(), |end| end + 1);
            self.take(end);
            return Some(Token::Raw(""));
        }
        match self.tag() {
            Some(tag) => Some(Token::Tag(tag)),
            // A lone `<` is text.
            None => Some(Token::Raw(self.take(1))),
        }
    }
}

fn find_end_tag(text: &str, name: &str) -> Option<usize> {
    let mut from = 0;
    while let Some(at) = text.get(from..)?.find("</") {
        let at = from + at;
        let found = text.get(at + 2..)?;
        if found
            .get(..name.len())
            .is_some_and(|found| found.eq_ignore_ascii_case(name))
        {
            return Some(at);
        }
        from = at + 2;
    }
    None
}

struct Attributes<'a>(&'a str);

impl<'a> Iterator for Attributes<'a> {
    type Item = (&'a str, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        let text = self
            .0
            .trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '/' | '='));
        if text.is_empty() {
            return None;
        }
        let end = text
            .find(|c: char| c.is_whitespace() || matches!(c, '=' | '/'))
            .unwrap_or(text.len());
        let (key, rest) = text.split_at(end);
        let Some(value) = rest.trim_start().strip_prefix('=').map(str::trim_start) else {
            self.0 = rest;
            return Some((key, ""));
        };
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
        let (value, rest) = match quote {
            Some(quote) => {
                let inner = value.get(1..).unwrap_or_default();
                inner.split_once(quote).unwrap_or((inner, ""))
            }
            None => value.split_at(value.find(char::is_whitespace).unwrap_or(value.len())),
        };
        self.0 = rest;
        Some((key, value))
    }
}
