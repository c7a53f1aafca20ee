//! `cargo xtask deploy workers`: everything that a deployment needs, in order, each step said before it is done.

use std::{io::Write, process::Stdio};

use anyhow::{Context, Result, ensure};

use super::{Bundle, build};
use crate::{
    node,
    setup::{self, random},
    shell::{note, output, run, step, succeeds},
};

/// What the Worker reads from secret bindings, and what each is for. Made here when it is not there, and kept by
/// Cloudflare; only what a person needs is shown, once.
const SECRETS: [(&str, bool, &str); 3] = [
    (
        "EDGEWISE_MASTER_KEY",
        false,
        "encrypts the keys of providers; losing it means entering them again",
    ),
    ("EDGEWISE_SETUP_TOKEN", true, "lets the first owner in"),
    (
        "EDGEWISE_ADMIN_TOKEN",
        true,
        "lets the command line act as the owner",
    ),
];

/// Deploys; with `dry_run`, builds everything, prints what would be done to the account, and has wrangler check the
/// result without an account or a network.
pub fn deploy(dry_run: bool) -> Result<()> {
    build(Bundle::Shipped, &setup::edgewise()?)?;
    step("storage and queue");
    account(dry_run, &["r2", "bucket", "create", "edgewise"])?;
    account(dry_run, &["queues", "create", "edgewise"])?;
    note("the Workers KV namespace is made by the first deployment");
    step("the Worker, its Durable Objects, and its static files with the weights of the embedder");
    let check = ["deploy", "--dry-run", "--outdir", "build/deploy"];
    let deploy = ["deploy"];
    run(&mut node::program(
        "wrangler",
        if dry_run { &check } else { &deploy },
    ))?;
    step("secrets");
    let there = if dry_run {
        String::new()
    } else {
        output(&mut node::program("wrangler", &["secret", "list"]))?
    };
    for (name, shown, why) in SECRETS {
        note(&format!("{name}: {why}"));
        if there.contains(&format!("\"{name}\"")) {
            note("there already");
        } else if dry_run {
            note(&format!("would run: wrangler secret put {name}"));
        } else {
            put(name, shown)?;
        }
    }
    if dry_run {
        note("not done: this was a dry run");
    }
    Ok(())
}

/// Makes something in the account unless it is there.
fn account(dry_run: bool, arguments: &[&str]) -> Result<()> {
    if dry_run {
        note(&format!("would run: wrangler {}", arguments.join(" ")));
        return Ok(());
    }
    note(&format!("wrangler {}", arguments.join(" ")));
    // A second deployment finds what the first one made: then this fails and nothing is lost.
    if !succeeds(&mut node::program("wrangler", arguments)) {
        note("there already, or not allowed: the deployment will tell");
    }
    Ok(())
}

/// A new secret of 32 random bytes. It reaches wrangler by its input, where no list of processes shows it.
fn put(name: &str, shown: bool) -> Result<()> {
    let value = random()?;
    let mut wrangler = node::program("wrangler", &["secret", "put", name]);
    let mut child = wrangler.stdin(Stdio::piped()).spawn()?;
    let mut input = child.stdin.take().context("wrangler has no input")?;
    input.write_all(value.as_bytes())?;
    drop(input);
    let status = child.wait()?;
    ensure!(status.success(), "wrangler secret put {name}: {status}");
    if shown {
        note(&format!("{name} is {value}"));
    }
    Ok(())
}
