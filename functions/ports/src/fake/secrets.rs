//! Secrets set by the test.

use std::{collections::BTreeMap, sync::Mutex};

use async_trait::async_trait;

use super::lock;
use crate::{Result, Secrets};

/// Starts with a fixed `EDGEWISE_MASTER_KEY` (32 bytes in hex), as every installation has one.
pub struct FakeSecrets(Mutex<BTreeMap<String, String>>);

impl Default for FakeSecrets {
    fn default() -> Self {
        let key = (
            "EDGEWISE_MASTER_KEY".to_owned(),
            "0123456789abcdef".repeat(4),
        );
        Self(Mutex::new(BTreeMap::from([key])))
    }
}

impl FakeSecrets {
    /// Configures a secret.
    pub fn set(&self, name: &str, value: &str) {
        lock(&self.0).insert(name.to_owned(), value.to_owned());
    }

    /// Takes a secret away.
    pub fn unset(&self, name: &str) {
        lock(&self.0).remove(name);
    }
}

#[async_trait]
impl Secrets for FakeSecrets {
    async fn get(&self, name: &str) -> Result<Option<String>> {
        Ok(lock(&self.0).get(name).cloned())
    }
}
