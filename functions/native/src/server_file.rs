//! The file in the data folder in which a running server says where it is, for the commands of the same machine.

use std::path::Path;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::secrets::write_private;

/// Its name. Only its owner can read it: it holds the admin token.
pub const SERVER_FILE: &str = "server.json";

/// What stands in it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ServerFile {
    /// Such as `http://127.0.0.1:8787`.
    pub url: String,
    /// Acts as the owner.
    pub token: String,
}

impl ServerFile {
    /// Writes it into a data folder.
    pub fn write(&self, data: &Path) -> Result<()> {
        let path = data.join(SERVER_FILE);
        // A file of an earlier server may have other permissions: `mode` counts only for new files.
        let _ = std::fs::remove_file(&path);
        write_private(&path, &serde_json::to_string_pretty(self)?)
            .with_context(|| format!("cannot write {}", path.display()))
    }

    /// Reads it from a data folder.
    pub fn read(data: &Path) -> Result<Self> {
        let path = data.join(SERVER_FILE);
        let text = std::fs::read_to_string(&path).with_context(|| {
            format!(
                "no server is known: {} cannot be read. Start one with `edgewise serve --data {}`, \
                 or name one with --server and EDGEWISE_TOKEN",
                path.display(),
                data.display()
            )
        })?;
        serde_json::from_str(&text).with_context(|| format!("{} is damaged", path.display()))
    }
}
