//! Products of whole numbers, for each set of instructions: the only place where weights are read through pointers.
//!
//! One loop serves all of them ([`run`]), compiled once for each: a tile of several rows by several vectors of outputs
//! stays in registers while it goes through all inputs. The size of a tile is what the registers hold.
#![allow(unsafe_code)]

#[cfg(target_arch = "aarch64")]
mod arm;
mod plain;
#[cfg(target_arch = "wasm32")]
mod wasm;
#[cfg(target_arch = "x86_64")]
mod x86;

use super::{GROUP, PANEL};

/// Whose instructions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kernel {
    /// Any machine's.
    #[cfg_attr(
        all(target_arch = "wasm32", not(test)),
        allow(dead_code, reason = "every wasm machine has simd128")
    )]
    Plain,
    /// 512 bits, four products at once.
    #[cfg(target_arch = "x86_64")]
    Avx512Vnni,
    /// 256 bits, four products at once.
    #[cfg(target_arch = "x86_64")]
    AvxVnni,
    /// 256 bits, products of 7 bits.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// 128 bits, four products at once.
    #[cfg(target_arch = "aarch64")]
    NeonDot,
    /// 128 bits, products of 16 bits.
    #[cfg(target_arch = "wasm32")]
    Simd128,
    /// 128 bits, four products at once, of 7 bits.
    #[cfg(all(target_arch = "wasm32", target_feature = "relaxed-simd"))]
    Relaxed,
    /// The same where the engine makes the instruction of VNNI from it.
    #[cfg(all(target_arch = "wasm32", target_feature = "relaxed-simd"))]
    RelaxedVnni,
}

/// A product: whole numbers in, f32 out.
pub(super) struct Job<'a> {
    /// Quants of the inputs: tiles of rows one after the other ([`Kernel::heights`]); in a tile, the first [`GROUP`]
    /// inputs of every row, then the next.
    pub(super) x: &'a [u8],
    /// Of each row.
    pub(super) steps: &'a [f32],
    /// Of each row.
    pub(super) zeros: &'a [i32],
    pub(super) columns: usize,
    /// Of the weights, in panels.
    pub(super) quants: &'a [u8],
    pub(super) scales: &'a [f32],
    pub(super) sums: &'a [i32],
}

/// A set of instructions. A vector covers `LANES` outputs of [`GROUP`] inputs.
trait Vectors {
    /// Outputs of one vector; divides [`PANEL`].
    const LANES: usize;
    type Weights: Copy;
    type Sum: Copy;

    /// # Safety
    /// The machine has the instructions.
    unsafe fn zero() -> Self::Sum;

    /// # Safety
    /// The machine has the instructions, and `GROUP * LANES` bytes may be read.
    unsafe fn weights(at: *const u8) -> Self::Weights;

    /// Adds the products with the same [`GROUP`] inputs for all outputs.
    ///
    /// # Safety
    /// The machine has the instructions, and `GROUP` bytes may be read.
    unsafe fn add(sum: Self::Sum, weights: Self::Weights, x: *const u8) -> Self::Sum;

    /// Writes `(sum - zero * correction) * (step * scale)` for each output.
    ///
    /// # Safety
    /// The machine has the instructions; `LANES` corrections and scales may be read, and as many numbers written.
    unsafe fn finish(
        sum: Self::Sum,
        zero: (i32, *const i32),
        scale: (f32, *const f32),
        to: *mut f32,
    );
}

impl Kernel {
    /// The fastest of this machine.
    pub(super) fn best() -> Self {
        #[cfg(target_arch = "x86_64")]
        return x86::best();
        #[cfg(target_arch = "wasm32")]
        return wasm::best();
        #[cfg(target_arch = "aarch64")]
        return arm::best();
        #[cfg(not(any(
            target_arch = "x86_64",
            target_arch = "wasm32",
            target_arch = "aarch64"
        )))]
        Self::Plain
    }

    /// Those that this machine can run.
    #[cfg(test)]
    pub(super) fn all() -> Vec<Self> {
        #[cfg(target_arch = "x86_64")]
        return x86::all();
        #[cfg(target_arch = "wasm32")]
        return wasm::all();
        #[cfg(target_arch = "aarch64")]
        return arm::all();
        #[cfg(not(any(
            target_arch = "x86_64",
            target_arch = "wasm32",
            target_arch = "aarch64"
        )))]
        vec![Self::Plain]
    }

    /// The largest quant of an input.
    pub(super) fn levels(self) -> u8 {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => 127,
            #[cfg(all(target_arch = "wasm32", target_feature = "relaxed-simd"))]
            Self::Relaxed => 127,
            _ => 255,
        }
    }

    /// Most rows of a tile.
    pub(super) fn tallest(self) -> usize {
        match self {
            Self::Plain => 2,
            #[cfg(target_arch = "x86_64")]
            Self::Avx512Vnni => x86::AVX512_VNNI,
            #[cfg(target_arch = "x86_64")]
            Self::AvxVnni => x86::AVX_VNNI,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => x86::AVX2,
            #[cfg(target_arch = "aarch64")]
            Self::NeonDot => arm::NEON,
            #[cfg(target_arch = "wasm32")]
            Self::Simd128 => wasm::SIMD128,
            #[cfg(all(target_arch = "wasm32", target_feature = "relaxed-simd"))]
            Self::Relaxed | Self::RelaxedVnni => wasm::RELAXED.0,
        }
    }

    /// Rows of each tile of `n` rows.
    pub(super) fn heights(self, n: usize) -> impl Iterator<Item = usize> {
        let mut left = n;
        std::iter::from_fn(move || {
            let next = height(left, self.tallest());
            left = left.checked_sub(next)?;
            Some(next)
        })
    }

    /// Fills `out` with whole rows, as many as it holds. Does nothing when the parts of the job do not belong together:
    /// a fault of the caller, which debug builds report.
    pub(super) fn run(self, job: &Job<'_>, out: &mut [f32]) {
        let outputs = job.scales.len();
        let rows = out.len() / outputs.max(1);
        let sound = super::fits(outputs, job.columns)
            && job.sums.len() == outputs
            && job.quants.len() == outputs * job.columns
            && job.x.len() >= rows * job.columns
            && job.steps.len() >= rows
            && job.zeros.len() >= rows;
        debug_assert!(sound, "a product of parts that do not fit");
        if !sound {
            return;
        }
        // SAFETY: the lengths were compared above, as `run` demands, and a kernel's name is only given by `best` and
        // `all`, which look whether the machine has its instructions.
        unsafe {
            match self {
                Self::Plain => run::<plain::Plain, 2, 1>(job, out),
                #[cfg(target_arch = "x86_64")]
                Self::Avx512Vnni => x86::avx512_vnni(job, out),
                #[cfg(target_arch = "x86_64")]
                Self::AvxVnni => x86::avx_vnni(job, out),
                #[cfg(target_arch = "x86_64")]
                Self::Avx2 => x86::avx2(job, out),
                #[cfg(target_arch = "aarch64")]
                Self::NeonDot => arm::neon(job, out),
                #[cfg(target_arch = "wasm32")]
                Self::Simd128 => wasm::simd128(job, out),
                #[cfg(all(target_arch = "wasm32", target_feature = "relaxed-simd"))]
                Self::Relaxed | Self::RelaxedVnni => wasm::relaxed(job, out),
            }
        }
    }
}

/// Rows of the next tile where `left` rows are left and tiles are at most `tallest` high.
fn height(left: usize, tallest: usize) -> usize {
    let heights = [tallest, 4, 2, 1];
    let fits = heights.into_iter().find(|height| *height <= left);
    fits.unwrap_or(1).min(tallest)
}

/// Every row by every output, in tiles of at most `M` rows by `V` vectors.
///
/// # Safety
/// The machine has the instructions of `S`. With `n` rows of `out`, `outputs` scales: `x` holds `n * columns` bytes,
/// `quants` `outputs * columns`, `steps` and `zeros` `n` each, `sums` `outputs`; the shape fits (`super::fits`).
#[inline(always)]
unsafe fn run<S: Vectors, const M: usize, const V: usize>(job: &Job<'_>, out: &mut [f32]) {
    let outputs = job.scales.len();
    let n = out.len() / outputs;
    let mut first = 0;
    while first < outputs {
        // An odd panel at the end leaves no room for tiles of two.
        let whole = V * S::LANES <= PANEL || first + V * S::LANES <= outputs;
        let mut row = 0;
        while row < n {
            let height = height(n - row, M);
            // SAFETY: tiles stay inside: `row + height <= n`, and `first` plus the outputs of the tile's vectors is at
            // most `outputs`, since `LANES` divides `PANEL`, which divides `outputs`.
            unsafe {
                match (height, whole) {
                    (4, true) => tile::<S, 4, V>(job, out, row, first),
                    (2, true) => tile::<S, 2, V>(job, out, row, first),
                    (1, true) => tile::<S, 1, V>(job, out, row, first),
                    (_, true) => tile::<S, M, V>(job, out, row, first),
                    (4, false) => tile::<S, 4, 1>(job, out, row, first),
                    (2, false) => tile::<S, 2, 1>(job, out, row, first),
                    (1, false) => tile::<S, 1, 1>(job, out, row, first),
                    (_, false) => tile::<S, M, 1>(job, out, row, first),
                }
            }
            row += height;
        }
        first += S::LANES * if whole { V } else { 1 };
    }
}

/// One tile.
///
/// # Safety
/// As for [`run`], and the tile of `M` rows by `V` vectors from `row` and output `first` on lies inside.
#[inline(always)]
#[allow(clippy::indexing_slicing, reason = "constant indices of arrays")]
#[allow(
    clippy::needless_range_loop,
    reason = "other loops are not unrolled into registers"
)]
unsafe fn tile<S: Vectors, const M: usize, const V: usize>(
    job: &Job<'_>,
    out: &mut [f32],
    row: usize,
    first: usize,
) {
    let (columns, outputs) = (job.columns, job.scales.len());
    // SAFETY: all bytes of the rows `row..row + M`, which lie together, and of the panels that hold the tile's outputs
    // are read, none else, and `V * LANES` numbers of each of these rows are written from `first` on: the caller has
    // shown that they are there.
    unsafe {
        let mut x = job.x.as_ptr().wrapping_add(row * columns);
        let mut panels = [job.quants.as_ptr(); V];
        for v in 0..V {
            let output = first + v * S::LANES;
            let start = output / PANEL * PANEL * columns + output % PANEL * GROUP;
            panels[v] = panels[v].wrapping_add(start);
        }
        let mut sums = [[S::zero(); V]; M];
        for _ in 0..columns / GROUP {
            let mut weights = [S::weights(panels[0]); V];
            for v in 1..V {
                weights[v] = S::weights(panels[v]);
            }
            for m in 0..M {
                for v in 0..V {
                    sums[m][v] = S::add(sums[m][v], weights[v], x.wrapping_add(m * GROUP));
                }
            }
            x = x.wrapping_add(M * GROUP);
            for v in 0..V {
                panels[v] = panels[v].wrapping_add(PANEL * GROUP);
            }
        }
        for m in 0..M {
            let step = *job.steps.as_ptr().add(row + m);
            let zero = *job.zeros.as_ptr().add(row + m);
            for v in 0..V {
                let output = first + v * S::LANES;
                let scales = job.scales.as_ptr().add(output);
                let corrections = job.sums.as_ptr().add(output);
                let to = out.as_mut_ptr().add((row + m) * outputs + output);
                S::finish(sums[m][v], (zero, corrections), (step, scales), to);
            }
        }
    }
}
