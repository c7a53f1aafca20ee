//! Weights as they are kept: f32, 8 bits with one scale for every 32 numbers of a row, or packed for 8-bit products.

use bytes::Bytes;
use half::f16;

use super::{
    Cores, View, ViewMut,
    packed::{Packed, Room},
    product,
    simd::widest,
};

/// Numbers that share a scale.
pub(crate) const BLOCK: usize = 32;

/// Up to this many tokens it is cheaper to read 8-bit rows once for each than to widen the whole matrix.
const FEW: usize = 4;

/// A matrix of `rows` outputs by `columns` inputs.
pub(crate) enum Matrix {
    /// As trained.
    F32 {
        /// Row after row.
        data: Vec<f32>,
        /// Inputs.
        columns: usize,
    },
    /// A quarter of the memory.
    Q8(Q8),
    /// The same memory, and inputs are rounded too. Its rows cannot be read.
    Packed(Packed),
}

/// Row after row, `value = scale * quant + offset`.
#[derive(Default)]
pub(crate) struct Q8 {
    /// One for every [`BLOCK`] numbers.
    pub(crate) scales: Vec<f32>,
    /// As many, or none where all are 0. With them, types with a minimum are kept as exactly as those without.
    pub(crate) offsets: Vec<f32>,
    /// i8 in two's complement. `Bytes`, so that they can lie in the program's own image or be moved in from a stream.
    pub(crate) quants: Bytes,
    /// Inputs; a multiple of [`BLOCK`].
    pub(crate) columns: usize,
}

impl Matrix {
    /// Outputs.
    pub(crate) fn rows(&self) -> usize {
        match self {
            Self::F32 { data, columns } => data.len() / (*columns).max(1),
            Self::Q8(q8) => q8.rows(),
            Self::Packed(packed) => packed.rows(),
        }
    }

    /// Writes one row, as for an embedding table. `None` if there is no such row.
    pub(crate) fn row(&self, row: usize, out: &mut [f32]) -> Option<()> {
        match self {
            Self::F32 { data, columns } => {
                let start = row.checked_mul(*columns)?;
                out.copy_from_slice(data.get(start..start + columns)?);
            }
            Self::Q8(q8) => q8.widen(row.checked_mul(q8.columns)?, out)?,
            Self::Packed(_) => return None,
        }
        Some(())
    }

    /// `out = x * selfᵀ` for `n` rows of `x`.
    pub(crate) fn apply(
        &self,
        x: &[f32],
        n: usize,
        out: &mut [f32],
        room: &mut Room,
        cores: Cores,
    ) {
        let rows = self.rows();
        let (data, columns) = match self {
            Self::F32 { data, columns } => (data.as_slice(), *columns),
            Self::Q8(q8) if n <= FEW => return q8.apply_to_few(x, n, out, cores),
            Self::Packed(packed) => return packed.apply(x, n, out, room, cores),
            Self::Q8(q8) => {
                q8.widen_all(&mut room.widened, cores);
                (room.widened.as_slice(), q8.columns)
            }
        };
        product(
            ViewMut::new(out, n, rows, rows),
            View::new(x, n, columns, columns),
            View::new(data, rows, columns, columns).transposed(),
            1.0,
            cores,
        );
    }
}

impl Q8 {
    /// Rounds to 8 bits. Scales are such as f16 can hold, so that a file loses nothing. `columns` must be a multiple
    /// of [`BLOCK`].
    pub(crate) fn quantize(data: &[f32], columns: usize) -> Self {
        // Adding and subtracting it rounds to a whole number, and unlike `round` it vectorises.
        const ROUND: f32 = 12_582_912.0;
        let mut quants = vec![0; data.len()];
        let mut scales = vec![0.0; data.len() / BLOCK];
        widest(
            #[inline(always)]
            || {
                let (blocks, _) = data.as_chunks::<BLOCK>();
                let (quants, _) = quants.as_chunks_mut::<BLOCK>();
                for ((block, quants), scale) in blocks.iter().zip(quants).zip(&mut scales) {
                    let peak = block.iter().fold(0f32, |peak, x| peak.max(x.abs()));
                    *scale = f16::from_f32(peak / 127.0).to_f32();
                    let inverse = if *scale > 0.0 { 1.0 / *scale } else { 0.0 };
                    for (quant, x) in quants.iter_mut().zip(block) {
                        let rounded = (x * inverse).clamp(-127.0, 127.0) + ROUND - ROUND;
                        *quant = rounded as i8 as u8;
                    }
                }
            },
        );
        Self {
            scales,
            offsets: Vec::new(),
            quants: quants.into(),
            columns,
        }
    }

    fn rows(&self) -> usize {
        self.quants.len() / self.columns.max(1)
    }

    /// The numbers from `start`, which begins a block, as many as `out` holds.
    fn widen(&self, start: usize, out: &mut [f32]) -> Option<()> {
        let quants = self.quants.get(start..start + out.len())?;
        let blocks = start / BLOCK..(start + out.len()) / BLOCK;
        let scales = self.scales.get(blocks.clone())?;
        let offsets = self.offsets.get(blocks);
        widest(
            #[inline(always)]
            || {
                let (out, _) = out.as_chunks_mut::<BLOCK>();
                let (quants, _) = quants.as_chunks::<BLOCK>();
                let mut offsets = offsets.unwrap_or_default().iter();
                for ((out, quants), scale) in out.iter_mut().zip(quants).zip(scales) {
                    let offset = offsets.next().copied().unwrap_or(0.0);
                    out.iter_mut()
                        .zip(quants)
                        .for_each(|(out, q)| *out = f32::from(*q as i8) * scale + offset);
                }
            },
        );
        Some(())
    }

    fn widen_all(&self, out: &mut Vec<f32>, cores: Cores) {
        // Big enough that handing a piece to another core pays.
        const PIECE: usize = 1 << 16;
        out.resize(self.quants.len(), 0.0);
        let piece = |(i, out): (usize, &mut [f32])| {
            let _all = self.widen(i * PIECE, out);
        };
        #[cfg(feature = "threads")]
        if cores == Cores::All {
            use rayon::prelude::*;
            out.par_chunks_mut(PIECE).enumerate().for_each(piece);
            return;
        }
        let _one = cores;
        out.chunks_mut(PIECE).enumerate().for_each(piece);
    }

    /// Activations stay f32: only the weights are rounded.
    fn apply_to_few(&self, x: &[f32], n: usize, out: &mut [f32], cores: Cores) {
        /// Rows of one piece.
        const PIECE: usize = 64;
        let (columns, rows) = (self.columns.max(BLOCK), self.rows().max(1));
        let inputs = x.chunks_exact(columns);
        for (x, out) in inputs.zip(out.chunks_exact_mut(rows)).take(n) {
            // An offset counts once for every number of its block.
            let (blocks, _) = x.as_chunks::<BLOCK>();
            let sums: Vec<f32> = match self.offsets.is_empty() {
                true => Vec::new(),
                false => blocks.iter().map(|block| block.iter().sum()).collect(),
            };
            let piece = |(i, out): (usize, &mut [f32])| self.dots(i * PIECE, x, &sums, out);
            #[cfg(feature = "threads")]
            if cores == Cores::All && self.quants.len() >= 1 << 19 {
                use rayon::prelude::*;
                // Some 25 µs of work: worth another core, and not long to wait for where that core is busy.
                out.par_chunks_mut(PIECE)
                    .with_min_len(8)
                    .enumerate()
                    .for_each(piece);
                continue;
            }
            let _one = cores;
            out.chunks_mut(PIECE).enumerate().for_each(piece);
        }
    }

    /// The products of `x` with the rows from `first`. `sums` are those of its blocks, if there are offsets.
    fn dots(&self, first: usize, x: &[f32], sums: &[f32], out: &mut [f32]) {
        let (columns, blocks) = (self.columns, self.columns / BLOCK);
        let quants = self.quants.get(first * columns..).unwrap_or_default();
        let scales = self.scales.get(first * blocks..).unwrap_or_default();
        let offsets = self.offsets.get(first * blocks..).unwrap_or_default();
        widest(
            #[inline(always)]
            || {
                let (x, _) = x.as_chunks::<BLOCK>();
                let rows = quants
                    .chunks_exact(columns)
                    .zip(scales.chunks_exact(blocks));
                let mut offsets = offsets.chunks_exact(blocks);
                for (out, (quants, scales)) in out.iter_mut().zip(rows) {
                    let (quants, _) = quants.as_chunks::<BLOCK>();
                    let mut lanes = [0f32; BLOCK];
                    for ((quants, scale), x) in quants.iter().zip(scales).zip(x) {
                        let terms = quants.iter().zip(x);
                        lanes
                            .iter_mut()
                            .zip(terms)
                            .for_each(|(lane, (q, x))| *lane += f32::from(*q as i8) * scale * x);
                    }
                    let offsets = offsets.next().unwrap_or_default().iter().zip(sums);
                    *out = lanes.iter().sum::<f32>() + offsets.map(|(o, s)| o * s).sum::<f32>();
                }
            },
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(q8: Q8, data: &[f32], tolerance: f32) {
        let (rows, columns) = (q8.rows(), q8.columns);
        let q8 = Matrix::Q8(q8);
        let data = data.to_vec();
        let exact = Matrix::F32 { data, columns };
        assert_eq!(q8.rows(), exact.rows());
        for n in [1, FEW, FEW + 1, 20] {
            let x: Vec<f32> = (0..n * columns).map(|i| (i % 11) as f32 - 5.0).collect();
            let apply = |matrix: &Matrix| {
                let mut out = vec![0.0; n * rows];
                matrix.apply(&x, n, &mut out, &mut Room::default(), Cores::All);
                out
            };
            for (a, b) in apply(&q8).iter().zip(apply(&exact)) {
                assert!((a - b).abs() < tolerance, "{n}: {a} {b}");
            }
        }
        let mut row = vec![0.0; columns];
        assert!(q8.row(rows - 1, &mut row).is_some());
        assert!(q8.row(rows, &mut row).is_none());
    }

    #[test]
    fn eight_bits_are_near_the_original() {
        let columns = 96;
        let data: Vec<f32> = (0..70 * columns)
            .map(|i| ((i * 7919 % 1000) as f32 - 500.0) / 250.0)
            .collect();
        // At most half a step (2 / 127 / 2) off for each of 96 terms of at most 5; in fact far less.
        check(Q8::quantize(&data, columns), &data, 1.0);
    }

    #[test]
    fn offsets_count() {
        let columns = 64;
        let quants: Vec<u8> = (0..3 * columns).map(|i| (i * 5 % 16) as u8).collect();
        let blocks = quants.len() / BLOCK;
        let scales: Vec<f32> = (0..blocks).map(|i| 0.5 + i as f32).collect();
        let offsets: Vec<f32> = (0..blocks).map(|i| 1.0 - i as f32).collect();
        let data: Vec<f32> = quants
            .iter()
            .enumerate()
            .map(|(i, q)| f32::from(*q) * scales[i / BLOCK] + offsets[i / BLOCK])
            .collect();
        let quants = quants.into();
        check(
            Q8 {
                scales,
                offsets,
                quants,
                columns,
            },
            &data,
            1e-2,
        );
    }
}
