//! Dify's own clients, unmodified, against a deployment: npm `dify-client` and PyPI `dify-client`, in the versions named
//! here. They are installed below the target folder, once.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
};

use anyhow::{Context, Result, ensure};
use tokio::process::Command;

use crate::{
    Deployment,
    http::Client,
    native, pdf,
    peer::{GOOD, Peer},
    setup,
};

const NPM: &str = "2.3.2";
const PYPI: &str = "0.1.10";
const JAVASCRIPT: &str = include_str!("../clients/client.mjs");
const PYTHON: &str = include_str!("../clients/client.py");

/// Both clients, against an app over the manual of the journey.
pub async fn run(deployment: &Deployment, peer: &Peer) -> Result<()> {
    setup::provider(deployment, peer).await?;
    let knowledge = Client::new(deployment, &setup::dataset_key(deployment).await?);
    let dataset = setup::dataset(&knowledge, "Clients").await?;
    let files = [(
        "manual.pdf",
        pdf::document(include_str!("../fixtures/espresso-machine.txt")),
    )];
    setup::documents(&knowledge, &dataset, &files).await?;
    let (_, key) = setup::assistant(deployment, "Clients", GOOD, Some(&dataset)).await?;
    println!("{}", javascript(deployment, &key).await?);
    println!("{}", python(deployment, &key).await?);
    Ok(())
}

/// Runs the script with npm's client; answers what it printed.
pub async fn javascript(deployment: &Deployment, key: &str) -> Result<String> {
    let folder = folder()?.join(format!("dify-client-npm-{NPM}"));
    if !folder.join("node_modules/dify-client").is_dir() {
        let package = format!("dify-client@{NPM}");
        std::fs::create_dir_all(&folder)?;
        std::fs::write(
            folder.join("package.json"),
            "{\"private\":true,\"type\":\"module\"}",
        )?;
        let install = [
            "install",
            "--no-audit",
            "--no-fund",
            "--no-save",
            package.as_str(),
        ];
        output(Command::new("npm").args(install).current_dir(&folder)).await?;
    }
    let script = folder.join("client.mjs");
    std::fs::write(&script, JAVASCRIPT)?;
    output(
        Command::new("node")
            .arg(script)
            .args([&deployment.base, key])
            .current_dir(&folder),
    )
    .await
}

/// Runs the script with PyPI's client; answers what it printed.
pub async fn python(deployment: &Deployment, key: &str) -> Result<String> {
    let folder = folder()?.join(format!("dify-client-pypi-{PYPI}"));
    let packages = folder.join("packages");
    if !packages.join("dify_client").is_dir() {
        std::fs::create_dir_all(&folder)?;
        let package = format!("dify-client=={PYPI}");
        let install = [
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--target",
        ];
        output(
            Command::new("python3")
                .args(install)
                .arg(&packages)
                .arg(package),
        )
        .await?;
    }
    let script = folder.join("client.py");
    std::fs::write(&script, PYTHON)?;
    let arguments = [&deployment.base, key];
    output(
        Command::new("python3")
            .arg(script)
            .args(arguments)
            .env("PYTHONPATH", &packages),
    )
    .await
}

/// Below the target folder: kept between runs, gone with `cargo clean`.
pub(crate) fn folder() -> Result<PathBuf> {
    let binary = native::binary()?;
    let target = binary
        .parent()
        .and_then(Path::parent)
        .context("the binary lies in a target folder")?;
    Ok(target.join("e2e"))
}

pub(crate) async fn output(command: &mut Command) -> Result<String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .await
        .with_context(|| format!("{command:?}"))?;
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    ensure!(
        output.status.success(),
        "{command:?}: {}\n{printed}{told}",
        output.status
    );
    Ok(printed)
}
