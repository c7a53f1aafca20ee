//! `Secrets`: what the operator configured and nobody may read back.

use async_trait::async_trait;

use crate::Result;

/// Named secrets of the installation: environment variables and key files on native, secret bindings on Workers,
/// variables on Spin. Names are upper case with underscores, such as `EDGEWISE_MASTER_KEY`.
#[async_trait]
pub trait Secrets: Send + Sync {
    /// The secret, if it is configured.
    async fn get(&self, name: &str) -> Result<Option<String>>;
}
