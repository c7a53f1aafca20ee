//! One module for each dialect; `lib.rs` lists them.

pub(crate) mod openai;
