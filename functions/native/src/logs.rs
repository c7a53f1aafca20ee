//! Where log lines go, and how they look.

use std::io::IsTerminal;

use tracing_subscriber::{
    Layer, Registry, filter::Targets, fmt, layer::SubscriberExt, util::SubscriberInitExt,
};

/// Sends logs to standard error: words for people, or with `json` one object a line. `EDGEWISE_LOG` chooses what is
/// said, such as `debug` or `info,edgewise::kv=debug`.
pub fn start(json: bool) {
    let wanted = std::env::var("EDGEWISE_LOG").unwrap_or_default();
    let filter: Targets = wanted.parse().unwrap_or_default();
    let filter = if wanted.is_empty() {
        filter.with_default(tracing::Level::INFO)
    } else {
        filter
    };
    let colours = std::io::stderr().is_terminal();
    let lines = fmt::layer().with_writer(std::io::stderr);
    let lines = if json {
        lines.json().with_filter(filter).boxed()
    } else {
        lines
            .with_ansi(colours)
            .with_target(false)
            .with_filter(filter)
            .boxed()
    };
    // A second call, in a test, keeps the first subscriber.
    let _: Result<(), _> = Registry::default().with(lines).try_init();
}
