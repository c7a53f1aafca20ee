//! The use cases of the product, and the records they keep.
//!
//! This side owns what an app, a conversation, a dataset or an account *is* and what may happen to it. `api` owns how
//! that looks on the wire; the ports own where it is kept.
//!
//! Must never: know HTTP, name a runtime, or touch `Kv` and `Blob` other than through a [`ports::Scope`].
//! Start at [`Context`], which every use case takes first, then [`keys`], where all records live.

pub mod account;
pub mod annotation;
pub mod apps;
pub mod audio;
pub mod backup;
pub mod chat;
mod context;
pub mod conversation;
pub mod dataset;
pub mod document;
pub mod end_user;
mod error;
pub mod extension;
pub mod file;
mod guard;
pub mod id;
pub mod key;
pub mod keys;
pub mod log;
#[cfg(feature = "workflows")]
pub mod mail;
pub mod message;
pub mod moderation;
pub mod prompt;
pub mod provider;
pub mod requests;
pub mod shelf;
pub mod site;
pub mod statistics;
pub mod store;
pub mod tag;
mod telemetry;
#[cfg(feature = "agents")]
pub mod tool;
#[cfg(feature = "workflows")]
pub mod trigger;
#[cfg(feature = "workflows")]
pub mod workflow;

pub use context::Context;
pub use error::{Error, Kind, Result};
