//! AVX-512 VNNI, AVX-VNNI and AVX2.

use std::arch::x86_64::*;

use super::{Job, Kernel, Vectors, run};

/// Rows of a tile: as many as 32 or 16 registers hold beside the weights, with two vectors of outputs.
pub(super) const AVX512_VNNI: usize = 10;
pub(super) const AVX_VNNI: usize = 6;
pub(super) const AVX2: usize = 5;

pub(super) fn best() -> Kernel {
    if avx512() {
        Kernel::Avx512Vnni
    } else if is_x86_feature_detected!("avxvnni") {
        Kernel::AvxVnni
    } else if is_x86_feature_detected!("avx2") {
        Kernel::Avx2
    } else {
        Kernel::Plain
    }
}

#[cfg(test)]
pub(super) fn all() -> Vec<Kernel> {
    let known = [
        (Kernel::Plain, true),
        (Kernel::Avx2, is_x86_feature_detected!("avx2")),
        (Kernel::AvxVnni, is_x86_feature_detected!("avxvnni")),
        (Kernel::Avx512Vnni, avx512()),
    ];
    let here = known.into_iter().filter(|(_, here)| *here);
    here.map(|(kernel, _)| kernel).collect()
}

fn avx512() -> bool {
    is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512vnni")
}

/// # Safety
/// As for [`run`].
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
pub(super) unsafe fn avx512_vnni(job: &Job<'_>, out: &mut [f32]) {
    // SAFETY: the caller's promise is the same.
    unsafe { run::<Avx512Vnni, AVX512_VNNI, 2>(job, out) }
}

/// # Safety
/// As for [`run`].
#[target_feature(enable = "avx2,avxvnni")]
pub(super) unsafe fn avx_vnni(job: &Job<'_>, out: &mut [f32]) {
    // SAFETY: the caller's promise is the same.
    unsafe { run::<AvxVnni, AVX_VNNI, 2>(job, out) }
}

/// # Safety
/// As for [`run`].
#[target_feature(enable = "avx2")]
pub(super) unsafe fn avx2(job: &Job<'_>, out: &mut [f32]) {
    // SAFETY: the caller's promise is the same.
    unsafe { run::<Avx2, AVX2, 2>(job, out) }
}

struct Avx512Vnni;

// SAFETY of each block below: the trait's methods promise the instructions and the bytes that are touched; none of these
// loads and stores needs an alignment.

impl Vectors for Avx512Vnni {
    const LANES: usize = 16;
    type Weights = __m512i;
    type Sum = __m512i;

    // SAFETY: what the trait asks of its callers.
    #[inline(always)]
    unsafe fn zero() -> __m512i {
        // SAFETY: see above.
        unsafe { _mm512_setzero_si512() }
    }

    // SAFETY: what the trait asks of its callers.
    #[inline(always)]
    unsafe fn weights(at: *const u8) -> __m512i {
        // SAFETY: see above.
        unsafe { _mm512_loadu_si512(at.cast()) }
    }

    // SAFETY: what the trait asks of its callers.
    #[inline(always)]
    unsafe fn add(sum: __m512i, weights: __m512i, x: *const u8) -> __m512i {
        // SAFETY: see above.
        unsafe {
            let x = _mm512_set1_epi32(x.cast::<i32>().read_unaligned());
            _mm512_dpbusd_epi32(sum, x, weights)
        }
    }

    // SAFETY: what the trait asks of its callers.
    #[inline(always)]
    unsafe fn finish(
        sum: __m512i,
        (zero, corrections): (i32, *const i32),
        (step, scales): (f32, *const f32),
        to: *mut f32,
    ) {
        // SAFETY: see above.
        unsafe {
            let corrections = _mm512_loadu_si512(corrections.cast());
            let correction = _mm512_mullo_epi32(_mm512_set1_epi32(zero), corrections);
            let whole = _mm512_cvtepi32_ps(_mm512_sub_epi32(sum, correction));
            let scale = _mm512_mul_ps(_mm512_set1_ps(step), _mm512_loadu_ps(scales));
            _mm512_storeu_ps(to, _mm512_mul_ps(whole, scale));
        }
    }
}

struct AvxVnni;

impl Vectors for AvxVnni {
    const LANES: usize = 8;
    type Weights = __m256i;
    type Sum = __m256i;

    // SAFETY: what the trait asks of its callers.
    #[inline(always)]
    unsafe fn zero() -> __m256i {
        // SAFETY: see above.
        unsafe { _mm256_setzero_si256() }
    }

    // SAFETY: what the trait asks of its callers.
    #[inline(always)]
    unsafe fn weights(at: *const u8) -> __m256i {
        // SAFETY: see above.
        unsafe { _mm256_loadu_si256(at.cast()) }
    }

    // SAFETY: what the trait asks of its callers.
    #[inline(always)]
    unsafe fn add(sum: __m256i, weights: __m256i, x: *const u8) -> __m256i {
        // SAFETY: see above.
        unsafe {
            let x = _mm256_set1_epi32(x.cast::<i32>().read_unaligned());
            _mm256_dpbusd_avx_epi32(sum, x, weights)
        }
    }

    // SAFETY: what the trait asks of its callers.
    #[inline(always)]
    unsafe fn finish(
        sum: __m256i,
        (zero, corrections): (i32, *const i32),
        (step, scales): (f32, *const f32),
        to: *mut f32,
    ) {
        // SAFETY: see above.
        unsafe {
            let corrections = _mm256_loadu_si256(corrections.cast());
            let correction = _mm256_mullo_epi32(_mm256_set1_epi32(zero), corrections);
            let whole = _mm256_cvtepi32_ps(_mm256_sub_epi32(sum, correction));
            let scale = _mm256_mul_ps(_mm256_set1_ps(step), _mm256_loadu_ps(scales));
            _mm256_storeu_ps(to, _mm256_mul_ps(whole, scale));
        }
    }
}

struct Avx2;

impl Vectors for Avx2 {
    const LANES: usize = 8;
    type Weights = __m256i;
    type Sum = __m256i;

    // SAFETY: what the trait asks of its callers.
    #[inline(always)]
    unsafe fn zero() -> __m256i {
        // SAFETY: see above.
        unsafe { _mm256_setzero_si256() }
    }

    // SAFETY: what the trait asks of its callers.
    #[inline(always)]
    unsafe fn weights(at: *const u8) -> __m256i {
        // SAFETY: see above.
        unsafe { _mm256_loadu_si256(at.cast()) }
    }

    // SAFETY: what the trait asks of its callers.
    #[inline(always)]
    unsafe fn add(sum: __m256i, weights: __m256i, x: *const u8) -> __m256i {
        // SAFETY: see above. Two products of 7 bits by 8 stay below 32,768.
        unsafe {
            let x = _mm256_set1_epi32(x.cast::<i32>().read_unaligned());
            let pairs = _mm256_maddubs_epi16(x, weights);
            _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)))
        }
    }

    // SAFETY: what the trait asks of its callers.
    #[inline(always)]
    unsafe fn finish(
        sum: __m256i,
        (zero, corrections): (i32, *const i32),
        (step, scales): (f32, *const f32),
        to: *mut f32,
    ) {
        // SAFETY: see above.
        unsafe {
            let corrections = _mm256_loadu_si256(corrections.cast());
            let correction = _mm256_mullo_epi32(_mm256_set1_epi32(zero), corrections);
            let whole = _mm256_cvtepi32_ps(_mm256_sub_epi32(sum, correction));
            let scale = _mm256_mul_ps(_mm256_set1_ps(step), _mm256_loadu_ps(scales));
            _mm256_storeu_ps(to, _mm256_mul_ps(whole, scale));
        }
    }
}
