//! Arithmetic on plain slices. Matrices are row-major; a batch of `n` tokens is a matrix of `n` rows.
//!
//! Candle's `gemm` does the products. What lies between them is fused here: with one tensor operation for each step,
//! more than half of the time of an f32 forward pass goes to passes over memory, scalar `exp` and `erf`, and
//! allocations.

mod attention;
mod gemm;
mod matrix;
mod ops;
mod packed;
mod simd;

pub(crate) use attention::{Head, attend};
#[cfg(feature = "chat")]
pub(crate) use attention::{Heads, attend_one};
pub(crate) use gemm::{Cores, View, ViewMut, product};
pub(crate) use matrix::{BLOCK, Matrix, Q8};
pub(crate) use ops::{add_bias, gelu, layer_norm, normalize};
#[cfg(feature = "chat")]
pub(crate) use ops::{rms_norm, silu_product};
pub(crate) use packed::{Packed, Room, fits};
