//! UUIDs: reading those that callers send, and making those that carry meaning.
//!
//! A conversation's id is half random; its other half follows from the first. The ids of its messages begin with the
//! same half and go on with the time. So a message's id names its conversation and its place in it, and neither
//! needs an index that would have to be kept in step. To callers they are opaque UUIDs.

use ports::{Entropy, Timestamp};
use sha2::{Digest, Sha256};

/// The four bits that tell the kind of a UUID. 8: "custom" in RFC 9562.
const VERSION: (u64, u64) = (0xf000, 0x8000);
/// The two bits that every such UUID has on top of its second half.
const VARIANT: (u64, u64) = (0xc000_0000_0000_0000, 0x8000_0000_0000_0000);
/// Random bits after the time in a message's id.
const RANDOM_BITS: u32 = 20;

/// The canonical form of a UUID in any of its usual spellings; `None` if it is none.
pub fn uuid(text: &str) -> Option<String> {
    let text = text.trim();
    let hyphens = text
        .char_indices()
        .filter(|(_, c)| *c == '-')
        .map(|(at, _)| at);
    if !matches!(text.len(), 32 | 36) || (text.len() == 36 && !hyphens.eq([8, 13, 18, 23])) {
        return None;
    }
    let hex: String = text.chars().filter(|c| *c != '-').collect();
    if hex.len() != 32 || !hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let number = u128::from_str_radix(&hex, 16).ok()?;
    Some(format((number >> 64) as u64, number as u64))
}

/// The UUID that stands for this text: the same every time.
pub fn derived(text: &str) -> String {
    let (high, low) = digest(text.as_bytes());
    format(with(high, VERSION), with(low, VARIANT))
}

/// A new conversation's id.
pub fn conversation(entropy: &dyn Entropy) -> String {
    let mut bytes = [0; 8];
    entropy.fill(&mut bytes);
    conversation_with(with(u64::from_be_bytes(bytes), VERSION))
}

/// The id of a message that is asked `now`, and after the message `last` of the same conversation, whatever the clock
/// says: it may have gone back. Ids of one conversation sort by time.
pub fn message(
    conversation: &str,
    last: Option<&str>,
    now: Timestamp,
    entropy: &dyn Entropy,
) -> Option<String> {
    let mut bytes = [0; 8];
    entropy.fill(&mut bytes);
    let random = u64::from_be_bytes(bytes) >> (64 - RANDOM_BITS);
    let after = last.and_then(time).map_or(0, |last| last + 1);
    let low = now.0.max(after) << RANDOM_BITS | random;
    Some(format(high(conversation)?, with(low, VARIANT)))
}

/// The milliseconds in a message's id.
fn time(message: &str) -> Option<u64> {
    let hex: String = message.chars().filter(|c| *c != '-').skip(16).collect();
    let low = u64::from_str_radix(&hex, 16).ok()?;
    Some((low & !VARIANT.0) >> RANDOM_BITS)
}

/// The conversation that a message belongs to, if there is such a message at all.
pub fn conversation_of(message: &str) -> Option<String> {
    high(message).map(conversation_with)
}

fn conversation_with(high: u64) -> String {
    let (low, _) = digest(&high.to_be_bytes());
    format(high, with(low, VARIANT))
}

fn digest(bytes: &[u8]) -> (u64, u64) {
    let digest = Sha256::digest(bytes);
    let mut halves = digest
        .chunks_exact(8)
        .map(|half| half.iter().fold(0, |n, byte| n << 8 | u64::from(*byte)));
    (
        halves.next().unwrap_or_default(),
        halves.next().unwrap_or_default(),
    )
}

fn with(bits: u64, (mask, value): (u64, u64)) -> u64 {
    bits & !mask | value
}

fn high(uuid: &str) -> Option<u64> {
    let hex: String = uuid.chars().filter(|c| *c != '-').take(16).collect();
    u64::from_str_radix(&hex, 16).ok()
}

fn format(high: u64, low: u64) -> String {
    let (a, b, c) = (high >> 32, high >> 16 & 0xffff, high & 0xffff);
    format!(
        "{a:08x}-{b:04x}-{c:04x}-{:04x}-{:012x}",
        low >> 48,
        low & 0xffff_ffff_ffff
    )
}

#[cfg(test)]
mod tests {
    use ports::fake::FakeEntropy;

    use super::*;

    #[test]
    fn reads_uuids() {
        let canonical = Some("0f8fad5b-d9cb-469f-a165-70867728950e".to_owned());
        for (text, expect) in [
            ("0f8fad5b-d9cb-469f-a165-70867728950e", canonical.clone()),
            (" 0F8FAD5B-D9CB-469F-A165-70867728950E ", canonical.clone()),
            ("0f8fad5bd9cb469fa16570867728950e", canonical),
            ("0f8fad5b-d9cb-469f-a165-70867728950", None),
            ("0f8fad5bd-9cb-469f-a165-70867728950e", None),
            ("+f8fad5b-d9cb-469f-a165-70867728950e", None),
            ("hello", None),
            ("", None),
        ] {
            assert_eq!(uuid(text), expect, "{text}");
        }
    }

    #[test]
    fn a_message_names_its_conversation_and_its_time() {
        let entropy = FakeEntropy::new(7);
        let (one, other) = (conversation(&entropy), conversation(&entropy));
        assert_ne!(one, other);
        assert_eq!(uuid(&one).as_deref(), Some(one.as_str()));
        let message = |last, now| message(&one, last, Timestamp(now), &entropy).unwrap();
        let early = message(None, 1_767_225_600_000);
        let late = message(Some(&early), 1_767_225_600_001);
        assert!(early < late);
        // The clock went back by a day.
        let next = message(Some(&late), 1_767_139_200_000);
        let last = message(Some(&next), 1_767_139_200_001);
        assert!(late < next && next < last);
        assert_eq!(uuid(&early).as_deref(), Some(early.as_str()));
        assert_eq!(conversation_of(&early).as_ref(), Some(&one));
        assert_eq!(conversation_of(&last), Some(one.clone()));
    }

    #[test]
    fn what_is_derived_repeats() {
        assert_eq!(derived("a"), derived("a"));
        assert_ne!(derived("a"), derived("b"));
        assert_eq!(uuid(&derived("a")), Some(derived("a")));
    }
}
