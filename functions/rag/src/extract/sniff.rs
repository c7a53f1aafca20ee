//! What a file is by its content.

/// What the bytes say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// Text in some encoding.
    Text,
    /// PDF.
    Pdf,
    /// A ZIP archive of this kind, as far as its first bytes tell.
    Zip(&'static str),
    /// An Office file of the time before archives, or one that is locked with a password.
    Compound,
    /// Something else, in words.
    Other(&'static str),
}

impl Content {
    pub(super) fn describe(self) -> &'static str {
        match self {
            Self::Text => "plain text",
            Self::Pdf => "a PDF document",
            Self::Compound => "an old Office document",
            Self::Zip(what) | Self::Other(what) => what,
        }
    }
}

/// First bytes and what they mean.
const MAGIC: &[(&[u8], &str)] = &[
    (b"\x89PNG\r\n", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"II*\0", "a TIFF image"),
    (b"MM\0*", "a TIFF image"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ\0", "an xz archive"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive"),
    (b"\x7fELF", "an executable"),
    (b"MZ\x90", "an executable"),
    (b"\0asm", "a WebAssembly module"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"OggS", "an Ogg audio or video file"),
    (b"ID3", "an MP3 audio file"),
    (b"fLaC", "a FLAC audio file"),
    (b"{\\rtf", "an RTF document"),
    (b"%!PS", "a PostScript document"),
];

/// The first bytes of a compound file.
const COMPOUND: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";

/// An archive of which nothing more is known.
pub(super) const ZIP: &str = "a ZIP archive";

/// Names of members that tell what a ZIP archive holds.
const ZIPPED: &[(&[u8], &str)] = &[
    (b"word/", WORD),
    (b"xl/", EXCEL),
    (b"ppt/", POWERPOINT),
    (b"application/epub+zip", EPUB),
    (b"opendocument", "an OpenDocument file"),
];

/// As Word writes them now.
pub(super) const WORD: &str = "a Word document";
/// As Excel writes them now.
pub(super) const EXCEL: &str = "an Excel workbook";
/// As PowerPoint writes them now.
pub(super) const POWERPOINT: &str = "a PowerPoint presentation";
/// A book.
pub(super) const EPUB: &str = "an EPUB book";

/// What an archive is by the path of a member.
pub(super) fn of_member(path: &str) -> Option<&'static str> {
    let mut known = ZIPPED.iter();
    known.find_map(|(member, what)| path.as_bytes().starts_with(member).then_some(*what))
}

/// What an archive is by names of its members.
pub(super) fn zipped(names: &[u8]) -> Option<&'static str> {
    let known = |(member, _): &&(&[u8], &str)| find(names, member).is_some();
    ZIPPED.iter().find(known).map(|(_, what)| *what)
}

pub(super) fn content(bytes: &[u8]) -> Content {
    let head = bytes.get(..1024).unwrap_or(bytes);
    // Readers accept a PDF header anywhere in the first kilobyte; only binary junk or blanks may stand before it.
    if let Some(at) = find(head, b"%PDF-")
        && (at == 0 || !head.iter().take(at).any(u8::is_ascii_alphabetic))
    {
        return Content::Pdf;
    }
    if let Some((_, what)) = MAGIC.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        return Content::Other(what);
    }
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
        let head = bytes.get(..65536).unwrap_or(bytes);
        return Content::Zip(zipped(head).unwrap_or(ZIP));
    }
    if bytes.starts_with(COMPOUND) {
        return Content::Compound;
    }
    if head.get(4..8) == Some(b"ftyp") {
        return Content::Other("an MP4 video or audio file");
    }
    if head.starts_with(b"RIFF") {
        return Content::Other("a WebP, WAV or AVI file");
    }
    if is_binary(bytes) {
        return Content::Other("binary data");
    }
    Content::Text
}

pub(super) fn looks_like_html(bytes: &[u8]) -> bool {
    let head = bytes.get(..1024).unwrap_or(bytes).to_ascii_lowercase();
    find(&head, b"<!doctype html").is_some() || find(&head, b"<html").is_some()
}

/// Text has no NUL and hardly a control character, unless it is UTF-16 or UTF-32.
fn is_binary(bytes: &[u8]) -> bool {
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return false;
    }
    let head = bytes.get(..65536).unwrap_or(bytes);
    if head.contains(&0) {
        return super::text::utf16_without_mark(head).is_none();
    }
    let is_control = |byte: &&u8| **byte < 32 && !matches!(**byte, 9..=13 | 27);
    head.iter().filter(is_control).count() * 20 > head.len()
}

/// Where `needle` first occurs.
pub(super) fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack
        .windows(needle.len())
        .position(|window| window == needle)
}
