//! Bytes to characters.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use crate::{Error, ErrorKind, Result};

/// Decodes text of unknown encoding and makes its line ends `\n`.
///
/// In this order: a byte order mark, UTF-8, UTF-16 without a mark, the `charset` that an HTML page declares, a guess
/// from the frequency of letters (GBK, Big5, Shift_JIS, EUC-KR, windows-125x, KOI8, ...).
pub(super) fn decode(bytes: &[u8], html: bool, name: &str) -> Result<String> {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        return Ok(decode_as(encoding, bytes.get(mark..).unwrap_or_default()).0);
    }
    let utf8 = std::str::from_utf8(bytes);
    if let Ok(text) = utf8
        && !bytes.contains(&0)
    {
        return Ok(line_ends(text));
    }
    if let Some(encoding) = utf16_without_mark(bytes) {
        return Ok(decode_as(encoding, bytes).0);
    }
    if nearly_utf8(bytes) {
        return Ok(decode_as(UTF_8, bytes).0);
    }
    if html
        && let Some(encoding) = declared_charset(bytes)
        && let (text, false) = decode_as(encoding, bytes)
    {
        return Ok(text);
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    detector.feed(bytes, true);
    let guess = detector.guess(None, Utf8Detection::Deny);
    match decode_as(guess, bytes) {
        (text, false) => Ok(text),
        // Nothing fits without errors; a byte in 32 may be damaged before we call it noise.
        (text, true) => {
            let lost = text.matches('\u{fffd}').count();
            if lost * 32 > text.chars().count() {
                let message = format!(
                    "the text encoding of `{name}` could not be recognised; save it as UTF-8"
                );
                return Err(Error::new(ErrorKind::Broken, message));
            }
            Ok(text)
        }
    }
}

fn decode_as(encoding: &'static Encoding, bytes: &[u8]) -> (String, bool) {
    let (text, had_errors) = encoding.decode_without_bom_handling(bytes);
    (line_ends(&text), had_errors)
}

fn line_ends(text: &str) -> String {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.contains('\r') {
        text.replace("\r\n", "\n").replace('\r', "\n")
    } else {
        text.to_owned()
    }
}

/// UTF-16 by the zero bytes that Latin letters, digits and blanks leave on one side.
pub(super) fn utf16_without_mark(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = bytes.get(..4096).unwrap_or(bytes);
    let (mut even, mut odd, mut pairs) = (0, 0, 0);
    for pair in head.chunks_exact(2) {
        if let [a, b] = pair {
            pairs += 1;
            even += usize::from(*a == 0);
            odd += usize::from(*b == 0);
        }
    }
    let encoding = match (even, odd) {
        (0, odd) if odd * 4 > pairs => UTF_16LE,
        (even, 0) if even * 4 > pairs => UTF_16BE,
        _ => return None,
    };
    let (_, had_errors) = encoding.decode_without_bom_handling(head);
    (!had_errors || head.len() == 4096).then_some(encoding)
}

/// UTF-8 with a few damaged bytes in it: a legacy encoding never forms this many valid sequences by chance.
fn nearly_utf8(bytes: &[u8]) -> bool {
    let (mut good, mut bad) = (0usize, 0usize);
    for chunk in bytes.utf8_chunks() {
        good += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        bad += usize::from(!chunk.invalid().is_empty());
    }
    good > bad * 4 && !bytes.contains(&0)
}

fn declared_charset(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = bytes.get(..2048).unwrap_or(bytes).to_ascii_lowercase();
    let at = super::sniff::find(&head, b"charset=")? + 8;
    let label: Vec<u8> = head
        .get(at..)?
        .iter()
        .copied()
        .skip_while(|byte| matches!(byte, b'"' | b'\'' | b' '))
        .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        .collect();
    let encoding = Encoding::for_label(&label)?;
    // A page that is not valid UTF-8 cannot be what it says; browsers then assume the Western code page.
    Some(if encoding == UTF_8 {
        WINDOWS_1252
    } else {
        encoding
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use encoding_rs::{BIG5, EUC_KR, GBK, KOI8_R, SHIFT_JIS, WINDOWS_1251};

    fn check(bytes: &[u8], expect: &str) {
        assert_eq!(decode(bytes, false, "a.txt").unwrap(), expect);
    }

    fn utf16(text: &str, big: bool) -> Vec<u8> {
        let bytes = |unit: u16| {
            if big {
                unit.to_be_bytes()
            } else {
                unit.to_le_bytes()
            }
        };
        text.encode_utf16().flat_map(bytes).collect()
    }

    #[test]
    fn marks_and_unicode() {
        check("plain äöü 中文".as_bytes(), "plain äöü 中文");
        check(b"\xef\xbb\xbfwith mark", "with mark");
        for big in [false, true] {
            check(&utf16("\u{feff}Grüße, 世界\r\n", big), "Grüße, 世界\n");
            check(
                &utf16("no mark here, only latin é", big),
                "no mark here, only latin é",
            );
        }
        let mut damaged = "Tausend schöne Grüße aus Österreich, äußerst höflich"
            .as_bytes()
            .to_vec();
        damaged.insert(3, 0xff);
        assert!(
            decode(&damaged, false, "a.txt")
                .unwrap()
                .contains("äußerst höflich")
        );
    }

    #[test]
    fn legacy_encodings() {
        let check_in = |encoding: &'static Encoding, text: &str| {
            let (bytes, _, unmapped) = encoding.encode(text);
            assert!(!unmapped);
            check(&bytes, text);
        };
        check_in(
            GBK,
            "知识库是一个用来存放文档的地方，模型可以从中检索到需要的段落。",
        );
        check_in(
            BIG5,
            "知識庫是一個用來存放文件的地方，模型可以從中檢索到需要的段落。",
        );
        check_in(SHIFT_JIS, "これは日本語の文書です。検索の対象になります。");
        check_in(
            EUC_KR,
            "이것은 한국어로 쓰인 문서이며 검색의 대상이 됩니다.",
        );
        check_in(
            WINDOWS_1251,
            "Это документ на русском языке, по которому можно искать.",
        );
        check_in(
            KOI8_R,
            "Это документ на русском языке, по которому можно искать.",
        );
        check_in(WINDOWS_1252, "Schöne Grüße aus München, à bientôt en été.");
    }

    #[test]
    fn html_declares_its_charset() {
        let page = "<meta charset=\"windows-1251\"><p>Да";
        let (bytes, _, _) = WINDOWS_1251.encode(page);
        assert_eq!(decode(&bytes, true, "a.html").unwrap(), page);
    }

    #[test]
    fn noise_is_refused() {
        let noise: Vec<u8> = (0..4000u32)
            .map(|i| (128 + i.wrapping_mul(2_654_435_761) / 7 % 128) as u8)
            .collect();
        // Single-byte code pages accept anything: either refused or decoded, but never a panic.
        let _ = decode(&noise, false, "a.txt");
    }
}
