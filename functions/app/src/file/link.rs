//! Addresses of files that need no key for a while: whoever made them could see the file.
//!
//! `/files/{id}/file-preview?tenant=…&timestamp=…&nonce=…&sign=…`, where `sign` is the HMAC-SHA256 (RFC 2104) of the
//! rest under a key that follows from the operator's master key. Nothing is stored.

use std::time::Duration;

use ports::Timestamp;
use sha2::{Digest, Sha256};

use super::{File, get};
use crate::{Context, Error, Kind, Result, provider::MASTER_KEY};

/// How long such an address leads to its file.
pub const LIFETIME: Duration = Duration::from_secs(300);

/// How much the clocks of two instances may differ.
const SKEW: Duration = Duration::from_secs(60);

/// Makes and checks addresses.
pub struct Links {
    key: [u8; 32],
}

/// What an address says beside the file's id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The workspace.
    pub tenant_id: String,
    /// Seconds since 1970.
    pub timestamp: String,
    /// Random.
    pub nonce: String,
    /// In hex.
    pub sign: String,
}

impl Links {
    /// `None` without a master key: then files are reached with an app's key only.
    pub async fn open(ctx: &Context) -> Result<Option<Self>> {
        let master = ctx.platform.secrets.get(MASTER_KEY).await?;
        let master = master.unwrap_or_default();
        let master = master.trim();
        Ok((!master.is_empty()).then(|| Self {
            key: hmac(master.as_bytes(), b"file links"),
        }))
    }

    /// The address of a file, without its host.
    pub fn make(&self, ctx: &Context, tenant_id: &str, file_id: &str) -> String {
        let timestamp = ctx.now().as_secs().to_string();
        let nonce = ctx.token(16);
        let sign = self.sign(tenant_id, file_id, &timestamp, &nonce);
        format!(
            "/files/{file_id}/file-preview?tenant={tenant_id}&timestamp={timestamp}&nonce={nonce}&sign={sign}"
        )
    }

    /// The file that an address leads to; `Forbidden` for one that was not made here or is too old.
    pub async fn follow(&self, ctx: &Context, file_id: &str, claim: &Claim) -> Result<File> {
        let refused = || Error::new(Kind::Forbidden, "The link is invalid or has expired.");
        let sign = self.sign(&claim.tenant_id, file_id, &claim.timestamp, &claim.nonce);
        if !same(sign.as_bytes(), claim.sign.as_bytes()) {
            return Err(refused());
        }
        let seconds: u64 = claim.timestamp.parse().map_err(|_| refused())?;
        let made = Timestamp(seconds.saturating_mul(1_000));
        let now = ctx.now();
        if made > now + SKEW || now.since(made) > LIFETIME {
            return Err(refused());
        }
        let not_found = || Error::new(Kind::FileNotFound, "The requested file was not found.");
        let scope = ctx.tenant(&claim.tenant_id);
        get(&scope, file_id).await?.ok_or_else(not_found)
    }

    fn sign(&self, tenant_id: &str, file_id: &str, timestamp: &str, nonce: &str) -> String {
        let text = format!("file-preview|{tenant_id}|{file_id}|{timestamp}|{nonce}");
        hex::encode(hmac(&self.key, text.as_bytes()))
    }
}

pub(crate) fn hmac(key: &[u8], text: &[u8]) -> [u8; 32] {
    const BLOCK: usize = 64;
    let mut block = [0u8; BLOCK];
    let hashed: [u8; 32];
    let key = if key.len() > BLOCK {
        hashed = Sha256::digest(key).into();
        &hashed[..]
    } else {
        key
    };
    for (slot, byte) in block.iter_mut().zip(key) {
        *slot = *byte;
    }
    let inner = Sha256::new()
        .chain_update(block.map(|byte| byte ^ 0x36))
        .chain_update(text)
        .finalize();
    let outer = Sha256::new().chain_update(block.map(|byte| byte ^ 0x5c));
    outer.chain_update(inner).finalize().into()
}

/// Takes the same time wherever two texts of one length differ.
pub(crate) fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |all, (a, b)| all | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use futures::executor::block_on;
    use ports::fake;

    use super::*;
    use crate::{keys, store};

    #[test]
    fn hmac_as_in_rfc_4231() {
        let check = |key: &[u8], text: &[u8], expect: &str| {
            assert_eq!(hex::encode(hmac(key, text)), expect);
        };
        check(
            &[0x0b; 20],
            b"Hi There",
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
        );
        check(
            b"Jefe",
            b"what do ya want for nothing?",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        );
        check(
            &[0xaa; 131],
            b"Test Using Larger Than Block-Size Key - Hash Key First",
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
        );
    }

    #[test]
    fn a_link_leads_to_one_file_for_a_while() {
        let (platform, handles) = fake::platform();
        handles.secrets.set(MASTER_KEY, "correct horse battery");
        let ctx = Context::new(platform, model::Models::default());
        block_on(async {
            let file = File {
                id: "f".to_owned(),
                app_id: "a".to_owned(),
                end_user_id: "u".to_owned(),
                name: "a.txt".to_owned(),
                extension: "txt".to_owned(),
                mime_type: "text/plain".to_owned(),
                size: 1,
                parts: 1,
                created_at: ctx.now(),
                message_id: None,
            };
            store::save(&ctx.tenant("t"), &keys::file("f"), super::super::KEY, &file)
                .await
                .unwrap();
            let links = Links::open(&ctx).await.unwrap().unwrap();
            let link = links.make(&ctx, "t", "f");
            let query = link.split_once('?').unwrap().1;
            let part = |name: &str| {
                let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
                pairs.find(|(key, _)| *key == name).unwrap().1.to_owned()
            };
            let claim = Claim {
                tenant_id: part("tenant"),
                timestamp: part("timestamp"),
                nonce: part("nonce"),
                sign: part("sign"),
            };
            assert_eq!(links.follow(&ctx, "f", &claim).await.unwrap(), file);
            let forged = |change: &dyn Fn(&mut Claim)| {
                let mut forged = claim.clone();
                change(&mut forged);
                forged
            };
            for forged in [
                forged(&|claim| claim.tenant_id.push('x')),
                forged(&|claim| claim.timestamp = "1".to_owned()),
                forged(&|claim| claim.nonce.push('x')),
                forged(&|claim| claim.sign = String::new()),
            ] {
                let error = links.follow(&ctx, "f", &forged).await.unwrap_err();
                assert_eq!(error.kind(), Kind::Forbidden, "{forged:?}");
            }
            assert!(links.follow(&ctx, "g", &claim).await.is_err());
            handles.clock.advance(LIFETIME);
            assert!(links.follow(&ctx, "f", &claim).await.is_ok());
            handles.clock.advance(Duration::from_secs(2));
            let error = links.follow(&ctx, "f", &claim).await.unwrap_err();
            assert_eq!(error.kind(), Kind::Forbidden);
        });
    }
}
