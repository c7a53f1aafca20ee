//! The first owner, for an installation that has none: the command line acts as one.

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::{client::Client, say};

const EMAIL: &str = "owner@edgewise.local";

/// Makes an owner unless there is one. The password is told once, on standard error.
pub async fn ensure(client: &Client) -> Result<()> {
    let setup = client.get("/console/api/setup").await?;
    if setup.get("step").and_then(Value::as_str) != Some("not_started") {
        return Ok(());
    }
    let password = password()?;
    let owner = json!({ "email": EMAIL, "name": "Owner", "password": password });
    client
        .post("/console/api/setup", &owner)
        .await
        .context("the first owner could not be created")?;
    say::warn(&format!(
        "created the first owner: {EMAIL}, password {password}"
    ));
    Ok(())
}

/// Letters and digits, as consoles want both; 120 bits.
fn password() -> Result<String> {
    const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let mut random = [0u8; 24];
    getrandom::fill(&mut random).map_err(|error| anyhow::anyhow!("no randomness: {error}"))?;
    let letters = random
        .iter()
        .filter_map(|byte| ALPHABET.get(usize::from(byte % 32)))
        .map(|letter| char::from(*letter));
    Ok(letters.chain("a7".chars()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_differ_and_mix() {
        let (one, other) = (password().unwrap(), password().unwrap());
        assert_ne!(one, other);
        assert_eq!(one.len(), 26);
        assert!(one.contains(|c: char| c.is_ascii_digit()));
        assert!(one.contains(|c: char| c.is_ascii_lowercase()));
    }
}
