//! Model providers of a workspace: which services it may call, with sealed keys, and which model answers an app.
//!
//! Start at [`Providers`]: one read gives everything that [`Providers::llm`] and its siblings resolve names by.

mod manage;
mod pricing;
mod record;
mod resolve;
#[cfg(test)]
mod tests;
mod vault;

pub use manage::{Entry, delete, get, save, set_default, validate, validate_entry};
pub use record::{Chosen, Offer, Provider, kind_name, normalize, parse_kind};
pub use resolve::{Providers, Resolved, embedder, llm};
pub use vault::{MASTER_KEY, Vault};

/// Most providers of a workspace: all of them are read together.
pub const MAX_PROVIDERS: usize = 64;
