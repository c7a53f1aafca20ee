//! Randomness from the operating system.

use ports::Entropy;

/// The operating system's generator.
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&self, buffer: &mut [u8]) {
        if let Err(error) = getrandom::fill(buffer) {
            // Going on would hand out guessable keys. No supported system fails here after it has booted.
            tracing::error!(%error, "the operating system gives no random bytes");
            std::process::abort();
        }
    }
}
