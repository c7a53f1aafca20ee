//! Secrets at rest: sealed with the operator's master key, bound to the place they belong to.
//!
//! The master key never lies in a store. It is the secret `EDGEWISE_MASTER_KEY`: on native a key file in the data
//! folder that only its owner can read, or the environment; on Workers a secret binding; on Spin a variable.

use base64::{Engine, prelude::BASE64_STANDARD_NO_PAD};
use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use ports::Entropy;
use sha2::{Digest, Sha256};

use crate::{Context, Error, Kind, Result};

/// The name of the operator's secret.
pub const MASTER_KEY: &str = "EDGEWISE_MASTER_KEY";

/// Shortest text that is taken for a master key.
const KEY_CHARS: usize = 16;
const NONCE_BYTES: usize = 24;
const VERSION: &str = "x1.";

/// Seals and opens with XChaCha20-Poly1305.
pub struct Vault(XChaCha20Poly1305);

impl Vault {
    /// The vault of this installation; `Unavailable` without a master key.
    pub async fn open(ctx: &Context) -> Result<Self> {
        let key = ctx.platform.secrets.get(MASTER_KEY).await?;
        let key = key.unwrap_or_default();
        let key = key.trim();
        if key.len() < KEY_CHARS {
            let message = format!(
                "the secret {MASTER_KEY} is not configured (at least {KEY_CHARS} characters)"
            );
            return Err(Error::new(Kind::Unavailable, message));
        }
        Ok(Self::new(key))
    }

    fn new(key: &str) -> Self {
        // 32 bytes in hex are the key; any other text stands for its hash.
        let bytes = hex::decode(key)
            .ok()
            .and_then(|bytes| <[u8; 32]>::try_from(bytes).ok())
            .unwrap_or_else(|| Sha256::digest(key.as_bytes()).into());
        Self(XChaCha20Poly1305::new(&bytes.into()))
    }

    /// Text that only [`Vault::read`] with the same `place` turns back into `secret`.
    pub fn seal(&self, entropy: &dyn Entropy, place: &str, secret: &str) -> Result<String> {
        let mut nonce = [0; NONCE_BYTES];
        entropy.fill(&mut nonce);
        let payload = Payload {
            msg: secret.as_bytes(),
            aad: place.as_bytes(),
        };
        let sealed = self.0.encrypt(XNonce::from_slice(&nonce), payload);
        let sealed = sealed.map_err(|_| Error::new(Kind::Internal, "a secret was not sealed"))?;
        let bytes = [nonce.as_slice(), &sealed].concat();
        Ok(format!("{VERSION}{}", BASE64_STANDARD_NO_PAD.encode(bytes)))
    }

    /// What was sealed for this `place`. Fails with `Unavailable` when the master key is another one by now.
    pub fn read(&self, place: &str, sealed: &str) -> Result<String> {
        let secret = || {
            let bytes = BASE64_STANDARD_NO_PAD
                .decode(sealed.strip_prefix(VERSION)?)
                .ok()?;
            let (nonce, sealed) = bytes.split_first_chunk::<NONCE_BYTES>()?;
            let payload = Payload {
                msg: sealed,
                aad: place.as_bytes(),
            };
            let secret = self.0.decrypt(XNonce::from_slice(nonce), payload).ok()?;
            String::from_utf8(secret).ok()
        };
        secret().ok_or_else(|| {
            let message = format!(
                "a stored key cannot be read: was {MASTER_KEY} changed? Enter the key again"
            );
            Error::new(Kind::Unavailable, message)
        })
    }
}

#[cfg(test)]
mod tests {
    use ports::fake::FakeEntropy;

    use super::*;

    #[test]
    fn only_the_same_key_and_place_open() {
        let (entropy, vault) = (FakeEntropy::new(1), Vault::new("correct horse battery"));
        let sealed = vault.seal(&entropy, "t/openai", "sk-1").unwrap();
        assert!(!sealed.contains("sk-1"));
        assert_ne!(sealed, vault.seal(&entropy, "t/openai", "sk-1").unwrap());
        assert_eq!(vault.read("t/openai", &sealed).unwrap(), "sk-1");
        assert!(vault.read("u/openai", &sealed).is_err());
        assert!(
            Vault::new("another horse battery")
                .read("t/openai", &sealed)
                .is_err()
        );
        let mut altered = sealed.clone();
        altered.replace_range(
            9..10,
            if altered.as_bytes()[9] == b'A' {
                "B"
            } else {
                "A"
            },
        );
        assert!(vault.read("t/openai", &altered).is_err());
        for garbage in ["", "x1.", "x1.AAAA", "sk-1"] {
            assert!(vault.read("t/openai", garbage).is_err());
        }
    }
}
