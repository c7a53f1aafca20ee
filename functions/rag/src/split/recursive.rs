//! Cuts at the coarsest separator that helps, then at finer ones, and fills chunks up again.

/// Paragraphs, Chinese and Western sentences, words, characters.
pub const AUTOMATIC_SEPARATORS: [&str; 5] = ["\n\n", "。", ". ", " ", ""];

/// Sizes in tokens.
pub struct Splitter<'a> {
    /// Most of a chunk.
    pub max_tokens: usize,
    /// Most that a chunk repeats of the one before it.
    pub overlap: usize,
    /// Tokens of a text.
    pub count: &'a dyn Fn(&str) -> usize,
}

impl Splitter<'_> {
    /// As it is if it fits, else cut.
    pub fn split_if_longer(&self, text: &str, separators: &[&str]) -> Vec<String> {
        if self.fits(text) {
            vec![text.to_owned()]
        } else {
            self.split(text, separators)
        }
    }

    /// Cuts at the first separator that occurs; pieces that are still too long at the ones after it. Separators stay
    /// at the end of their piece, so that nothing of the text is lost.
    pub fn split(&self, text: &str, separators: &[&str]) -> Vec<String> {
        let at = separators
            .iter()
            .position(|separator| separator.is_empty() || text.contains(separator))
            .unwrap_or(separators.len());
        let finer = separators.get(at + 1..).unwrap_or_default();
        let separator = separators.get(at).copied().unwrap_or_default();
        if separator.is_empty() {
            return self.merge(&self.cut_anywhere(text));
        }
        let mut chunks = Vec::new();
        let mut fitting: Vec<&str> = Vec::new();
        for piece in text.split_inclusive(separator) {
            if self.fits(piece) {
                fitting.push(piece);
            } else {
                chunks.append(&mut self.merge(&fitting));
                fitting.clear();
                chunks.append(&mut self.split(piece, finer));
            }
        }
        chunks.append(&mut self.merge(&fitting));
        chunks
    }

    fn fits(&self, text: &str) -> bool {
        // A token is at least one byte of text in every tokenizer: no need to count a short one.
        text.len() <= self.max_tokens || (self.count)(text) <= self.max_tokens
    }

    /// Fills chunks with pieces that fit; each chunk starts with the last pieces of the one before it, as far as the
    /// overlap allows.
    fn merge(&self, pieces: &[&str]) -> Vec<String> {
        let mut chunks: Vec<String> = Vec::new();
        let mut window: Vec<(&str, usize)> = Vec::new();
        let mut total = 0;
        let mut fresh = false;
        for piece in pieces {
            let tokens = (self.count)(piece);
            if total + tokens > self.max_tokens && fresh {
                self.emit(&window, &mut chunks);
                while total > self.overlap || total + tokens > self.max_tokens {
                    if window.is_empty() {
                        break;
                    }
                    total -= window.remove(0).1;
                }
            }
            window.push((piece, tokens));
            total += tokens;
            fresh = true;
        }
        if fresh {
            self.emit(&window, &mut chunks);
        }
        chunks
    }

    /// The sum of the pieces can be less than the whole where tokens depend on their neighbours: cut again then.
    fn emit(&self, window: &[(&str, usize)], chunks: &mut Vec<String>) {
        let text: String = window.iter().map(|(piece, _)| *piece).collect();
        if self.fits(&text) || window.len() < 2 {
            chunks.push(text);
            return;
        }
        let (head, tail) = window.split_at(window.len() / 2);
        self.emit(head, chunks);
        self.emit(tail, chunks);
    }

    /// Pieces without any separator, each a quarter of a chunk, so that they can overlap.
    fn cut_anywhere<'t>(&self, text: &'t str) -> Vec<&'t str> {
        let goal = match self.overlap {
            0 => self.max_tokens,
            overlap => overlap.min(self.max_tokens / 4),
        };
        let mut pieces = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let (piece, tail) = rest.split_at(self.longest_prefix(rest, goal.max(1)));
            pieces.push(piece);
            rest = tail;
        }
        pieces
    }

    /// Bytes of the longest prefix of at most `goal` tokens, found by halving; at least one character.
    fn longest_prefix(&self, text: &str, goal: usize) -> usize {
        let boundary = |mut at: usize| {
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            at
        };
        let first = text.chars().next().map_or(0, char::len_utf8);
        // No token covers more than 64 bytes on average.
        let (mut good, mut bad) = (first, text.len().min(goal.saturating_mul(64)) + 1);
        while good + 1 < bad {
            let middle = boundary(good.midpoint(bad));
            let fits = text
                .get(..middle)
                .is_some_and(|prefix| (self.count)(prefix) <= goal);
            if middle <= good {
                break;
            } else if fits {
                good = middle;
            } else {
                bad = middle;
            }
        }
        good
    }
}
