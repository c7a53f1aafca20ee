//! The ports: everything that Edgewise asks of the machine it runs on.
//!
//! This side owns the contracts; a composition root (`native`, `cloudflare`, `spin`) owns the adapters.
//! Every port is an object-safe async trait, `Send + Sync`, held as `Arc<dyn Port>` in a [`Platform`].
//!
//! Must never: name a runtime, open a socket, read a clock, or contain `cfg(target)`.
//! Start at [`Kv`], the one place that remembers, then [`Scope`], through which every other crate uses it.

mod blob;
mod cache;
mod clock;
mod code;
mod entropy;
mod error;
mod fetch;
mod kv;
pub mod outgoing;
mod platform;
mod queue;
mod scope;
mod secrets;
mod spawn;
mod timer;

#[cfg(feature = "fake")]
pub mod fake;

pub use blob::{Blob, BlobInfo, check_name as check_blob_name};
pub use cache::Cache;
pub use clock::{Clock, Timestamp, timeout};
pub use code::{Code, CodeCall, NoCode};
pub use entropy::{Entropy, token, uuid};
pub use error::{Error, ErrorKind, Result};
pub use fetch::{Body, ByteStream, Fetch};
pub use kv::{Commit, Condition, Kv, KvLimits, Query, Range, Record, Revision, View, Write};
pub use platform::{Platform, Runtime, Turns};
pub use queue::{Consumer, Job, Queue};
pub use scope::Scope;
pub use secrets::Secrets;
pub use spawn::Spawn;
pub use timer::{Alarm, Timer};
