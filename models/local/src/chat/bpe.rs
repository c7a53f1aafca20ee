//! The byte-level vocabulary inside a GGUF file.
//!
//! Candle's own reader of it takes `smollm` for GPT-2 and puts a space before every text: other ids, other answers.

use std::collections::HashMap;

use model::Result;
use tokenizers::{
    SplitDelimiterBehavior, Tokenizer,
    models::bpe::BPE,
    pre_tokenizers::{
        PreTokenizerWrapper,
        byte_level::ByteLevel,
        digits::Digits,
        sequence::Sequence,
        split::{Split, SplitPattern},
    },
};

use crate::{error::broken, llama::Gguf};

/// `token_type` of tokens that no text contains.
const CONTROL: i64 = 3;

/// A vocabulary, ready to split and to join.
pub(crate) struct Bpe {
    /// Knows no special tokens: what a person writes is never taken for one.
    tokenizer: Tokenizer,
    bytes: Vec<Vec<u8>>,
    special: HashMap<String, u32>,
    ends: Vec<u32>,
}

impl Bpe {
    /// From the metadata.
    pub(crate) fn from_gguf(gguf: &Gguf<'_>) -> Result<Self> {
        let need = |what: &str| broken(&format!("GGUF without tokenizer.ggml.{what}"));
        if gguf.text("tokenizer.ggml.model") != Some("gpt2") {
            return Err(broken("GGUF with another vocabulary than a byte-level one"));
        }
        let tokens = gguf
            .texts("tokenizer.ggml.tokens")
            .ok_or_else(|| need("tokens"))?;
        let merges = gguf
            .texts("tokenizer.ggml.merges")
            .ok_or_else(|| need("merges"))?;
        let kinds = gguf
            .numbers("tokenizer.ggml.token_type")
            .ok_or_else(|| need("token_type"))?;
        let vocabulary = tokens
            .iter()
            .enumerate()
            .map(|(id, token)| ((*token).to_owned(), id as u32));
        let merges: Option<Vec<_>> = merges
            .iter()
            .map(|merge| merge.split_once(' '))
            .map(|pair| pair.map(|(a, b)| (a.to_owned(), b.to_owned())))
            .collect();
        let merges = merges.ok_or_else(|| need("merges"))?;
        let bpe = BPE::builder()
            .vocab_and_merges(
                vocabulary.collect::<tokenizers::models::bpe::Vocab>(),
                merges,
            )
            .build()
            .map_err(|error| broken("vocabulary").with_source(error))?;
        let mut tokenizer = Tokenizer::new(bpe);
        let before = words(gguf.text("tokenizer.ggml.pre").unwrap_or_default())?;
        tokenizer.with_pre_tokenizer(Some(before));

        let alphabet = alphabet();
        let special: HashMap<String, u32> = tokens
            .iter()
            .zip(&kinds)
            .enumerate()
            .filter(|(_, (_, kind))| **kind == CONTROL)
            .map(|(id, (token, _))| ((*token).to_owned(), id as u32))
            .collect();
        let bytes = tokens
            .iter()
            .map(|token| match special.contains_key(*token) {
                true => Vec::new(),
                false => token
                    .chars()
                    .filter_map(|c| alphabet.get(&c).copied())
                    .collect(),
            })
            .collect();
        let named = ["eos_token_id", "eot_token_id"]
            .into_iter()
            .filter_map(|key| gguf.number(&format!("tokenizer.ggml.{key}")))
            .map(|id| id as u32);
        let known = ["<|endoftext|>", "<|im_end|>"]
            .into_iter()
            .filter_map(|token| special.get(token).copied());
        let ends = named.chain(known).collect();
        Ok(Self {
            tokenizer,
            bytes,
            special,
            ends,
        })
    }

    /// How many tokens there are.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Ids of a text in which nothing is special.
    pub(crate) fn encode(&self, text: &str) -> Result<Vec<u32>> {
        let encoding = self
            .tokenizer
            .encode_fast(text, false)
            .map_err(|error| broken("tokenizer").with_source(error))?;
        Ok(encoding.get_ids().to_vec())
    }

    /// What a token stands for; nothing for a special one. May be a part of a letter.
    pub(crate) fn bytes(&self, id: u32) -> &[u8] {
        self.bytes.get(id as usize).map_or(&[], Vec::as_slice)
    }

    /// Whether it ends an answer.
    pub(crate) fn is_end(&self, id: u32) -> bool {
        self.ends.contains(&id)
    }

    /// The text before the first special token, that token, and the text after it.
    pub(crate) fn next_special<'t>(&self, text: &'t str) -> (&'t str, Option<(u32, &'t str)>) {
        let found = self
            .special
            .iter()
            .filter_map(|(token, id)| text.find(token.as_str()).map(|at| (at, token.len(), *id)))
            // The first; of several at one place the longest.
            .min_by_key(|(at, len, _)| (*at, usize::MAX - len));
        match found {
            Some((at, len, id)) => {
                let (before, rest) = text.split_at(at);
                (before, Some((id, rest.get(len..).unwrap_or_default())))
            }
            None => (text, None),
        }
    }
}

/// How a text falls into words, before pairs are merged in each.
fn words(kind: &str) -> Result<PreTokenizerWrapper> {
    // The expression of `llama3` in llama.cpp, with single digits.
    const QWEN2: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
    let gpt2 = ByteLevel::new(false, true, true);
    match kind {
        "smollm" => Ok(Sequence::new(vec![Digits::new(true).into(), gpt2.into()]).into()),
        "gpt-2" | "gpt2" => Ok(gpt2.into()),
        "qwen2" => {
            let pattern = SplitPattern::Regex(QWEN2.to_owned());
            let split = Split::new(pattern, SplitDelimiterBehavior::Isolated, false)
                .map_err(|error| broken("tokenizer").with_source(error))?;
            let bytes = ByteLevel::new(false, true, false);
            Ok(Sequence::new(vec![split.into(), bytes.into()]).into())
        }
        _ => Err(broken(&format!(
            "GGUF whose words are split by the unknown rules `{kind}`"
        ))),
    }
}

/// GPT-2's letters for bytes: printable ones stand for themselves, the others for letters from U+0100 on, in order.
fn alphabet() -> HashMap<char, u8> {
    let printable = |byte: u8| matches!(byte, b'!'..=b'~' | 0xA1..=0xAC | 0xAE..=0xFF);
    let mut next = 0x100;
    (0..=u8::MAX)
        .filter_map(|byte| {
            let letter = if printable(byte) {
                u32::from(byte)
            } else {
                next += 1;
                next - 1
            };
            char::from_u32(letter).map(|letter| (letter, byte))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_has_a_letter() {
        let alphabet = alphabet();
        assert_eq!(alphabet.len(), 256);
        for (letter, byte) in [('a', b'a'), ('Ġ', b' '), ('Ċ', b'\n'), ('Ń', 0xAD)] {
            assert_eq!(alphabet.get(&letter), Some(&byte));
        }
    }
}
