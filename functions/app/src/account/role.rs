//! What a member of a workspace may do.

use serde::{Deserialize, Serialize};

/// A member's role; a later one may do all that an earlier one may.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Uses apps, reads.
    #[default]
    Normal,
    /// Makes and changes apps and datasets.
    Editor,
    /// Members, models, keys.
    Admin,
    /// Everything; there is one.
    Owner,
}

impl Role {
    /// From the least to the most.
    pub const ALL: [Self; 4] = [Self::Normal, Self::Editor, Self::Admin, Self::Owner];

    /// As it is written on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Editor => "editor",
            Self::Admin => "admin",
            Self::Owner => "owner",
        }
    }

    /// The role of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == name)
    }
}
