//! NEON with its dot products of bytes (`dotprod`: ARMv8.2 and later, so every server and every Apple machine of today).
//!
//! The compiler has no stable name for the instruction, hence the assembler. It multiplies signed bytes only: 128 is taken
//! off each input by flipping its highest bit, and comes back when the row's zero is taken out.

use std::arch::{aarch64::*, asm, is_aarch64_feature_detected};

use super::{Job, Kernel, Vectors, run};

/// Rows of a tile: as many as 32 registers hold beside the weights, with four vectors of outputs.
pub(super) const NEON: usize = 6;

/// What an input of zero became.
const MIDDLE: i32 = 128;

pub(super) fn best() -> Kernel {
    match is_aarch64_feature_detected!("dotprod") {
        true => Kernel::NeonDot,
        false => Kernel::Plain,
    }
}

#[cfg(test)]
pub(super) fn all() -> Vec<Kernel> {
    match best() {
        Kernel::Plain => vec![Kernel::Plain],
        best => vec![Kernel::Plain, best],
    }
}

/// # Safety
/// As for [`run`].
#[target_feature(enable = "neon,dotprod")]
pub(super) unsafe fn neon(job: &Job<'_>, out: &mut [f32]) {
    // SAFETY: the caller's promise is the same.
    unsafe { run::<NeonDot, NEON, 4>(job, out) }
}

struct NeonDot;

// SAFETY of each block below: the trait's methods promise the instructions and the bytes that are touched; none of these
// loads and stores needs an alignment.

impl Vectors for NeonDot {
    const LANES: usize = 4;
    type Weights = int8x16_t;
    type Sum = int32x4_t;

    // SAFETY: what the trait asks of its callers.
    #[inline(always)]
    unsafe fn zero() -> int32x4_t {
        // SAFETY: see above.
        unsafe { vdupq_n_s32(0) }
    }

    // SAFETY: what the trait asks of its callers.
    #[inline(always)]
    unsafe fn weights(at: *const u8) -> int8x16_t {
        // SAFETY: see above.
        unsafe { vld1q_s8(at.cast()) }
    }

    // SAFETY: what the trait asks of its callers.
    #[inline(always)]
    unsafe fn add(mut sum: int32x4_t, weights: int8x16_t, x: *const u8) -> int32x4_t {
        // SAFETY: see above. The instruction adds to one register what it reads from two, and touches nothing else.
        unsafe {
            let x = vdupq_n_u32(x.cast::<u32>().read_unaligned());
            let x = veorq_u8(vreinterpretq_u8_u32(x), vdupq_n_u8(MIDDLE as u8));
            asm!(
                "sdot {sum:v}.4s, {weights:v}.16b, {x:v}.16b",
                sum = inlateout(vreg) sum,
                weights = in(vreg) weights,
                x = in(vreg) x,
                options(pure, nomem, nostack, preserves_flags),
            );
            sum
        }
    }

    // SAFETY: what the trait asks of its callers.
    #[inline(always)]
    unsafe fn finish(
        sum: int32x4_t,
        (zero, corrections): (i32, *const i32),
        (step, scales): (f32, *const f32),
        to: *mut f32,
    ) {
        // SAFETY: see above.
        unsafe {
            let corrections = vld1q_s32(corrections);
            let whole = vcvtq_f32_s32(vmlsq_n_s32(sum, corrections, zero - MIDDLE));
            let scale = vmulq_n_f32(vld1q_f32(scales), step);
            vst1q_f32(to, vmulq_f32(whole, scale));
        }
    }
}
