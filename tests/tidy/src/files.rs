//! Files that must be there, and how long they may be.

use crate::{root, sources};

/// Nobody knows their way in a longer one.
const LONGEST: usize = 600;
/// Half of the files are shorter.
const MEDIAN: usize = 150;

#[test]
fn files_are_short() {
    let code = |path: &str| {
        [".rs", ".ts", ".tsx", ".mjs", ".js", ".py"]
            .iter()
            .any(|end| path.ends_with(end))
            // Made from the OpenAPI document; nobody reads it through.
            && !path.ends_with(".d.ts")
    };
    let mut sizes: Vec<(usize, String)> = sources()
        .into_iter()
        .filter(|source| code(&source.path))
        .map(|source| (source.text.lines().count(), source.path))
        .collect();
    sizes.sort();
    let long: Vec<String> = sizes
        .iter()
        .filter(|(lines, _)| *lines > LONGEST)
        .map(|(lines, path)| format!("{path}: {lines} lines"))
        .collect();
    assert!(
        long.is_empty(),
        "over {LONGEST} lines:\n{}",
        long.join("\n")
    );
    let (median, _) = &sizes[sizes.len() / 2];
    assert!(
        *median <= MEDIAN,
        "half of the files have over {median} lines"
    );
}

#[test]
fn what_a_repository_needs_is_there() {
    for path in [
        "LICENSE",
        "README.md",
        "functions/README.md",
        "Cargo.lock",
        "wrangler.toml",
        "spin.toml",
    ] {
        assert!(root().join(path).is_file(), "{path} is missing");
    }
    let licence = std::fs::read_to_string(root().join("LICENSE")).expect("LICENSE is text");
    assert!(licence.contains("Apache License"));
    let run = std::fs::read_to_string(root().join(".ci/run")).expect(".ci/run is text");
    assert!(run.contains("cargo xtask test"));
}

#[test]
fn crates_say_what_they_own() {
    let mut silent = Vec::new();
    for source in sources() {
        let opens = source.path.ends_with("src/lib.rs") || source.path.ends_with("src/main.rs");
        if opens && !source.text.starts_with("//!") {
            silent.push(source.path);
        }
    }
    assert!(
        silent.is_empty(),
        "open with what the crate owns: {}",
        silent.join(", ")
    );
}
