//! API extensions of a workspace: services of its own that moderate texts or look things up for a prompt.
//!
//! Kept in the partition `tenant` under `extension/{id}`; the key is sealed. Start at [`Extension`]; [`Client`] speaks
//! to one, and `data` fills in the variables of a prompt.

mod call;
mod data;
mod manage;

pub use call::{Client, PING, client};
pub(crate) use data::filled;
pub use manage::{Entry, HIDDEN, create, delete, get, list, masked, update};

use ports::Timestamp;
use serde::{Deserialize, Serialize};

/// Most extensions of a workspace.
pub const MAX_EXTENSIONS: usize = 64;

/// A service that speaks the extension's protocol: a `point` and its `params` by POST, JSON back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extension {
    /// UUID.
    pub id: String,
    /// For people; unique in the workspace.
    pub name: String,
    /// An address. An administrator may name a private one.
    pub api_endpoint: String,
    /// Sealed by [`crate::provider::Vault`].
    pub key: String,
    /// When it was added.
    pub created_at: Timestamp,
}

/// What a key is sealed for: nobody can carry it to another workspace or extension.
fn place(tenant_id: &str, id: &str) -> String {
    format!("{tenant_id}/extension/{id}")
}

fn record_key(id: &str) -> String {
    format!("extension/{id}")
}
