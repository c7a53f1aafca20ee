//! Knowledge: documents to text ([`extract()`]), text to chunks ([`clean`], [`split`]), chunks to an index
//! ([`index`]), and from a question back to the passages that answer it ([`retrieve`], [`keyword`]).
//!
//! This side owns formats and numbers: what a file says, where a chunk ends, how vectors lie in a blob, which rows are
//! nearest. `app` owns the records: datasets, documents, segments, progress, and when each step runs.
//!
//! Must never: name a model's provider, know HTTP or a runtime, read a clock, or touch a store other than through
//! [`ports::Scope`]. Extraction must never panic, loop or grow without bound, whatever the file holds.
//! Start at [`extract()`] for the way in and at [`index::Index`] for the way out.

pub mod clean;
mod error;
pub mod extract;
pub mod index;
pub mod keyword;
pub mod retrieve;
pub mod split;

pub use error::{Error, ErrorKind, Result};
pub use extract::{Extracted, Kind, Limits, extract};
