//! Loops that any compiler understands, for machines without a kernel of their own.

use super::{GROUP, PANEL, Vectors};

pub(super) struct Plain;

impl Vectors for Plain {
    const LANES: usize = PANEL;
    type Weights = [[i8; GROUP]; PANEL];
    type Sum = [i32; PANEL];

    // SAFETY: what the trait asks of its callers.
    #[inline(always)]
    unsafe fn zero() -> Self::Sum {
        [0; PANEL]
    }

    // SAFETY: what the trait asks of its callers.
    #[inline(always)]
    unsafe fn weights(at: *const u8) -> Self::Weights {
        // SAFETY: the caller allows to read as many bytes as the array has; bytes have no alignment.
        unsafe { at.cast::<Self::Weights>().read() }
    }

    // SAFETY: what the trait asks of its callers.
    #[inline(always)]
    unsafe fn add(mut sum: Self::Sum, weights: Self::Weights, x: *const u8) -> Self::Sum {
        // SAFETY: as above.
        let x = unsafe { x.cast::<[u8; GROUP]>().read() };
        for (sum, weights) in sum.iter_mut().zip(weights) {
            for (w, x) in weights.iter().zip(x) {
                *sum += i32::from(*w) * i32::from(x);
            }
        }
        sum
    }

    // SAFETY: what the trait asks of its callers.
    #[inline(always)]
    unsafe fn finish(
        sum: Self::Sum,
        (zero, corrections): (i32, *const i32),
        (step, scales): (f32, *const f32),
        to: *mut f32,
    ) {
        for (i, sum) in sum.into_iter().enumerate() {
            // SAFETY: the caller allows to read and write as many numbers as the array has.
            unsafe {
                let whole = sum - zero * *corrections.add(i);
                *to.add(i) = whole as f32 * (step * *scales.add(i));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_output_has_its_own_sum() {
        let weights: Vec<u8> = (0..PANEL as i8)
            .flat_map(|output| [output, -1, 1, -output].map(|w| w as u8))
            .collect();
        let x = [10u8, 255, 3, 1];
        // SAFETY: 64 weights and 4 inputs are there.
        let sum =
            unsafe { Plain::add(Plain::zero(), Plain::weights(weights.as_ptr()), x.as_ptr()) };
        for (output, sum) in sum.into_iter().enumerate() {
            assert_eq!(sum, 10 * output as i32 - 255 + 3 - output as i32);
        }
    }
}
