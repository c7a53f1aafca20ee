//! `cargo xtask bench pdf`: see `e2e::big_pdf`.

use anyhow::Result;
use e2e::{
    big_pdf::{self, PAGES},
    native::Native,
};

/// What it may take, on two cores.
const LIMIT: f64 = 20.0;

/// Others work on the machine too: the best counts.
const RUNS: usize = 3;

#[tokio::main]
async fn main() -> Result<()> {
    let mut best = f64::MAX;
    for _ in 0..RUNS {
        let server = Native::start().await?;
        let report = big_pdf::run(&server.deployment).await?;
        let took = report.took.as_secs_f64();
        best = best.min(took);
        println!(
            "{PAGES} pages, {} passages: {took:.2} s, {} states seen on the way, at most {} MB",
            report.passages,
            report.steps.len(),
            server.peak()? >> 20
        );
    }
    let verdict = if best <= LIMIT { "met" } else { "MISSED" };
    println!(
        "best {best:.2} s <= {LIMIT} s: {:.2} of it, {verdict}",
        best / LIMIT
    );
    Ok(())
}
