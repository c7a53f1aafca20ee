//! The rules of the repository, as tests: what a crate may import, how long a file may be, which words and hosts have no
//! place in the tree, and that the README's commands exist.
//!
//! One file per rule. This one owns what they share: the files of the tree.
//!
//! Must never: build or run the product. That is for `tests/e2e`.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

#[cfg(test)]
mod arrows;
#[cfg(test)]
mod files;
#[cfg(test)]
mod readme;
#[cfg(test)]
mod words;

/// The folder that holds the workspace's `Cargo.toml`.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_path_buf()
}

/// A text file of the tree.
pub struct Source {
    /// From the root, with `/`.
    pub path: String,
    /// What it says.
    pub text: String,
}

impl Source {
    /// Its lines outside tests: Rust tests stand at the end of a file or in a file of their own.
    pub fn shipped_lines(&self) -> impl Iterator<Item = (usize, &str)> {
        let in_tests = self.path.starts_with("tests/")
            || self.path.contains("/tests/")
            || self.path.ends_with("/tests.rs")
            || self.path.contains("/benches/");
        let lines = self.text.lines().enumerate();
        lines
            .map(|(index, line)| (index + 1, line))
            .take_while(move |(_, line)| !in_tests && line.trim() != "#[cfg(test)]")
    }
}

/// Every text file that is tracked or would be: what git ignores is not part of the tree.
pub fn sources() -> Vec<Source> {
    let listed = Command::new("git")
        .args([
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ])
        .current_dir(root())
        .output();
    let listed = listed.map(|output| output.stdout).unwrap_or_default();
    String::from_utf8_lossy(&listed)
        .split('\0')
        .filter(|path| !path.is_empty())
        .filter_map(|path| {
            // A deleted file is still listed, and a binary one has no lines.
            let text = fs::read_to_string(root().join(path)).ok()?;
            let path = path.to_owned();
            Some(Source { path, text })
        })
        .collect()
}

/// The Rust files.
pub fn rust() -> Vec<Source> {
    let mut sources = sources();
    sources.retain(|source| source.path.ends_with(".rs"));
    sources
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_is_seen() {
        let paths: Vec<String> = sources().into_iter().map(|source| source.path).collect();
        for expected in [
            "Cargo.toml",
            "LICENSE",
            "README.md",
            "tests/tidy/src/lib.rs",
        ] {
            assert!(
                paths.iter().any(|path| path == expected),
                "{expected} is not listed by git"
            );
        }
        assert!(!paths.iter().any(|path| path.contains("node_modules/")));
    }

    #[test]
    fn shipped_lines_end_where_tests_begin() {
        let source = |path: &str| Source {
            path: path.to_owned(),
            text: "one\n#[cfg(test)]\nmod tests {}\n".to_owned(),
        };
        let of = |path: &str| source(path).shipped_lines().count();
        assert_eq!(of("functions/app/src/lib.rs"), 1);
        assert_eq!(of("functions/app/tests/chat.rs"), 0);
    }
}
