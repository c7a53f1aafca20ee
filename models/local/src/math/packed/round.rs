//! Rounding rows of inputs to whole numbers.

use super::{super::simd::widest, GROUP, kernel::Kernel};

/// Rounded inputs. `value = step * (quant - zero)`, with a step and a zero for each row.
#[derive(Default)]
pub(super) struct Rows {
    pub(super) quants: Vec<u8>,
    pub(super) steps: Vec<f32>,
    pub(super) zeros: Vec<i32>,
    smoothed: Vec<f32>,
    copy: Vec<u8>,
}

/// Adding it to a number leaves that number, rounded, in the low bits.
const ROUND: f32 = 12_582_912.0;

impl Rows {
    /// Takes `n` rows, each as long as `smooth`, which it multiplies them by, and lays them as `kernel` reads them.
    pub(super) fn take(&mut self, x: &[f32], n: usize, smooth: &[f32], kernel: Kernel) {
        self.round(x, n, smooth, kernel.levels());
        self.interleave(n, smooth.len().max(1), kernel);
    }

    /// Row after row. `levels` is the largest quant.
    fn round(&mut self, x: &[f32], n: usize, smooth: &[f32], levels: u8) {
        let columns = smooth.len().max(1);
        self.quants.resize(n * columns, 0);
        self.steps.resize(n, 0.0);
        self.zeros.resize(n, 0);
        self.smoothed.resize(columns, 0.0);
        let Self {
            quants,
            steps,
            zeros,
            smoothed,
            ..
        } = self;
        let levels = f32::from(levels);
        widest(
            #[inline(always)]
            || {
                let places = steps.iter_mut().zip(zeros.iter_mut());
                let rows = x.chunks_exact(columns);
                let rows = rows.zip(quants.chunks_exact_mut(columns)).zip(places);
                for ((row, quants), (step, zero)) in rows {
                    let (low, high) = smoothed_range(row, smooth, smoothed);
                    // A row of zeros alone has no step of its own.
                    let range = (high - low).max(f32::MIN_POSITIVE * 1e6);
                    *step = range / levels;
                    let inverse = levels / range;
                    let shift = (-low * inverse).round();
                    *zero = shift as i32;
                    let shift = shift + ROUND;
                    let top = ROUND + levels;
                    for (quant, x) in quants.iter_mut().zip(smoothed.iter()) {
                        let sum = x * inverse + shift;
                        let sum = if sum > top { top } else { sum };
                        let sum = if sum < ROUND { ROUND } else { sum };
                        *quant = sum.to_bits() as u8;
                    }
                }
            },
        );
    }
}

impl Rows {
    /// Of every tile, first the first group of each row.
    fn interleave(&mut self, n: usize, columns: usize, kernel: Kernel) {
        let Self { quants, copy, .. } = self;
        copy.resize(quants.len(), 0);
        let mut row = 0;
        for height in kernel.heights(n) {
            let tile = row * columns..(row + height) * columns;
            row += height;
            let from = quants.get(tile.clone()).unwrap_or_default();
            let (groups, _) = copy
                .get_mut(tile)
                .unwrap_or_default()
                .as_chunks_mut::<GROUP>();
            for (m, row) in from.chunks_exact(columns).enumerate() {
                let (row, _) = row.as_chunks::<GROUP>();
                let places = groups.iter_mut().skip(m).step_by(height);
                places.zip(row).for_each(|(to, from)| *to = *from);
            }
        }
        std::mem::swap(quants, copy);
    }
}

/// Multiplies, and gives the least and the largest product; 0 is always between them.
#[inline(always)]
fn smoothed_range(row: &[f32], smooth: &[f32], out: &mut [f32]) -> (f32, f32) {
    const LANES: usize = 16;
    let (mut low, mut high) = ([0f32; LANES], [0f32; LANES]);
    for (out, (x, s)) in out.iter_mut().zip(row.iter().zip(smooth)) {
        *out = x * s;
    }
    let (chunks, rest) = out.as_chunks::<LANES>();
    for chunk in chunks {
        for (low, x) in low.iter_mut().zip(chunk) {
            *low = if *x < *low { *x } else { *low };
        }
        for (high, x) in high.iter_mut().zip(chunk) {
            *high = if *x > *high { *x } else { *high };
        }
    }
    (
        low.iter().chain(rest).copied().fold(0.0, f32::min),
        high.iter().chain(rest).copied().fold(0.0, f32::max),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounded_rows_are_at_most_half_a_step_off() {
        let rows: [&[f32]; 5] = [
            &[0.0; 20],
            &[5.0; 20],
            &[-3.0; 20],
            &std::array::from_fn::<f32, 20, _>(|i| i as f32 - 9.3),
            &std::array::from_fn::<f32, 20, _>(|i| 1e-3 * (i * i) as f32),
        ];
        let smooth: Vec<f32> = (1..=20).map(|i| i as f32 / 10.0).collect();
        for levels in [127, 255] {
            let mut rounded = Rows::default();
            rounded.round(&rows.concat(), rows.len(), &smooth, levels);
            for (i, row) in rows.iter().enumerate() {
                let (step, zero) = (rounded.steps[i], rounded.zeros[i]);
                for (k, x) in row.iter().enumerate() {
                    let quant = rounded.quants[i * 20 + k];
                    assert!(quant <= levels);
                    let back = step * (i32::from(quant) - zero) as f32;
                    // The zero is rounded as well: at the ends of the range that can cost another half.
                    let error = (back - x * smooth[k]).abs();
                    assert!(error <= 1.001 * step, "{i} {k} {levels}: {error} {step}");
                }
            }
        }
    }
}
