//! What the READMEs show must exist.

use std::{collections::BTreeSet, fs};

use crate::{root, sources};

/// The commands of `cargo xtask`, and those of the binary, as their sources declare them: see [`declared`].
const XTASK: &str = "xtask/src/main.rs";
const CLI: &str = "functions/native/src/cli/mod.rs";
const NATIVE: &str = "functions/native/src/main.rs";

#[test]
fn commands_of_the_readmes_exist() {
    let xtask = declared(&[XTASK]);
    let edgewise = declared(&[CLI, NATIVE]);
    let mut wrong = Vec::new();
    let mut seen = 0;
    for (path, line) in shell_lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let known = match words.as_slice() {
            ["cargo", "xtask", task, ..] => xtask.contains(*task),
            ["edgewise", command, ..] => edgewise.contains(*command),
            _ => continue,
        };
        seen += 1;
        if !known {
            wrong.push(format!("{path}: {line}"));
        }
    }
    assert!(seen >= 5, "only {seen} commands in the READMEs");
    assert!(wrong.is_empty(), "no such command:\n{}", wrong.join("\n"));
}

#[test]
fn paths_of_the_readmes_exist() {
    let mut wrong = Vec::new();
    for source in sources()
        .iter()
        .filter(|source| source.path.ends_with("README.md"))
    {
        let folder = root().join(&source.path);
        let folder = folder
            .parent()
            .expect("a file lies in a folder")
            .to_path_buf();
        for target in source
            .text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next())
        {
            let target = target.split('#').next().unwrap_or_default();
            if !target.is_empty() && !target.contains("://") && !folder.join(target).exists() {
                wrong.push(format!("{}: {target}", source.path));
            }
        }
    }
    assert!(wrong.is_empty(), "links to nothing:\n{}", wrong.join("\n"));
}

#[test]
fn the_readme_says_whose_it_is_not() {
    let readme = fs::read_to_string(root().join("README.md")).expect("README.md is text");
    for said in [
        "not affiliated",
        "```mermaid",
        "cargo xtask serve",
        "cargo xtask test",
    ] {
        assert!(readme.contains(said), "README.md does not say `{said}`");
    }
}

/// Lines of the fenced shell blocks of every README.
fn shell_lines() -> Vec<(String, String)> {
    let mut lines = Vec::new();
    for source in sources()
        .iter()
        .filter(|source| source.path.ends_with("README.md"))
    {
        let mut in_shell = false;
        for line in source.text.lines() {
            if let Some(language) = line.strip_prefix("```") {
                in_shell =
                    !in_shell && ["sh", "bash", "shell", "console"].contains(&language.trim());
            } else if in_shell {
                let line = line.trim().trim_start_matches("$ ");
                lines.push((source.path.clone(), line.to_owned()));
            }
        }
    }
    lines
}

/// The variants of the enums that derive `Subcommand` in these files, as the command line spells them.
fn declared(files: &[&str]) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for file in files {
        let text =
            fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        let mut inside = false;
        let mut derived = false;
        for line in text.lines() {
            if line.starts_with("#[derive(") {
                derived = line.contains("Subcommand");
            } else if derived && (line.starts_with("enum ") || line.starts_with("pub enum ")) {
                inside = true;
            } else if line.starts_with('}') {
                (inside, derived) = (false, false);
            } else if inside && line.starts_with("    ") && !line.starts_with("     ") {
                let name: String = line
                    .trim()
                    .chars()
                    .take_while(|c| c.is_alphanumeric())
                    .collect();
                if name.starts_with(char::is_uppercase) {
                    names.insert(kebab(&name));
                }
            }
        }
    }
    names
}

fn kebab(name: &str) -> String {
    let mut kebab = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !kebab.is_empty() {
            kebab.push('-');
        }
        kebab.extend(letter.to_lowercase());
    }
    kebab
}
