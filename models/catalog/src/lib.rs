//! What is known of models and providers: data, and look-ups in it.
//!
//! This side owns the names, windows, prices and dimensions of remote models ([`known`]), the services that speak a
//! known dialect ([`PRESETS`]), and for every local model where its files come from ([`LOCAL`]).
//!
//! Must never: read a file, open a connection, or know how a model is run.
//!
//! Start with [`LocalModel`] in `local.rs`; adding a model is one row there, adding a remote one is one row in
//! `remote.rs`.

mod local;
mod remote;

pub use local::{
    Architecture, File, Hub, LOCAL, LocalModel, Package, Pooling, Role, default_embedder,
    default_llm, local,
};
pub use remote::{PRESETS, Preset, known};
