//! Conformance: every operation of an app's API that is not about workflows, every error code and every event, proven by
//! cases that run on each runtime.
//!
//! The table in `tests/CONFORMANCE.md` is made of what the cases saw. Each runtime runs all of them and must give that
//! table again; an operation, a code or an event that no case saw fails the run. With `EDGEWISE_BLESS=1` the table is
//! written instead of compared.

mod cases;
mod expected;
mod table;
mod world;

use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::{Deployment, peer::Peer, setup};

const TABLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../CONFORMANCE.md");

/// Runs every case; fails for what goes wrong, for what no case proved, and for another table than the kept one.
pub async fn run(deployment: &Deployment, peer: &Peer) -> Result<()> {
    setup::provider(deployment, peer).await?;
    let (mut proofs, mut failures) = (Vec::new(), Vec::new());
    for (name, case) in cases::ALL {
        let world = world::World::new(deployment);
        let outcome = case(&world).await;
        let sights = world.sights();
        if let Err(error) = outcome.and_then(|()| expected::check(&sights)) {
            failures.push(format!("{name}: {error:#}"));
        }
        proofs.push((*name, sights));
    }
    ensure!(failures.is_empty(), "{}", failures.join("\n"));
    let table = table::render(&proofs)?;
    if std::env::var_os("EDGEWISE_BLESS").is_some() {
        std::fs::write(TABLE, &table)?;
    }
    let kept = std::fs::read_to_string(Path::new(TABLE)).context(TABLE)?;
    let difference = table
        .lines()
        .zip(kept.lines())
        .find(|(now, kept)| now != kept);
    ensure!(
        table == kept,
        "another table than the kept one, from here on: {difference:?}"
    );
    Ok(())
}
