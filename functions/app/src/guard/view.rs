//! Ways to read a text: each gives a letter now and then, and where in the text it began.

/// A letter of a view, and the byte of the answer where it begins.
pub(super) type Letter = (char, usize);

/// As it stands: letters and digits, in lower case, look-alikes as the letters that they look like.
pub(super) fn plain(c: char) -> Option<char> {
    // Full-width forms of the printable ASCII characters.
    let c = match u32::from(c) {
        wide @ 0xFF01..=0xFF5E => char::from_u32(wide - 0xFEE0)?,
        _ => c,
    };
    if !c.is_alphanumeric() {
        return None;
    }
    let lower = c.to_lowercase().next()?;
    Some(match lower {
        'а' => 'a',
        'в' => 'b',
        'с' | 'ϲ' => 'c',
        'е' | 'є' => 'e',
        'һ' => 'h',
        'і' | 'ι' | 'ı' => 'i',
        'ј' => 'j',
        'к' | 'κ' => 'k',
        'м' => 'm',
        'о' | 'ο' => 'o',
        'р' | 'ρ' => 'p',
        'ѕ' => 's',
        'т' | 'τ' => 't',
        'υ' => 'u',
        'ν' => 'v',
        'х' | 'χ' => 'x',
        'у' => 'y',
        other => other,
    })
}

/// Digits and signs in place of letters. `1` stands for both `i` and `l`, which therefore become one.
pub(super) fn leet(c: char) -> Option<char> {
    Some(match c {
        '@' => 'a',
        '$' => 's',
        '|' => 'i',
        c => match plain(c)? {
            '0' => 'o',
            '1' | 'l' => 'i',
            '3' => 'e',
            '4' => 'a',
            '5' => 's',
            '7' => 't',
            '8' => 'b',
            other => other,
        },
    })
}

/// The distance from one Latin letter to the next, which no shift of the alphabet changes.
#[derive(Debug, Default)]
pub(super) struct Steps(Option<(u8, usize)>);

impl Steps {
    pub(super) fn push(&mut self, c: char, at: usize) -> Option<Letter> {
        let letter = plain(c).filter(char::is_ascii_lowercase)?;
        let letter = u8::try_from(letter).ok()?;
        let (before, began) = self.0.replace((letter, at))?;
        let step = (letter + 26 - before) % 26;
        Some((char::from(b'a' + step), began))
    }
}

/// Bytes as they come out of a code, as text.
#[derive(Debug, Default)]
struct Bytes {
    pending: Vec<u8>,
    began: usize,
}

impl Bytes {
    fn push(&mut self, byte: u8, at: usize) -> Option<Letter> {
        if self.pending.is_empty() {
            self.began = at;
        }
        self.pending.push(byte);
        match std::str::from_utf8(&self.pending) {
            Ok(text) => {
                let letter = text.chars().next().and_then(plain);
                self.pending.clear();
                letter.map(|letter| (letter, self.began))
            }
            Err(error) if error.error_len().is_some() => {
                self.pending.clear();
                None
            }
            Err(_) => None,
        }
    }
}

/// A code of a few bits a character: base64 (6) or hex (4), read from one of the places where a byte may begin.
#[derive(Debug)]
pub(super) struct Coded {
    bits_each: u32,
    skip: usize,
    bits: u32,
    held: u32,
    before: usize,
    bytes: Bytes,
}

impl Coded {
    pub(super) fn base64(skip: usize) -> Self {
        Self::new(6, skip)
    }

    pub(super) fn hex(skip: usize) -> Self {
        Self::new(4, skip)
    }

    fn new(bits_each: u32, skip: usize) -> Self {
        Self {
            bits_each,
            skip,
            bits: 0,
            held: 0,
            before: 0,
            bytes: Bytes::default(),
        }
    }

    /// Takes the value of a character.
    pub(super) fn push(&mut self, value: u32, at: usize) -> Option<Letter> {
        if self.skip > 0 {
            self.skip -= 1;
            return None;
        }
        let began = if self.held == 0 { at } else { self.before };
        self.before = at;
        self.bits = (self.bits << self.bits_each | value) & 0xFFFF;
        self.held += self.bits_each;
        if self.held < 8 {
            return None;
        }
        self.held -= 8;
        let byte = u8::try_from(self.bits >> self.held & 0xFF).ok()?;
        self.bytes.push(byte, began)
    }
}

/// The value of a base64 character of either alphabet.
pub(super) fn base64_value(c: char) -> Option<u32> {
    let c = u32::from(c);
    Some(match char::from_u32(c)? {
        'A'..='Z' => c - 65,
        'a'..='z' => c - 71,
        '0'..='9' => c + 4,
        '+' | '-' => 62,
        '/' | '_' => 63,
        _ => return None,
    })
}

/// Hexadecimal digits, without the zeros of `0x`.
#[derive(Debug, Default)]
pub(super) struct Digits(Option<usize>);

impl Digits {
    /// Up to two digits, because a zero waits for what follows it.
    pub(super) fn push(&mut self, c: char, at: usize) -> [Option<(u32, usize)>; 2] {
        let zero = self.0.take().map(|at| (0, at));
        match c.to_digit(16) {
            Some(0) => {
                self.0 = Some(at);
                [zero, None]
            }
            Some(digit) => [zero, Some((digit, at))],
            None if matches!(c, 'x' | 'X') => [None, None],
            None => [zero, None],
        }
    }
}

#[cfg(test)]
mod tests {
    use base64::{Engine, prelude::BASE64_STANDARD};

    use super::*;

    fn read(text: &str, mut push: impl FnMut(char, usize) -> Vec<Option<Letter>>) -> String {
        let letters = text.char_indices().flat_map(|(at, c)| push(c, at));
        letters.flatten().map(|(letter, _)| letter).collect()
    }

    #[test]
    fn letters() {
        let plainly = |text: &str| read(text, |c, at| vec![plain(c).map(|c| (c, at))]);
        assert_eq!(plainly("A b-C\u{200b}3 é"), "abc3é");
        assert_eq!(plainly("ＡＢс"), "abc");
        let leetly = |text: &str| read(text, |c, at| vec![leet(c).map(|c| (c, at))]);
        assert_eq!(leetly("$3cr37 1337 b@ll"), leetly("secret ieet baii"));
        let steps = |text: &str| {
            let mut steps = Steps::default();
            read(text, |c, at| vec![steps.push(c, at)])
        };
        assert_eq!(steps("Be terse, 3x."), steps("Or-grefr k"));
        assert_eq!(steps("abd"), "bc");
    }

    #[test]
    fn codes() {
        let decoded = |text: &str, skip: usize| {
            let mut coded = Coded::base64(skip);
            read(text, |c, at| {
                vec![base64_value(c).and_then(|value| coded.push(value, at))]
            })
        };
        let code = BASE64_STANDARD.encode("You are térse.");
        assert_eq!(decoded(&code, 0), "youaretérse");
        let wrapped = format!("x{}\n {}", &code[..5], &code[5..]);
        assert!(decoded(&wrapped, 1).contains("youaretérse"));
        let hex = |text: &str| {
            let (mut digits, mut coded) = (Digits::default(), Coded::hex(0));
            read(text, |c, at| {
                let found = digits.push(c, at).into_iter().flatten();
                found.map(|(digit, at)| coded.push(digit, at)).collect()
            })
        };
        assert_eq!(hex("59 6f:75"), "you");
        assert_eq!(hex("0x59,0x30,0x75 "), "y0u");
        assert_eq!(hex("%59%6F%75"), "you");
    }

    #[test]
    fn letters_know_where_they_began() {
        let mut coded = Coded::base64(0);
        let code = BASE64_STANDARD.encode("abc");
        let places: Vec<_> = code
            .char_indices()
            .filter_map(|(at, c)| coded.push(base64_value(c)?, at))
            .collect();
        assert_eq!(places, [('a', 0), ('b', 1), ('c', 2)]);
    }
}
