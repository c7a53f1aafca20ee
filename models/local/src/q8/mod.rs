//! An embedder in one file of 8-bit weights, for the edge: 24 MB for all-MiniLM-L6-v2 instead of 91.
//!
//! ```text
//! magic    8 bytes  "EDGEWQ8" and the version
//! length   u32      of the header; all numbers little-endian
//! header   JSON     options, shape, bytes of the vocabulary, tensors in the order in which they follow
//! words    UTF-8    the vocabulary, one token a line
//! tensors           f32: numbers. q8: scales (f16, one for 32 numbers of a row), then quants (i8).
//!                   packed: for each output a scale (f32), for each input its factor (f32), for each output the
//!                   sum of its quants (i32), then the quants (i8) in the order of the kernels (`math::packed`)
//! check    u64      of everything before it
//! ```
//!
//! Every section is a buffer of its own when it arrives in a stream ([`Loader`]) and is moved, never copied, to where
//! it is used; of bytes that are in the program already nothing is copied but the scales.

mod calibrate;
mod loader;
mod write;

pub use loader::Loader;
pub use write::quantize;

use bytes::Bytes;
use half::f16;
use model::Result;
use serde::{Deserialize, Serialize};

use crate::{
    Embedder, EmbedderOptions,
    bert::{Bert, Config, Tensors},
    error::broken,
    math::{BLOCK, Matrix, Packed, Q8, fits},
    wordpiece::WordPiece,
};

const MAGIC: &[u8; 8] = b"EDGEWQ8\x02";

/// Magic and length.
const PREAMBLE: usize = 12;
const CHECK: usize = 8;

/// Larger sections are a sign of a broken header, not of a model for the edge.
const LARGEST: usize = 1 << 28;

#[derive(Serialize, Deserialize)]
struct Header {
    options: EmbedderOptions,
    shape: Config,
    words: usize,
    tensors: Vec<Entry>,
}

#[derive(Serialize, Deserialize)]
struct Entry {
    name: String,
    kind: Kind,
    /// Numbers.
    len: usize,
    /// Of these, in a row; 0 where there are no rows.
    columns: usize,
}

impl Entry {
    fn rows(&self) -> usize {
        self.len / self.columns.max(1)
    }

    fn sound(&self) -> bool {
        let even = self.len == self.rows() * self.columns;
        self.len <= LARGEST
            && match self.kind {
                Kind::F32 => true,
                Kind::Q8 => even && self.columns.is_multiple_of(BLOCK),
                Kind::Packed => even && fits(self.rows(), self.columns),
            }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    F32,
    Q8,
    Packed,
}

impl Header {
    fn parse(json: &[u8]) -> Result<Self> {
        let header: Self = serde_json::from_slice(json)
            .map_err(|error| broken("header of the 8-bit file").with_source(error))?;
        if header.words > LARGEST || !header.tensors.iter().all(Entry::sound) {
            return Err(broken("header of the 8-bit file"));
        }
        Ok(header)
    }

    /// Bytes of each section after the header, without the check.
    fn sections(&self) -> Vec<usize> {
        let tensors = self.tensors.iter().flat_map(|entry| match entry.kind {
            Kind::F32 => vec![4 * entry.len],
            Kind::Q8 => vec![entry.len / BLOCK * 2, entry.len],
            Kind::Packed => {
                let rows = 4 * entry.rows();
                vec![rows, 4 * entry.columns, rows, entry.len]
            }
        });
        std::iter::once(self.words).chain(tensors).collect()
    }

    /// From sections in order.
    fn build(self, sections: Vec<Bytes>) -> Result<Embedder> {
        let mut sections = sections.into_iter();
        let words = sections.next().unwrap_or_default();
        let words = String::from_utf8(words.into())
            .map_err(|error| broken("vocabulary of the 8-bit file").with_source(error))?;
        let mut reader = Reader {
            entries: self.tensors.into_iter(),
            sections,
        };
        let bert = Bert::load(self.shape, &mut reader)?;
        Embedder::new(self.options, WordPiece::from_lines(words)?, bert)
    }
}

/// Gives the tensors away in the order in which `Bert::load` asks for them, which is that of the file.
struct Reader<S> {
    entries: std::vec::IntoIter<Entry>,
    sections: S,
}

impl<S: Iterator<Item = Bytes>> Reader<S> {
    /// The kind of the next tensor, which must have this name and shape.
    fn next(&mut self, name: &str, len: usize, columns: usize) -> Result<Kind> {
        let entry = self.entries.next();
        let entry = entry.filter(|entry| entry.name == name && entry.len == len);
        let entry = entry.filter(|entry| entry.columns == columns);
        entry.map(|entry| entry.kind).ok_or_else(|| {
            broken(&format!(
                "{name} is not where it should be in the 8-bit file"
            ))
        })
    }

    fn section(&mut self) -> Result<Bytes> {
        let section = self.sections.next();
        section.ok_or_else(|| broken("the 8-bit file ends early"))
    }

    fn numbers<T>(&mut self, number: fn([u8; 4]) -> T) -> Result<Vec<T>> {
        let section = self.section()?;
        let (numbers, _) = section.as_chunks();
        Ok(numbers.iter().map(|bytes| number(*bytes)).collect())
    }
}

impl<S: Iterator<Item = Bytes>> Tensors for Reader<S> {
    fn matrix(&mut self, name: &str, rows: usize, columns: usize) -> Result<Matrix> {
        match self.next(name, rows * columns, columns)? {
            Kind::F32 => Err(broken(&format!("{name} is not in 8 bits"))),
            Kind::Q8 => {
                let scales = self.section()?;
                let (scales, _) = scales.as_chunks();
                let scales = scales.iter().map(|b| f16::from_le_bytes(*b).to_f32());
                Ok(Matrix::Q8(Q8 {
                    scales: scales.collect(),
                    offsets: Vec::new(),
                    quants: self.section()?,
                    columns,
                }))
            }
            Kind::Packed => Ok(Matrix::Packed(Packed {
                columns,
                scales: self.numbers(f32::from_le_bytes)?,
                smooth: self.numbers(f32::from_le_bytes)?,
                sums: self.numbers(i32::from_le_bytes)?,
                quants: self.section()?,
            })),
        }
    }

    fn vector(&mut self, name: &str, len: usize) -> Result<Vec<f32>> {
        match self.next(name, len, 0)? {
            Kind::F32 => self.numbers(f32::from_le_bytes),
            _ => Err(broken(&format!("{name} is not in 32 bits"))),
        }
    }
}

impl Embedder {
    /// From a whole 8-bit file that is in memory already, such as `Bytes::from_static(include_bytes!(..))`. The
    /// weights are used where they lie. What is part of the program needs no check; what comes from elsewhere goes
    /// through a [`Loader`].
    pub fn from_q8(file: Bytes) -> Result<Self> {
        let short = || broken("the 8-bit file ends early");
        let length = preamble(file.get(..PREAMBLE).ok_or_else(short)?)?;
        let mut at = PREAMBLE + length;
        let header = Header::parse(file.get(PREAMBLE..at).ok_or_else(short)?)?;
        let sections = header.sections().into_iter().map(|len| {
            let range = at..at + len;
            at += len;
            file.get(range.clone())
                .map(|_| file.slice(range))
                .ok_or_else(short)
        });
        let sections = sections.collect::<Result<_>>()?;
        if file.len() != at + CHECK {
            return Err(short());
        }
        header.build(sections)
    }
}

/// The length of the header.
fn preamble(bytes: &[u8]) -> Result<usize> {
    let (magic, length) = bytes.split_at_checked(MAGIC.len()).unwrap_or_default();
    let length = length
        .first_chunk()
        .map(|b| u32::from_le_bytes(*b) as usize);
    match length {
        Some(length) if magic == MAGIC && length <= LARGEST => Ok(length),
        _ => Err(broken("not an 8-bit file of this version")),
    }
}

/// A check sum against accidents: quick, and sensitive to the order of its input.
#[derive(Default)]
struct Check {
    sum: u64,
    pending: Vec<u8>,
}

impl Check {
    fn update(&mut self, mut bytes: &[u8]) {
        if !self.pending.is_empty() {
            let missing = 8 - self.pending.len();
            let (first, rest) = bytes.split_at(missing.min(bytes.len()));
            self.pending.extend_from_slice(first);
            bytes = rest;
            if let Some(word) = self.pending.first_chunk::<8>() {
                self.sum = step(self.sum, *word);
                self.pending.clear();
            }
        }
        let (words, rest) = bytes.as_chunks::<8>();
        self.sum = words.iter().fold(self.sum, |sum, word| step(sum, *word));
        self.pending.extend_from_slice(rest);
    }

    fn finish(mut self) -> u64 {
        let length = self.pending.len() as u8;
        self.pending.resize(8, length);
        match self.pending.first_chunk() {
            Some(word) => step(self.sum, *word),
            None => self.sum,
        }
    }
}

fn step(sum: u64, word: [u8; 8]) -> u64 {
    // The multiplier of FNV-1a, over words instead of bytes; the rotation brings high bits back down.
    (sum ^ u64::from_le_bytes(word))
        .wrapping_mul(0x0100_0000_01b3)
        .rotate_left(29)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_sees_every_bit_and_no_chunk_borders() {
        let data: Vec<u8> = (0..1003u32).map(|i| (i * i) as u8).collect();
        let sum = |pieces: &[&[u8]]| {
            let mut check = Check::default();
            pieces.iter().for_each(|piece| check.update(piece));
            check.finish()
        };
        let whole = sum(&[&data]);
        for at in 0..data.len() {
            let (a, b) = data.split_at(at);
            assert_eq!(sum(&[a, b]), whole);
            let mut changed = data.clone();
            changed[at] ^= 1 << (at % 8);
            assert_ne!(sum(&[&changed]), whole, "{at}");
        }
        assert_ne!(sum(&[&data[..1002]]), whole);
    }
}
