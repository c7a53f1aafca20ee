//! Weights as they are kept: f32, or 8 bits with one scale for every 32 numbers of a row.

use bytes::Bytes;
use half::f16;
use pulp::Arch;

use super::{Cores, View, ViewMut, product};

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
}

/// Row after row, `value = scale * quant`.
pub(crate) struct Q8 {
    /// One for every [`BLOCK`] numbers.
    pub(crate) scales: Vec<f32>,
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
        }
    }

    /// Writes one row, as for an embedding table. `None` if there is no such row.
    pub(crate) fn row(&self, row: usize, out: &mut [f32]) -> Option<()> {
        match self {
            Self::F32 { data, columns } => {
                let start = row.checked_mul(*columns)?;
                out.copy_from_slice(data.get(start..start + columns)?);
            }
            Self::Q8(q8) => {
                let (quants, scales) = q8.row(row)?;
                widen(quants, scales, out);
            }
        }
        Some(())
    }

    /// `out = x * selfᵀ` for `n` rows of `x`. `scratch` is for widened weights.
    pub(crate) fn apply(
        &self,
        x: &[f32],
        n: usize,
        out: &mut [f32],
        scratch: &mut Vec<f32>,
        cores: Cores,
    ) {
        let rows = self.rows();
        let (data, columns) = match self {
            Self::F32 { data, columns } => (data.as_slice(), *columns),
            Self::Q8(q8) if n <= FEW => return q8.apply_to_few(x, n, out, cores),
            Self::Q8(q8) => {
                q8.widen_all(scratch, cores);
                (scratch.as_slice(), q8.columns)
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
        let mut scales = Vec::with_capacity(data.len() / BLOCK);
        let mut quants = Vec::with_capacity(data.len());
        for block in data.chunks_exact(BLOCK) {
            let peak = block.iter().fold(0f32, |peak, x| peak.max(x.abs()));
            let scale = f16::from_f32(peak / 127.0).to_f32();
            let inverse = if scale > 0.0 { 1.0 / scale } else { 0.0 };
            scales.push(scale);
            quants.extend(
                block
                    .iter()
                    .map(|x| (x * inverse).round().clamp(-127.0, 127.0) as i8 as u8),
            );
        }
        Self {
            scales,
            quants: quants.into(),
            columns,
        }
    }

    fn rows(&self) -> usize {
        self.quants.len() / self.columns.max(1)
    }

    fn row(&self, row: usize) -> Option<(&[u8], &[f32])> {
        let start = row.checked_mul(self.columns)?;
        let quants = self.quants.get(start..start + self.columns)?;
        let scales = self
            .scales
            .get(start / BLOCK..(start + self.columns) / BLOCK)?;
        Some((quants, scales))
    }

    fn widen_all(&self, out: &mut Vec<f32>, cores: Cores) {
        out.resize(self.quants.len(), 0.0);
        // Big enough that handing a piece to another core pays.
        const PIECE: usize = 1 << 16;
        let widen_piece = |(i, out): (usize, &mut [f32])| {
            let start = i * PIECE;
            let quants = self.quants.get(start..start + out.len());
            let scales = self.scales.get(start / BLOCK..);
            if let Some((quants, scales)) = quants.zip(scales) {
                widen(quants, scales, out);
            }
        };
        #[cfg(feature = "threads")]
        if cores == Cores::All {
            use rayon::prelude::*;
            out.par_chunks_mut(PIECE).enumerate().for_each(widen_piece);
            return;
        }
        let _ = cores;
        out.chunks_mut(PIECE).enumerate().for_each(widen_piece);
    }

    /// Activations stay f32: only the weights are rounded.
    fn apply_to_few(&self, x: &[f32], n: usize, out: &mut [f32], cores: Cores) {
        let (columns, rows) = (self.columns, self.rows());
        for (x, out) in x
            .chunks_exact(columns.max(1))
            .zip(out.chunks_exact_mut(rows.max(1)))
            .take(n)
        {
            const PIECE: usize = 64;
            let piece = |(i, out): (usize, &mut [f32])| {
                let start = i * PIECE * columns;
                let quants = self.quants.get(start..).unwrap_or_default();
                let scales = self.scales.get(start / BLOCK..).unwrap_or_default();
                dots(quants, scales, x, out);
            };
            #[cfg(feature = "threads")]
            if cores == Cores::All && self.quants.len() >= 1 << 18 {
                use rayon::prelude::*;
                out.par_chunks_mut(PIECE)
                    .with_min_len((rows / PIECE / rayon::current_num_threads().max(1)).max(1))
                    .enumerate()
                    .for_each(piece);
                continue;
            }
            let _ = cores;
            out.chunks_mut(PIECE).enumerate().for_each(piece);
        }
    }
}

fn widen(quants: &[u8], scales: &[f32], out: &mut [f32]) {
    Arch::new().dispatch(|| {
        let (out, _) = out.as_chunks_mut::<BLOCK>();
        let (quants, _) = quants.as_chunks::<BLOCK>();
        for ((out, quants), scale) in out.iter_mut().zip(quants).zip(scales) {
            out.iter_mut()
                .zip(quants)
                .for_each(|(out, q)| *out = f32::from(*q as i8) * scale);
        }
    });
}

/// The dot product of each row with `x`.
fn dots(quants: &[u8], scales: &[f32], x: &[f32], out: &mut [f32]) {
    let columns = x.len().max(BLOCK);
    Arch::new().dispatch(|| {
        let (x, _) = x.as_chunks::<BLOCK>();
        let rows = quants
            .chunks_exact(columns)
            .zip(scales.chunks_exact(columns / BLOCK));
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
            *out = lanes.iter().sum();
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_of_8_bits_agree_and_are_near_the_original() {
        let (rows, columns) = (70, 96);
        let data: Vec<f32> = (0..rows * columns)
            .map(|i| ((i * 7919 % 1000) as f32 - 500.0) / 250.0)
            .collect();
        let q8 = Matrix::Q8(Q8::quantize(&data, columns));
        let exact = Matrix::F32 { data, columns };
        assert_eq!((q8.rows(), exact.rows()), (rows, rows));
        for n in [1, FEW, FEW + 1, 20] {
            let x: Vec<f32> = (0..n * columns).map(|i| (i % 11) as f32 - 5.0).collect();
            let apply = |matrix: &Matrix| {
                let mut out = vec![0.0; n * rows];
                matrix.apply(&x, n, &mut out, &mut Vec::new(), Cores::All);
                out
            };
            for (a, b) in apply(&q8).iter().zip(apply(&exact)) {
                // At most half a step (2 / 127 / 2) off for each of 96 terms of at most 5; in fact far less.
                assert!((a - b).abs() < 1.0, "{n}: {a} {b}");
            }
        }
        let mut row = vec![0.0; columns];
        assert!(q8.row(rows - 1, &mut row).is_some());
        assert!(q8.row(rows, &mut row).is_none());
    }
}
