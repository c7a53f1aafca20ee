//! What has no place in the tree: unfinished work, shortcuts that the lints miss, and the machine it was written on.

use crate::{Source, rust, sources};

/// These rules, which have to name what they forbid.
const SELF: &str = "tests/tidy/";

/// Written in two halves, or this file would find itself when it moves.
fn words(halves: &[(&str, &str)]) -> Vec<String> {
    halves
        .iter()
        .map(|(first, second)| format!("{first}{second}"))
        .collect()
}

fn found<'a>(
    sources: &'a [Source],
    words: &'a [String],
    lines: impl Fn(&'a Source) -> Vec<(usize, &'a str)>,
) -> Vec<String> {
    let mut found = Vec::new();
    for source in sources
        .iter()
        .filter(|source| !source.path.starts_with(SELF))
    {
        for (number, line) in lines(source) {
            if let Some(word) = words.iter().find(|word| line.contains(word.as_str())) {
                found.push(format!(
                    "{}:{number}: `{word}` in: {}",
                    source.path,
                    line.trim()
                ));
            }
        }
    }
    found
}

fn all(source: &Source) -> Vec<(usize, &str)> {
    source
        .text
        .lines()
        .enumerate()
        .map(|(index, line)| (index + 1, line))
        .collect()
}

fn code(source: &Source) -> Vec<(usize, &str)> {
    let lines = source.shipped_lines();
    lines
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
        .collect()
}

#[test]
fn nothing_is_left_unfinished() {
    let words = words(&[
        ("TO", "DO"),
        ("FIX", "ME"),
        ("X", "XX:"),
        ("todo", "!("),
        ("unimplemented", "!("),
        ("#[ig", "nore"),
        ("not yet ", "implemented"),
        ("it.", "skip("),
        ("test.", "skip("),
    ]);
    let found = found(&rust(), &words, all).join("\n");
    assert!(found.is_empty(), "{found}");
}

#[test]
fn no_shortcut_around_the_lints() {
    let words = words(&[
        ("unreach", "able!("),
        ("get_un", "checked"),
        ("unwrap_un", "checked"),
        ("mem::", "forget("),
        ("mem::trans", "mute"),
        ("#![allow(clip", "py"),
        ("static ", "mut "),
    ]);
    let found = found(&rust(), &words, code).join("\n");
    assert!(found.is_empty(), "{found}");
}

#[test]
fn lints_are_lifted_only_with_a_reason() {
    let lifted = words(&[
        ("allow(clippy::un", "wrap_used"),
        ("allow(clippy::ex", "pect_used"),
        ("allow(clippy::pa", "nic"),
        ("allow(clippy::indexing", "_slicing"),
    ]);
    let mut bare = Vec::new();
    for source in rust()
        .iter()
        .filter(|source| !source.path.starts_with(SELF))
    {
        let lines: Vec<&str> = source.text.lines().collect();
        for (number, line) in code(source) {
            if !lifted.iter().any(|lint| line.contains(lint.as_str())) {
                continue;
            }
            let above = number.checked_sub(2).and_then(|index| lines.get(index));
            let told = above.is_some_and(|above| above.trim_start().starts_with("//"));
            if !told && !line.contains("reason") && !line.contains("//") {
                bare.push(format!("{}:{number}: {}", source.path, line.trim()));
            }
        }
    }
    assert!(
        bare.is_empty(),
        "say why, in `reason = \"…\"` or a comment above:\n{}",
        bare.join("\n")
    );
}

/// Modules that may hold `unsafe`: kernels over slices of numbers, and the allocator that counts.
const KERNELS: [&str; 3] = [
    "models/local/src/math/",
    "functions/rag/src/kernels/",
    "functions/sandbox/src/memory.rs",
];

#[test]
fn unsafe_stays_in_kernels_and_says_why_it_holds() {
    let opens = words(&[("unsafe", " {"), ("unsafe", " fn"), ("unsafe", " impl")]);
    let mut wrong = Vec::new();
    for source in rust()
        .iter()
        .filter(|source| !source.path.starts_with(SELF))
    {
        let lines: Vec<&str> = source.text.lines().collect();
        for (number, line) in code(source) {
            if !opens.iter().any(|word| line.contains(word.as_str())) {
                continue;
            }
            let above = lines
                .get(number.saturating_sub(8)..number)
                .unwrap_or_default();
            let told = above
                .iter()
                .any(|line| line.contains("SAFETY") || line.contains("# Safety"));
            let tested = source.text.contains("#[test]") || source.text.contains("#[cfg(test)]");
            if !told || !tested || !KERNELS.iter().any(|folder| source.path.starts_with(folder)) {
                wrong.push(format!("{}:{number}: {}", source.path, line.trim()));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "only in {KERNELS:?}, with a SAFETY comment and a test:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn the_core_reads_no_clock_and_prints_nothing() {
    let words = words(&[
        ("SystemTime", "::now"),
        ("Instant", "::now"),
        ("thread::", "sleep"),
        ("thread::", "spawn"),
        ("println", "!("),
        ("tokio", "::"),
    ]);
    let mut core = rust();
    core.retain(|source| {
        let roots = [
            "functions/native/",
            "functions/cloudflare/",
            "functions/spin/",
            "models/weights/",
        ];
        let core = source.path.starts_with("functions/") || source.path.starts_with("models/");
        core && source.path.contains("/src/")
            && !source.path.contains("/src/bin/")
            && !roots.iter().any(|root| source.path.starts_with(root))
    });
    let found = found(&core, &words, code).join("\n");
    assert!(
        found.is_empty(),
        "time, threads and output come through a port:\n{found}"
    );
}

#[test]
fn tests_do_not_sleep() {
    let words = words(&[
        ("thread::", "sleep("),
        ("time::", "sleep("),
        ("time.", "sleep("),
    ]);
    let mut tests = rust();
    // Programs that wait for another process have nothing to wait on but its port.
    tests.retain(|source| source.path.contains("/tests/") || source.path.ends_with("/tests.rs"));
    tests.retain(|source| !source.path.starts_with("tests/"));
    tests.retain(|source| !source.path.starts_with("functions/native/tests/"));
    let found = found(&tests, &words, all).join("\n");
    assert!(
        found.is_empty(),
        "wait for what is meant, not for a while:\n{found}"
    );
}

#[test]
fn the_tree_names_no_machine_and_no_registry() {
    let words = words(&[
        ("/work", "/"),
        ("/root", "/"),
        ("/home", "/"),
        ("/tmp/", "bash_"),
        ("registry.npm", "js.org"),
        ("files.python", "hosted.org"),
        ("pypi", ".org"),
        ("static.crates", ".io"),
        ("index.crates", ".io"),
        ("\"resol", "ved\""),
        ("artifac", "tory"),
    ]);
    let mut tree = sources();
    tree.retain(|source| source.path != "LICENSE");
    let found = found(&tree, &words, all).join("\n");
    assert!(found.is_empty(), "{found}");
}
