//! Character maps: how a font's codes are cut from a string, and which text or glyph number they mean.

use std::collections::BTreeMap;

/// Most entries of one map; real ones have at most 65,536.
const MOST: usize = 200_000;

/// A parsed CMap.
#[derive(Debug, Default)]
pub(super) struct Cmap {
    /// Code lengths in bytes, with their first and last code.
    spaces: Vec<(usize, u32, u32)>,
    texts: BTreeMap<u32, String>,
    /// First code, last code, UTF-16 units of the first.
    ranges: Vec<(u32, u32, Vec<u16>)>,
    /// First code, last code, glyph number of the first.
    cids: Vec<(u32, u32, u32)>,
}

enum Item<'a> {
    Hex(Vec<u8>),
    Number(u32),
    Word(&'a [u8]),
    Open,
    Close,
}

impl Cmap {
    pub(super) fn parse(data: &[u8]) -> Self {
        let mut map = Self::default();
        let mut items = Items(data);
        while let Some(item) = items.next() {
            let Item::Word(word) = item else { continue };
            match word {
                b"begincodespacerange" => map.spaces(&mut items),
                b"beginbfchar" => map.chars(&mut items),
                b"beginbfrange" => map.text_ranges(&mut items),
                b"begincidchar" => map.cids(&mut items, false),
                b"begincidrange" => map.cids(&mut items, true),
                _ => {}
            }
        }
        map
    }

    fn room(&self) -> bool {
        self.texts.len() + self.ranges.len() + self.cids.len() + self.spaces.len() < MOST
    }

    fn spaces(&mut self, items: &mut Items<'_>) {
        while let (Some(Item::Hex(low)), Some(Item::Hex(high))) = (items.next(), items.next()) {
            if (1..=4).contains(&low.len()) && self.room() {
                self.spaces.push((low.len(), number(&low), number(&high)));
            }
        }
    }

    fn chars(&mut self, items: &mut Items<'_>) {
        while let Some(Item::Hex(code)) = items.next() {
            match items.next() {
                Some(Item::Hex(text)) if self.room() => {
                    self.texts.insert(number(&code), utf16(&units(&text)));
                }
                Some(Item::Word(name)) if self.room() => {
                    let name = String::from_utf8_lossy(name.strip_prefix(b"/").unwrap_or(name));
                    if let Some(text) = super::encoding::glyph(&name) {
                        self.texts.insert(number(&code), text);
                    }
                }
                _ => return,
            }
        }
    }

    fn text_ranges(&mut self, items: &mut Items<'_>) {
        while let (Some(Item::Hex(low)), Some(Item::Hex(high))) = (items.next(), items.next()) {
            let (low, high) = (number(&low), number(&high));
            match items.next() {
                Some(Item::Hex(text)) if self.room() => self.ranges.push((low, high, units(&text))),
                Some(Item::Open) => {
                    let mut code = low;
                    while let Some(Item::Hex(text)) = items.next() {
                        if self.room() {
                            self.texts.insert(code, utf16(&units(&text)));
                        }
                        code = code.saturating_add(1);
                    }
                }
                _ => return,
            }
        }
    }

    fn cids(&mut self, items: &mut Items<'_>, ranges: bool) {
        while let Some(Item::Hex(low)) = items.next() {
            let low = number(&low);
            let high = match ranges {
                false => low,
                true => match items.next() {
                    Some(Item::Hex(high)) => number(&high),
                    _ => return,
                },
            };
            match items.next() {
                Some(Item::Number(cid)) if self.room() => self.cids.push((low, high, cid)),
                _ => return,
            }
        }
    }

    /// The text of a code, if the map has one.
    pub(super) fn text(&self, code: u32) -> Option<String> {
        if let Some(text) = self.texts.get(&code) {
            return Some(text.clone());
        }
        let (low, _, units) = self
            .ranges
            .iter()
            .find(|(low, high, _)| (*low..=*high).contains(&code))?;
        let mut units = units.clone();
        let last = units.last_mut()?;
        *last = last.wrapping_add(u16::try_from(code - low).ok()?);
        Some(utf16(&units))
    }

    /// The glyph number of a code.
    pub(super) fn cid(&self, code: u32) -> u32 {
        let range = self
            .cids
            .iter()
            .find(|(low, high, _)| (*low..=*high).contains(&code));
        range.map_or(code, |(low, _, cid)| cid.saturating_add(code - low))
    }

    /// Whether it says how long codes are.
    pub(super) fn has_spaces(&self) -> bool {
        !self.spaces.is_empty()
    }

    /// The next code of a string and its length in bytes.
    pub(super) fn code(&self, string: &[u8]) -> (u32, usize) {
        for length in 1..=4 {
            let Some(bytes) = string.get(..length) else {
                break;
            };
            let code = number(bytes);
            let fits = |(long, low, high): &(usize, u32, u32)| {
                *long == length && (*low..=*high).contains(&code)
            };
            if self.spaces.iter().any(fits) {
                return (code, length);
            }
        }
        let shortest = self
            .spaces
            .iter()
            .map(|(long, ..)| *long)
            .min()
            .unwrap_or(1);
        let length = shortest.min(string.len()).max(1);
        (number(string.get(..length).unwrap_or_default()), length)
    }
}

fn number(bytes: &[u8]) -> u32 {
    bytes
        .iter()
        .take(4)
        .fold(0, |number, byte| number << 8 | u32::from(*byte))
}

fn units(bytes: &[u8]) -> Vec<u16> {
    match bytes {
        [single] => vec![u16::from(*single)],
        _ => bytes
            .chunks_exact(2)
            .map(|pair| {
                pair.iter()
                    .fold(0, |unit, byte| unit << 8 | u16::from(*byte))
            })
            .collect(),
    }
}

fn utf16(units: &[u16]) -> String {
    String::from_utf16_lossy(units).replace('\0', "")
}

struct Items<'a>(&'a [u8]);

impl<'a> Items<'a> {
    fn split(&mut self, at: usize) -> &'a [u8] {
        let (head, rest) = self.0.split_at_checked(at).unwrap_or((self.0, &[]));
        self.0 = rest;
        head
    }
}

impl<'a> Iterator for Items<'a> {
    type Item = Item<'a>;

    fn next(&mut self) -> Option<Item<'a>> {
        loop {
            self.0 = self.0.trim_ascii_start();
            match self.0 {
                [] => return None,
                [b'%', ..] => {
                    let end = self.0.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
                    self.split(end.unwrap_or(self.0.len()));
                }
                [b'<', b'<', ..] | [b'>', b'>', ..] => {
                    self.split(2);
                }
                [b'<', ..] => {
                    let end = self
                        .0
                        .iter()
                        .position(|byte| *byte == b'>')
                        .unwrap_or(self.0.len());
                    let hex = self.split(end + 1);
                    let digits: Vec<u8> = hex
                        .iter()
                        .filter_map(|byte| char::from(*byte).to_digit(16))
                        .filter_map(|digit| u8::try_from(digit).ok())
                        .collect();
                    let byte = |pair: &[u8]| pair.iter().fold(0, |byte, digit| byte << 4 | digit);
                    return Some(Item::Hex(digits.chunks(2).map(byte).collect()));
                }
                [b'[', ..] => {
                    self.split(1);
                    return Some(Item::Open);
                }
                [b']', ..] => {
                    self.split(1);
                    return Some(Item::Close);
                }
                [b'(' | b')' | b'>' | b'{' | b'}', ..] => {
                    self.split(1);
                }
                _ => {
                    let ends =
                        |byte: &u8| byte.is_ascii_whitespace() || b"<>[](){}%".contains(byte);
                    let end = self.0.iter().position(ends).unwrap_or(self.0.len());
                    let word = self.split(end.max(1));
                    let number = std::str::from_utf8(word)
                        .ok()
                        .and_then(|word| word.parse().ok());
                    return Some(number.map_or(Item::Word(word), Item::Number));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_codes() {
        let map = Cmap::parse(
            b"/CIDInit begincmap 1 begincodespacerange <00> <7f> <8000> <ffff> endcodespacerange % note\n\
              2 beginbfchar <01> <0041> <02> <D83DDE00> endbfchar\n\
              2 beginbfrange <10> <12> <0061> <20> <21> [<00660066> <78>] endbfrange\n\
              1 begincidrange <8000> <8010> 5 endcidrange endcmap",
        );
        for (code, text) in [
            (1, Some("A")),
            (2, Some("😀")),
            (0x11, Some("b")),
            (0x13, None),
            (0x20, Some("ff")),
            (0x21, Some("x")),
        ] {
            assert_eq!(map.text(code).as_deref(), text, "{code}");
        }
        assert_eq!(map.code(&[0x41, 0x80]), (0x41, 1));
        assert_eq!(map.code(&[0x80, 0x01, 0x41]), (0x8001, 2));
        assert_eq!(map.cid(0x8003), 8);
        assert_eq!(map.code(&[0x80]), (0x80, 1));
    }

    #[test]
    fn broken_maps_end() {
        for data in [
            &b"beginbfrange <00"[..],
            b"beginbfrange <0> <ffffffff> [",
            b"beginbfchar <> <>",
            b"<<<<[[",
            b"\xff\xfe",
        ] {
            let map = Cmap::parse(data);
            let _ = (map.text(0), map.code(&[1, 2]), map.code(&[]));
        }
    }
}
