//! Fonts: the bytes of a string to text and advance widths.

use std::{collections::BTreeMap, collections::HashMap, rc::Rc};

use encoding_rs::Encoding;
use hayro_syntax::object::{
    Array, Dict, Name, Number, Object, ObjectIdentifier, Stream, String as PdfString,
};

use super::{
    Budget,
    cmap::Cmap,
    encoding::{self, Base},
    guard::Stop,
    metrics,
};

/// A font of the file.
pub(super) struct Font {
    codes: Codes,
    to_unicode: Option<Cmap>,
    /// By code of a simple font, by glyph number of a composite one; in font sizes.
    widths: BTreeMap<u32, f32>,
    default_width: Option<f32>,
    name: String,
}

enum Codes {
    /// One byte each, with the text of each.
    Simple(Vec<Option<String>>),
    /// As the CMap says; two bytes each without one.
    Composite(Cmap),
    /// The bytes are text in this encoding.
    Text(&'static Encoding),
}

/// One glyph, as far as text is concerned.
pub(super) struct Glyph {
    pub text: String,
    /// In font sizes.
    pub width: f32,
    /// A single byte 32, to which word spacing applies.
    pub blank: bool,
}

/// The fonts seen so far, so that none is parsed twice.
#[derive(Default)]
pub(super) struct Fonts(HashMap<ObjectIdentifier, Rc<Font>>);

impl Fonts {
    pub(super) fn load(&mut self, dict: &Dict<'_>, budget: &Budget) -> Result<Rc<Font>, Stop> {
        if let Some(font) = dict.obj_id().and_then(|id| self.0.get(&id)) {
            return Ok(font.clone());
        }
        // A font without an identity is parsed at each use: let that cost.
        budget.instruct(100)?;
        let font = Rc::new(Font::load(dict, budget)?);
        if let Some(id) = dict.obj_id() {
            self.0.insert(id, font.clone());
        }
        Ok(font)
    }
}

impl Font {
    fn load(dict: &Dict<'_>, budget: &Budget) -> Result<Self, Stop> {
        let to_unicode = match dict.get::<Stream<'_>>("ToUnicode") {
            Some(stream) => budget.decode(&stream)?.map(|data| Cmap::parse(&data)),
            None => None,
        };
        let name = dict
            .get::<Name<'_>>("BaseFont")
            .map(|name| name.as_str().to_owned());
        let mut font = Self {
            codes: Codes::Simple(Vec::new()),
            to_unicode,
            widths: BTreeMap::new(),
            default_width: None,
            name: name.unwrap_or_default(),
        };
        match dict.get::<Name<'_>>("Subtype").as_deref() {
            Some(b"Type0") => font.load_composite(dict, budget)?,
            subtype => font.load_simple(dict, subtype == Some(b"Type3"), budget)?,
        }
        Ok(font)
    }

    fn load_simple(&mut self, dict: &Dict<'_>, type3: bool, budget: &Budget) -> Result<(), Stop> {
        let base = |name: Option<Name<'_>>| match name.as_deref() {
            Some(b"WinAnsiEncoding") => Some(Base::WinAnsi),
            Some(b"MacRomanEncoding") => Some(Base::MacRoman),
            Some(b"StandardEncoding") => Some(Base::Standard),
            _ => None,
        };
        let encoding = dict.get::<Dict<'_>>("Encoding");
        let named = match &encoding {
            Some(encoding) => base(encoding.get("BaseEncoding")),
            None => base(dict.get("Encoding")),
        };
        let built_in = match named {
            None => self.built_in(dict, budget)?,
            Some(_) => BTreeMap::new(),
        };
        let truetype = dict.get::<Name<'_>>("Subtype").as_deref() == Some(b"TrueType");
        let base = named.unwrap_or(if truetype {
            Base::WinAnsi
        } else {
            Base::Standard
        });
        let mut texts: Vec<_> = (0..=255u8)
            .map(|code| built_in.get(&code).cloned().or_else(|| base.text(code)))
            .collect();
        let differences = encoding.and_then(|encoding| encoding.get::<Array<'_>>("Differences"));
        let mut code = 0usize;
        for item in differences
            .iter()
            .flat_map(|array| array.iter::<Object<'_>>())
        {
            match item {
                Object::Number(number) => code = usize::try_from(number.as_i64()).unwrap_or(0),
                Object::Name(name) => {
                    if let Some(slot) = texts.get_mut(code) {
                        *slot = encoding::glyph(name.as_str());
                    }
                    code = code.saturating_add(1);
                }
                _ => {}
            }
        }
        self.codes = Codes::Simple(texts);
        let scale = if type3 {
            let matrix = dict.get::<Array<'_>>("FontMatrix");
            let first = matrix.and_then(|matrix| matrix.iter::<f32>().next());
            first
                .filter(|first| first.is_finite())
                .map_or(0.001, f32::abs)
        } else {
            0.001
        };
        let first = dict.get::<u32>("FirstChar").unwrap_or(0);
        if let Some(widths) = dict.get::<Array<'_>>("Widths") {
            let widths = widths.iter::<f32>().take(256).enumerate();
            self.widths = widths
                .map(|(at, width)| (first.saturating_add(at as u32), width * scale))
                .collect();
        }
        let descriptor = dict.get::<Dict<'_>>("FontDescriptor");
        self.default_width = descriptor
            .and_then(|descriptor| descriptor.get::<f32>("MissingWidth"))
            .filter(|width| *width > 0.0)
            .map(|width| width * scale);
        Ok(())
    }

    /// The encoding inside an embedded Type 1 font: lines like `dup 65 /A put` in its clear part.
    fn built_in(&self, dict: &Dict<'_>, budget: &Budget) -> Result<BTreeMap<u8, String>, Stop> {
        let file = dict
            .get::<Dict<'_>>("FontDescriptor")
            .and_then(|descriptor| descriptor.get::<Stream<'_>>("FontFile"));
        let Some(program) = file.map(|file| budget.decode(&file)).transpose()?.flatten() else {
            return Ok(BTreeMap::new());
        };
        let clear = super::super::sniff::find(&program, b"eexec").unwrap_or(0);
        let clear = String::from_utf8_lossy(program.get(..clear).unwrap_or_default());
        let words: Vec<&str> = clear.split_ascii_whitespace().take(10_000).collect();
        let entry = |window: &[&str]| match window {
            ["dup", code, name, "put"] => Some((
                code.parse().ok()?,
                encoding::glyph(name.strip_prefix('/')?)?,
            )),
            _ => None,
        };
        Ok(words.windows(4).filter_map(entry).collect())
    }

    fn load_composite(&mut self, dict: &Dict<'_>, budget: &Budget) -> Result<(), Stop> {
        self.codes = match dict.get::<Stream<'_>>("Encoding") {
            Some(stream) => {
                let data = budget.decode(&stream)?.unwrap_or_default();
                Codes::Composite(Cmap::parse(&data))
            }
            None => {
                let name = dict.get::<Name<'_>>("Encoding");
                match name.and_then(|name| predefined(name.as_str())) {
                    Some(encoding) => Codes::Text(encoding),
                    None => Codes::Composite(Cmap::default()),
                }
            }
        };
        let descendant = dict
            .get::<Array<'_>>("DescendantFonts")
            .and_then(|fonts| fonts.iter::<Dict<'_>>().next());
        let Some(descendant) = descendant else {
            return Ok(());
        };
        self.default_width = Some(descendant.get::<f32>("DW").unwrap_or(1000.0) / 1000.0);
        let Some(list) = descendant.get::<Array<'_>>("W") else {
            return Ok(());
        };
        // `first [w w w]` or `first last w`.
        let mut numbers: Vec<Number> = Vec::new();
        for item in list.iter::<Object<'_>>().take(70_000) {
            match item {
                Object::Number(number) => numbers.push(number),
                Object::Array(widths) => {
                    let first = numbers.pop().map_or(0, |number| number.as_i64());
                    for (at, width) in widths.iter::<f32>().take(70_000).enumerate() {
                        let cid = u32::try_from(first).unwrap_or(0).saturating_add(at as u32);
                        self.widths.insert(cid, width / 1000.0);
                    }
                    numbers.clear();
                }
                _ => {}
            }
            if let [first, last, width] = numbers.as_slice() {
                let (first, last) = (first.as_i64().max(0), last.as_i64().min(65_535));
                for cid in first..=last {
                    let cid = u32::try_from(cid).unwrap_or(0);
                    self.widths.insert(cid, width.as_f32() / 1000.0);
                }
                budget.instruct(usize::try_from(last - first).unwrap_or(0))?;
                numbers.clear();
            }
        }
        Ok(())
    }

    /// Cuts a string into glyphs.
    pub(super) fn glyphs(&self, string: &PdfString<'_>) -> Vec<Glyph> {
        let mut bytes = string.as_bytes();
        let mut glyphs = Vec::with_capacity(bytes.len());
        if let Codes::Text(encoding) = self.codes {
            let (text, _) = encoding.decode_without_bom_handling(bytes);
            glyphs.extend(text.chars().map(|c| Glyph {
                text: c.to_string(),
                width: if c.is_ascii() { 0.5 } else { 1.0 },
                blank: c == ' ',
            }));
            return glyphs;
        }
        while !bytes.is_empty() {
            let (code, length) = self.code(bytes);
            bytes = bytes.get(length..).unwrap_or_default();
            let mapped = self.to_unicode.as_ref().and_then(|map| map.text(code));
            let text = mapped
                .filter(|text| !text.is_empty())
                .or_else(|| match &self.codes {
                    Codes::Simple(texts) => texts.get(code as usize).cloned().flatten(),
                    _ => None,
                });
            glyphs.push(Glyph {
                text: text.unwrap_or_default(),
                width: self.width(code),
                blank: length == 1 && code == 32,
            });
        }
        glyphs
    }

    fn code(&self, bytes: &[u8]) -> (u32, usize) {
        match &self.codes {
            Codes::Composite(map) if map.has_spaces() => map.code(bytes),
            Codes::Composite(_) => {
                let code = bytes
                    .iter()
                    .take(2)
                    .fold(0, |code, byte| code << 8 | u32::from(*byte));
                (code, 2.min(bytes.len()))
            }
            _ => (bytes.first().copied().map_or(0, u32::from), 1),
        }
    }

    fn width(&self, code: u32) -> f32 {
        let number = match &self.codes {
            Codes::Composite(map) => map.cid(code),
            _ => code,
        };
        let width = self.widths.get(&number).copied().or(self.default_width);
        width
            .filter(|width| width.is_finite())
            .unwrap_or_else(|| metrics::standard(&self.name, code))
    }
}

/// The predefined CMaps whose codes are text in a known encoding.
fn predefined(name: &str) -> Option<&'static Encoding> {
    let is = |part: &str| name.contains(part);
    if is("UCS2") || is("UTF16") {
        Some(encoding_rs::UTF_16BE)
    } else if is("UTF8") {
        Some(encoding_rs::UTF_8)
    } else if name.starts_with("GB") {
        Some(encoding_rs::GBK)
    } else if is("B5") || name.starts_with("ETen") || name.starts_with("HKscs") {
        Some(encoding_rs::BIG5)
    } else if is("RKSJ") {
        Some(encoding_rs::SHIFT_JIS)
    } else if name.starts_with("KSC") {
        Some(encoding_rs::EUC_KR)
    } else if name == "EUC-H" || name == "EUC-V" {
        Some(encoding_rs::EUC_JP)
    } else {
        None
    }
}
