//! Bounds on what a file may cost.

use std::{borrow::Cow, cell::Cell};

use hayro_syntax::{Filter, object::stream::Stream};
use miniz_oxide::{
    DataFormat, MZFlush, MZStatus,
    inflate::stream::{InflateState, inflate},
};

use crate::{Error, ErrorKind, extract::Limits};

/// What is left to spend on one file.
pub(super) struct Budget {
    unpacked: Cell<usize>,
    instructions: Cell<usize>,
}

/// Why reading was stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    Unpacked,
    Instructions,
}

impl Stop {
    pub(super) fn told(self, name: &str, limits: &Limits) -> Error {
        let message = match self {
            Self::Unpacked => format!(
                "`{name}` unpacks to more than {} bytes, the most accepted here",
                limits.unpacked
            ),
            Self::Instructions => format!(
                "the pages of `{name}` have more than {} drawing instructions, the most accepted here",
                limits.instructions
            ),
        };
        Error::new(ErrorKind::TooLarge, message)
    }
}

impl Budget {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            unpacked: Cell::new(limits.unpacked),
            instructions: Cell::new(limits.instructions),
        }
    }

    pub(super) fn instruct(&self, count: usize) -> Result<(), Stop> {
        let left = self.instructions.get().checked_sub(count);
        self.instructions.set(left.ok_or(Stop::Instructions)?);
        Ok(())
    }

    /// The decoded content of a stream; `None` when it is damaged or an image.
    pub(super) fn decode<'a>(&self, stream: &Stream<'a>) -> Result<Option<Cow<'a, [u8]>>, Stop> {
        let filters = stream.filters();
        let packing = |filter: &&Filter| matches!(filter, Filter::FlateDecode | Filter::LzwDecode);
        if filters.iter().filter(packing).count() > 1 {
            return Err(Stop::Unpacked);
        }
        if filters.first() == Some(&Filter::FlateDecode) {
            inflated_size(&stream.raw_data(), self.unpacked.get())?;
        }
        let Ok(data) = stream.decoded_data() else {
            return Ok(None);
        };
        let left = self.unpacked.get().checked_sub(data.len());
        self.unpacked.set(left.ok_or(Stop::Unpacked)?);
        Ok(Some(data))
    }
}

/// Refuses a file whose packed streams unpack to more than the budget, before the parser unpacks the ones it needs
/// itself (cross-reference and object streams).
pub(super) fn check(content: &[u8], budget: &Budget) -> Result<(), Stop> {
    let mut left = budget.unpacked.get();
    let mut from = 0;
    while let Some(at) = content
        .get(from..)
        .and_then(|rest| super::super::sniff::find(rest, b"stream"))
    {
        let keyword = from + at;
        from = keyword + 6;
        let head = content
            .get(keyword.saturating_sub(512)..keyword)
            .unwrap_or_default();
        if head.ends_with(b"end") {
            continue;
        }
        if packed_twice(head) {
            return Err(Stop::Unpacked);
        }
        let data = content.get(from..).unwrap_or_default();
        let data = data.strip_prefix(b"\r").unwrap_or(data);
        let data = data.strip_prefix(b"\n").unwrap_or(data);
        // A zlib header: deflate, and a multiple of 31.
        let [first, second, ..] = data else { break };
        if first & 0x0f == 8 && (u16::from(*first) * 256 + u16::from(*second)) % 31 == 0 {
            left -= inflated_size(data, left)?;
        }
    }
    Ok(())
}

/// Whether the dictionary in front of a stream names two packing filters.
fn packed_twice(head: &[u8]) -> bool {
    let start = head
        .windows(3)
        .rposition(|window| window == b"obj")
        .unwrap_or(0);
    let dictionary = head.get(start..).unwrap_or_default();
    let count = |name: &[u8]| {
        dictionary
            .windows(name.len())
            .filter(|window| *window == name)
            .count()
    };
    count(b"FlateDecode") + count(b"LZWDecode") > 1
}

/// How much a zlib stream gives, damaged or not; an error over `limit`.
fn inflated_size(packed: &[u8], limit: usize) -> Result<usize, Stop> {
    let mut state = InflateState::new_boxed(DataFormat::Zlib);
    let mut window = vec![0u8; 32 << 10];
    let (mut rest, mut size) = (packed, 0usize);
    loop {
        let step = inflate(&mut state, rest, &mut window, MZFlush::None);
        size += step.bytes_written;
        if size > limit {
            return Err(Stop::Unpacked);
        }
        rest = rest.get(step.bytes_consumed..).unwrap_or_default();
        let stuck = step.bytes_consumed == 0 && step.bytes_written == 0;
        if stuck || !matches!(step.status, Ok(MZStatus::Ok)) {
            return Ok(size);
        }
    }
}
