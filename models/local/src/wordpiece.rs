//! The uncased WordPiece of BERT, with the ids of the `tokenizers` crate at next to no code: that crate alone is more
//! than a third of what a Worker may weigh.

use std::collections::BTreeMap;

use model::Result;
use serde::Deserialize;
use unicode_categories::UnicodeCategories;
use unicode_normalization::UnicodeNormalization;

use crate::error::broken;

/// Longer words are unknown.
const LONGEST_WORD: usize = 100;
const SPECIAL: [&str; 5] = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];

/// A vocabulary, ready to split text.
pub(crate) struct WordPiece {
    /// All tokens, one a line; a token's line is its id.
    text: String,
    /// Where each line starts, by id.
    starts: Vec<u32>,
    /// Ids in the order of their tokens' bytes.
    sorted: Vec<u32>,
    unknown: u32,
    /// Opens every input.
    pub(crate) cls: u32,
    /// Closes every input.
    pub(crate) sep: u32,
}

impl WordPiece {
    /// From `tokenizer.json`. Refuses one whose rules are not those of uncased BERT. Its padding and truncation are
    /// not ours: MiniLM's file pads every text to 128 tokens and cuts it there.
    pub(crate) fn from_json(json: &[u8]) -> Result<Self> {
        let file: TokenizerFile = serde_json::from_slice(json)
            .map_err(|error| broken("tokenizer.json").with_source(error))?;
        let uncased = file.normalizer.kind == "BertNormalizer"
            && file.normalizer.lowercase
            && file.normalizer.strip_accents != Some(false)
            && file.normalizer.clean_text
            && file.normalizer.handle_chinese_chars;
        if !uncased || file.model.kind.as_deref().unwrap_or("WordPiece") != "WordPiece" {
            return Err(broken("tokenizer.json: not an uncased WordPiece"));
        }
        let by_id: BTreeMap<u32, String> = file
            .model
            .vocab
            .into_iter()
            .map(|(token, id)| (id, token))
            .collect();
        let dense = by_id.keys().enumerate().all(|(i, id)| i == *id as usize);
        if !dense || by_id.values().any(|token| token.contains('\n')) {
            return Err(broken("tokenizer.json: ids with gaps"));
        }
        let mut text = String::new();
        for token in by_id.values() {
            text.push_str(token);
            text.push('\n');
        }
        Self::from_lines(text)
    }

    /// From one token a line.
    pub(crate) fn from_lines(text: String) -> Result<Self> {
        let mut starts = vec![0];
        for (i, byte) in text.bytes().enumerate() {
            if byte == b'\n' {
                starts.push(i as u32 + 1);
            }
        }
        starts.pop();
        let mut vocabulary = Self {
            text,
            sorted: (0..starts.len() as u32).collect(),
            starts,
            unknown: 0,
            cls: 0,
            sep: 0,
        };
        let mut sorted = std::mem::take(&mut vocabulary.sorted);
        sorted.sort_unstable_by_key(|id| vocabulary.token(*id).unwrap_or_default());
        vocabulary.sorted = sorted;
        let special = |token: &str| {
            vocabulary
                .id(token.as_bytes())
                .ok_or_else(|| broken(&format!("the vocabulary has no {token}")))
        };
        let (unknown, cls, sep) = (special("[UNK]")?, special("[CLS]")?, special("[SEP]")?);
        Ok(Self {
            unknown,
            cls,
            sep,
            ..vocabulary
        })
    }

    /// One token a line.
    pub(crate) fn lines(&self) -> &str {
        &self.text
    }

    /// Ids of a text, without the two that frame an input.
    pub(crate) fn encode(&self, text: &str) -> Vec<u32> {
        let mut ids = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let (plain, special) = next_special(rest);
            self.encode_plain(plain, &mut ids);
            ids.extend(special.and_then(|token| self.id(token.as_bytes())));
            let used = plain.len() + special.map_or(0, str::len);
            rest = rest.get(used..).unwrap_or_default();
        }
        ids
    }

    fn encode_plain(&self, text: &str, ids: &mut Vec<u32>) {
        let cleaned = text
            .chars()
            .filter(|c| *c != '\0' && *c != '\u{fffd}' && !is_control(*c))
            .map(|c| if c.is_whitespace() { ' ' } else { c })
            .flat_map(|c| {
                let around = is_chinese(c).then_some(' ');
                around.into_iter().chain([c]).chain(around)
            });
        let letters = cleaned
            .nfd()
            .filter(|c| !c.is_mark_nonspacing())
            .flat_map(char::to_lowercase);
        let mut word = String::new();
        for c in letters {
            if c.is_whitespace() {
                self.encode_word(&mut word, ids);
            } else if c.is_ascii_punctuation() || c.is_punctuation() {
                self.encode_word(&mut word, ids);
                word.push(c);
                self.encode_word(&mut word, ids);
            } else {
                word.push(c);
            }
        }
        self.encode_word(&mut word, ids);
    }

    /// The longest token that begins the word, then the longest that goes on, and so forth; one unknown token if that
    /// does not come out even. Leaves the word empty.
    fn encode_word(&self, word: &mut String, ids: &mut Vec<u32>) {
        if word.is_empty() {
            return;
        }
        let before = ids.len();
        let mut rest = word.as_str();
        let mut known = word.len() <= LONGEST_WORD || word.chars().count() <= LONGEST_WORD;
        let mut continued = String::new();
        while known && !rest.is_empty() {
            continued.clear();
            if ids.len() > before {
                continued.push_str("##");
            }
            let prefix = continued.len();
            continued.push_str(rest);
            let found = loop {
                if let Some(id) = self.id(continued.as_bytes()) {
                    break Some(id);
                }
                continued.pop();
                if continued.len() <= prefix {
                    break None;
                }
            };
            known = found.is_some();
            ids.extend(found);
            rest = rest.get(continued.len() - prefix..).unwrap_or_default();
        }
        if !known {
            ids.truncate(before);
            ids.push(self.unknown);
        }
        word.clear();
    }

    fn token(&self, id: u32) -> Option<&[u8]> {
        let start = *self.starts.get(id as usize)? as usize;
        let next = self.starts.get(id as usize + 1);
        let end = next.map_or(self.text.len(), |end| *end as usize) - 1;
        self.text.as_bytes().get(start..end)
    }

    fn id(&self, token: &[u8]) -> Option<u32> {
        let found = self
            .sorted
            .binary_search_by_key(&token, |id| self.token(*id).unwrap_or_default());
        found.ok().and_then(|at| self.sorted.get(at).copied())
    }
}

/// The text before the first special token, and that token. Special tokens are found in the raw text.
fn next_special(text: &str) -> (&str, Option<&'static str>) {
    for (at, _) in text.match_indices('[') {
        let (before, from) = text.split_at(at);
        if let Some(token) = SPECIAL.iter().find(|token| from.starts_with(**token)) {
            return (before, Some(token));
        }
    }
    (text, None)
}

fn is_control(c: char) -> bool {
    !matches!(c, '\t' | '\n' | '\r') && c.is_other()
}

/// CJK ideographs are words of one letter.
fn is_chinese(c: char) -> bool {
    matches!(
        u32::from(c),
        0x4E00..=0x9FFF
            | 0x3400..=0x4DBF
            | 0x20000..=0x2A6DF
            | 0x2A700..=0x2B73F
            | 0x2B740..=0x2B81F
            | 0x2B920..=0x2CEAF
            | 0xF900..=0xFAFF
            | 0x2F800..=0x2FA1F
    )
}

#[derive(Deserialize)]
struct TokenizerFile {
    normalizer: Normalizer,
    model: Vocabulary,
}

#[derive(Deserialize)]
struct Normalizer {
    #[serde(rename = "type")]
    kind: String,
    lowercase: bool,
    strip_accents: Option<bool>,
    clean_text: bool,
    handle_chinese_chars: bool,
}

#[derive(Deserialize)]
struct Vocabulary {
    #[serde(rename = "type")]
    kind: Option<String>,
    vocab: BTreeMap<String, u32>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_split_into_the_longest_known_pieces() {
        let tokens = [
            "[PAD]", "[UNK]", "[CLS]", "[SEP]", "un", "##aff", "##able", "cafe", "!", "中",
            "[MASK]",
        ];
        let text: String = tokens.iter().map(|token| format!("{token}\n")).collect();
        let vocabulary = WordPiece::from_lines(text).unwrap();
        let check = |text: &str, expected: &[u32]| {
            assert_eq!(vocabulary.encode(text), expected, "{text:?}");
        };
        check("", &[]);
        check("UNAFFABLE", &[4, 5, 6]);
        check("unaffably", &[1]);
        check("Café!!", &[7, 8, 8]);
        check("caf\u{65}\u{301} \u{200b}!", &[7, 8]);
        check("un中cafe", &[4, 9, 7]);
        check("un[MASK]!", &[4, 10, 8]);
        check("[mask", &[1, 1]);
        check(&"a".repeat(101), &[1]);
    }
}
