//! `cargo xtask bench chat`: see `load::chat`.

use anyhow::Result;
use clap::Parser;
use load::{
    chat::{self, Plan, Row},
    mock,
    rival::flowise,
};

/// Measures chats per second, latencies and memory.
#[derive(Parser)]
struct Options {
    /// Seconds of each case
    #[arg(long, default_value_t = 8.0)]
    seconds: f64,
    /// Chats in a row at the end, to see whether memory grows
    #[arg(long, default_value_t = 0)]
    soak: u64,
    /// Leave out retrieval, which needs minutes to embed its passages
    #[arg(long)]
    no_retrieval: bool,
    /// The command that starts Flowise, to measure it in the same run
    #[arg(long)]
    flowise: Option<String>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let options = Options::parse();
    let model = mock::start()?;
    let plan = Plan {
        seconds: options.seconds,
        soak: options.soak,
        retrieval: !options.no_retrieval,
    };
    println!(
        "{:22} {:>4} {:>10} {:>9} {:>9} {:>11} {:>11} {:>8} {:>8} {:>6}",
        "ours",
        "conn",
        "chats/s",
        "p50 ms",
        "p99 ms",
        "first p50",
        "first p99",
        "cpu us",
        "MB",
        "bad"
    );
    chat::measure(plan, &model, tell).await?;
    if let Some(command) = &options.flowise {
        println!("\nFlowise, buffer memory");
        flowise::measure(command, plan.seconds, &model, tell).await?;
    }
    Ok(())
}

fn tell(row: &Row) {
    let measured = &row.measured;
    println!(
        "{:22} {:>4} {:>10.1} {:>9.2} {:>9.2} {:>11.2} {:>11.2} {:>8} {:>8} {:>6}",
        row.name,
        row.connections,
        measured.per_second,
        measured.p50,
        measured.p99,
        measured.first_p50,
        measured.first_p99,
        row.cost.as_micros(),
        row.memory >> 20,
        measured.bad
    );
    if measured.bad > 0 {
        println!("    first bad answer: {}", measured.first_bad);
    }
}
