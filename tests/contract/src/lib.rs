//! Named cases that every adapter of a port must pass, on every runtime.
//!
//! This side owns the cases, the consumer they watch ([`Recorder`]) and the server they talk to (`peer`). A host owns
//! the platform under test and whatever drives it: `cargo test` for the fakes and native, a test-only route inside
//! workerd and the Spin host. Every case takes fresh partitions and blob names, so the suite can run again on the same
//! store, and waits only through the platform's clock.
//!
//! Must never: start a runtime, read a clock of its own, or name an adapter.
//! Start at [`cases`]; a new case is one function and one line in its file's table.

// The crate is a test: its tables may be indexed.
#![allow(clippy::indexing_slicing)]

mod blob;
mod cache;
mod check;
mod fetch;
mod kv;
mod needs;
#[cfg(feature = "peer")]
pub mod peer;
mod queue;
mod recorder;
mod rest;
mod timer;

use std::time::Duration;

use futures::future::BoxFuture;
use ports::Platform;
use serde::{Deserialize, Serialize};

pub use needs::Needs;
pub use recorder::Recorder;

/// What a case runs against.
#[derive(Clone)]
pub struct Harness {
    /// The adapters under test.
    pub platform: Platform,
    /// Base URL of the peer server, without a trailing slash; empty if there is none.
    pub peer: String,
}

/// One case.
#[derive(Clone, Copy)]
pub struct Case {
    /// Such as `kv/commit_is_atomic`.
    pub name: &'static str,
    /// What the runtime must declare for this case to run.
    pub needs: Needs,
    /// Runs it.
    pub run: fn(Harness) -> BoxFuture<'static, Result<(), String>>,
}

/// What came out of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Report(pub Vec<Outcome>);

/// What came out of a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// The case.
    pub name: String,
    /// It passed, or was skipped.
    pub ok: bool,
    /// Why it failed, or what it needs that the runtime does not declare.
    pub error: Option<String>,
    /// It did not run.
    #[serde(default)]
    pub skipped: bool,
}

impl Report {
    /// The cases that failed.
    pub fn failures(&self) -> Vec<&Outcome> {
        self.0.iter().filter(|outcome| !outcome.ok).collect()
    }

    /// How many cases ran.
    pub fn ran(&self) -> usize {
        self.0.iter().filter(|outcome| !outcome.skipped).count()
    }
}

/// All cases.
pub fn cases() -> Vec<Case> {
    let tables = [
        kv::cases(),
        cache::cases(),
        blob::cases(),
        queue::cases(),
        timer::cases(),
        fetch::cases(),
        rest::cases(),
    ];
    tables.into_iter().flatten().collect()
}

/// Runs the cases whose names start with `filter`, one after the other.
pub async fn run(harness: Harness, filter: &str) -> Report {
    let declared = Needs::declared(&harness);
    let mut report = Report::default();
    for case in cases() {
        if !case.name.starts_with(filter) {
            continue;
        }
        let missing = case.needs.without(declared);
        let result = if missing == Needs::NOTHING {
            // A case that hangs must not hide the others.
            // The twins' clock passes a millisecond at each poll, while the peer waits in real time: a generous day.
            let limit = match harness.platform.runtime.name {
                "fake" => Duration::from_secs(24 * 60 * 60),
                _ => Duration::from_secs(120),
            };
            let run = (case.run)(harness.clone());
            let ended = ports::timeout(&*harness.platform.clock, limit, run).await;
            ended.unwrap_or_else(|error| Err(error.to_string()))
        } else {
            Ok(())
        };
        let skipped = missing != Needs::NOTHING;
        report.0.push(Outcome {
            name: case.name.to_owned(),
            ok: result.is_ok(),
            error: match result {
                Err(error) => Some(error),
                Ok(()) => skipped.then(|| format!("needs {missing:?}")),
            },
            skipped,
        });
    }
    report
}
