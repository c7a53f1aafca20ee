//! `cargo xtask deploy spin`: everything that a SpinKube cluster needs, in order, each step said before it is done.

use std::fs::{self, File};

use anyhow::{Context, Result, bail};

use super::{Component, build};
use crate::{
    setup::{self, random},
    shell::{command, note, root, run, step, succeeds},
};

/// Where the image goes when nothing is said: a registry that only this machine has, good for a dry run.
const IMAGE: &str = "localhost:5000/edgewise:latest";

/// The manifest that is applied.
const MANIFEST: &str = "build/spinkube.yaml";

/// Keys of the Kubernetes secret `edgewise`, and what each is for.
const SECRETS: [(&str, &str); 4] = [
    (
        "edgewise-master-key",
        "encrypts the keys of providers; losing it means entering them again",
    ),
    (
        "edgewise-setup-token",
        "lets the first owner in: kubectl get secret edgewise -o jsonpath='{.data.edgewise-setup-token}' | base64 -d",
    ),
    (
        "edgewise-admin-token",
        "lets the command line act as the owner",
    ),
    ("edgewise-tick-token", "what the cron job shows"),
];

/// Deploys; with `dry_run`, builds everything, writes the manifest, and prints what would be done to the registry and
/// the cluster. `EDGEWISE_IMAGE` names the image, such as `registry.example.com/edgewise:1`.
pub fn deploy(dry_run: bool) -> Result<()> {
    let image = match std::env::var("EDGEWISE_IMAGE") {
        Ok(image) => image,
        Err(_) if dry_run => IMAGE.to_owned(),
        Err(_) => {
            bail!("EDGEWISE_IMAGE must name the image, such as registry.example.com/edgewise:1")
        }
    };
    if !dry_run {
        for program in ["spin", "kubectl"] {
            let there = succeeds(&mut command(program, &["--help"]));
            anyhow::ensure!(
                there,
                "`{program}` is needed for a deployment and was not found"
            );
        }
    }
    build(Component::Baked, &setup::edgewise()?)?;

    step(&format!("the manifest, {MANIFEST}"));
    let path = root().join(MANIFEST);
    fs::create_dir_all(path.parent().context("a file lies in a folder")?)?;
    fs::write(&path, manifest(&image))?;
    note(
        "a SpinApp with two replicas, a libSQL server with its volume, and a cron job for the tick",
    );

    step("the image");
    act(dry_run, &["spin", "registry", "push", &image])?;
    step("secrets");
    for (key, why) in SECRETS {
        note(&format!("{key}: {why}"));
    }
    secret(dry_run)?;
    step("the cluster");
    act(dry_run, &["kubectl", "apply", "--filename", MANIFEST])?;
    act(
        dry_run,
        &["kubectl", "rollout", "status", "deployment/edgewise"],
    )?;
    if dry_run {
        note("not done: this was a dry run");
    }
    Ok(())
}

/// The manifest for an image.
fn manifest(image: &str) -> String {
    include_str!("spinkube.yaml").replace("EDGEWISE_IMAGE", image)
}

/// Runs a program, or says that it would.
fn act(dry_run: bool, line: &[&str]) -> Result<()> {
    let Some((program, arguments)) = line.split_first() else {
        return Ok(());
    };
    if dry_run {
        note(&format!("would run: {}", line.join(" ")));
        return Ok(());
    }
    run(&mut command(*program, arguments))
}

/// Makes the secret unless it is there: a second deployment must find the master key of the first.
fn secret(dry_run: bool) -> Result<()> {
    if dry_run {
        let keys = SECRETS.map(|(key, _)| format!("--from-literal={key}=(32 random bytes)"));
        note(&format!(
            "would run, unless it is there: kubectl create secret generic edgewise {}",
            keys.join(" ")
        ));
        return Ok(());
    }
    if succeeds(&mut command("kubectl", &["get", "secret", "edgewise"])) {
        note("there already, and kept");
        return Ok(());
    }
    // Through a file that only we can read: arguments are seen by everybody on the machine.
    let folder = root().join("build/secrets");
    fs::create_dir_all(&folder)?;
    let mut create = command("kubectl", &["create", "secret", "generic", "edgewise"]);
    for (key, _) in SECRETS {
        let path = folder.join(key);
        private(&path, &random()?)?;
        create.arg(format!("--from-file={key}={}", path.display()));
    }
    let created = run(&mut create);
    fs::remove_dir_all(&folder)?;
    created
}

fn private(path: &std::path::Path, content: &str) -> Result<()> {
    use std::{io::Write, os::unix::fs::OpenOptionsExt};

    let mut file = File::options()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)?;
    Ok(file.write_all(content.as_bytes())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manifest_gives_every_secret_of_spin_toml() {
        let declared = std::fs::read_to_string(root().join("spin.toml")).unwrap();
        let manifest = manifest("registry.example/edgewise:1");
        assert!(manifest.contains("image: registry.example/edgewise:1"));
        assert!(!manifest.contains("EDGEWISE_IMAGE"));
        for (key, _) in SECRETS {
            let variable = key.replace('-', "_");
            assert!(
                declared.contains(&format!("{variable} = {{ default")),
                "{variable}"
            );
            assert!(
                manifest.contains(&format!("name: {variable}")),
                "{variable}"
            );
            assert!(manifest.contains(&format!("key: {key}")), "{key}");
        }
        let secrets = declared.matches("secret = true").count();
        assert_eq!(secrets, SECRETS.len(), "spin.toml declares other secrets");
    }
}
