//! Node programs: wrangler, workerd. They live in `xtask/node`, pinned by its lock file, with a Node of their own,
//! because wrangler wants a newer one than systems tend to have.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::Result;

use crate::{
    setup,
    shell::{command, note, root, run, step},
};

/// The folder of the Node project.
pub fn folder() -> PathBuf {
    root().join("xtask/node")
}

/// Installs what the lock file names, unless that is what is there.
pub fn install() -> Result<()> {
    step("Node programs of xtask/node (npm): wrangler, workerd, a Node of their own");
    install_in(&folder(), |program, arguments| command(program, arguments))
}

/// Lighthouse, in a folder of its own: what builds the console needs none of it.
pub fn lighthouse() -> Result<PathBuf> {
    install()?;
    step("Lighthouse (npm)");
    let folder = root().join("xtask/lighthouse");
    install_in(&folder, |_, arguments| npm(arguments))?;
    Ok(folder)
}

/// openapi-typescript, in a folder of its own: it wants another TypeScript than the console.
pub fn types() -> Result<PathBuf> {
    install()?;
    step("openapi-typescript (npm)");
    let folder = root().join("xtask/types");
    install_in(&folder, |_, arguments| npm(arguments))?;
    Ok(folder)
}

/// A JavaScript program, run by the Node of these programs.
pub fn script(path: &str) -> Command {
    with_node(&PathBuf::from("node"), &[path])
}

fn install_in(folder: &Path, npm: impl Fn(&str, &[&str]) -> Command) -> Result<()> {
    let wanted = std::fs::read_to_string(folder.join("package-lock.json"))?;
    let stamp = folder.join("node_modules/.edgewise-installed");
    if std::fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        note("there already");
        return Ok(());
    }
    setup::debian("npm", &["nodejs", "npm"])?;
    // `install`, not `ci`: `ci` refuses a lock that lacks the binaries of platforms whose packages a mirror does not
    // carry. What the lock names is what is installed.
    let arguments = ["install", "--no-save", "--no-audit", "--no-fund"];
    run(npm("npm", &arguments).current_dir(folder))?;
    // A copy of the lock, not its date: a checkout changes dates.
    Ok(std::fs::write(stamp, wanted)?)
}

/// One of these programs, by the name of its command.
pub fn program(name: &str, arguments: &[&str]) -> Command {
    let mut command = with_node(&binary(name), arguments);
    // No statistics, no banner, no call home: works offline and says only what matters.
    command
        .env("DO_NOT_TRACK", "1")
        .env("WRANGLER_SEND_METRICS", "false")
        .env("WRANGLER_HIDE_BANNER", "true")
        .env("CLOUDFLARE_CF_FETCH_ENABLED", "false");
    command
}

/// npm, run by the Node of these programs.
pub fn npm(arguments: &[&str]) -> Command {
    with_node(&PathBuf::from("npm"), arguments)
}

/// Where one of these programs lies.
pub fn binary(name: &str) -> PathBuf {
    folder().join("node_modules/.bin").join(name)
}

fn with_node(program: &Path, arguments: &[&str]) -> Command {
    let mut command = command(program, arguments);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let programs = folder().join("node_modules/.bin");
    let path = std::iter::once(programs).chain(std::env::split_paths(&path));
    if let Ok(path) = std::env::join_paths(path) {
        command.env("PATH", path);
    }
    command
}
