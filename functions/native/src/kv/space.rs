//! Whether the device has room for a commit.
//!
//! redb closes itself when a write fails half-way, so a full device is noticed before: what would not fit is refused
//! while reads go on.

use std::path::Path;

/// Tells the free bytes of the store's device; none where that is not known.
pub struct Space(Box<dyn Fn() -> Option<u64> + Send>);

/// Kept free, so that the store can still be opened and repaired.
const RESERVE: u64 = 8 << 20;

/// As much of the reserve as deletions leave: they have to write, too, before they make room.
const LAST: u64 = 1 << 20;

impl Space {
    /// The device that holds `path`.
    pub fn of(path: &Path) -> Self {
        let folder = path.parent().unwrap_or(path).to_owned();
        Self::from_fn(move || free(&folder))
    }

    /// Another measure.
    pub fn from_fn(free: impl Fn() -> Option<u64> + Send + 'static) -> Self {
        Self(Box::new(free))
    }

    /// Whether this many bytes of new values fit, beside those that wait in the log. Every page on the way to a record is
    /// written anew: three times the value is more than that takes.
    pub(super) fn fits(&self, bytes: u64, waiting: u64) -> bool {
        let reserve = if bytes == 0 { LAST } else { RESERVE };
        (self.0)().is_none_or(|free| free >= reserve + 3 * (bytes + waiting))
    }
}

#[cfg(unix)]
fn free(folder: &Path) -> Option<u64> {
    let stat = rustix::fs::statvfs(folder).ok()?;
    Some(stat.f_bavail.saturating_mul(stat.f_frsize))
}

#[cfg(not(unix))]
fn free(_: &Path) -> Option<u64> {
    None
}
