//! ZIP archives, read by their table of contents.
//!
//! Archives are hostile here: a member is unpacked only when it is asked for, every unpacked byte is counted over the
//! whole archive, and nothing that an archive says of its sizes is believed.

use std::cell::Cell;

use miniz_oxide::inflate::{TINFLStatus, decompress_to_vec_with_limit};

use super::Limits;
use crate::{Error, ErrorKind, Result};

/// Most members of an archive.
const MEMBERS: usize = 20_000;
/// A member's entry in the table of contents, without its name.
const ENTRY: usize = 46;
/// The record at the end, without its comment; the comment has 65535 bytes at most.
const END: usize = 22;

/// An archive whose table of contents was read.
pub(super) struct Archive<'a> {
    file: &'a str,
    bytes: &'a [u8],
    members: Vec<Member>,
    left: Cell<usize>,
    limits: &'a Limits,
}

struct Member {
    path: String,
    encrypted: bool,
    method: u16,
    checksum: u32,
    packed: u64,
    header: u64,
}

impl<'a> Archive<'a> {
    /// Reads the table of contents. `file` is named in errors.
    pub(super) fn open(file: &'a str, bytes: &'a [u8], limits: &'a Limits) -> Result<Self> {
        let torn = || {
            let message = format!(
                "`{file}` is broken: the archive is cut off, its table of contents is missing"
            );
            Error::new(ErrorKind::Broken, message)
        };
        let (count, start) = table(bytes).ok_or_else(torn)?;
        if count > MEMBERS as u64 {
            let message = format!(
                "`{file}` is an archive of {count} members; the most accepted here are {MEMBERS}"
            );
            return Err(Error::new(ErrorKind::TooLarge, message));
        }
        let mut rest = usize::try_from(start)
            .ok()
            .and_then(|start| bytes.get(start..))
            .ok_or_else(torn)?;
        let mut members = Vec::new();
        for _ in 0..count {
            let (member, size) = Member::read(rest).ok_or_else(torn)?;
            members.push(member);
            rest = rest.get(size..).ok_or_else(torn)?;
        }
        Ok(Self {
            file,
            bytes,
            members,
            left: Cell::new(limits.unpacked),
            limits,
        })
    }

    /// The name of the file, for errors.
    pub(super) fn file(&self) -> &'a str {
        self.file
    }

    /// What it may use.
    pub(super) fn limits(&self) -> &'a Limits {
        self.limits
    }

    /// Whether it has this member. Paths are compared without case, as Office does.
    pub(super) fn has(&self, path: &str) -> bool {
        self.find(path).is_some()
    }

    /// The paths of its members.
    pub(super) fn paths(&self) -> impl Iterator<Item = &str> {
        self.members.iter().map(|member| member.path.as_str())
    }

    /// A member unpacked; `None` if there is none of this path.
    pub(super) fn read(&self, path: &str) -> Result<Option<Vec<u8>>> {
        let Some(member) = self.find(path) else {
            return Ok(None);
        };
        if member.encrypted {
            let message = format!(
                "`{}` is encrypted with a password; remove the password and upload it again",
                self.file
            );
            return Err(Error::new(ErrorKind::Encrypted, message));
        }
        let packed = self
            .packed(member)
            .ok_or_else(|| self.broken(path, "is cut off"))?;
        let left = self.left.get();
        let content = match member.method {
            0 if packed.len() > left => return Err(self.too_much()),
            0 => packed.to_vec(),
            8 => match decompress_to_vec_with_limit(packed, left) {
                Ok(content) => content,
                Err(error) if error.status == TINFLStatus::HasMoreOutput => {
                    return Err(self.too_much());
                }
                Err(_) => return Err(self.broken(path, "is damaged")),
            },
            method => {
                return Err(self.broken(path, &format!("is packed by the unknown method {method}")));
            }
        };
        if crc32fast::hash(&content) != member.checksum {
            return Err(self.broken(path, "is damaged: its checksum is wrong"));
        }
        self.left.set(left.saturating_sub(content.len()));
        Ok(Some(content))
    }

    fn find(&self, path: &str) -> Option<&Member> {
        let same = |member: &&Member| member.path.eq_ignore_ascii_case(path);
        self.members.iter().find(same)
    }

    /// What stands behind the member's own header.
    fn packed(&self, member: &Member) -> Option<&'a [u8]> {
        let header = self.bytes.get(usize::try_from(member.header).ok()?..)?;
        if !header.starts_with(b"PK\x03\x04") {
            return None;
        }
        let start = 30 + usize::from(u16_at(header, 26)?) + usize::from(u16_at(header, 28)?);
        let end = start.checked_add(usize::try_from(member.packed).ok()?)?;
        header.get(start..end)
    }

    fn too_much(&self) -> Error {
        let message = format!(
            "`{}` unpacks to more than {} bytes, the most accepted here",
            self.file, self.limits.unpacked
        );
        Error::new(ErrorKind::TooLarge, message)
    }

    /// Damage of a member.
    pub(super) fn broken(&self, path: &str, what: &str) -> Error {
        let message = format!("`{}` is broken: its part `{path}` {what}", self.file);
        Error::new(ErrorKind::Broken, message)
    }
}

impl Member {
    /// An entry of the table of contents, and how long it is.
    fn read(entry: &[u8]) -> Option<(Self, usize)> {
        if !entry.starts_with(b"PK\x01\x02") {
            return None;
        }
        let length = |at| u16_at(entry, at).map(usize::from);
        let (name, extra, comment) = (length(28)?, length(30)?, length(32)?);
        let path = entry.get(ENTRY..ENTRY + name)?;
        let mut member = Self {
            path: String::from_utf8_lossy(path).replace('\\', "/"),
            encrypted: u16_at(entry, 8)? & 1 != 0,
            method: u16_at(entry, 10)?,
            checksum: u32_at(entry, 16)?,
            packed: u32_at(entry, 20)?.into(),
            header: u32_at(entry, 42)?.into(),
        };
        let unpacked = u32_at(entry, 24)?;
        let extra_field = entry.get(ENTRY + name..ENTRY + name + extra)?;
        member.widen(unpacked, extra_field);
        Some((member, ENTRY + name + extra + comment))
    }

    /// Takes the 64-bit sizes where the 32-bit ones say that they are there.
    fn widen(&mut self, unpacked: u32, mut extra: &[u8]) {
        while let (Some(id), Some(size)) = (u16_at(extra, 0), u16_at(extra, 2)) {
            let body = extra.get(4..4 + usize::from(size)).unwrap_or_default();
            if id == 1 {
                let mut at = if unpacked == u32::MAX { 8 } else { 0 };
                for field in [&mut self.packed, &mut self.header] {
                    if *field == u64::from(u32::MAX)
                        && let Some(wide) = u64_at(body, at)
                    {
                        *field = wide;
                        at += 8;
                    }
                }
                return;
            }
            extra = extra.get(4 + usize::from(size)..).unwrap_or_default();
        }
    }
}

/// How many members the table of contents has, and where it starts.
fn table(bytes: &[u8]) -> Option<(u64, u64)> {
    let tail = bytes.len().saturating_sub(END + usize::from(u16::MAX));
    let last = bytes.len().checked_sub(END)?;
    let at = (tail..=last).rev().find(|at| {
        bytes
            .get(*at..)
            .is_some_and(|rest| rest.starts_with(b"PK\x05\x06"))
    })?;
    let end = bytes.get(at..)?;
    let (count, start) = (u16_at(end, 10)?, u32_at(end, 16)?);
    if count != u16::MAX && start != u32::MAX {
        return Some((count.into(), start.into()));
    }
    // The 64-bit record, found by the locator that stands before the end.
    let locator = bytes.get(at.checked_sub(20)?..at)?;
    if !locator.starts_with(b"PK\x06\x07") {
        return Some((count.into(), start.into()));
    }
    let wide = bytes.get(usize::try_from(u64_at(locator, 8)?).ok()?..)?;
    wide.starts_with(b"PK\x06\x06")
        .then(|| Some((u64_at(wide, 32)?, u64_at(wide, 48)?)))?
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    let bytes = bytes.get(at..at.checked_add(2)?)?;
    Some(u16::from_le_bytes(bytes.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_le_bytes(bytes.try_into().ok()?))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    let bytes = bytes.get(at..at.checked_add(8)?)?;
    Some(u64::from_le_bytes(bytes.try_into().ok()?))
}

/// Archives for tests.
#[cfg(test)]
pub(super) mod make {
    use miniz_oxide::deflate::compress_to_vec;

    /// An archive of these members, packed.
    pub(crate) fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
        let mut out = Vec::new();
        let mut table = Vec::new();
        for (path, content) in members {
            let packed = compress_to_vec(content, 6);
            let header = out.len() as u32;
            let mut fields = Vec::new();
            fields.extend([20, 0, 0, 0, 8, 0, 0, 0, 0, 0]);
            fields.extend(crc32fast::hash(content).to_le_bytes());
            fields.extend((packed.len() as u32).to_le_bytes());
            fields.extend((content.len() as u32).to_le_bytes());
            fields.extend((path.len() as u16).to_le_bytes());
            fields.extend([0, 0]);
            out.extend(b"PK\x03\x04");
            out.extend(&fields);
            out.extend(path.bytes());
            out.extend(packed);
            table.extend(b"PK\x01\x02\x14\0");
            table.extend(&fields);
            table.extend([0; 10]);
            table.extend(header.to_le_bytes());
            table.extend(path.bytes());
        }
        let start = out.len() as u32;
        out.extend(&table);
        out.extend(b"PK\x05\x06\0\0\0\0");
        out.extend((members.len() as u16).to_le_bytes());
        out.extend((members.len() as u16).to_le_bytes());
        out.extend((table.len() as u32).to_le_bytes());
        out.extend(start.to_le_bytes());
        out.extend([0, 0]);
        out
    }
}

#[cfg(test)]
mod tests {
    use super::{make::zip, *};

    #[test]
    fn members_are_found_and_unpacked() {
        let limits = Limits::new(1 << 20);
        let bytes = zip(&[("a/B.xml", b"one"), ("c", &[7; 100_000])]);
        let archive = Archive::open("f", &bytes, &limits).unwrap();
        assert_eq!(
            archive.read("A/b.xml").unwrap().as_deref(),
            Some(&b"one"[..])
        );
        assert_eq!(archive.read("c").unwrap().unwrap(), [7; 100_000]);
        assert!(archive.read("d").unwrap().is_none() && archive.has("c"));
    }

    #[test]
    fn damage_is_named() {
        let limits = Limits::new(1 << 20);
        let whole = zip(&[("part.xml", b"some text that is not too short")]);
        let read = |bytes: &[u8]| {
            let archive = Archive::open("f.docx", bytes, &limits)?;
            archive.read("part.xml")
        };
        for cut in 0..whole.len() {
            let error = read(&whole[..cut]).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Broken, "{cut}");
        }
        for at in 38..60 {
            let mut damaged = whole.clone();
            damaged[at] ^= 0x55;
            let error = read(&damaged).unwrap_err();
            assert!(
                error.to_string().contains("`part.xml` is damaged"),
                "{error}"
            );
        }
        let mut locked = whole.clone();
        let table = whole.windows(4).position(|w| w == b"PK\x01\x02").unwrap();
        locked[table + 8] |= 1;
        assert_eq!(read(&locked).unwrap_err().kind(), ErrorKind::Encrypted);
        locked[table + 8] = 0;
        locked[table + 10] = 99;
        let error = read(&locked).unwrap_err().to_string();
        assert!(error.contains("unknown method 99"), "{error}");
    }

    #[test]
    fn a_bomb_is_stopped() {
        let mut limits = Limits::new(1 << 20);
        limits.unpacked = 1 << 20;
        let half = vec![0; 600 << 10];
        let bytes = zip(&[("a", &half), ("b", &half), ("c", &vec![0; 2 << 20])]);
        let archive = Archive::open("f.docx", &bytes, &limits).unwrap();
        let error = archive.read("c").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TooLarge);
        assert!(error.to_string().contains("unpacks to more than 1048576"));
        // All members together count.
        assert!(archive.read("a").is_ok());
        assert_eq!(archive.read("b").unwrap_err().kind(), ErrorKind::TooLarge);
    }
}
