//! Load on a server, and what it costs there.
//!
//! This side owns a language model that answers at once ([`mock`]), a client that costs little next to the server
//! ([`exchange`], [`drive`]), and the cases that are measured ([`chat`], [`workflow`]). The server is the binary as it is
//! shipped, on a core of its own; model and client share another.
//!
//! Must never: import a crate of ours, or fail a test because a machine was slow. Numbers are printed as they are.

pub mod chat;
pub mod drive;
pub mod exchange;
pub mod mock;
pub mod rival;
pub mod workflow;
