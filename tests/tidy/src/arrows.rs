//! Who may import whom.

use std::{collections::BTreeMap, process::Command};

use serde_json::Value;

use crate::{root, rust, sources};

/// Each crate of ours, and which of ours it may import. What stands below may be imported from above: the table spells it
/// out, so that a new arrow is a decision and not an accident.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("ports", &[]),
    ("workflow", &[]),
    ("model", &["ports"]),
    ("catalog", &["model"]),
    ("gateway", &["model", "ports", "catalog"]),
    ("local", &["model"]),
    // Files of weights: a root reads them and hands bytes to `local`.
    ("weights", &["catalog", "model"]),
    ("rag", &["model", "ports"]),
    // Code nodes.
    ("sandbox", &[]),
    ("agent", &["rag", "model", "ports"]),
    ("nodes", &["agent", "rag", "model", "ports", "workflow"]),
    (
        "app",
        &[
            "nodes", "agent", "rag", "sandbox", "workflow", "model", "ports",
        ],
    ),
    ("api", &["app", "model", "ports"]),
    ("edgewise", ROOT),
    ("edgewise-worker", ROOT),
    ("edgewise-code", &["sandbox"]),
    ("edgewise-spin", ROOT),
    // Compiled before anything else can be said, so it has nothing of ours to wait for.
    ("xtask", &[]),
    ("bindgen", &[]),
];

/// A composition root names everything but another root. `contract` only in builds for tests.
const ROOT: &[&str] = &[
    "api", "app", "catalog", "contract", "gateway", "local", "model", "ports", "rag", "sandbox",
    "weights",
];

/// Folders whose crates know what they run on: the roots, and the files of weights.
const KNOWS_ITS_TARGET: [&str; 5] = [
    "functions/native/",
    "functions/cloudflare/",
    "functions/spin/",
    "models/weights/",
    "xtask/",
];

/// Kernels choose instructions, nothing else.
const KERNELS: [&str; 2] = ["models/local/src/math/", "functions/rag/src/kernels/"];

#[test]
fn crates_import_only_what_lies_below() {
    let allowed: BTreeMap<&str, &[&str]> = MAY_IMPORT.iter().copied().collect();
    let mut wrong = Vec::new();
    let packages = packages();
    let ours: Vec<&str> = packages
        .iter()
        .map(|package| package.name.as_str())
        .collect();
    for package in &packages {
        if package.folder.starts_with("tests/") {
            continue;
        }
        let Some(allowed) = allowed.get(package.name.as_str()) else {
            wrong.push(format!("{} is not in the table of arrows", package.name));
            continue;
        };
        for import in &package.imports {
            if ours.contains(&import.as_str()) && !allowed.contains(&import.as_str()) {
                wrong.push(format!("{} imports {import}", package.name));
            }
        }
    }
    assert!(
        packages.len() > 3,
        "cargo lists {} packages",
        packages.len()
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_core_does_not_know_its_target() {
    let mut wrong = Vec::new();
    let is_core = |path: &str| {
        (path.starts_with("functions/") || path.starts_with("models/"))
            && !KNOWS_ITS_TARGET
                .iter()
                .chain(&KERNELS)
                .any(|folder| path.starts_with(folder))
    };
    for source in rust().iter().filter(|source| is_core(&source.path)) {
        for (number, line) in source.text.lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            let code: String = code.chars().filter(|c| !c.is_whitespace()).collect();
            let asks = ["cfg(", "cfg!(", "cfg_attr("]
                .iter()
                .any(|cfg| code.contains(cfg));
            let words = ["target_", "unix", "windows"];
            if asks && words.iter().any(|word| code.contains(word)) {
                wrong.push(format!("{}:{}: {}", source.path, number + 1, line.trim()));
            }
        }
    }
    let manifests = sources();
    let manifests = manifests
        .iter()
        .filter(|source| source.path.ends_with("Cargo.toml") && is_core(&source.path));
    for manifest in manifests {
        if manifest.text.contains("[target.") {
            wrong.push(format!("{}: dependencies by target", manifest.path));
        }
    }
    assert!(
        wrong.is_empty(),
        "only roots and kernels may ask for the target:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn every_package_inherits_lints_and_licence() {
    let manifests = sources();
    let mut seen = 0;
    for manifest in manifests
        .iter()
        .filter(|source| source.path.ends_with("/Cargo.toml"))
    {
        seen += 1;
        for line in [
            "license.workspace = true",
            "edition.workspace = true",
            "publish.workspace = true",
        ] {
            assert!(
                manifest.text.contains(line),
                "{}: `{line}` is missing",
                manifest.path
            );
        }
        let lints = manifest.text.split("[lints]").nth(1).unwrap_or_default();
        assert!(
            lints.trim_start().starts_with("workspace = true"),
            "{}: [lints]",
            manifest.path
        );
    }
    assert!(seen > 3);
}

struct Package {
    name: String,
    folder: String,
    imports: Vec<String>,
}

fn packages() -> Vec<Package> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version=1"])
        .current_dir(root())
        .output()
        .expect("cargo metadata runs");
    let metadata: Value =
        serde_json::from_slice(&output.stdout).expect("cargo metadata prints JSON");
    let root = root().display().to_string();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let packages = metadata["packages"].as_array().expect("packages");
    packages
        .iter()
        .map(|package| Package {
            name: text(&package["name"]),
            folder: text(&package["manifest_path"]).replacen(&format!("{root}/"), "", 1),
            imports: package["dependencies"]
                .as_array()
                .expect("dependencies")
                .iter()
                // Tests may use anything, such as the contract suite.
                .filter(|dependency| dependency["kind"] != "dev")
                .map(|dependency| text(&dependency["name"]))
                .collect(),
        })
        .collect()
}
