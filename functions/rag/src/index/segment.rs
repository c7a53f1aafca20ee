//! The file format of a segment. All numbers are little-endian.
//!
//! | bytes | what |
//! | --- | --- |
//! | 4 | `EWIX` |
//! | 4 | version: 1 |
//! | 4 | dimension |
//! | 4 | rows |
//! | 4 | CRC-32 of the scan part |
//! | 4 | CRC-32 of the exact part |
//! | 4 | CRC-32 of the 24 bytes before |
//! | 4 | zero |
//! | rows * 16 | scan part: row ids (12 bytes group, 4 bytes position, big-endian so that they sort) |
//! | rows * 4 | scan part: code step (f32) |
//! | rows * 4 | scan part: coding error (f32) |
//! | rows * dimension | scan part: codes (i8) |
//! | rows * dimension * 4 | exact part: unit vectors (f32) |
//!
//! The scan part is what a search needs of every row; of the exact part it needs single rows, by range.

use std::ops::Range;

use bytes::Bytes;
use sha2::{Digest, Sha256};

use super::{Group, RowId, kernel};
use crate::{Error, ErrorKind, Result};

const MAGIC: &[u8; 4] = b"EWIX";
const VERSION: u32 = 1;
const HEADER: usize = 32;

/// Bytes of a header.
pub(super) const HEADER_BYTES: u64 = HEADER as u64;

/// A segment in memory: at least its scan part.
pub(super) struct Segment {
    head: Head,
    scan: Bytes,
    /// The exact part, if it was loaded.
    pub exact: Option<Bytes>,
}

#[derive(Clone, Copy)]
pub(super) struct Head {
    pub dimension: usize,
    pub rows: usize,
    scan_crc: u32,
    exact_crc: u32,
}

/// One row as a scan sees it.
pub(super) struct Row<'a> {
    pub id: RowId,
    pub scale: f32,
    pub error: f32,
    pub codes: &'a [u8],
}

/// The name of a segment: it follows from its content.
pub(super) fn name(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Writes rows; vectors are brought to unit length.
pub(super) fn encode(rows: &[(RowId, Vec<f32>)]) -> Result<Vec<u8>> {
    let dimension = rows.first().map_or(0, |(_, vector)| vector.len());
    let fits = |(_, vector): &(RowId, Vec<f32>)| {
        vector.len() == dimension && vector.iter().all(|x| x.is_finite())
    };
    if dimension == 0 || !rows.iter().all(fits) {
        let message = "the embedding model gave vectors of different lengths, or none";
        return Err(Error::new(ErrorKind::Invalid, message));
    }
    let (mut ids, mut scales, mut errors) = (Vec::new(), Vec::new(), Vec::new());
    let (mut codes, mut exact) = (Vec::new(), Vec::new());
    for (id, vector) in rows {
        let mut vector = vector.clone();
        kernel::normalise(&mut vector);
        let coded = kernel::encode(&vector);
        ids.extend(id.group.0);
        ids.extend(id.position.to_be_bytes());
        scales.extend(coded.scale.to_le_bytes());
        errors.extend(coded.error.to_le_bytes());
        codes.extend(coded.codes);
        exact.extend(vector.iter().flat_map(|x| x.to_le_bytes()));
    }
    let scan = [ids, scales, errors, codes].concat();
    let mut bytes = MAGIC.to_vec();
    for number in [
        VERSION,
        dimension as u32,
        rows.len() as u32,
        crc32fast::hash(&scan),
        crc32fast::hash(&exact),
    ] {
        bytes.extend(number.to_le_bytes());
    }
    bytes.extend(crc32fast::hash(&bytes).to_le_bytes());
    bytes.extend([0; 4]);
    bytes.extend(scan);
    bytes.extend(exact);
    Ok(bytes)
}

impl Head {
    pub(super) fn parse(bytes: &[u8]) -> Result<Self> {
        let number = |at: usize| {
            let bytes = bytes
                .get(at..at + 4)
                .and_then(|bytes| bytes.try_into().ok());
            bytes
                .map(u32::from_le_bytes)
                .ok_or_else(|| corrupt("is cut off"))
        };
        if bytes.get(..4) != Some(MAGIC) {
            return Err(corrupt("is not one"));
        }
        if crc32fast::hash(bytes.get(..24).unwrap_or_default()) != number(24)? {
            return Err(corrupt("has a damaged header"));
        }
        if number(4)? != VERSION {
            return Err(corrupt("was written by a newer version"));
        }
        Ok(Self {
            dimension: number(8)? as usize,
            rows: number(12)? as usize,
            scan_crc: number(16)?,
            exact_crc: number(20)?,
        })
    }

    /// Where the scan part lies.
    pub(super) fn scan(&self) -> Range<u64> {
        let length = self.rows as u64 * (24 + self.dimension as u64);
        HEADER_BYTES..HEADER_BYTES + length
    }

    /// Where the exact vectors of some rows lie.
    pub(super) fn exact(&self, rows: Range<usize>) -> Range<u64> {
        let (start, row) = (self.scan().end, self.dimension as u64 * 4);
        start + rows.start as u64 * row..start + rows.end as u64 * row
    }
}

impl Segment {
    /// Checks what was read: the header and the scan part, and the exact part if it is there.
    pub(super) fn new(head: Head, scan: Bytes, exact: Option<Bytes>) -> Result<Self> {
        let expect = head.scan();
        if scan.len() as u64 != expect.end - expect.start || crc32fast::hash(&scan) != head.scan_crc
        {
            return Err(corrupt("is damaged"));
        }
        if let Some(exact) = &exact
            && (exact.len() != head.rows * head.dimension * 4
                || crc32fast::hash(exact) != head.exact_crc)
        {
            return Err(corrupt("has damaged vectors"));
        }
        Ok(Self { head, scan, exact })
    }

    /// From the whole blob.
    pub(super) fn parse(bytes: &Bytes) -> Result<Self> {
        let head = Head::parse(bytes)?;
        let (scan, exact) = (head.scan(), head.exact(0..head.rows));
        let part = |range: Range<u64>| {
            let (start, end) = (range.start as usize, range.end as usize);
            (end <= bytes.len()).then(|| bytes.slice(start..end))
        };
        match (part(scan), part(exact)) {
            (Some(scan), Some(exact)) => Self::new(head, scan, Some(exact)),
            _ => Err(corrupt("is cut off")),
        }
    }

    pub(super) fn head(&self) -> Head {
        self.head
    }

    /// Bytes it holds in memory.
    pub(super) fn size(&self) -> usize {
        self.scan.len() + self.exact.as_ref().map_or(0, Bytes::len)
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        let rows = self.head.rows;
        let part = |from: usize, length: usize| {
            self.scan
                .get(rows * from..rows * (from + length))
                .unwrap_or_default()
        };
        let ids = part(0, 16).chunks_exact(16).map(row_id);
        let scales = part(16, 4).chunks_exact(4).map(float);
        let errors = part(20, 4).chunks_exact(4).map(float);
        let codes = part(24, self.head.dimension).chunks_exact(self.head.dimension.max(1));
        ids.zip(scales)
            .zip(errors)
            .zip(codes)
            .map(|(((id, scale), error), codes)| Row {
                id,
                scale,
                error,
                codes,
            })
    }

    /// The bytes of a row's exact vector, if they are loaded.
    pub(super) fn exact_row(&self, row: usize) -> Option<&[u8]> {
        let length = self.head.dimension * 4;
        self.exact.as_ref()?.get(row * length..(row + 1) * length)
    }
}

/// The numbers of an exact vector.
pub(super) fn floats(bytes: &[u8]) -> impl Iterator<Item = f32> + '_ {
    bytes.chunks_exact(4).map(float)
}

fn float(bytes: &[u8]) -> f32 {
    bytes.try_into().map_or(0.0, f32::from_le_bytes)
}

fn row_id(bytes: &[u8]) -> RowId {
    let (group, position) = bytes.split_at_checked(12).unwrap_or_default();
    RowId {
        group: Group(group.try_into().unwrap_or_default()),
        position: position.try_into().map_or(0, u32::from_be_bytes),
    }
}

pub(super) fn corrupt(what: &str) -> Error {
    Error::new(ErrorKind::Corrupt, format!("an index segment {what}"))
}
