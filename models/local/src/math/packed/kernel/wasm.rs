//! simd128, and its relaxed extension where the module is built with it.

use std::arch::wasm32::*;

use super::{Job, Kernel, Vectors, run};

/// Rows of a tile of one vector, which is widened to two.
pub(super) const SIMD128: usize = 5;

/// Rows and vectors of a tile. wasmtime's register allocator spills tiles that V8's keeps: fewer rows there, and more vectors of them.
#[cfg(all(target_os = "wasi", target_feature = "relaxed-simd"))]
pub(super) const RELAXED: (usize, usize) = (2, 4);
#[cfg(all(not(target_os = "wasi"), target_feature = "relaxed-simd"))]
pub(super) const RELAXED: (usize, usize) = (5, 2);

/// The instruction is asked for its own nature: which of two ways it takes with inputs above 127 differs by engine.
#[cfg(target_feature = "relaxed-simd")]
pub(super) fn best() -> Kernel {
    use std::sync::OnceLock;
    static BEST: OnceLock<Kernel> = OnceLock::new();
    *BEST.get_or_init(|| {
        let dot = |weight: i8, x: u8| {
            let weights = std::hint::black_box(i8x16_splat(weight));
            let x = std::hint::black_box(u8x16_splat(x));
            let sum = i32x4_relaxed_dot_i8x16_i7x16_add(weights, x, i32x4_splat(0));
            i32x4_extract_lane::<0>(sum)
        };
        // An engine that computes something else altogether. This does not see all: Node 20 has the instruction behind a
        // flag only, and gives twice the sum in some places and not in others.
        if dot(-127, 127) != -4 * 127 * 127 {
            return Kernel::Simd128;
        }
        match dot(127, 255) == 4 * 127 * 255 {
            true => Kernel::RelaxedVnni,
            false => Kernel::Relaxed,
        }
    })
}

#[cfg(not(target_feature = "relaxed-simd"))]
pub(super) fn best() -> Kernel {
    Kernel::Simd128
}

#[cfg(test)]
pub(super) fn all() -> Vec<Kernel> {
    vec![Kernel::Plain, Kernel::Simd128, best()]
}

/// # Safety
/// As for [`run`].
pub(super) unsafe fn simd128(job: &Job<'_>, out: &mut [f32]) {
    // SAFETY: the caller's promise is the same.
    unsafe { run::<Simd128, SIMD128, 1>(job, out) }
}

/// # Safety
/// As for [`run`].
#[cfg(target_feature = "relaxed-simd")]
pub(super) unsafe fn relaxed(job: &Job<'_>, out: &mut [f32]) {
    // SAFETY: the caller's promise is the same.
    unsafe { run::<Relaxed, { RELAXED.0 }, { RELAXED.1 }>(job, out) }
}

// SAFETY of each block below: the trait's methods promise the bytes that are touched; none of these loads and stores
// needs an alignment. A module with an instruction that the engine lacks does not start at all.

struct Simd128;

impl Vectors for Simd128 {
    const LANES: usize = 4;
    /// Two outputs each, widened to 16 bits.
    type Weights = [v128; 2];
    /// Two numbers for each output.
    type Sum = [v128; 2];

    // SAFETY: what the trait asks of its callers.
    #[inline(always)]
    unsafe fn zero() -> Self::Sum {
        [i32x4_splat(0); 2]
    }

    // SAFETY: what the trait asks of its callers.
    #[inline(always)]
    unsafe fn weights(at: *const u8) -> Self::Weights {
        // SAFETY: see above.
        let all = unsafe { v128_load(at.cast()) };
        [i16x8_extend_low_i8x16(all), i16x8_extend_high_i8x16(all)]
    }

    // SAFETY: what the trait asks of its callers.
    #[inline(always)]
    unsafe fn add([low, high]: Self::Sum, weights: Self::Weights, x: *const u8) -> Self::Sum {
        // SAFETY: see above.
        let x = unsafe { v128_load32_splat(x.cast()) };
        let x = i16x8_extend_low_u8x16(x);
        let [first, second] = weights;
        [
            i32x4_add(low, i32x4_dot_i16x8(first, x)),
            i32x4_add(high, i32x4_dot_i16x8(second, x)),
        ]
    }

    // SAFETY: what the trait asks of its callers.
    #[inline(always)]
    unsafe fn finish(
        [low, high]: Self::Sum,
        zero: (i32, *const i32),
        scale: (f32, *const f32),
        to: *mut f32,
    ) {
        let sum = i32x4_add(
            i32x4_shuffle::<0, 2, 4, 6>(low, high),
            i32x4_shuffle::<1, 3, 5, 7>(low, high),
        );
        // SAFETY: see above.
        unsafe { finish(sum, zero, scale, to) }
    }
}

#[cfg(target_feature = "relaxed-simd")]
struct Relaxed;

#[cfg(target_feature = "relaxed-simd")]
impl Vectors for Relaxed {
    const LANES: usize = 4;
    type Weights = v128;
    type Sum = v128;

    // SAFETY: what the trait asks of its callers.
    #[inline(always)]
    unsafe fn zero() -> v128 {
        i32x4_splat(0)
    }

    // SAFETY: what the trait asks of its callers.
    #[inline(always)]
    unsafe fn weights(at: *const u8) -> v128 {
        // SAFETY: see above.
        unsafe { v128_load(at.cast()) }
    }

    // SAFETY: what the trait asks of its callers.
    #[inline(always)]
    unsafe fn add(sum: v128, weights: v128, x: *const u8) -> v128 {
        // SAFETY: see above.
        let x = unsafe { v128_load32_splat(x.cast()) };
        i32x4_relaxed_dot_i8x16_i7x16_add(weights, x, sum)
    }

    // SAFETY: what the trait asks of its callers.
    #[inline(always)]
    unsafe fn finish(sum: v128, zero: (i32, *const i32), scale: (f32, *const f32), to: *mut f32) {
        // SAFETY: see above.
        unsafe { finish(sum, zero, scale, to) }
    }
}

/// # Safety
/// Four numbers may be read from each pointer, and written to the last.
#[inline(always)]
unsafe fn finish(
    sum: v128,
    (zero, corrections): (i32, *const i32),
    (step, scales): (f32, *const f32),
    to: *mut f32,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let correction = i32x4_mul(i32x4_splat(zero), v128_load(corrections.cast()));
        let whole = f32x4_convert_i32x4(i32x4_sub(sum, correction));
        let scale = f32x4_mul(f32x4_splat(step), v128_load(scales.cast()));
        v128_store(to.cast(), f32x4_mul(whole, scale));
    }
}
