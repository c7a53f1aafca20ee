//! The native root: the ports for one machine, and the server.
//!
//! This side owns the process: threads, signals, files, sockets. `api` owns every answer.
//!
//! Must never: decide what a request means. Nothing here but adapters and their composition.

pub mod cache;
pub mod clock;
pub mod entropy;
pub mod fetch;
pub mod secrets;
pub mod spawn;
