//! Dataset ids in the `knowledge-retrieval` nodes of a file: hidden, so that a file names no dataset of another
//! workspace.
//!
//! AES-256-CBC with PKCS#7 padding in base64; the key is the SHA-256 of the workspace's id and the IV the key's first
//! 16 bytes. That is the format of the files, not a protection of ours.

use aes::{
    Aes256,
    cipher::{BlockDecryptMut, BlockEncryptMut, KeyIvInit, block_padding::Pkcs7},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use sha2::{Digest, Sha256};

fn key(tenant_id: &str) -> ([u8; 32], [u8; 16]) {
    let key: [u8; 32] = Sha256::digest(tenant_id.as_bytes()).into();
    let iv = key.first_chunk().copied().unwrap_or_default();
    (key, iv)
}

/// The id as it stands in a file.
pub(super) fn hide(tenant_id: &str, id: &str) -> String {
    let (key, iv) = key(tenant_id);
    let cipher = cbc::Encryptor::<Aes256>::new(&key.into(), &iv.into());
    BASE64_STANDARD.encode(cipher.encrypt_padded_vec_mut::<Pkcs7>(id.as_bytes()))
}

/// The id that a file means; `None` for one of another workspace. A plain UUID is taken as it is.
pub(super) fn reveal(tenant_id: &str, text: &str) -> Option<String> {
    if is_uuid(text) {
        return Some(text.to_owned());
    }
    let (key, iv) = key(tenant_id);
    let cipher = cbc::Decryptor::<Aes256>::new(&key.into(), &iv.into());
    let bytes = BASE64_STANDARD.decode(text).ok()?;
    let id = cipher.decrypt_padded_vec_mut::<Pkcs7>(&bytes).ok()?;
    String::from_utf8(id).ok().filter(|id| is_uuid(id))
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.char_indices().all(|(at, c)| match at {
            8 | 13 | 18 | 23 => c == '-',
            _ => c.is_ascii_hexdigit(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_its_own_workspace_reads_an_id() {
        let id = "3f1c8a52-7c7e-4b5e-9a55-0d8f6f1d2b11";
        // Made with `openssl enc -aes-256-cbc` from the description above.
        let hidden = "jGm0DWeiCq3Dvvku51Y75C7qZOT9HLJhfP/EJXvMkIFumPzYjhJdc7jfNHkdyjsX";
        assert_eq!(hide("tenant-1", id), hidden);
        assert_eq!(reveal("tenant-1", hidden).as_deref(), Some(id));
        assert_eq!(reveal("tenant-2", hidden), None);
        assert_eq!(reveal("tenant-2", id).as_deref(), Some(id));
        for garbage in ["", "AAAA", "not base64!"] {
            assert_eq!(reveal("tenant-1", garbage), None);
        }
    }
}
