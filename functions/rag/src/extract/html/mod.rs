//! Web pages to text: headings, lists, tables and links stay, furniture goes.

pub(super) mod entities;
mod tokens;

use super::{Extracted, Kind};
use tokens::{Tag, Token, Tokens};

pub(super) fn extract(page: &str) -> Extracted {
    // Furniture that is never closed would swallow the rest of the page: then it is kept.
    let writer = match Writer::run(page, true) {
        Some(writer) => writer,
        None => Writer::run(page, false).unwrap_or_default(),
    };
    let title = writer.title.trim();
    Extracted {
        kind: Kind::Html,
        text: writer.text(),
        title: (!title.is_empty()).then(|| title.to_owned()),
        pages: None,
    }
}

/// Elements whose content is no text for a reader.
const SILENT: &[&str] = &[
    "script", "style", "noscript", "template", "svg", "math", "iframe", "object", "canvas",
    "audio", "video", "select", "button", "textarea", "datalist", "dialog",
];

const BLOCKS: &[&str] = &[
    "address",
    "article",
    "aside",
    "blockquote",
    "body",
    "center",
    "dd",
    "details",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "header",
    "html",
    "main",
    "nav",
    "ol",
    "p",
    "section",
    "summary",
    "table",
    "tbody",
    "tfoot",
    "thead",
    "ul",
    "caption",
    "hr",
];

#[derive(Default)]
struct Writer {
    out: String,
    title: String,
    in_title: bool,
    /// The silent element that is open, and how many of its name are nested.
    silent: Option<(String, usize)>,
    /// Line breaks owed before the next word.
    breaks: usize,
    /// A blank owed before the next word.
    space: bool,
    pre: usize,
    lists: Vec<Option<usize>>,
    links: Vec<(usize, Option<String>)>,
    cells: usize,
    /// Where `main` or `article` lies in `out`, and how deep we are in it.
    main: Option<(usize, usize)>,
    main_depth: usize,
    drop_furniture: bool,
}

impl Writer {
    fn run(page: &str, drop_furniture: bool) -> Option<Self> {
        let mut writer = Self {
            drop_furniture,
            ..Self::default()
        };
        for token in Tokens::new(page) {
            match token {
                Token::Text(text) => writer.write_text(&entities::decode(text)),
                Token::Raw(text) => writer.write_text(text),
                Token::Tag(tag) => writer.tag(&tag),
            }
        }
        (writer.silent.is_none() || !drop_furniture).then_some(writer)
    }

    /// The main part if the page marks one that holds a good share of its text, else all of it.
    fn text(&self) -> String {
        let all = self.out.trim();
        let main = self
            .main
            .and_then(|(from, to)| self.out.get(from..to.max(from)))
            .map(str::trim);
        match main {
            Some(main) if main.len() * 4 > all.len() => main.to_owned(),
            _ => all.to_owned(),
        }
    }

    fn tag(&mut self, tag: &Tag<'_>) {
        let name = tag.name.as_str();
        if let Some((open, depth)) = &mut self.silent {
            if open == name && !tag.void {
                *depth = if tag.closing { *depth - 1 } else { *depth + 1 };
                if *depth == 0 {
                    self.silent = None;
                }
            }
            return;
        }
        if !tag.closing && !tag.void && self.is_silent(tag) {
            self.silent = Some((name.to_owned(), 1));
            return;
        }
        match name {
            "title" => self.in_title = !tag.closing,
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => {
                self.break_lines(2);
                if !tag.closing {
                    let level = name
                        .bytes()
                        .last()
                        .map_or(1, |digit| usize::from(digit - b'0'));
                    self.mark(&format!("{} ", "#".repeat(level)));
                }
            }
            "br" => self.breaks += 1,
            "ul" | "ol" => {
                // A list inside an item goes on without an empty line.
                self.break_lines(if self.lists.len() > usize::from(tag.closing) {
                    1
                } else {
                    2
                });
                if tag.closing {
                    self.lists.pop();
                } else {
                    self.lists.push((name == "ol").then_some(0));
                }
            }
            "li" => {
                self.break_lines(1);
                if !tag.closing {
                    let indent = "  ".repeat(self.lists.len().saturating_sub(1).min(8));
                    let bullet = match self.lists.last_mut() {
                        Some(Some(number)) => {
                            *number += 1;
                            format!("{number}. ")
                        }
                        _ => "- ".to_owned(),
                    };
                    self.mark(&format!("{indent}{bullet}"));
                }
            }
            "tr" => {
                if tag.closing && self.cells > 0 {
                    self.out.push_str(" |");
                }
                self.cells = 0;
                self.break_lines(1);
            }
            "td" | "th" if !tag.closing => {
                self.breaks = if self.cells == 0 { self.breaks } else { 0 };
                self.space = false;
                self.mark(if self.cells == 0 { "| " } else { " | " });
                self.cells += 1;
            }
            "pre" => {
                if tag.closing {
                    self.pre = self.pre.saturating_sub(1);
                    self.break_lines(1);
                    self.mark("```");
                    self.break_lines(2);
                } else {
                    self.break_lines(2);
                    self.mark("```\n");
                    self.pre += 1;
                }
            }
            "a" => self.link(tag),
            "main" | "article" => {
                self.break_lines(2);
                self.main_region(tag.closing);
            }
            "img" => {
                if let Some(alt) = tag.attribute("alt").filter(|alt| !alt.trim().is_empty()) {
                    self.write_text(&alt);
                }
            }
            _ if BLOCKS.contains(&name) => {
                // Inside a table's cell, blocks must not tear the row apart.
                if self.cells > 0 && !matches!(name, "table" | "tbody" | "thead" | "tfoot") {
                    self.space = true;
                } else {
                    self.break_lines(if matches!(name, "div" | "dt" | "dd" | "section") {
                        1
                    } else {
                        2
                    });
                }
            }
            _ => {}
        }
    }

    fn is_silent(&self, tag: &Tag<'_>) -> bool {
        let name = tag.name.as_str();
        if SILENT.contains(&name) {
            return true;
        }
        if !self.drop_furniture || matches!(name, "html" | "body" | "main" | "article") {
            return false;
        }
        name == "nav"
            || (name == "footer" && self.main_depth == 0)
            || tag.has("hidden")
            || tag
                .attribute("aria-hidden")
                .is_some_and(|value| value == "true")
            || tag.attribute("role").is_some_and(|role| {
                matches!(role.as_ref(), "navigation" | "search" | "menu" | "menubar")
            })
    }

    fn main_region(&mut self, closing: bool) {
        if closing {
            self.main_depth = self.main_depth.saturating_sub(1);
        } else {
            self.main_depth += 1;
            self.main.get_or_insert((self.out.len(), self.out.len()));
        }
        if let Some((_, end)) = &mut self.main {
            *end = self.out.len();
        }
    }

    fn link(&mut self, tag: &Tag<'_>) {
        if tag.closing {
            if let Some((start, Some(target))) = self.links.pop()
                && let Some(label) = self.out.get(start..).map(str::trim)
                && !label.is_empty()
                && label != target
            {
                let label = label.to_owned();
                self.out.truncate(start);
                self.out.push_str(&format!("[{label}]({target})"));
            }
        } else {
            // Only targets that mean something away from the page.
            let target = tag
                .attribute("href")
                .map(|href| href.trim().to_owned())
                .filter(|href| href.starts_with("http://") || href.starts_with("https://"));
            self.pay();
            self.links.push((self.out.len(), target));
        }
    }

    fn break_lines(&mut self, count: usize) {
        self.breaks = self.breaks.max(count);
        self.space = false;
    }

    /// Writes the breaks and blanks that are owed.
    fn pay(&mut self) {
        if self.breaks > 0 && !self.out.is_empty() {
            let trimmed = self.out.trim_end_matches(' ').len();
            self.out.truncate(trimmed);
            let have = self.out.len() - self.out.trim_end_matches('\n').len();
            for _ in have..self.breaks.min(2) {
                self.out.push('\n');
            }
        } else if self.space && !self.out.ends_with([' ', '\n']) && !self.out.is_empty() {
            self.out.push(' ');
        }
        self.breaks = 0;
        self.space = false;
    }

    fn mark(&mut self, text: &str) {
        self.pay();
        self.out.push_str(text);
    }

    fn write_text(&mut self, text: &str) {
        if self.in_title {
            self.title.push_str(text);
            return;
        }
        if self.silent.is_some() {
            return;
        }
        if self.pre > 0 {
            self.mark(text);
        } else {
            self.space |= text.starts_with(char::is_whitespace);
            for (index, word) in text.split_whitespace().enumerate() {
                self.space |= index > 0;
                self.mark(word);
            }
            self.space |= text.ends_with(char::is_whitespace);
        }
        if self.main_depth > 0
            && let Some((_, end)) = &mut self.main
        {
            *end = self.out.len();
        }
    }
}

#[cfg(test)]
mod tests;
