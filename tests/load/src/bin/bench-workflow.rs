//! `cargo xtask bench workflow`: see `load::workflow`.

use anyhow::Result;
use clap::Parser;
use load::{
    chat::Row,
    rival::n8n,
    workflow::{self, Plan},
};

/// Measures runs per second, latencies and memory.
#[derive(Parser)]
struct Options {
    /// Seconds of each case
    #[arg(long, default_value_t = 4.0)]
    seconds: f64,
    /// Runs in a row at the end, to see whether memory grows
    #[arg(long, default_value_t = 0)]
    soak: u64,
    /// The command of n8n, to measure it in the same run
    #[arg(long)]
    n8n: Option<String>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let options = Options::parse();
    println!(
        "{:22} {:>4} {:>10} {:>9} {:>9} {:>8} {:>8} {:>6}",
        "over HTTP, journaled", "conn", "runs/s", "p50 ms", "p99 ms", "cpu us", "MB", "bad"
    );
    let plan = Plan {
        seconds: options.seconds,
        soak: options.soak,
    };
    workflow::measure(plan, tell).await?;
    if let Some(command) = &options.n8n {
        n8n::measure(command, plan.seconds, tell).await?;
    }
    Ok(())
}

fn tell(row: &Row) {
    let measured = &row.measured;
    println!(
        "{:22} {:>4} {:>10.1} {:>9.2} {:>9.2} {:>8} {:>8} {:>6}",
        row.name,
        row.connections,
        measured.per_second,
        measured.p50,
        measured.p99,
        row.cost.as_micros(),
        row.memory >> 20,
        measured.bad
    );
    if measured.bad > 0 {
        println!("    first bad answer: {}", measured.first_bad);
    }
}
