//! Text with variables: `{{#node.variable#}}`, split once when the graph is compiled.

use std::sync::Arc;

use crate::selector::Ref;

/// Bytes between the marks: 50 for the node, ten words of 30, and their dots.
const LONGEST: usize = 50 + 10 * 31 + 1;

/// A compiled template.
#[derive(Debug, Clone, Default)]
pub(crate) struct Template {
    pub(crate) parts: Vec<Part>,
}

#[derive(Debug, Clone)]
pub(crate) enum Part {
    Text(Arc<str>),
    Variable(Ref),
}

impl Template {
    /// Splits `text`; `resolve` turns words into a place.
    pub(crate) fn compile(text: &str, mut resolve: impl FnMut(Vec<Arc<str>>) -> Ref) -> Self {
        let mut parts = Vec::new();
        let mut rest = text;
        let mut plain = String::new();
        while let Some(at) = rest.find("{{#") {
            let (before, token) = rest.split_at(at);
            plain.push_str(before);
            match token_at(token) {
                Some((words, after)) => {
                    if !plain.is_empty() {
                        parts.push(Part::Text(std::mem::take(&mut plain).into()));
                    }
                    parts.push(Part::Variable(resolve(words)));
                    rest = after;
                }
                // One brace only: `{{{#a.b#}}` holds a token behind its first brace.
                None => {
                    plain.push('{');
                    rest = token.get(1..).unwrap_or_default();
                }
            }
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            parts.push(Part::Text(plain.into()));
        }
        Self { parts }
    }

    /// The variables it names.
    pub(crate) fn refs(&self) -> impl Iterator<Item = &Ref> {
        self.parts.iter().filter_map(|part| match part {
            Part::Text(_) => None,
            Part::Variable(variable) => Some(variable),
        })
    }
}

/// The words of the token that `text` opens with, and what follows it.
fn token_at(text: &str) -> Option<(Vec<Arc<str>>, &str)> {
    let inside = text.strip_prefix("{{#")?;
    // A token is short: without the bound, text full of openings would be read again and again.
    let end = inside
        .bytes()
        .take(LONGEST)
        .position(|letter| letter == b'#')?;
    let (path, rest) = inside.split_at(end);
    let after = rest.strip_prefix("#}}")?;
    let mut words = path.split('.');
    let node = words.next()?;
    let is_word = |letter: u8| letter.is_ascii_alphanumeric() || letter == b'_';
    if !(1..=50).contains(&node.len()) || !node.bytes().all(is_word) {
        return None;
    }
    let mut found: Vec<Arc<str>> = vec![node.into()];
    for word in words {
        let opens = word.bytes().next()?;
        let long = word.len() > 30;
        if opens.is_ascii_digit() || long || !word.bytes().all(is_word) {
            return None;
        }
        found.push(word.into());
    }
    (2..=11).contains(&found.len()).then_some((found, after))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::selector::Base;

    #[test]
    fn tokens_are_found_to_the_letter() {
        let check = |text: &str, expect: &[&str]| {
            let template = Template::compile(text, |words| Ref {
                base: Base::Nothing,
                path: [].into(),
                words: words.into(),
            });
            let parts: Vec<String> = template
                .parts
                .iter()
                .map(|part| match part {
                    Part::Text(text) => text.to_string(),
                    Part::Variable(variable) => format!("<{}>", variable.dotted()),
                })
                .collect();
            assert_eq!(parts, expect, "{text}");
        };
        check("", &[]);
        check("plain", &["plain"]);
        check("{{#a.b#}}", &["<a.b>"]);
        check(
            "x{{#1720.out_1.k#}}y{{#sys.query#}}",
            &["x", "<1720.out_1.k>", "y", "<sys.query>"],
        );
        check("{{# a.b #}}", &["{{# a.b #}}"]);
        check("{{#context#}}", &["{{#context#}}"]);
        check("{{#a-b.c#}}", &["{{#a-b.c#}}"]);
        check("{{#a.1b#}}", &["{{#a.1b#}}"]);
        check("{{#a.b", &["{{#a.b"]);
        check("{{{#a.b#}}}", &["{", "<a.b>", "}"]);
        check("{{#a{{#a.b#}}", &["{{#a", "<a.b>"]);
        check("{{#a.b.c.d.e.f.g.h.i.j.k#}}", &["<a.b.c.d.e.f.g.h.i.j.k>"]);
        check(
            "{{#a.b.c.d.e.f.g.h.i.j.k.l#}}",
            &["{{#a.b.c.d.e.f.g.h.i.j.k.l#}}"],
        );
        let long = "v".repeat(31);
        check(
            &format!("{{{{#a.{long}#}}}}"),
            &[format!("{{{{#a.{long}#}}}}").as_str()],
        );
        check("é{{#a.b#}}é", &["é", "<a.b>", "é"]);
    }
}
