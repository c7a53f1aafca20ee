//! Text to chunks, by the rules of a dataset.

mod recursive;
mod rule;

use crate::{Error, ErrorKind, Result, clean};

pub use recursive::{AUTOMATIC_SEPARATORS, Splitter};
use rule::Cut;
pub use rule::{Mode, ParentMode, PreProcessing, ProcessRule, Rules, Segmentation};

/// A passage of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// What is read.
    pub content: String,
    /// What is found in its place, of a parent; of other passages there are none.
    pub children: Vec<String>,
}

/// Bytes for each token that count as one at least, in a document that is one passage: it is kept in one record.
const WHOLE_BYTES: usize = 6;

/// Cleans a text and cuts it into chunks by a rule. `count` gives the tokens of a text, best by the tokenizer of the
/// embedding model.
///
/// No chunk is blank, none has more tokens than the rule allows.
pub fn split(text: &str, rule: &ProcessRule, count: &dyn Fn(&str) -> usize) -> Result<Vec<Chunk>> {
    let plan = rule.plan()?;
    let text = clean::clean(text, plan.cleaning);
    let passages = match plan.is_whole {
        true => {
            let count = |text: &str| count(text).max(text.len() / WHOLE_BYTES);
            let mut passages = pieces(&text, &plan.passages, &count);
            passages.truncate(1);
            passages
        }
        false => pieces(&text, &plan.passages, count),
    };
    if passages.is_empty() {
        return Err(Error::new(
            ErrorKind::Empty,
            "the document has no text to index",
        ));
    }
    let chunk = |content: String| Chunk {
        children: match &plan.children {
            Some(cut) => pieces(&content, cut, count),
            None => Vec::new(),
        },
        content,
    };
    Ok(passages.into_iter().map(chunk).collect())
}

/// The children of a parent that somebody wrote; none by rules without any.
pub fn children(
    content: &str,
    rule: &ProcessRule,
    count: &dyn Fn(&str) -> usize,
) -> Result<Vec<String>> {
    let plan = rule.plan()?;
    Ok(match &plan.children {
        Some(cut) => pieces(content, cut, count),
        None => Vec::new(),
    })
}

fn pieces(text: &str, cut: &Cut, count: &dyn Fn(&str) -> usize) -> Vec<String> {
    let splitter = Splitter {
        max_tokens: cut.max_tokens,
        overlap: cut.overlap,
        count,
    };
    let pieces = match &cut.separator {
        None => splitter.split(text, &AUTOMATIC_SEPARATORS),
        // The user's separator always cuts; only parts that are too long are cut further.
        Some(separator) => text
            .split(separator.as_str())
            .flat_map(|part| splitter.split_if_longer(part, &AUTOMATIC_SEPARATORS))
            .collect(),
    };
    pieces.iter().filter_map(|piece| tidy(piece)).collect()
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
