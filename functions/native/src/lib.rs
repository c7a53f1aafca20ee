//! The native root: the ports for one machine, and the server.
//!
//! This side owns the process: threads, signals, files, sockets. `api` owns every answer.
//!
//! Must never: decide what a request means. Nothing here but adapters and their composition.
//! Start at [`platform`], which puts the adapters together, then [`serve`].

pub mod blob;
pub mod cache;
pub mod clock;
pub mod code;
pub mod console;
pub mod entropy;
pub mod fetch;
pub mod kv;
pub mod logs;
pub mod models;
pub mod platform;
pub mod queue;
pub mod secrets;
pub mod serve;
pub mod server_file;
pub mod shelf;
pub mod spawn;
