//! Puts the built console into the binary: a table of its files, empty when it was not built (`cargo xtask console`).

use std::{
    env,
    fmt::Write as _,
    fs, io,
    path::{Path, PathBuf},
};

fn main() -> io::Result<()> {
    // The folder is always there; `site` in it only after a build.
    let built = PathBuf::from(env::var("CARGO_MANIFEST_DIR").unwrap_or_default())
        .join("../../console/built")
        .canonicalize()?;
    println!("cargo::rerun-if-changed={}", built.display());
    println!("cargo::rerun-if-changed=build.rs");
    let site = built.join("site");
    let mut files = Vec::new();
    if site.join("index.html").is_file() {
        collect(&site, &mut files)?;
    }
    files.sort();
    let mut table = String::from("&[\n");
    for file in files {
        if file.extension().is_some_and(|end| end == "gz") {
            continue;
        }
        let name = file.strip_prefix(&site).unwrap_or(&file).to_string_lossy();
        let mut small = file.clone().into_os_string();
        small.push(".gz");
        let small = PathBuf::from(small);
        let small = match small.is_file() {
            true => format!("Some(include_bytes!({small:?}))"),
            false => "None".to_owned(),
        };
        let _ = writeln!(
            table,
            "    File {{ name: {:?}, whole: include_bytes!({file:?}), small: {small} }},",
            name.replace('\\', "/"),
        );
    }
    table.push_str("]\n");
    let out = PathBuf::from(env::var("OUT_DIR").unwrap_or_default());
    fs::write(out.join("console_files.rs"), table)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        match path.is_dir() {
            true => collect(&path, files)?,
            false => files.push(path),
        }
    }
    Ok(())
}
