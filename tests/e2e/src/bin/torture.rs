//! `cargo xtask torture`: see `e2e::torture`.

use anyhow::{Context, Result};
use e2e::{
    peer::Peer,
    torture::{self, Plan},
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
    let kills = number(200)? as usize;
    let plan = Plan {
        kills,
        clients: 8,
        seed: number(1)?,
        longest_life: 500,
    };
    let report = torture::run(plan, &Peer::start().await?).await?;
    println!(
        "{kills} kills: {} turns, {} uploads and {} deletions were acknowledged, none is lost and none is there twice; \
         {} requests were interrupted",
        report.turns, report.uploads, report.deletions, report.interrupted
    );
    Ok(())
}
