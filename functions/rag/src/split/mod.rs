//! Text to chunks, by the rules of a dataset.

mod recursive;
mod rule;

use crate::{Error, ErrorKind, Result, clean};

pub use recursive::{AUTOMATIC_SEPARATORS, Splitter};
pub use rule::{Mode, PreProcessing, ProcessRule, Rules, Segmentation};

/// Cleans a text and cuts it into chunks by a rule. `count` gives the tokens of a text, best by the tokenizer of the
/// embedding model.
///
/// No chunk is blank, none has more tokens than the rule allows.
pub fn split(text: &str, rule: &ProcessRule, count: &dyn Fn(&str) -> usize) -> Result<Vec<String>> {
    let plan = rule.plan()?;
    let text = clean::clean(text, plan.cleaning);
    let splitter = Splitter {
        max_tokens: plan.max_tokens,
        overlap: plan.overlap,
        count,
    };
    let chunks = match &plan.separator {
        None => splitter.split(&text, &AUTOMATIC_SEPARATORS),
        // The user's separator always cuts; only parts that are too long are cut further.
        Some(separator) => text
            .split(separator.as_str())
            .flat_map(|part| splitter.split_if_longer(part, &AUTOMATIC_SEPARATORS))
            .collect(),
    };
    let chunks: Vec<String> = chunks.iter().filter_map(|chunk| tidy(chunk)).collect();
    if chunks.is_empty() {
        return Err(Error::new(
            ErrorKind::Empty,
            "the document has no text to index",
        ));
    }
    Ok(chunks)
}

/// Tokens that two neighbouring windows share, so that no sentence is seen in halves only.
const WINDOW_OVERLAP: usize = 32;

/// What of a passage is embedded apart: the whole of it where the model reads that (`max_input` tokens, special ones
/// included; 0 where that is not known), else windows of half the model's input. One vector for a long passage would be
/// a mean in which a single sentence is lost.
pub fn windows(text: &str, max_input: usize, count: &dyn Fn(&str) -> usize) -> Vec<String> {
    let room = max_input.saturating_sub(2);
    if room == 0 || count(text) <= room {
        return vec![text.to_owned()];
    }
    let splitter = Splitter {
        max_tokens: (max_input / 2).max(1),
        overlap: WINDOW_OVERLAP.min(max_input / 8),
        count,
    };
    splitter.split(text, &AUTOMATIC_SEPARATORS)
}

/// Without blanks around it and without the stop that a cut left at its start.
fn tidy(chunk: &str) -> Option<String> {
    let chunk = chunk.trim();
    let chunk = chunk
        .strip_prefix(['.', '。'])
        .unwrap_or(chunk)
        .trim_start();
    (!chunk.is_empty()).then(|| chunk.to_owned())
}

#[cfg(test)]
mod tests;
