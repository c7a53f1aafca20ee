//! `cargo xtask bench workflow`: see `load::workflow`.

use anyhow::Result;
use clap::Parser;
use load::workflow::{self, Plan};

/// Measures runs per second, latencies and memory.
#[derive(Parser)]
struct Options {
    /// Seconds of each case
    #[arg(long, default_value_t = 4.0)]
    seconds: f64,
    /// Runs in a row at the end, to see whether memory grows
    #[arg(long, default_value_t = 0)]
    soak: u64,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let options = Options::parse();
    println!(
        "{:22} {:>4} {:>10} {:>9} {:>9} {:>8} {:>6}",
        "over HTTP, journaled", "conn", "runs/s", "p50 ms", "p99 ms", "MB", "bad"
    );
    let plan = Plan {
        seconds: options.seconds,
        soak: options.soak,
    };
    workflow::measure(plan, |row| {
        let measured = &row.measured;
        println!(
            "{:22} {:>4} {:>10.1} {:>9.2} {:>9.2} {:>8} {:>6}",
            row.name,
            row.connections,
            measured.per_second,
            measured.p50,
            measured.p99,
            row.memory >> 20,
            measured.bad
        );
        if measured.bad > 0 {
            println!("    first bad answer: {}", measured.first_bad);
        }
    })
    .await
}
