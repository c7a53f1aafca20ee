//! From tokens to text that can be shown: whole letters only, and nothing that may turn out to begin a stop sequence.

/// What was written and not yet shown.
pub(crate) struct Text<'a> {
    stops: Vec<&'a str>,
    bytes: Vec<u8>,
    held: String,
}

impl<'a> Text<'a> {
    /// Empty stop sequences are ignored.
    pub(crate) fn new(stops: &'a [String]) -> Self {
        Self {
            stops: stops
                .iter()
                .map(String::as_str)
                .filter(|stop| !stop.is_empty())
                .collect(),
            bytes: Vec::new(),
            held: String::new(),
        }
    }

    /// What can be shown now, and whether a stop sequence was met, which ends the answer.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> (String, bool) {
        self.bytes.extend_from_slice(bytes);
        self.decode(false);
        let met = self
            .stops
            .iter()
            .filter_map(|stop| self.held.find(stop))
            .min();
        if let Some(at) = met {
            self.held.truncate(at);
            return (std::mem::take(&mut self.held), true);
        }
        let keep = self
            .stops
            .iter()
            .map(|stop| beginning(&self.held, stop))
            .max()
            .unwrap_or(0);
        let rest = self.held.split_off(self.held.len() - keep);
        (std::mem::replace(&mut self.held, rest), false)
    }

    /// The rest, when nothing follows.
    pub(crate) fn finish(mut self) -> String {
        self.decode(true);
        self.held
    }

    /// Moves whole letters over. Bytes that can never become a letter turn into U+FFFD.
    fn decode(&mut self, last: bool) {
        let mut taken = 0;
        for chunk in self.bytes.utf8_chunks() {
            self.held.push_str(chunk.valid());
            taken += chunk.valid().len();
            let invalid = chunk.invalid();
            let at_end = taken + invalid.len() == self.bytes.len();
            // A letter of four bytes may still be under way.
            let unfinished = at_end
                && !last
                && std::str::from_utf8(invalid).is_err_and(|error| error.error_len().is_none());
            if !invalid.is_empty() && !unfinished {
                self.held.push(char::REPLACEMENT_CHARACTER);
                taken += invalid.len();
            }
        }
        self.bytes.drain(..taken);
    }
}

/// How many bytes at the end of `text` are the beginning of `stop`.
fn beginning(text: &str, stop: &str) -> usize {
    stop.char_indices()
        .map(|(at, _)| at)
        .rev()
        .find(|at| stop.get(..*at).is_some_and(|start| text.ends_with(start)))
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pieces in, what was shown for each, and what came at the end (`None`: stopped before).
    fn check(stops: &[&str], pieces: &[&[u8]], shown: &[&str], end: Option<&str>) {
        let stops: Vec<String> = stops.iter().map(|stop| (*stop).to_owned()).collect();
        let mut text = Text::new(&stops);
        let mut stopped = false;
        for (piece, expected) in pieces.iter().zip(shown) {
            assert!(!stopped);
            let (more, now) = text.push(piece);
            assert_eq!(more, *expected, "{pieces:?}");
            stopped = now;
        }
        assert_eq!(stopped, end.is_none());
        if let Some(end) = end {
            assert_eq!(text.finish(), end);
        }
    }

    #[test]
    fn letters_and_stops_across_tokens() {
        check(&[], &[b"a", b"b"], &["a", "b"], Some(""));
        check(
            &[],
            &[b"\xE2", b"\x82", b"\xAC!"],
            &["", "", "€!"],
            Some(""),
        );
        check(&[], &[b"\xF0\x9F", b"x"], &["", "\u{FFFD}x"], Some(""));
        check(&[], &[b"ok\xF0\x9F"], &["ok"], Some("\u{FFFD}"));
        check(&["END"], &[b"xE", b"N", b"D"], &["x", "", ""], None);
        check(&["END"], &[b"xE", b"x"], &["x", "Ex"], Some(""));
        check(&["END"], &[b"xEN"], &["x"], Some("EN"));
        check(&["\n\n"], &[b"a\n", b"\nb"], &["a", ""], None);
        check(&["aab"], &[b"aa", b"ab"], &["", "a"], None);
        check(&["long stop", "s"], &[b"pas"], &["pa"], None);
        check(&[""], &[b"a"], &["a"], Some(""));
        check(&["€"], &[b"\xE2\x82", b"\xAC"], &["", ""], None);
    }
}
