//! Texts that must not be repeated, and a cursor that follows whatever repeats them.

use std::collections::HashMap;

/// Shortest text that is kept secret on its own, in letters and digits: less says nothing.
const LEAST: usize = 12;

/// A run of so many counts towards a text that is repeated in pieces.
const PIECE: usize = 16;

/// One text in one order of its letters.
#[derive(Debug)]
struct Text {
    letters: Vec<char>,
    /// From so many in a row on, it is repeated.
    limit: usize,
    /// From so many in pieces on, it is repeated.
    pieces: usize,
}

/// Texts by the places of their trigrams.
#[derive(Debug, Default)]
pub(super) struct Index {
    texts: Vec<Text>,
    starts: HashMap<[char; 3], Vec<(usize, usize)>>,
}

impl Index {
    /// Adds a text, of which `overlap` letters in a row are too many.
    pub(super) fn add(&mut self, letters: Vec<char>, overlap: usize) {
        if letters.len() < LEAST {
            return;
        }
        // A letter of Chinese or Japanese says as much as three of an alphabet.
        let dense = letters.iter().filter(|c| **c > '\u{2E80}').count() * 2 > letters.len();
        let overlap = if dense { overlap / 3 } else { overlap };
        // Nearly all of a short text is all of it.
        let limit = overlap.min(letters.len() * 4 / 5).max(LEAST.min(overlap));
        let pieces = limit.max((letters.len() / 4).min(2 * overlap));
        let text = self.texts.len();
        for (at, window) in letters.windows(3).enumerate() {
            if let [a, b, c] = window {
                self.starts
                    .entry([*a, *b, *c])
                    .or_default()
                    .push((text, at));
            }
        }
        self.texts.push(Text {
            letters,
            limit,
            pieces,
        });
    }
}

/// A place in a text that the last letters lead to.
#[derive(Clone, Copy, Debug)]
struct Live {
    text: usize,
    next: usize,
    run: usize,
}

/// What the last letters repeat.
#[derive(Debug, Default)]
pub(super) struct Cursor {
    last: [Option<char>; 2],
    live: Vec<Live>,
    /// Places of a text that were repeated in pieces.
    seen: HashMap<usize, Vec<bool>>,
}

/// How things stand after a letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// So many of the last letters are in a row in some text.
    Run(usize),
    /// A text is repeated.
    Repeated,
}

impl Cursor {
    pub(super) fn push(&mut self, index: &Index, letter: char) -> Standing {
        let mut ended = Vec::new();
        self.live.retain_mut(|live| {
            let text = index.texts.get(live.text);
            let goes_on = text.and_then(|text| text.letters.get(live.next)) == Some(&letter);
            match goes_on {
                true => {
                    live.next += 1;
                    live.run += 1;
                }
                false => ended.push(*live),
            }
            goes_on
        });
        if let [Some(first), Some(second)] = self.last
            && let Some(starts) = index.starts.get(&[first, second, letter])
        {
            for (text, at) in starts {
                let next = at + 3;
                let known = |live: &Live| live.text == *text && live.next == next;
                if !self.live.iter().any(known) {
                    let (text, run) = (*text, 3);
                    self.live.push(Live { text, next, run });
                }
            }
        }
        let [_, second] = self.last;
        self.last = [second, Some(letter)];
        let over = |live: &Live| {
            let text = index.texts.get(live.text);
            text.is_some_and(|text| live.run >= text.limit)
        };
        if self.live.iter().any(over) || ended.iter().any(|live| self.piece(index, live)) {
            return Standing::Repeated;
        }
        let longest = self.live.iter().map(|live| live.run).max();
        Standing::Run(longest.unwrap_or_default())
    }

    /// Nothing follows: whether a text was repeated in pieces.
    pub(super) fn end(&mut self, index: &Index) -> bool {
        let live = std::mem::take(&mut self.live);
        live.iter().any(|live| self.piece(index, live))
    }

    /// Notes a run that has ended; whether its text is now repeated.
    fn piece(&mut self, index: &Index, live: &Live) -> bool {
        let Some(text) = index.texts.get(live.text) else {
            return false;
        };
        if live.run < PIECE {
            return false;
        }
        let seen = self.seen.entry(live.text);
        let seen = seen.or_insert_with(|| vec![false; text.letters.len()]);
        let places = seen.iter_mut().take(live.next);
        places
            .skip(live.next - live.run)
            .for_each(|place| *place = true);
        seen.iter().filter(|seen| **seen).count() >= text.pieces
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_and_pieces() {
        let secret: String = ('a'..='z').chain('A'..='Z').chain('0'..='9').collect();
        let mut index = Index::default();
        index.add(secret.chars().collect(), 20);
        index.add("tooshort".chars().collect(), 20);
        let check = |text: &str, expect: Result<usize, ()>| {
            let mut cursor = Cursor::default();
            let mut standing = Standing::Run(0);
            for letter in text.chars() {
                standing = cursor.push(&index, letter);
                if standing == Standing::Repeated {
                    break;
                }
            }
            let repeated = standing == Standing::Repeated || cursor.end(&index);
            let found = match standing {
                Standing::Run(run) if !repeated => Ok(run),
                _ => Err(()),
            };
            assert_eq!(found, expect, "{text}");
        };
        check("", Ok(0));
        check("ab", Ok(0));
        check("..abc", Ok(3));
        check("abcdx", Ok(0));
        check("abcdefghijklmnopqrs", Ok(19));
        check("abcdefghijklmnopqrst", Err(()));
        check("ABCDEFGHIJKLMNOPQRSTUV", Err(()));
        // Pieces that are each too short; the same piece again counts once.
        let (one, two) = ("abcdefghijklmnop", "tuvwxyzABCDEFGHI");
        check(&format!("{one}_{one}_{one}_"), Ok(0));
        check(&format!("{one}_{two}_"), Err(()));
        check("tooshort", Ok(0));
    }

    #[test]
    fn short_texts_and_dense_ones() {
        let limit = |text: &str, overlap: usize| {
            let mut index = Index::default();
            index.add(text.chars().collect(), overlap);
            index.texts.first().map(|text| text.limit)
        };
        assert_eq!(limit(&"x".repeat(11), 40), None);
        assert_eq!(limit(&"x".repeat(12), 40), Some(12));
        assert_eq!(limit(&"x".repeat(20), 40), Some(16));
        assert_eq!(limit(&"x".repeat(100), 40), Some(40));
        assert_eq!(limit(&"字".repeat(100), 45), Some(15));
    }
}
