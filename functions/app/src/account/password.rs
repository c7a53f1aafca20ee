//! Passwords as Argon2id hashes.

use argon2::{
    Algorithm, Argon2, Params, PasswordHash, PasswordHasher, PasswordVerifier, Version,
    password_hash::SaltString,
};
use ports::Entropy;

use crate::{Error, Kind, Result};

/// OWASP's second-smallest setting (9 MiB, four passes): as strong as the others of that table, and what a Worker has
/// room for beside a model, because wasm memory never shrinks.
const MEMORY_KIB: u32 = 9 * 1024;
const PASSES: u32 = 4;

/// Longest password: hashing must not be a way to keep the processor busy.
const MAX_BYTES: usize = 1024;

/// The hash to keep.
pub(super) fn hash(entropy: &dyn Entropy, password: &str) -> Result<String> {
    check(password)?;
    let mut salt = [0; 16];
    entropy.fill(&mut salt);
    let hashed = SaltString::encode_b64(&salt).and_then(|salt| {
        Ok(argon()?
            .hash_password(password.as_bytes(), &salt)?
            .to_string())
    });
    hashed.map_err(|error| {
        Error::new(
            Kind::Internal,
            format!("a password was not hashed: {error}"),
        )
    })
}

/// Whether this is the password. Takes as long when there is no hash to compare with.
pub(super) fn verify(password: &str, hash: Option<&str>) -> bool {
    const NOBODY: &str = "$argon2id$v=19$m=9216,t=4,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    if password.len() > MAX_BYTES {
        return false;
    }
    let Ok(hash) = PasswordHash::new(hash.unwrap_or(NOBODY)) else {
        return false;
    };
    // The parameters come from the hash, so that they may change later.
    Argon2::default()
        .verify_password(password.as_bytes(), &hash)
        .is_ok()
}

fn check(password: &str) -> Result<()> {
    let letter = password.chars().any(char::is_alphabetic);
    let digit = password.chars().any(|c| c.is_ascii_digit());
    if password.chars().count() < 8 || password.len() > MAX_BYTES || !letter || !digit {
        let message = "The password needs at least 8 characters, letters and digits among them.";
        return Err(Error::invalid("password", message));
    }
    Ok(())
}

fn argon() -> argon2::password_hash::Result<Argon2<'static>> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, None)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

#[cfg(test)]
mod tests {
    use ports::fake::FakeEntropy;

    use super::*;

    #[test]
    fn only_the_password_verifies() {
        let hashed = hash(&FakeEntropy::new(1), "secret-1 ü").unwrap();
        assert!(hashed.starts_with("$argon2id$v=19$m=9216,t=4,p=1$"));
        assert!(verify("secret-1 ü", Some(&hashed)));
        assert!(!verify("secret-2 ü", Some(&hashed)));
        assert!(!verify("secret-1 ü", None));
        assert!(!verify("", Some("nonsense")));
    }

    #[test]
    fn weak_passwords_are_refused() {
        for weak in ["", "abc1", "abcdefgh", "12345678"] {
            assert!(hash(&FakeEntropy::new(1), weak).is_err(), "{weak}");
        }
    }
}
