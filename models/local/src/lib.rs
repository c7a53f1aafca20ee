//! Models that run inside the process: bytes in, tensors inside.
//!
//! This side owns the arithmetic, the tokenizers, and the forms in which weights are kept in memory. That side (a
//! composition root) reads the files, checks their hashes, and decides on which thread a call may block.
//!
//! Must never: open a file or a connection, look at a clock it was not given, or know another crate of ours than
//! `model`. Without its features it must build for every target.
//!
//! Start with [`Embedder`], [`CrossEncoder`] and `ChatModel`. `math` is the arithmetic, `bert` and `wordpiece` embed and
//! rerank, `llama` and `chat` talk (feature `chat`), `threaded` keeps all off the caller's threads (feature `threads`).

mod bert;
#[cfg(feature = "chat")]
mod chat;
mod cross_encoder;
mod embedder;
mod error;
#[cfg(feature = "chat")]
mod llama;
mod math;
mod q8;
mod safetensors;
#[cfg(feature = "threads")]
pub mod threaded;
mod wordpiece;

#[cfg(feature = "chat")]
pub use chat::ChatModel;
pub use cross_encoder::CrossEncoder;
pub use embedder::{Embedder, EmbedderOptions, Pooling};
pub use q8::{Loader, quantize};
