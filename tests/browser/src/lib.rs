//! The console in a real browser: scripts of `console/e2e`, each over a server of its own. The tests here start a native
//! one; those of `tests/workers` and `tests/spin-host` bring theirs.
//!
//! Owns: starting the script, and how long it may take. What is clicked and what must be seen is in the
//! scripts. Must never: reach any other host. Start at [`run`].

use std::{path::Path, process::Stdio, time::Duration};

use anyhow::{Context, Result, bail};
use e2e::{Deployment, native::Native};
use tokio::process::Command;

/// Two small models on a busy machine answer slowly.
const PATIENCE: Duration = Duration::from_secs(540);

/// Runs a script of `console/e2e` with the base URL of a fresh server as its first argument.
pub async fn run(script: &str) -> Result<()> {
    run_over(&Native::start().await?.deployment, script, &[]).await
}

/// Runs it over this server, with more arguments behind its base URL.
///
/// # Errors
///
/// If the console is not built, or the script fails or takes too long.
pub async fn run_over(server: &Deployment, script: &str, arguments: &[&str]) -> Result<()> {
    let console = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../console");
    if !console.join("built/site/index.html").is_file() {
        bail!("the console is not built: cargo xtask console");
    }
    let mut command = Command::new("node");
    command
        .arg(console.join("e2e").join(script))
        .arg(&server.base)
        .args(arguments)
        .current_dir(&console)
        .stdin(Stdio::null())
        .kill_on_drop(true);
    let status = tokio::time::timeout(PATIENCE, command.status())
        .await
        .with_context(|| format!("{script} took more than {PATIENCE:?}"))?
        .context("cannot run node")?;
    match status.success() {
        true => Ok(()),
        false => bail!("{script} failed: {status}"),
    }
}
