//! `cargo xtask torture`: see `e2e::torture`.

use std::time::Duration;

use anyhow::{Context, Result};
use e2e::{
    full_disk,
    peer::Peer,
    torture::{self, Plan, runs},
};

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let mut number = |default: u64| match arguments.next() {
        Some(text) => text
            .parse()
            .with_context(|| format!("{text:?} is no number")),
        None => Ok(default),
    };
    let plan = Plan {
        kills: number(200)? as usize,
        clients: 8,
        seed: number(1)?,
        longest_life: 500,
        slow_disk: Duration::ZERO,
    };
    let peer = Peer::start().await?;
    tell("this disk", plan, &peer).await?;
    // A server that waits for its disk needs a longer life to get anything done.
    let slow = Plan {
        kills: plan.kills.div_ceil(10),
        longest_life: 4000,
        slow_disk: Duration::from_millis(number(100)?),
        ..plan
    };
    tell("a slow disk", slow, &peer).await?;
    let report = runs::run(runs::Plan {
        kills: plan.kills,
        at_once: 50,
        seed: plan.seed,
        longest_life: plan.longest_life,
        recovers_every: 20,
    })
    .await?;
    println!(
        "workflows, {} kills: {} runs were accepted, all ended well and are listed once; {} effects under a key each, {} of \
         them asked for again under the same key",
        plan.kills, report.runs, report.effects, report.repeated
    );
    full_disk::run().await?;
    println!("a full disk: what was accepted is there, and room makes all well");
    Ok(())
}

async fn tell(disk: &str, plan: Plan, peer: &Peer) -> Result<()> {
    let report = torture::run(plan, peer).await?;
    println!(
        "{disk}, {} kills: {} turns, {} uploads and {} deletions were acknowledged, none is lost and none is there twice; \
         {} requests were interrupted",
        plan.kills, report.turns, report.uploads, report.deletions, report.interrupted
    );
    Ok(())
}
