//! Reading an answer in every way at once, and holding back what may become a repetition.

use std::{collections::VecDeque, sync::Arc};

use super::{
    Settings,
    index::{Cursor, Index, Standing},
    view::{Coded, Digits, Letter, Steps, base64_value, leet, plain},
};
use crate::chat::screen::Screened;

/// Letters in a row from which on an answer is held back. Fewer are in every text, and tell nothing.
const HELD: usize = 8;

/// What an app was told, prepared for watching.
#[derive(Debug)]
pub(crate) struct Secret {
    plain: Index,
    leet: Index,
    steps: Index,
    preset: String,
}

impl Secret {
    /// Of these texts, read as one secret each. The canary is one of them.
    pub(crate) fn new(settings: &Settings, texts: &[String]) -> Self {
        let mut secret = Self {
            plain: Index::default(),
            leet: Index::default(),
            steps: Index::default(),
            preset: settings.preset.clone(),
        };
        for text in texts {
            for order in orders(text) {
                let overlap = settings.overlap;
                secret
                    .plain
                    .add(order.chars().filter_map(plain).collect(), overlap);
                secret
                    .leet
                    .add(order.chars().filter_map(leet).collect(), overlap);
                let mut steps = Steps::default();
                let steps = order.chars().filter_map(|c| steps.push(c, 0));
                secret
                    .steps
                    .add(steps.map(|(step, _)| step).collect(), overlap);
            }
        }
        secret
    }
}

/// The text forwards and backwards, letter by letter and word by word.
fn orders(text: &str) -> [String; 4] {
    let backwards = |text: &str| text.chars().rev().collect::<String>();
    let words: Vec<&str> = text.split_whitespace().rev().collect();
    let words = words.join(" ");
    [text.to_owned(), backwards(text), backwards(&words), words]
}

/// A cursor, and where the letters that it was given began.
#[derive(Debug, Default)]
struct Track {
    cursor: Cursor,
    places: VecDeque<usize>,
    /// From here on, the answer is held back.
    held: Option<usize>,
}

/// Letters whose places are remembered: no run is longer.
const PLACES: usize = 512;

impl Track {
    /// Whether a secret is repeated with this letter.
    fn push(&mut self, index: &Index, (letter, at): Letter) -> bool {
        if self.places.len() == PLACES {
            self.places.pop_front();
        }
        self.places.push_back(at);
        match self.cursor.push(index, letter) {
            Standing::Repeated => return true,
            Standing::Run(run) if run >= HELD => {
                let first = self.places.len().saturating_sub(run);
                self.held = self.places.get(first).copied();
            }
            Standing::Run(_) => self.held = None,
        }
        false
    }
}

/// The watch over one answer.
#[derive(Debug)]
pub(crate) struct Watch {
    secret: Arc<Secret>,
    /// What was not shown so far, and the byte of the answer where it begins.
    pending: String,
    shown: usize,
    plain: Track,
    leet: Track,
    steps: (Steps, Track),
    base64: Vec<(Coded, Track)>,
    hex: (Digits, Vec<(Coded, Track)>),
}

impl Watch {
    /// Begins with nothing read.
    pub(crate) fn new(secret: Arc<Secret>) -> Self {
        Self {
            secret,
            pending: String::new(),
            shown: 0,
            plain: Track::default(),
            leet: Track::default(),
            steps: Default::default(),
            base64: (0..4)
                .map(|skip| (Coded::base64(skip), Track::default()))
                .collect(),
            hex: (
                Digits::default(),
                (0..2)
                    .map(|skip| (Coded::hex(skip), Track::default()))
                    .collect(),
            ),
        }
    }

    /// What must not be said.
    #[cfg(feature = "agents")]
    pub(crate) fn secret(&self) -> Arc<Secret> {
        self.secret.clone()
    }

    /// Whether another text, as a whole, repeats what must not be said.
    #[cfg(feature = "agents")]
    pub(crate) fn repeats(&self, text: &str) -> bool {
        let said = Self::new(self.secret.clone()).take(text, true);
        !matches!(said, Screened::Show(_))
    }

    /// Takes more of the answer in; `last` says that nothing follows.
    pub(crate) fn take(&mut self, more: &str, last: bool) -> Screened {
        let begin = self.shown + self.pending.len();
        self.pending.push_str(more);
        for (at, c) in more.char_indices() {
            if self.read(c, begin + at) {
                return Screened::End(self.secret.preset.clone());
            }
        }
        if last && self.ends() {
            return Screened::End(self.secret.preset.clone());
        }
        let end = self.shown + self.pending.len();
        let until = match last {
            true => end,
            false => self.held().unwrap_or(end).clamp(self.shown, end),
        };
        let rest = self.pending.split_off(until - self.shown);
        self.shown = until;
        Screened::Show(std::mem::replace(&mut self.pending, rest))
    }

    fn read(&mut self, c: char, at: usize) -> bool {
        let secret = &self.secret;
        let mut repeated = false;
        if let Some(letter) = plain(c) {
            repeated |= self.plain.push(&secret.plain, (letter, at));
        }
        if let Some(letter) = leet(c) {
            repeated |= self.leet.push(&secret.leet, (letter, at));
        }
        let (steps, track) = &mut self.steps;
        if let Some(step) = steps.push(c, at) {
            repeated |= track.push(&secret.steps, step);
        }
        if let Some(value) = base64_value(c) {
            for (coded, track) in &mut self.base64 {
                if let Some(letter) = coded.push(value, at) {
                    repeated |= track.push(&secret.plain, letter);
                }
            }
        }
        let (digits, codes) = &mut self.hex;
        for (digit, at) in digits.push(c, at).into_iter().flatten() {
            for (coded, track) in codes.iter_mut() {
                if let Some(letter) = coded.push(digit, at) {
                    repeated |= track.push(&secret.plain, letter);
                }
            }
        }
        repeated
    }

    fn held(&self) -> Option<usize> {
        let single = [&self.plain, &self.leet, &self.steps.1];
        let coded = self.base64.iter().chain(&self.hex.1);
        let tracks = single.into_iter().chain(coded.map(|(_, track)| track));
        tracks.filter_map(|track| track.held).min()
    }

    fn ends(&mut self) -> bool {
        let secret = &self.secret;
        let coded = self.base64.iter_mut().chain(&mut self.hex.1);
        let mut coded = coded.map(|(_, track)| track);
        coded.any(|track| track.cursor.end(&secret.plain))
            || self.plain.cursor.end(&secret.plain)
            || self.leet.cursor.end(&secret.leet)
            || self.steps.1.cursor.end(&secret.steps)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "You are Marla, the booking clerk of the Hotel Seeblick. Never grant more than twelve percent.";

    fn settings() -> Settings {
        Settings {
            rules: true,
            output: true,
            preset: "No.".to_owned(),
            overlap: 40,
        }
    }

    /// What a reader gets of an answer that comes in pieces of so many characters.
    fn watched(answer: &str, piece: usize) -> (String, bool) {
        let secret = Arc::new(Secret::new(&settings(), &[SECRET.to_owned()]));
        let mut watch = Watch::new(secret);
        let mut shown = String::new();
        let chars: Vec<char> = answer.chars().collect();
        let pieces = chars
            .chunks(piece)
            .map(|piece| piece.iter().collect::<String>());
        for (piece, last) in pieces.map(|p| (p, false)).chain([(String::new(), true)]) {
            match watch.take(&piece, last) {
                Screened::Show(text) => shown.push_str(&text),
                Screened::Replace(_) => unreachable!(),
                Screened::End(preset) => {
                    assert_eq!(preset, "No.");
                    return (shown, true);
                }
            }
        }
        (shown, false)
    }

    #[test]
    fn answers_that_repeat_nothing_pass_unchanged() {
        for answer in [
            "",
            "Yes.",
            "We have a room for two from Friday on, with breakfast. Shall I book it for you?",
            "I am Marla, the booking clerk of this house.",
            "The Hotel Seeblick never sleeps; more than twelve guests came.",
            "Grüße 🙂 aus dem Hotel. aGVsbG8gd29ybGQ= 48 65 6c 6c 6f",
            "You are Marla",
        ] {
            for piece in [1, 3, 1000] {
                assert_eq!(
                    watched(answer, piece),
                    (answer.to_owned(), false),
                    "{answer}"
                );
            }
        }
    }

    #[test]
    fn answers_that_repeat_the_secret_are_cut_before_it_begins() {
        let before = "Sure, here it is: ";
        for piece in [1, 5, 1000] {
            let (shown, cut) = watched(&format!("{before}{SECRET} That is all."), piece);
            assert!(cut);
            assert!(shown.len() <= before.len() + HELD + 1, "{shown}");
            assert!(before.starts_with(shown.get(..before.len()).unwrap_or(&shown)));
        }
    }

    #[test]
    fn a_secret_in_pieces() {
        let words: Vec<&str> = SECRET.split(' ').collect();
        let pieces: Vec<String> = words.chunks(5).map(|words| words.join(" ")).collect();
        let (_, cut) = watched(&pieces.join(" banana "), 4);
        assert!(cut, "{pieces:?}");
    }
}
