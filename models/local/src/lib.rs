//! Models that run inside the process: bytes in, tensors inside.
//!
//! This side owns the arithmetic, the tokenizers, and the forms in which weights are kept in memory. That side (a
//! composition root) reads the files, checks their hashes, and decides on which thread a call may block.
//!
//! Must never: open a file or a connection, look at a clock it was not given, or know another crate of ours than
//! `model`. Without its features it must build for every target.
//!
//! Start with [`Embedder`]. `math` is the arithmetic, `bert` the first architecture, `wordpiece` its tokenizer.

mod bert;
mod embedder;
mod error;
mod math;
mod safetensors;
#[cfg(feature = "threads")]
pub mod threaded;
mod wordpiece;

pub use embedder::{Embedder, EmbedderOptions, Pooling};
