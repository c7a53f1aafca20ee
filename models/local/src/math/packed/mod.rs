//! Matrices of 8 bits whose inputs are rounded to 8 bits too: products of whole numbers, several times as many a second.
//!
//! A weight is `scale of its output * quant`, quants -127..=127. An input row is `step * (quant - zero)`, quants 0..=255,
//! or 0..=127 where the machine's instruction would overflow; `zero` is taken out again by the sum of an output's
//! weights. Before they are rounded, inputs are multiplied by `smooth` and weights were divided by it: what is hard to
//! round in a few large inputs goes over to the weights (SmoothQuant, Xiao et al. 2022, with exponent 0.5).
//!
//! Quants lie as kernels read them: [`PANEL`] outputs side by side, of each [`GROUP`] inputs, then the next inputs. The
//! file holds them in this order, whichever machine reads it.

mod kernel;
mod round;

use bytes::Bytes;

use super::Cores;
use kernel::{Job, Kernel};
use round::Rows;

/// Outputs side by side.
pub(crate) const PANEL: usize = 16;

/// Inputs that one instruction multiplies and adds for each output.
const GROUP: usize = 4;

/// A matrix of whole panels, ready for the kernels.
pub(crate) struct Packed {
    /// Inputs; a multiple of [`GROUP`].
    pub(crate) columns: usize,
    /// One for each output.
    pub(crate) scales: Vec<f32>,
    /// What each input is multiplied by before it is rounded.
    pub(crate) smooth: Vec<f32>,
    /// Of the quants of each output.
    pub(crate) sums: Vec<i32>,
    /// i8 in two's complement.
    pub(crate) quants: Bytes,
}

/// Buffers that one product after another uses.
#[derive(Default)]
pub(crate) struct Room {
    /// Of weights that are widened to f32 first.
    pub(super) widened: Vec<f32>,
    rows: Rows,
}

/// Whether a matrix of this shape can be packed.
pub(crate) fn fits(rows: usize, columns: usize) -> bool {
    rows > 0 && columns > 0 && rows.is_multiple_of(PANEL) && columns.is_multiple_of(GROUP)
}

impl Packed {
    /// Packs row after row of `columns` inputs. `peaks` are the largest inputs seen, without their signs. The shape must
    /// fit ([`fits`]).
    pub(crate) fn pack(data: &[f32], columns: usize, peaks: &[f32]) -> Self {
        let mut largest = vec![0f32; columns];
        for row in data.chunks_exact(columns) {
            for (largest, w) in largest.iter_mut().zip(row) {
                *largest = largest.max(w.abs());
            }
        }
        let smooth: Vec<f32> = largest
            .iter()
            .zip(peaks)
            .map(|(w, x)| (w.max(1e-5) / x.max(1e-5)).sqrt())
            .collect();
        let rows = data.len() / columns;
        let (mut scales, mut sums) = (Vec::with_capacity(rows), Vec::with_capacity(rows));
        let mut quants = Vec::with_capacity(data.len());
        for panel in data.chunks_exact(PANEL * columns) {
            let panel: Vec<Vec<i8>> = panel
                .chunks_exact(columns)
                .map(|row| {
                    let row = || row.iter().zip(&smooth).map(|(w, s)| w / s);
                    let peak = row().fold(0f32, |peak, w| peak.max(w.abs()));
                    let scale = if peak > 0.0 { peak / 127.0 } else { 1.0 };
                    let row: Vec<i8> = row().map(|w| (w / scale).round() as i8).collect();
                    scales.push(scale);
                    sums.push(row.iter().map(|q| i32::from(*q)).sum());
                    row
                })
                .collect();
            for start in (0..columns).step_by(GROUP) {
                for row in &panel {
                    let group = row.get(start..start + GROUP).unwrap_or_default();
                    quants.extend(group.iter().map(|q| *q as u8));
                }
            }
        }
        Self {
            columns,
            scales,
            smooth,
            sums,
            quants: quants.into(),
        }
    }

    /// Outputs.
    pub(crate) fn rows(&self) -> usize {
        self.scales.len()
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
        self.apply_with(Kernel::best(), x, n, out, room, cores);
    }

    fn apply_with(
        &self,
        kernel: Kernel,
        x: &[f32],
        n: usize,
        out: &mut [f32],
        room: &mut Room,
        cores: Cores,
    ) {
        let rows = &mut room.rows;
        rows.take(x, n, &self.smooth, kernel);
        #[cfg(feature = "threads")]
        if cores == Cores::All && n >= 2 * PARALLEL && rayon::current_num_threads() > 1 {
            use rayon::prelude::*;
            // Shares end where tiles end.
            let share = n.div_ceil(rayon::current_num_threads());
            let share = share.next_multiple_of(kernel.tallest());
            let parts = out.par_chunks_mut(share * self.rows()).enumerate();
            parts.for_each(|(i, out)| kernel.run(&self.job(rows, i * share), out));
            return;
        }
        let _one = cores;
        kernel.run(&self.job(rows, 0), out);
    }

    fn job<'a>(&'a self, rows: &'a Rows, first: usize) -> Job<'a> {
        Job {
            x: rows.quants.get(first * self.columns..).unwrap_or_default(),
            steps: rows.steps.get(first..).unwrap_or_default(),
            zeros: rows.zeros.get(first..).unwrap_or_default(),
            columns: self.columns,
            quants: &self.quants,
            scales: &self.scales,
            sums: &self.sums,
        }
    }
}

/// Fewest rows that are worth another core.
#[cfg(feature = "threads")]
const PARALLEL: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers without a pattern, -1 to 1.
    fn noise(n: usize, seed: u32) -> Vec<f32> {
        let mut state = seed;
        let next = |_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 23) as f32 - 1.0
        };
        (0..n).map(next).collect()
    }

    /// What every kernel must give, to the bit of the whole numbers: sums in i64 over the unpacked weights.
    fn plainly(packed: &Packed, rows: &Rows, n: usize, kernel: Kernel) -> Vec<f32> {
        let columns = packed.columns;
        // Where each row's tile starts, and how high it is.
        let tiles: Vec<(usize, usize)> = kernel
            .heights(n)
            .scan(0, |next, height| {
                *next += height;
                Some((*next - height, height))
            })
            .flat_map(|tile| std::iter::repeat_n(tile, tile.1))
            .collect();
        let mut out = Vec::new();
        for (row, (start, height)) in tiles.into_iter().enumerate() {
            for output in 0..packed.rows() {
                let weight = |k: usize| {
                    let panel = output / PANEL * PANEL * columns;
                    let group = k / GROUP * PANEL * GROUP;
                    let at = panel + group + output % PANEL * GROUP + k % GROUP;
                    i64::from(packed.quants[at] as i8)
                };
                let x = |k: usize| {
                    let group = k / GROUP * height + row - start;
                    i64::from(rows.quants[start * columns + group * GROUP + k % GROUP])
                };
                let zero = i64::from(rows.zeros[row]);
                let sum: i64 = (0..columns).map(|k| (x(k) - zero) * weight(k)).sum();
                out.push(sum as f32 * (rows.steps[row] * packed.scales[output]));
            }
        }
        out
    }

    #[test]
    fn every_kernel_of_this_machine_gives_the_plain_sums() {
        for (outputs, columns) in [(16, 4), (32, 32), (48, 384), (80, 100)] {
            let weights = noise(outputs * columns, 7);
            let packed = Packed::pack(&weights, columns, &vec![1.0; columns]);
            for n in [1, 2, 3, 5, 7, 10, 11, 33] {
                let x = noise(n * columns, 99);
                for kernel in Kernel::all() {
                    let mut room = Room::default();
                    let mut out = vec![f32::NAN; n * outputs];
                    packed.apply_with(kernel, &x, n, &mut out, &mut room, Cores::All);
                    let expected = plainly(&packed, &room.rows, n, kernel);
                    for (a, b) in out.iter().zip(&expected) {
                        let near = (a - b).abs() <= 1e-5 * b.abs().max(1e-3);
                        assert!(near, "{kernel:?} {outputs}x{columns}, {n}: {a} {b}");
                    }
                }
            }
        }
    }

    #[test]
    fn the_largest_numbers_do_not_overflow() {
        let (outputs, columns) = (32, 1536);
        let weights = vec![1.0; outputs * columns];
        let packed = Packed::pack(&weights, columns, &vec![1.0; columns]);
        assert!(packed.quants.iter().all(|q| *q == 127));
        for kernel in Kernel::all() {
            let (mut out, mut room) = (vec![0.0; outputs], Room::default());
            let x = vec![3.0; columns];
            packed.apply_with(kernel, &x, 1, &mut out, &mut room, Cores::One);
            for sum in out {
                assert!(
                    (sum / (3.0 * 1536.0) - 1.0).abs() < 1e-4,
                    "{kernel:?} {sum}"
                );
            }
        }
    }

    #[test]
    fn smoothing_keeps_the_product_and_helps_with_outliers() {
        let (outputs, columns, n) = (16, 64, 4);
        let weights = noise(outputs * columns, 3);
        let mut x = noise(n * columns, 4);
        x.iter_mut().step_by(16).for_each(|x| *x *= 60.0);
        let exact = |row: &[f32], w: &[f32]| row.iter().zip(w).map(|(x, w)| x * w).sum::<f32>();
        let expected: Vec<f32> = x
            .chunks(columns)
            .flat_map(|row| weights.chunks(columns).map(move |w| exact(row, w)))
            .collect();
        let error = |peaks: &[f32]| {
            let packed = Packed::pack(&weights, columns, peaks);
            let mut out = vec![0.0; n * outputs];
            packed.apply(&x, n, &mut out, &mut Room::default(), Cores::One);
            let terms = out.iter().zip(&expected).map(|(a, b)| (a - b).powi(2));
            terms.sum::<f32>().sqrt()
        };
        let peaks: Vec<f32> = (0..columns)
            .map(|k| {
                x.chunks(columns)
                    .fold(0f32, |peak, row| peak.max(row[k].abs()))
            })
            .collect();
        let plain = {
            // Peaks in proportion to the weights leave everything as it is.
            let largest = (0..columns).map(|k| {
                weights
                    .chunks(columns)
                    .fold(0f32, |peak, row| peak.max(row[k].abs()))
            });
            largest.collect::<Vec<_>>()
        };
        assert!(
            error(&peaks) < 0.6 * error(&plain),
            "{} {}",
            error(&peaks),
            error(&plain)
        );
    }

    #[test]
    fn shapes_that_do_not_fit_are_told() {
        for (rows, columns, expected) in [
            (16, 4, true),
            (384, 1536, true),
            (8, 4, false),
            (16, 6, false),
            (0, 4, false),
        ] {
            assert_eq!(fits(rows, columns), expected, "{rows}x{columns}");
        }
    }
}
