//! `Entropy`: randomness fit for keys.

/// A source of cryptographically secure bytes.
pub trait Entropy: Send + Sync {
    /// Fills the buffer.
    fn fill(&self, buffer: &mut [u8]);
}

/// A random UUID (version 4) in its usual text form.
pub fn uuid(entropy: &dyn Entropy) -> String {
    let mut bytes = [0u8; 16];
    entropy.fill(&mut bytes);
    let number = u128::from_be_bytes(bytes);
    let number = number & !(0xf << 76) | 0x4 << 76; // version
    let number = number & !(0x3 << 62) | 0x2 << 62; // variant
    let hex = format!("{number:032x}");
    let (a, rest) = hex.split_at(8);
    let (b, rest) = rest.split_at(4);
    let (c, rest) = rest.split_at(4);
    let (d, e) = rest.split_at(4);
    format!("{a}-{b}-{c}-{d}-{e}")
}

/// `length` random letters and digits: 5.95 bits each.
pub fn token(entropy: &dyn Entropy, length: usize) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let mut token = String::with_capacity(length);
    let mut buffer = [0u8; 64];
    while token.len() < length {
        entropy.fill(&mut buffer);
        // 248 is the largest multiple of 62 in a byte: dropping the rest keeps every character equally likely.
        let usable = buffer
            .iter()
            .filter(|byte| **byte < 248)
            .take(length - token.len());
        token.extend(
            usable
                .filter_map(|byte| ALPHABET.get(usize::from(*byte) % ALPHABET.len()))
                .map(|c| char::from(*c)),
        );
    }
    token
}
