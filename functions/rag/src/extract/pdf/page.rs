//! A page's instructions to pieces of text with their places.

use std::rc::Rc;

use hayro_syntax::{
    content::UntypedIter,
    object::{Array, Dict, Name, Object, Stream, String as PdfString},
    page::{Page, Resources},
};

use super::{
    Budget,
    font::{Font, Fonts},
    guard::Stop,
};

/// Text drawn in one go.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Span {
    pub text: String,
    /// Where the baseline starts and ends, in page units.
    pub start: (f32, f32),
    pub end: (f32, f32),
    /// Height of the letters, in page units.
    pub size: f32,
}

const LIGATURES: [(char, &str); 7] = [
    ('\u{fb00}', "ff"),
    ('\u{fb01}', "fi"),
    ('\u{fb02}', "fl"),
    ('\u{fb03}', "ffi"),
    ('\u{fb04}', "ffl"),
    ('\u{fb05}', "st"),
    ('\u{fb06}', "st"),
];

/// Deepest nesting of forms inside forms.
const DEPTH: usize = 12;

pub(super) fn spans(
    page: &Page<'_>,
    fonts: &mut Fonts,
    budget: &Budget,
) -> Result<Vec<Span>, Stop> {
    let mut content = Vec::new();
    let raw = page.raw();
    if let Some(stream) = raw.get::<Stream<'_>>("Contents") {
        content.extend_from_slice(&budget.decode(&stream)?.unwrap_or_default());
    } else if let Some(streams) = raw.get::<Array<'_>>("Contents") {
        for stream in streams.iter::<Stream<'_>>() {
            content.extend_from_slice(&budget.decode(&stream)?.unwrap_or_default());
            content.push(b'\n');
        }
    }
    let mut reader = Reader {
        fonts,
        budget,
        spans: Vec::new(),
        replaced: Vec::new(),
    };
    reader.run(&content, page.resources(), Matrix::IDENTITY, 0)?;
    Ok(reader.spans)
}

#[derive(Clone, Copy, Debug)]
struct Matrix([f32; 6]);

impl Matrix {
    const IDENTITY: Self = Self([1.0, 0.0, 0.0, 1.0, 0.0, 0.0]);

    /// First `self`, then `next`.
    fn then(self, next: Self) -> Self {
        let ([a, b, c, d, e, f], [g, h, i, j, k, l]) = (self.0, next.0);
        Self([
            a * g + b * i,
            a * h + b * j,
            c * g + d * i,
            c * h + d * j,
            e * g + f * i + k,
            e * h + f * j + l,
        ])
    }

    fn apply(self, x: f32, y: f32) -> (f32, f32) {
        let [a, b, c, d, e, f] = self.0;
        (x * a + y * c + e, x * b + y * d + f)
    }
}

#[derive(Clone)]
struct State {
    ctm: Matrix,
    font: Option<Rc<Font>>,
    size: f32,
    char_space: f32,
    word_space: f32,
    scale: f32,
    leading: f32,
    rise: f32,
}

struct Reader<'r> {
    fonts: &'r mut Fonts,
    budget: &'r Budget,
    spans: Vec<Span>,
    /// Open marked content; `Some` text stands for what is drawn inside.
    replaced: Vec<Option<String>>,
}

impl Reader<'_> {
    fn run(
        &mut self,
        content: &[u8],
        resources: &Resources<'_>,
        ctm: Matrix,
        depth: usize,
    ) -> Result<(), Stop> {
        let mut state = State {
            ctm,
            font: None,
            size: 1.0,
            char_space: 0.0,
            word_space: 0.0,
            scale: 1.0,
            leading: 0.0,
            rise: 0.0,
        };
        let mut saved: Vec<State> = Vec::new();
        let (mut text, mut line) = (Matrix::IDENTITY, Matrix::IDENTITY);
        let mut instructions = UntypedIter::new(content);
        while let Some(instruction) = instructions.next() {
            self.budget.instruct(1)?;
            let operands: Vec<&Object<'_>> = instruction.operands().take(64).collect();
            let number = |at: usize| match operands.get(at) {
                Some(Object::Number(number)) if number.as_f32().is_finite() => number.as_f32(),
                _ => 0.0,
            };
            let matrix = || {
                Matrix([
                    number(0),
                    number(1),
                    number(2),
                    number(3),
                    number(4),
                    number(5),
                ])
            };
            let move_by =
                |line: Matrix, x: f32, y: f32| Matrix([1.0, 0.0, 0.0, 1.0, x, y]).then(line);
            let operator: &[u8] = instruction.operator;
            match operator {
                b"q" if saved.len() < 256 => saved.push(state.clone()),
                b"Q" => {
                    if let Some(last) = saved.pop() {
                        state = last;
                    }
                }
                b"cm" => state.ctm = matrix().then(state.ctm),
                b"BT" => (text, line) = (Matrix::IDENTITY, Matrix::IDENTITY),
                b"Tc" => state.char_space = number(0),
                b"Tw" => state.word_space = number(0),
                b"Tz" => state.scale = number(0) / 100.0,
                b"TL" => state.leading = number(0),
                b"Ts" => state.rise = number(0),
                b"Tf" => {
                    if let Some(Object::Name(name)) = operands.first() {
                        let dict = resources.get_font(name);
                        state.font = dict
                            .map(|dict| self.fonts.load(&dict, self.budget))
                            .transpose()?;
                    }
                    state.size = number(1);
                }
                b"Td" | b"TD" => {
                    if operator == b"TD" {
                        state.leading = -number(1);
                    }
                    line = move_by(line, number(0), number(1));
                    text = line;
                }
                b"Tm" => {
                    line = matrix();
                    text = line;
                }
                b"T*" => {
                    line = move_by(line, 0.0, -state.leading);
                    text = line;
                }
                b"Tj" => {
                    if let Some(Object::String(string)) = operands.first() {
                        self.show(string, &state, &mut text)?;
                    }
                }
                b"'" | b"\"" => {
                    if operator == b"\"" {
                        state.word_space = number(0);
                        state.char_space = number(1);
                    }
                    line = move_by(line, 0.0, -state.leading);
                    text = line;
                    if let Some(Object::String(string)) = operands.last() {
                        self.show(string, &state, &mut text)?;
                    }
                }
                b"TJ" => {
                    let Some(Object::Array(items)) = operands.first() else {
                        continue;
                    };
                    for item in items.iter::<Object<'_>>() {
                        self.budget.instruct(1)?;
                        match item {
                            Object::String(string) => self.show(&string, &state, &mut text)?,
                            Object::Number(back) => {
                                let shift = -back.as_f32() / 1000.0 * state.size * state.scale;
                                text = move_by(text, shift, 0.0);
                            }
                            _ => {}
                        }
                    }
                }
                b"BMC" | b"BDC" if self.replaced.len() < 256 => {
                    let text = match operands.get(1) {
                        Some(Object::Dict(dict)) => actual_text(dict),
                        Some(Object::Name(name)) => {
                            let dict: Option<Dict<'_>> = resources.properties.get(name);
                            dict.as_ref().and_then(actual_text)
                        }
                        _ => None,
                    };
                    self.replaced.push(text);
                }
                b"EMC" => {
                    self.replaced.pop();
                }
                b"Do" if depth < DEPTH => {
                    if let Some(Object::Name(name)) = operands.first() {
                        self.form(name, resources, state.ctm, depth)?;
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn form(
        &mut self,
        name: &Name<'_>,
        resources: &Resources<'_>,
        ctm: Matrix,
        depth: usize,
    ) -> Result<(), Stop> {
        let Some(form) = resources.get_x_object(name) else {
            return Ok(());
        };
        let dict = form.dict();
        if dict.get::<Name<'_>>("Subtype").as_deref() != Some(b"Form") {
            return Ok(());
        }
        // Decoding is paid for each time: a form that draws itself many times over runs out of budget.
        let Some(content) = self.budget.decode(&form)? else {
            return Ok(());
        };
        let ctm = match dict.get::<[f32; 6]>("Matrix") {
            Some(matrix) => Matrix(matrix).then(ctm),
            None => ctm,
        };
        match dict.get::<Dict<'_>>("Resources") {
            Some(own) => self.run(&content, &Resources::new(own), ctm, depth + 1),
            None => self.run(&content, resources, ctm, depth + 1),
        }
    }

    fn show(
        &mut self,
        string: &PdfString<'_>,
        state: &State,
        text: &mut Matrix,
    ) -> Result<(), Stop> {
        let Some(font) = &state.font else {
            return Ok(());
        };
        let glyphs = font.glyphs(string);
        self.budget.instruct(glyphs.len())?;
        let place = |text: Matrix| text.then(state.ctm);
        let start = place(*text).apply(0.0, state.rise);
        let [_, _, c, d, ..] = place(*text).0;
        let mut shown = String::with_capacity(glyphs.len());
        let mut advance = 0.0;
        for glyph in &glyphs {
            shown.push_str(&glyph.text);
            advance += glyph.width * state.size + state.char_space;
            if glyph.blank {
                advance += state.word_space;
            }
        }
        *text = Matrix([1.0, 0.0, 0.0, 1.0, advance * state.scale, 0.0]).then(*text);
        let end = place(*text).apply(0.0, state.rise);
        // Ligatures that are characters of their own would hide their words from search.
        for (ligature, letters) in LIGATURES {
            if shown.contains(ligature) {
                shown = shown.replace(ligature, letters);
            }
        }
        if let Some(replaced) = self.replaced.iter_mut().rev().find_map(Option::as_mut) {
            shown = std::mem::take(replaced);
        }
        let size = (state.size * c.hypot(d)).abs();
        let span = Span {
            text: shown,
            start,
            end,
            size,
        };
        let finite = [span.start.0, span.start.1, span.end.0, span.end.1, size];
        if !span.text.is_empty() && finite.iter().all(|number| number.is_finite()) {
            self.spans.push(span);
        }
        Ok(())
    }
}

fn actual_text(dict: &Dict<'_>) -> Option<String> {
    let text = dict.get::<PdfString<'_>>("ActualText")?;
    Some(super::text_string(text.as_bytes()).replace('\u{feff}', ""))
}
