//! Versions of the file format, and what importing a file of another version means.

use std::cmp::Ordering;

/// The version that is written: that of Dify 1.16 and 1.17.
pub const CURRENT: &str = "0.7.0";

/// What becomes of a file, in the words of the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Imported.
    Completed,
    /// Imported, though an older version wrote it.
    CompletedWithWarnings,
    /// Waits for a confirmation.
    Pending,
    /// Refused.
    Failed,
}

impl Status {
    /// As it is written on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::CompletedWithWarnings => "completed-with-warnings",
            Self::Pending => "pending",
            Self::Failed => "failed",
        }
    }
}

/// What importing a file of this version means here.
pub(super) fn status(imported: &str) -> Status {
    let (Some(imported), Some(current)) = (Version::parse(imported), Version::parse(CURRENT))
    else {
        return Status::Failed;
    };
    if imported.compare(&current) == Ordering::Greater || imported.part(0) < current.part(0) {
        Status::Pending
    } else if imported.part(1) < current.part(1) {
        Status::CompletedWithWarnings
    } else {
        Status::Completed
    }
}

struct Version {
    parts: Vec<u64>,
    /// Alpha, beta, release candidate, development: before the release of the same number.
    early: bool,
}

impl Version {
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim().trim_start_matches(['v', 'V']);
        let end = text
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(text.len());
        let (numbers, suffix) = text.split_at_checked(end)?;
        let suffix = suffix.trim_start_matches(['-', '_', '.']).to_lowercase();
        let known = [
            "a", "b", "c", "rc", "dev", "alpha", "beta", "pre", "preview",
        ];
        let word: String = suffix
            .chars()
            .take_while(char::is_ascii_alphabetic)
            .collect();
        let early = known.contains(&word.as_str());
        if !(suffix.is_empty() || early || suffix.starts_with('+') || word == "post") {
            return None;
        }
        let numbers = numbers
            .strip_suffix('.')
            .filter(|_| !suffix.is_empty())
            .unwrap_or(numbers);
        let parts = numbers.split('.').map(|part| part.parse().ok());
        Some(Self {
            parts: parts.collect::<Option<_>>()?,
            early,
        })
    }

    fn part(&self, index: usize) -> u64 {
        self.parts.get(index).copied().unwrap_or_default()
    }

    fn compare(&self, other: &Self) -> Ordering {
        let longest = self.parts.len().max(other.parts.len());
        let parts = (0..longest).map(|index| self.part(index).cmp(&other.part(index)));
        let parts = parts.fold(Ordering::Equal, Ordering::then);
        parts.then(other.early.cmp(&self.early))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table() {
        use Status::*;
        for (version, expect) in [
            ("0.7.0", Completed),
            ("0.7", Completed),
            ("v0.7.0", Completed),
            ("0.7.0rc1", Completed),
            ("0.7.1", Pending),
            ("0.7.1-beta", Pending),
            ("0.8.0", Pending),
            ("1.0.0", Pending),
            ("0.6.0", CompletedWithWarnings),
            ("0.6.9", CompletedWithWarnings),
            ("0.1.0", CompletedWithWarnings),
            ("0.1", CompletedWithWarnings),
            ("0", CompletedWithWarnings),
            ("", Failed),
            ("abc", Failed),
            ("0.x.0", Failed),
            ("0..1", Failed),
        ] {
            assert_eq!(status(version), expect, "{version}");
        }
    }
}
