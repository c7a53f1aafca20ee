//! What lies between the products. Loops go over fixed lanes, so that the compiler may vectorise sums.

use super::simd::widest;

const LANES: usize = 16;

/// Adds `bias` to every row of `x`.
pub(crate) fn add_bias(x: &mut [f32], bias: &[f32]) {
    widest(
        #[inline(always)]
        || {
            for row in x.chunks_exact_mut(bias.len().max(1)) {
                row.iter_mut().zip(bias).for_each(|(x, b)| *x += b);
            }
        },
    );
}

/// For every row: `x = norm(x + delta + bias) * gain + shift`, with mean 0 and variance 1 before the gain.
pub(crate) fn layer_norm(
    x: &mut [f32],
    delta: Option<(&[f32], &[f32])>,
    gain: &[f32],
    shift: &[f32],
    epsilon: f32,
) {
    let width = gain.len().max(1);
    widest(
        #[inline(always)]
        || {
            if let Some((delta, bias)) = delta {
                for (row, delta) in x.chunks_exact_mut(width).zip(delta.chunks_exact(width)) {
                    let terms = delta.iter().zip(bias);
                    row.iter_mut()
                        .zip(terms)
                        .for_each(|(x, (d, b))| *x += d + b);
                }
            }
            for row in x.chunks_exact_mut(width) {
                let mean = sum(row, |x| x) / width as f32;
                let variance = sum(row, |x| (x - mean) * (x - mean)) / width as f32;
                let scale = 1.0 / (variance + epsilon).sqrt();
                let terms = gain.iter().zip(shift);
                row.iter_mut()
                    .zip(terms)
                    .for_each(|(x, (gain, shift))| *x = (*x - mean) * scale * gain + shift);
            }
        },
    );
}

/// For every row: `out = x / rms(x) * gain`.
#[cfg(feature = "chat")]
pub(crate) fn rms_norm(x: &[f32], gain: &[f32], epsilon: f32, out: &mut [f32]) {
    let width = gain.len().max(1);
    widest(
        #[inline(always)]
        || {
            for (row, out) in x.chunks_exact(width).zip(out.chunks_exact_mut(width)) {
                let scale = 1.0 / (sum(row, |x| x * x) / width as f32 + epsilon).sqrt();
                let terms = row.iter().zip(gain);
                out.iter_mut()
                    .zip(terms)
                    .for_each(|(out, (x, gain))| *out = x * scale * gain);
            }
        },
    );
}

/// `x = gelu(x + bias)`, the exact form with `erf`.
pub(crate) fn gelu(x: &mut [f32], bias: &[f32]) {
    widest(
        #[inline(always)]
        || {
            for row in x.chunks_exact_mut(bias.len().max(1)) {
                row.iter_mut().zip(bias).for_each(|(x, b)| {
                    let y = *x + b;
                    *x = 0.5 * y * (1.0 + erf(y * std::f32::consts::FRAC_1_SQRT_2));
                });
            }
        },
    );
}

/// For every row of `2 * width` numbers, a gate and a value: `out = silu(gate) * value`.
#[cfg(feature = "chat")]
pub(crate) fn silu_product(x: &[f32], width: usize, out: &mut [f32]) {
    let width = width.max(1);
    widest(
        #[inline(always)]
        || {
            for (row, out) in x.chunks_exact(2 * width).zip(out.chunks_exact_mut(width)) {
                let (gate, value) = row.split_at(width);
                out.iter_mut()
                    .zip(gate.iter().zip(value))
                    .for_each(|(out, (gate, value))| *out = gate / (1.0 + exp(-gate)) * value);
            }
        },
    );
}

/// Scales to length 1. A vector of zeros stays as it is.
pub(crate) fn normalize(x: &mut [f32]) {
    let norm = sum(x, |x| x * x).sqrt();
    if norm > 0.0 {
        x.iter_mut().for_each(|x| *x /= norm);
    }
}

/// Turns scores into weights that sum to 1.
pub(super) fn softmax(row: &mut [f32]) {
    widest(
        #[inline(always)]
        || {
            let peak = max(row);
            row.iter_mut().for_each(|x| *x = exp(*x - peak));
            let total = 1.0 / sum(row, |x| x);
            row.iter_mut().for_each(|x| *x *= total);
        },
    );
}

#[cfg(feature = "chat")]
#[inline(always)]
pub(super) fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut lanes = [0.0; LANES];
    let ((a, rest_a), (b, rest_b)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    for (a, b) in a.iter().zip(b) {
        lanes
            .iter_mut()
            .zip(a.iter().zip(b))
            .for_each(|(lane, (a, b))| *lane += a * b);
    }
    let rest = rest_a.iter().zip(rest_b).map(|(a, b)| a * b);
    lanes.iter().sum::<f32>() + rest.sum::<f32>()
}

#[inline(always)]
fn sum(x: &[f32], term: impl Fn(f32) -> f32) -> f32 {
    let mut lanes = [0.0; LANES];
    let (chunks, rest) = x.as_chunks::<LANES>();
    for chunk in chunks {
        lanes
            .iter_mut()
            .zip(chunk)
            .for_each(|(lane, x)| *lane += term(*x));
    }
    lanes.iter().sum::<f32>() + rest.iter().map(|x| term(*x)).sum::<f32>()
}

#[inline(always)]
fn max(x: &[f32]) -> f32 {
    let mut lanes = [f32::NEG_INFINITY; LANES];
    let (chunks, rest) = x.as_chunks::<LANES>();
    for chunk in chunks {
        lanes
            .iter_mut()
            .zip(chunk)
            .for_each(|(lane, x)| *lane = if *x > *lane { *x } else { *lane });
    }
    lanes
        .iter()
        .chain(rest)
        .copied()
        .fold(f32::NEG_INFINITY, f32::max)
}

/// e to the x, relative error below 2e-7 in -87..=88, clamped outside. No table and no branch, so that it vectorises.
#[inline(always)]
fn exp(x: f32) -> f32 {
    // Cephes' coefficients. Adding and subtracting 1.5 * 2^23 rounds to a whole number, which then sits in the low
    // bits.
    const ROUND: f32 = 12_582_912.0;
    const LN_2_HIGH: f32 = 0.693_359_4;
    const LN_2_LOW: f32 = -2.121_944_4e-4;
    let x = if x < -87.0 { -87.0 } else { x };
    let x = if x > 88.0 { 88.0 } else { x };
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let whole = shifted - ROUND;
    let rest = x - whole * LN_2_HIGH - whole * LN_2_LOW;
    let mut poly = 1.987_569_1e-4;
    poly = poly * rest + 1.398_199_9e-3;
    poly = poly * rest + 8.333_452e-3;
    poly = poly * rest + 4.166_579_6e-2;
    poly = poly * rest + 1.666_666_5e-1;
    poly = poly * rest + 0.5;
    let mantissa = poly * rest * rest + rest + 1.0;
    let power = f32::from_bits(shifted.to_bits().wrapping_add(127) << 23);
    mantissa * power
}

/// The error function, absolute error below 3e-7. Abramowitz and Stegun 7.1.26.
#[inline(always)]
fn erf(x: f32) -> f32 {
    let t = 1.0 / (1.0 + 0.327_591_1 * x.abs());
    let mut poly = 1.061_405_4;
    poly = poly * t - 1.453_152;
    poly = poly * t + 1.421_413_8;
    poly = poly * t - 0.284_496_74;
    poly = poly * t + 0.254_829_6;
    (1.0 - poly * t * exp(-x * x)).copysign(x)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_is_close() {
        for i in -8700..=8800 {
            let x = i as f32 / 100.0;
            let expected = (x as f64).exp();
            let error = (exp(x) as f64 - expected).abs() / expected;
            assert!(error < 2e-7, "exp({x}): relative error {error}");
        }
        assert_eq!(exp(0.0), 1.0);
        assert!(exp(-1e30) < 1e-37 && exp(f32::NEG_INFINITY) < 1e-37);
    }

    #[test]
    fn erf_is_close() {
        // From tables.
        for (x, expected) in [
            (0.0, 0.0),
            (0.1, 0.112_462_92),
            (0.5, 0.520_499_9),
            (1.0, 0.842_700_8),
            (2.0, 0.995_322_3),
            (4.0, 0.999_999_98),
        ] {
            for sign in [1.0, -1.0] {
                let error = (erf(sign * x) - sign * expected).abs();
                assert!(error < 3e-7, "erf({}): error {error}", sign * x);
            }
        }
    }

    #[test]
    fn layer_norm_has_mean_0_and_variance_1() {
        let mut x: Vec<f32> = (0..40).map(|i| (i * i % 17) as f32).collect();
        let (zeros, ones) = (vec![0.0; 20], vec![1.0; 20]);
        let delta = vec![0.25; 40];
        layer_norm(&mut x, Some((&delta, &ones)), &ones, &zeros, 0.0);
        for row in x.chunks(20) {
            let mean = row.iter().sum::<f32>() / 20.0;
            let variance = row.iter().map(|x| x * x).sum::<f32>() / 20.0;
            assert!(mean.abs() < 1e-6 && (variance - 1.0).abs() < 1e-5);
        }
    }
}
