//! Character codes and glyph names of simple fonts.

/// From U+0020, in the words of the Adobe glyph list.
const ASCII: &str = "space exclam quotedbl numbersign dollar percent ampersand quotesingle parenleft parenright asterisk \
    plus comma hyphen period slash zero one two three four five six seven eight nine colon semicolon less equal greater \
    question at A B C D E F G H I J K L M N O P Q R S T U V W X Y Z bracketleft backslash bracketright asciicircum \
    underscore grave a b c d e f g h i j k l m n o p q r s t u v w x y z braceleft bar braceright asciitilde";

/// From U+00A0.
const LATIN1: &str = "nbspace exclamdown cent sterling currency yen brokenbar section dieresis copyright ordfeminine \
    guillemotleft logicalnot sfthyphen registered macron degree plusminus twosuperior threesuperior acute mu paragraph \
    periodcentered cedilla onesuperior ordmasculine guillemotright onequarter onehalf threequarters questiondown Agrave \
    Aacute Acircumflex Atilde Adieresis Aring AE Ccedilla Egrave Eacute Ecircumflex Edieresis Igrave Iacute Icircumflex \
    Idieresis Eth Ntilde Ograve Oacute Ocircumflex Otilde Odieresis multiply Oslash Ugrave Uacute Ucircumflex Udieresis \
    Yacute Thorn germandbls agrave aacute acircumflex atilde adieresis aring ae ccedilla egrave eacute ecircumflex \
    edieresis igrave iacute icircumflex idieresis eth ntilde ograve oacute ocircumflex otilde odieresis divide oslash \
    ugrave uacute ucircumflex udieresis yacute thorn ydieresis";

/// From U+0100.
const LATIN_EXTENDED: &str = "Amacron amacron Abreve abreve Aogonek aogonek Cacute cacute Ccircumflex ccircumflex \
    Cdotaccent cdotaccent Ccaron ccaron Dcaron dcaron Dcroat dcroat Emacron emacron Ebreve ebreve Edotaccent edotaccent \
    Eogonek eogonek Ecaron ecaron Gcircumflex gcircumflex Gbreve gbreve Gdotaccent gdotaccent Gcommaaccent gcommaaccent \
    Hcircumflex hcircumflex Hbar hbar Itilde itilde Imacron imacron Ibreve ibreve Iogonek iogonek Idotaccent dotlessi IJ \
    ij Jcircumflex jcircumflex Kcommaaccent kcommaaccent kgreenlandic Lacute lacute Lcommaaccent lcommaaccent Lcaron \
    lcaron Ldot ldot Lslash lslash Nacute nacute Ncommaaccent ncommaaccent Ncaron ncaron napostrophe Eng eng Omacron \
    omacron Obreve obreve Ohungarumlaut ohungarumlaut OE oe Racute racute Rcommaaccent rcommaaccent Rcaron rcaron Sacute \
    sacute Scircumflex scircumflex Scedilla scedilla Scaron scaron Tcommaaccent tcommaaccent Tcaron tcaron Tbar tbar \
    Utilde utilde Umacron umacron Ubreve ubreve Uring uring Uhungarumlaut uhungarumlaut Uogonek uogonek Wcircumflex \
    wcircumflex Ycircumflex ycircumflex Ydieresis Zacute zacute Zdotaccent zdotaccent Zcaron zcaron longs";

/// From U+0391 and from U+03B1, with `-` where the capitals have a hole.
const GREEK: &str = "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho - sigma tau \
    upsilon phi chi psi omega";

const OTHERS: &[(&str, &str)] = &[
    ("quoteleft", "‘"),
    ("quoteright", "’"),
    ("quotedblleft", "“"),
    ("quotedblright", "”"),
    ("quotesinglbase", "‚"),
    ("quotedblbase", "„"),
    ("guilsinglleft", "‹"),
    ("guilsinglright", "›"),
    ("endash", "–"),
    ("emdash", "—"),
    ("bullet", "•"),
    ("ellipsis", "…"),
    ("dagger", "†"),
    ("daggerdbl", "‡"),
    ("perthousand", "‰"),
    ("trademark", "™"),
    ("Euro", "€"),
    ("florin", "ƒ"),
    ("fraction", "⁄"),
    ("minus", "−"),
    ("fi", "fi"),
    ("fl", "fl"),
    ("ff", "ff"),
    ("ffi", "ffi"),
    ("ffl", "ffl"),
    ("f_f", "ff"),
    ("f_i", "fi"),
    ("f_l", "fl"),
    ("f_f_i", "ffi"),
    ("f_f_l", "ffl"),
    ("circumflex", "ˆ"),
    ("tilde", "˜"),
    ("breve", "˘"),
    ("dotaccent", "˙"),
    ("ring", "˚"),
    ("ogonek", "˛"),
    ("caron", "ˇ"),
    ("hungarumlaut", "˝"),
    ("dotlessj", "ȷ"),
    ("sigma1", "ς"),
    ("summation", "∑"),
    ("product", "∏"),
    ("integral", "∫"),
    ("radical", "√"),
    ("infinity", "∞"),
    ("partialdiff", "∂"),
    ("approxequal", "≈"),
    ("notequal", "≠"),
    ("lessequal", "≤"),
    ("greaterequal", "≥"),
    ("arrowleft", "←"),
    ("arrowright", "→"),
    ("arrowup", "↑"),
    ("arrowdown", "↓"),
    ("arrowdblright", "⇒"),
    ("element", "∈"),
    ("lozenge", "◊"),
    ("plusminus", "±"),
    ("asteriskmath", "∗"),
    ("periodcentered", "·"),
    ("middot", "·"),
    ("openbullet", "◦"),
    ("checkmark", "✓"),
    ("nonbreakingspace", " "),
    ("softhyphen", "-"),
    ("sfthyphen", "-"),
    ("hyphenminus", "-"),
    ("visiblespace", " "),
    ("Omegagreek", "Ω"),
    ("Delta", "Δ"),
    ("Omega", "Ω"),
    ("increment", "∆"),
    ("Scommaaccent", "Ș"),
    ("scommaaccent", "ș"),
    ("commaaccent", ","),
    ("angbracketleft", "⟨"),
    ("angbracketright", "⟩"),
    ("similar", "∼"),
    ("equivalence", "≡"),
    ("proportional", "∝"),
    ("logicaland", "∧"),
    ("logicalor", "∨"),
    ("universal", "∀"),
    ("existential", "∃"),
    ("emptyset", "∅"),
    ("intersection", "∩"),
    ("union", "∪"),
    ("gradient", "∇"),
];

/// The text of a glyph by its name.
pub(super) fn glyph(name: &str) -> Option<String> {
    // The holes of the lists below.
    if name == "-" {
        return None;
    }
    // A suffix tells a variant: `a.sc`, `one.oldstyle`.
    let name = match name.split_once('.') {
        Some(("", _)) | None => name,
        Some((base, _)) => base,
    };
    let listed = |list: &str, first: u32| {
        let at = list.split(' ').position(|known| known == name)?;
        char::from_u32(first + u32::try_from(at).ok()?).map(String::from)
    };
    if let Some((_, text)) = OTHERS.iter().find(|(known, _)| *known == name) {
        return Some((*text).to_owned());
    }
    listed(ASCII, 0x20)
        .or_else(|| listed(LATIN1, 0xa0))
        .or_else(|| listed(LATIN_EXTENDED, 0x100))
        .or_else(|| greek(name))
        .or_else(|| by_number(name))
}

fn greek(name: &str) -> Option<String> {
    let lower = name.to_ascii_lowercase();
    let at = u32::try_from(GREEK.split(' ').position(|known| known == lower)?).ok()?;
    let capital = name.starts_with(|c: char| c.is_ascii_uppercase());
    char::from_u32(if capital { 0x391 } else { 0x3b1 } + at).map(String::from)
}

/// `uni0041` (also several), `u1F600`, and the Cyrillic `afii10017`.
fn by_number(name: &str) -> Option<String> {
    if let Some(digits) = name.strip_prefix("uni")
        && digits.len() >= 4
        && digits.is_ascii()
    {
        let units: Option<Vec<u16>> = digits
            .as_bytes()
            .chunks_exact(4)
            .map(|unit| u16::from_str_radix(std::str::from_utf8(unit).ok()?, 16).ok())
            .collect();
        return String::from_utf16(&units?).ok();
    }
    if let Some(digits) = name.strip_prefix('u')
        && (4..=6).contains(&digits.len())
    {
        let code = u32::from_str_radix(digits, 16).ok()?;
        return char::from_u32(code).map(String::from);
    }
    let afii: u32 = name.strip_prefix("afii")?.parse().ok()?;
    let code = match afii {
        10017..=10022 => 0x410 + afii - 10017,
        10023 => 0x401,
        10024..=10049 => 0x416 + afii - 10024,
        10065..=10070 => 0x430 + afii - 10065,
        10071 => 0x451,
        10072..=10097 => 0x436 + afii - 10072,
        _ => return None,
    };
    char::from_u32(code).map(String::from)
}

/// The encodings a font can start from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Base {
    Standard,
    WinAnsi,
    MacRoman,
}

/// Codes of StandardEncoding from 0xA1 whose meaning differs from Latin-1; blank: nothing.
const STANDARD: &str = "exclamdown cent sterling fraction yen florin section currency quotesingle quotedblleft guillemotleft \
    guilsinglleft guilsinglright fi fl - endash dagger daggerdbl periodcentered - paragraph bullet quotesinglbase \
    quotedblbase quotedblright guillemotright ellipsis perthousand - questiondown - grave acute circumflex tilde macron \
    breve dotaccent dieresis - ring cedilla - hungarumlaut ogonek caron emdash - - - - - - - - - - - - - - - - AE - \
    ordfeminine - - - - Lslash Oslash OE ordmasculine - - - - - ae - - - dotlessi - - lslash oslash oe germandbls";

impl Base {
    /// The text of a code.
    pub(super) fn text(self, code: u8) -> Option<String> {
        let decoded = |encoding: &'static encoding_rs::Encoding| {
            let (text, had_errors) = encoding
                .decode_without_bom_handling(std::slice::from_ref(&code))
                .clone();
            (!had_errors && code >= 32).then(|| text.into_owned())
        };
        match (self, code) {
            (Self::WinAnsi, _) => decoded(encoding_rs::WINDOWS_1252),
            (Self::MacRoman, _) => decoded(encoding_rs::MACINTOSH),
            (Self::Standard, 0x27) => Some("’".to_owned()),
            (Self::Standard, 0x60) => Some("‘".to_owned()),
            (Self::Standard, 0x20..0x7f) => Some(char::from(code).to_string()),
            (Self::Standard, 0xa1..) => STANDARD
                .split(' ')
                .nth(usize::from(code) - 0xa1)
                .and_then(glyph),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn glyph_names() {
        for (name, text) in [
            ("A", "A"),
            ("space", " "),
            ("germandbls", "ß"),
            ("Udieresis", "Ü"),
            ("zcaron", "ž"),
            ("longs", "ſ"),
            ("omega", "ω"),
            ("Sigma", "Σ"),
            ("ffi", "ffi"),
            ("uni4E2D", "中"),
            ("u1F600", "😀"),
            ("afii10017", "А"),
            ("afii10097", "я"),
            ("a.sc", "a"),
            ("emdash", "—"),
            ("ydieresis", "ÿ"),
            ("Zcaron", "Ž"),
        ] {
            assert_eq!(glyph(name).as_deref(), Some(text), "{name}");
        }
        for name in ["g12", ".notdef", "cid:7", "-", ""] {
            assert_eq!(glyph(name), None, "{name}");
        }
    }

    #[test]
    fn bases() {
        let text = |base: Base, code| base.text(code).unwrap_or_default();
        assert_eq!(text(Base::WinAnsi, 0x80), "€");
        assert_eq!(text(Base::MacRoman, 0x8a), "ä");
        assert_eq!(text(Base::Standard, 0xae), "fi");
        assert_eq!(text(Base::Standard, 0xfb), "ß");
        assert_eq!(text(Base::Standard, 0x27), "’");
        assert_eq!(text(Base::Standard, 0x80), "");
    }
}
