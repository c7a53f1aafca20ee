//! Number formats: what a cell shows of a number.

use std::collections::HashMap;

use super::{
    super::{
        package::Package,
        xml::{Event, Tag},
    },
    date::{self, Field},
};
use crate::Result;

/// Longer codes are no codes: Excel ends them here.
const LONGEST_CODE: usize = 255;
/// Most digits after the point, as in Excel.
const DECIMALS: usize = 30;

/// The formats of a workbook's cells, by their style.
#[derive(Default)]
pub(super) struct Formats(Vec<Format>);

impl Formats {
    /// Reads the part of this path.
    pub(super) fn read(package: &Package<'_>, path: &str) -> Result<Self> {
        let Some(text) = package.part(path)? else {
            return Ok(Self::default());
        };
        let mut reader = package.reader(path, &text);
        let (mut codes, mut styles, mut in_cells) = (HashMap::new(), Vec::new(), false);
        while let Some(event) = reader.next()? {
            let number = |tag: &Tag<'_>| {
                let id = tag.get("numFmtId").and_then(|id| id.parse::<u32>().ok());
                id.unwrap_or(0)
            };
            match event {
                Event::Open(tag) if tag.name == "numFmt" => {
                    let code = tag.get("formatCode").unwrap_or_default();
                    codes.insert(number(&tag), Format::parse(&code));
                }
                Event::Open(tag) if tag.name == "cellXfs" => in_cells = true,
                Event::Close("cellXfs") => in_cells = false,
                Event::Open(tag) if tag.name == "xf" && in_cells => {
                    let id = number(&tag);
                    let format = codes.get(&id).cloned();
                    styles.push(format.unwrap_or_else(|| Format::parse(built_in(id))));
                }
                _ => {}
            }
        }
        Ok(Self(styles))
    }

    pub(super) fn get(&self, style: usize) -> Option<&Format> {
        self.0.get(style)
    }
}

/// The codes that files do not spell out. Dates that follow the reader's country are written as ISO 8601 has them.
fn built_in(id: u32) -> &'static str {
    match id {
        1 => "0",
        2 => "0.00",
        3 => "#,##0",
        4 => "#,##0.00",
        9 => "0%",
        10 => "0.00%",
        11 => "0.00E+00",
        14 | 27..=31 | 34..=36 | 50..=54 | 57 | 58 => "yyyy-mm-dd",
        15 => "d-mmm-yy",
        16 => "d-mmm",
        17 => "mmm-yy",
        18 => "h:mm AM/PM",
        19 => "h:mm:ss AM/PM",
        20 => "h:mm",
        21 | 32 | 33 | 55 | 56 => "h:mm:ss",
        22 => "yyyy-mm-dd hh:mm",
        37 | 38 => "#,##0;(#,##0)",
        39 | 40 => "#,##0.00;(#,##0.00)",
        45 => "mm:ss",
        46 => "[h]:mm:ss",
        47 => "mm:ss.0",
        48 => "##0.0E+0",
        _ => "General",
    }
}

/// A format: sections for numbers above, below and at zero.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Format {
    sections: Vec<Section>,
}

#[derive(Clone, Debug, PartialEq)]
enum Section {
    General { before: String, after: String },
    Date(Vec<Field>),
    Number(Number),
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Number {
    before: String,
    after: String,
    /// Least digits before the point.
    digits: usize,
    /// Least and most digits after it.
    decimals: (usize, usize),
    thousands: bool,
    /// The shown number is the value times ten to this.
    scale: i32,
    /// Least digits of the exponent, if there is one.
    exponent: Option<usize>,
    /// Whether there is a place for digits at all.
    places: bool,
}

impl Format {
    /// What a cell without a format shows.
    pub(super) const GENERAL: Self = Self {
        sections: Vec::new(),
    };

    /// Reads a code such as `#,##0.00 [$€-407];[Red]-0.00`.
    pub(super) fn parse(code: &str) -> Self {
        if code.len() > LONGEST_CODE || code.eq_ignore_ascii_case("general") || code == "@" {
            return Self::GENERAL;
        }
        let sections = tokens(code);
        Self {
            sections: sections
                .split(|token| *token == Token::Next)
                .map(Section::new)
                .collect(),
        }
    }

    /// The number as the cell shows it.
    pub(super) fn show(&self, value: f64, from_1904: bool) -> String {
        // A section of its own for negative numbers says itself how they look.
        let (section, value) = match self.sections.as_slice() {
            [_, negative, ..] if value < 0.0 => (Some(negative), -value),
            [_, _, zero, ..] if value == 0.0 => (Some(zero), value),
            sections => (sections.first(), value),
        };
        match section {
            None => general(value),
            Some(Section::General { before, after }) => {
                format!("{before}{}{after}", general(value))
            }
            Some(Section::Date(fields)) => {
                date::show(fields, value, from_1904).unwrap_or_else(|| general(value))
            }
            Some(Section::Number(number)) => number.show(value),
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Text(String),
    /// `0`, `#` or `?`.
    Digit(char),
    Point,
    Comma,
    Percent,
    Exponent,
    /// A run of one letter of a date.
    Letter(char, usize),
    Elapsed(char, usize),
    Half,
    General,
    Next,
}

fn tokens(code: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = code;
    while let Some(first) = rest.chars().next() {
        let after = |count: usize| rest.get(count..).unwrap_or_default();
        let lower = first.to_ascii_lowercase();
        let (token, next) = match first {
            '"' => match after(1).split_once('"') {
                Some((text, next)) => (Some(Token::Text(text.to_owned())), next),
                None => (Some(Token::Text(after(1).to_owned())), ""),
            },
            '\\' => {
                let text: String = after(1).chars().take(1).collect();
                let next = after(1 + text.len());
                (Some(Token::Text(text)), next)
            }
            // A blank as wide as a character, and a character that fills the cell.
            '_' | '*' => {
                let width = after(1).chars().next().map_or(0, char::len_utf8);
                let blank = (first == '_').then(|| Token::Text(" ".to_owned()));
                (blank, after(1 + width))
            }
            '[' => {
                let (inside, next) = after(1).split_once(']').unwrap_or((after(1), ""));
                (bracket(inside), next)
            }
            '0' | '#' | '?' => (Some(Token::Digit(first)), after(1)),
            '.' => (Some(Token::Point), after(1)),
            ',' => (Some(Token::Comma), after(1)),
            '%' => (Some(Token::Percent), after(1)),
            ';' => (Some(Token::Next), after(1)),
            _ if starts(rest, "general") => (Some(Token::General), after(7)),
            _ if starts(rest, "am/pm") => (Some(Token::Half), after(5)),
            _ if starts(rest, "a/p") => (Some(Token::Half), after(3)),
            _ if starts(rest, "e+") || starts(rest, "e-") => (Some(Token::Exponent), after(2)),
            _ if "ymdhse".contains(lower) => {
                let same = |c: &char| c.eq_ignore_ascii_case(&first);
                let count = rest.chars().take_while(same).count();
                (Some(Token::Letter(lower, count)), after(count))
            }
            _ => (Some(Token::Text(first.into())), after(first.len_utf8())),
        };
        tokens.extend(token);
        rest = next;
    }
    tokens
}

fn starts(text: &str, word: &str) -> bool {
    text.get(..word.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(word))
}

/// What stands in brackets: a currency, elapsed time, or a colour or condition, which show nothing.
fn bracket(inside: &str) -> Option<Token> {
    if let Some(currency) = inside.strip_prefix('$') {
        let sign = currency.split('-').next().unwrap_or_default();
        return (!sign.is_empty()).then(|| Token::Text(sign.to_owned()));
    }
    let unit = inside.chars().next()?.to_ascii_lowercase();
    let all = inside.chars().all(|c| c.to_ascii_lowercase() == unit);
    (all && "hms".contains(unit)).then_some(Token::Elapsed(unit, inside.len()))
}

impl Section {
    fn new(tokens: &[Token]) -> Self {
        let is_date =
            |token: &Token| matches!(token, Token::Letter(..) | Token::Elapsed(..) | Token::Half);
        if tokens.iter().any(is_date) {
            return Self::Date(fields(tokens));
        }
        if let Some(at) = tokens.iter().position(|token| *token == Token::General) {
            let text = |tokens: &[Token]| tokens.iter().map(literal).collect();
            return Self::General {
                before: text(tokens.get(..at).unwrap_or_default()),
                after: text(tokens.get(at + 1..).unwrap_or_default()),
            };
        }
        Self::Number(Number::new(tokens))
    }
}

fn literal(token: &Token) -> &str {
    match token {
        Token::Text(text) => text,
        Token::Percent => "%",
        Token::Point => ".",
        Token::Comma => ",",
        _ => "",
    }
}

fn fields(tokens: &[Token]) -> Vec<Field> {
    let mut fields: Vec<Field> = Vec::new();
    let mut tokens = tokens.iter().peekable();
    while let Some(token) = tokens.next() {
        let clock = fields
            .iter()
            .rev()
            .find(|field| !matches!(field, Field::Text(_)));
        let after_hour = matches!(clock, Some(Field::Hour(_) | Field::Elapsed('h', _)));
        fields.push(match token {
            Token::Letter('y' | 'e', width) => Field::Year(*width.max(&2)),
            Token::Letter('d', width) => Field::Day(*width),
            Token::Letter('h', width) => Field::Hour((*width).min(2)),
            Token::Letter('s', width) => Field::Second((*width).min(2)),
            // `m` is minutes after hours and before seconds, else months.
            Token::Letter('m', width) => {
                let mut ahead = tokens.clone();
                let next = ahead.find(|token| {
                    matches!(token, Token::Letter(..) | Token::Elapsed(..) | Token::Half)
                });
                let before_second = matches!(next, Some(Token::Letter('s', _)));
                match *width <= 2 && (after_hour || before_second) {
                    true => Field::Minute(*width),
                    false => Field::Month(*width),
                }
            }
            Token::Letter(..) | Token::General | Token::Next | Token::Exponent => continue,
            Token::Elapsed(unit, width) => Field::Elapsed(*unit, *width),
            Token::Half => Field::Half,
            Token::Point if matches!(tokens.peek(), Some(Token::Digit(_))) => {
                let mut digits = 0;
                while tokens
                    .next_if(|token| matches!(token, Token::Digit(_)))
                    .is_some()
                {
                    digits += 1;
                }
                Field::Fraction(digits.min(3))
            }
            Token::Digit(digit) => Field::Text(digit.to_string()),
            other => Field::Text(literal(other).to_owned()),
        });
    }
    fields
}

impl Number {
    fn new(tokens: &[Token]) -> Self {
        let mut number = Self::default();
        let last = tokens
            .iter()
            .rposition(|token| matches!(token, Token::Digit(_)));
        let (mut point, mut commas) = (false, 0);
        for (index, token) in tokens.iter().enumerate() {
            match token {
                Token::Digit(digit) => {
                    // Commas between digits are thousands; behind the last one each divides by a thousand.
                    number.thousands |= commas > 0;
                    (number.places, commas) = (true, 0);
                    let least = usize::from(*digit == '0');
                    match (&mut number.exponent, point) {
                        (Some(digits), _) => *digits += 1,
                        (None, false) => number.digits += least,
                        (None, true) => {
                            number.decimals.0 += least;
                            number.decimals.1 += 1;
                        }
                    }
                }
                Token::Point if number.exponent.is_none() => point = true,
                Token::Comma if number.places => commas += 1,
                Token::Exponent => number.exponent = Some(0),
                other => {
                    if *other == Token::Percent {
                        number.scale += 2;
                    }
                    let side = match last.is_some_and(|last| index > last) {
                        true => &mut number.after,
                        false => &mut number.before,
                    };
                    side.push_str(literal(other));
                }
            }
        }
        number.scale -= 3 * commas;
        number.decimals.1 = number.decimals.1.min(DECIMALS);
        number.decimals.0 = number.decimals.0.min(number.decimals.1);
        number
    }

    fn show(&self, value: f64) -> String {
        if !self.places {
            return format!("{}{}", self.before, self.after).trim().to_owned();
        }
        // Half of a last digit goes up as people round, not as its nearest binary number lies.
        let size = value.abs() * 10f64.powi(self.scale) * (1.0 + 1e-15);
        let (mantissa, exponent) = match self.exponent {
            Some(digits) => {
                let text = format!("{size:.*e}", self.decimals.1);
                let (mantissa, power) = text.split_once('e').unwrap_or((&text, "0"));
                let power: i32 = power.parse().unwrap_or(0);
                let sign = if power < 0 { '-' } else { '+' };
                (
                    mantissa.to_owned(),
                    format!("E{sign}{:0digits$}", power.abs()),
                )
            }
            None => (format!("{size:.*}", self.decimals.1), String::new()),
        };
        let (whole, decimals) = mantissa.split_once('.').unwrap_or((&mantissa, ""));
        let needed = decimals.trim_end_matches('0').len().max(self.decimals.0);
        let decimals = decimals.get(..needed).unwrap_or(decimals);
        let whole = match whole.trim_start_matches('0') {
            digits if digits.len() >= self.digits => digits.to_owned(),
            digits => format!("{digits:0>0$}", self.digits),
        };
        let whole = if self.thousands {
            grouped(&whole)
        } else {
            whole
        };
        let point = if decimals.is_empty() { "" } else { "." };
        let is_zero = !mantissa.bytes().any(|byte| (b'1'..=b'9').contains(&byte));
        let sign = if value < 0.0 && !is_zero { "-" } else { "" };
        let shown = format!(
            "{sign}{}{whole}{point}{decimals}{exponent}{}",
            self.before, self.after
        );
        shown.trim().to_owned()
    }
}

fn grouped(digits: &str) -> String {
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// 15 digits, as many as a spreadsheet keeps.
fn general(value: f64) -> String {
    let rounded = format!("{value:.14e}").parse().unwrap_or(value);
    let size = f64::abs(rounded);
    if size != 0.0 && !(1e-9..1e15).contains(&size) {
        return format!("{rounded:E}");
    }
    // Minus zero is zero.
    format!("{}", rounded + 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        let check = |code: &str, value: f64, expect: &str| {
            assert_eq!(
                Format::parse(code).show(value, false),
                expect,
                "{code} {value}"
            );
        };
        check("General", 0.1 + 0.2, "0.3");
        check("General", 1e21, "1E21");
        check("General", -0.0, "0");
        check("General\" kg\"", 2.5, "2.5 kg");
        check("0", 2.5, "3");
        check("0.00", 1.005, "1.01");
        check("0.00", -0.001, "0.00");
        check("#,##0", 1234567.0, "1,234,567");
        check("#,##0.00", -1234.5, "-1,234.50");
        check("#,##0.00 [$€-407]", 12.0, "12.00 €");
        check("[$$-409]#,##0.00;[Red]([$$-409]#,##0.00)", -3.0, "($3.00)");
        check("_-* #,##0.00\\ \"kr\"_-", 1234.5, "1,234.50 kr");
        check("0.0#", 1.25, "1.25");
        check("0.0#", 1.0, "1.0");
        check("#.##", 0.5, ".5");
        check("0000", 42.0, "0042");
        check("0%", 0.125, "13%");
        check("0.00E+00", 12345.0, "1.23E+04");
        check("0.00E+00", 0.00012, "1.20E-04");
        check("0.0,,\" M\"", 2_500_000.0, "2.5 M");
        check("0;-0;\"none\"", 0.0, "none");
        check("\"x\"", 5.0, "x");
        check(&"0".repeat(300), 5.0, "5");
    }

    #[test]
    fn dates() {
        let check = |code: &str, value: f64, expect: &str| {
            assert_eq!(
                Format::parse(code).show(value, false),
                expect,
                "{code} {value}"
            );
        };
        check("yyyy-mm-dd", 45_352.0, "2024-03-01");
        check("yyyy-mm-dd", 1.0, "1900-01-01");
        check("yyyy-mm-dd", 59.0, "1900-02-28");
        check("yyyy-mm-dd", 61.0, "1900-03-01");
        check("d. mmmm yyyy", 45_651.0, "25. December 2024");
        check("[$-407]dddd, d/m/yy", 45_352.0, "Friday, 1/3/24");
        check("h:mm AM/PM", 0.75, "6:00 PM");
        check("h:mm AM/PM", 0.0, "12:00 AM");
        check(
            "yyyy/mm/dd hh:mm:ss",
            45_352.999_999_9,
            "2024/03/02 00:00:00",
        );
        check("[h]:mm", 1.5, "36:00");
        check("mm:ss.0", 0.000_7, "01:00.5");
        check("yyyy\"年\"m\"月\"d\"日\"", 45_352.0, "2024年3月1日");
        // No date: shown as what it is.
        check("yyyy-mm-dd", -1.0, "-1");
        check("yyyy-mm-dd", 1e9, "1000000000");
        assert_eq!(Format::parse("yyyy-mm-dd").show(0.0, true), "1904-01-01");
    }
}
