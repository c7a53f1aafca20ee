//! `cargo xtask deploy workers`: everything that a deployment needs, in order, each step said before it is done.

use anyhow::Result;

use super::{Bundle, build};
use crate::{
    node,
    shell::{note, run, step, succeeds},
};

/// Deploys; with `dry_run`, builds everything, prints what would be done to the account, and has wrangler check the
/// result without an account or a network.
pub fn deploy(dry_run: bool) -> Result<()> {
    build(Bundle::Shipped)?;
    step("storage and queue");
    account(dry_run, &["r2", "bucket", "create", "edgewise"])?;
    account(dry_run, &["queues", "create", "edgewise"])?;
    note("the Workers KV namespace is created by the first deployment");
    step("the Worker, its Durable Objects and its static files");
    if dry_run {
        run(&mut node::program(
            "wrangler",
            &["deploy", "--dry-run", "--outdir", "build/deploy"],
        ))?;
        note("not done: this was a dry run");
    } else {
        run(&mut node::program("wrangler", &["deploy"]))?;
    }
    step("secrets");
    for (name, why) in SECRETS {
        note(&format!("{name}: {why}"));
        secret(dry_run, name)?;
    }
    Ok(())
}

/// What the Worker reads from secret bindings.
const SECRETS: [(&str, &str); 2] = [
    (
        "EDGEWISE_MASTER_KEY",
        "encrypts the keys of providers; 32 random bytes, made here and kept by Cloudflare",
    ),
    (
        "EDGEWISE_SETUP_TOKEN",
        "lets the first owner in; made here and shown once",
    ),
];

/// Makes something in the account unless it is there.
fn account(dry_run: bool, arguments: &[&str]) -> Result<()> {
    if dry_run {
        note(&format!("would run: wrangler {}", arguments.join(" ")));
        return Ok(());
    }
    // A second deployment finds what the first one made: then `create` fails and nothing is lost.
    if !succeeds(&mut node::program("wrangler", arguments)) {
        note(&format!(
            "wrangler {}: there already, or not allowed; the deployment will tell",
            arguments.join(" ")
        ));
    }
    Ok(())
}

fn secret(dry_run: bool, name: &str) -> Result<()> {
    if dry_run {
        note(&format!(
            "would run, unless it is set: wrangler secret put {name}"
        ));
        return Ok(());
    }
    run(&mut node::program("wrangler", &["secret", "put", name]))
}
