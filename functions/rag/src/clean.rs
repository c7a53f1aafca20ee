//! Pre-processing of text before it is split.

use serde::{Deserialize, Serialize};

/// Which optional rules apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cleaning {
    /// Three or more line ends become two, two or more blanks one.
    pub remove_extra_spaces: bool,
    /// Removes e-mail addresses and bare web addresses; targets of Markdown links and images stay.
    pub remove_urls_emails: bool,
}

impl Cleaning {
    /// What the automatic mode does.
    pub const AUTOMATIC: Self = Self {
        remove_extra_spaces: true,
        remove_urls_emails: false,
    };
}

/// Cleans a text. Always: `<|` becomes `<`, `|>` becomes `>`, control characters and U+FFFE go.
pub fn clean(text: &str, cleaning: Cleaning) -> String {
    let mut text = text.replace("<|", "<").replace("|>", ">");
    text.retain(|c| !is_noise(c));
    if cleaning.remove_extra_spaces {
        text = remove_extra_spaces(&text);
    }
    if cleaning.remove_urls_emails {
        text = remove_addresses(&text);
    }
    text
}

fn is_noise(c: char) -> bool {
    matches!(c, '\0'..='\x08' | '\x0b' | '\x0c' | '\x0e'..='\x1f' | '\x7f' | '\u{fffe}')
}

fn is_blank(c: char) -> bool {
    matches!(
        c,
        '\t' | '\x0c' | '\r' | ' ' | '\u{a0}' | '\u{1680}' | '\u{180e}' | '\u{2000}'
            ..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}'
    )
}

fn remove_extra_spaces(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let same = |c: char| {
            if first == '\n' {
                c == '\n'
            } else {
                is_blank(first) && is_blank(c)
            }
        };
        let run = rest
            .find(|c| !same(c))
            .unwrap_or(rest.len())
            .max(first.len_utf8());
        let (head, tail) = rest.split_at(run);
        out.push_str(match head.chars().count() {
            0..=1 => head,
            _ if first != '\n' => " ",
            2 => head,
            _ => "\n\n",
        });
        rest = tail;
    }
    out
}

fn remove_addresses(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        // The target of `](...)`: copied as it stands.
        if out.ends_with("](")
            && let Some(end) = rest.find([')', '\n'])
        {
            let (target, tail) = rest.split_at(end);
            out.push_str(target);
            rest = tail;
            continue;
        }
        if rest.starts_with("http://") || rest.starts_with("https://") {
            let end = rest.find(|c: char| c.is_whitespace() || "()<>\"'，。；、".contains(c));
            let (url, _) = rest.split_at(end.unwrap_or(rest.len()));
            // The stop at the end belongs to the sentence.
            let url = url.trim_end_matches(['.', ',', ';', ':', '!', '?']);
            rest = rest.get(url.len()..).unwrap_or_default();
            continue;
        }
        if rest.starts_with('@')
            && let Some((local, domain)) = email_around(&out, rest)
        {
            out.truncate(out.len() - local);
            rest = rest.get(domain..).unwrap_or_default();
            continue;
        }
        let mut chars = rest.chars();
        out.extend(chars.next());
        rest = chars.as_str();
    }
    out
}

/// Bytes of an address before its `@`, and from its `@` on.
fn email_around(before: &str, from: &str) -> Option<(usize, usize)> {
    let is_local = |c: char| c.is_ascii_alphanumeric() || "_.+-".contains(c);
    let local = before.len() - before.trim_end_matches(is_local).len();
    let domain = from.get(1..)?;
    let end = domain
        .find(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '.'))
        .unwrap_or(domain.len());
    let domain = domain.get(..end)?.trim_end_matches(['.', '-']);
    let (host, top) = domain.rsplit_once('.')?;
    (local > 0 && !host.is_empty() && !top.is_empty()).then_some((local, domain.len() + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(spaces: bool, addresses: bool, text: &str, expect: &str) {
        let cleaning = Cleaning {
            remove_extra_spaces: spaces,
            remove_urls_emails: addresses,
        };
        assert_eq!(clean(text, cleaning), expect, "{text:?}");
    }

    #[test]
    fn always() {
        check(
            false,
            false,
            "<|im_start|> a\0\u{7}b\u{fffe}c\td\n\n\n\ne  f",
            "<im_start> abc\td\n\n\n\ne  f",
        );
    }

    #[test]
    fn extra_spaces() {
        check(true, false, "a\n\n\n\nb\n\nc\nd", "a\n\nb\n\nc\nd");
        check(
            true,
            false,
            "a  b \t c\u{a0}\u{3000}d\u{3000}e",
            "a b c d\u{3000}e",
        );
        check(true, false, "a \n \n \n b", "a \n \n \n b");
        check(true, false, "  x", " x");
    }

    #[test]
    fn addresses() {
        check(
            false,
            true,
            "mail me.too+x@mail.example.org. now",
            "mail . now",
        );
        check(
            false,
            true,
            "see https://e.org/a?b=c#d, or http://f.org.",
            "see , or .",
        );
        check(
            false,
            true,
            "[text](https://e.org/x) ![i](http://e.org/i.png)",
            "[text](https://e.org/x) ![i](http://e.org/i.png)",
        );
        check(false, true, "a @ b, @name, x@y", "a @ b, @name, x@y");
        check(false, true, "参见https://e.org/x。好", "参见。好");
        check(false, true, "](", "](");
    }
}
