//! How large the inputs of each matrix become: what the 8-bit file needs to know of real texts.

use model::Result;

use crate::{
    bert::{Bert, Peaks, Scratch},
    math::Cores,
    wordpiece::WordPiece,
};

/// Texts of the kinds that are embedded: questions, prose, lists, code, numbers, other languages. One a line.
const TEXTS: &str = include_str!("calibration.txt");

/// Runs the exact model over the texts.
pub(super) fn calibrate(bert: &Bert, words: &WordPiece, longest: usize) -> Result<Peaks> {
    let mut scratch = Scratch::default();
    scratch.peaks = Some(Peaks::default());
    let room = longest.min(bert.max_tokens()).saturating_sub(2);
    for text in TEXTS.lines().filter(|line| !line.is_empty()) {
        let mut input = vec![words.cls];
        input.extend(words.encode(text).into_iter().take(room));
        input.push(words.sep);
        bert.forward(&input, &mut scratch, Cores::All)?;
    }
    Ok(scratch.peaks.unwrap_or_default())
}
