//! The contract suite inside the host: every adapter of the Spin root, in the component, from the manifest that a user
//! deploys with.

// Helpers of tests are tests too.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod common;

use common::{Folder, Ticker, call, options};
use spin_host::{Host, Reuse};
use std::time::Duration;
use tokio::net::TcpListener;

/// Runs the cases of one port and fails with a list of what failed.
async fn check(filter: &str, reuse: Reuse) {
    let state = Folder::new();
    let host = Host::start(spin_host::Options {
        reuse,
        ..options("contract", &state)
    })
    .await
    .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let peer = format!("http://{}", listener.local_addr().unwrap());
    let serving = tokio::spawn(contract::peer::peer(listener));
    let _ticker = Ticker::start(&host);
    let path = format!("/__test/contract?filter={filter}&peer={peer}");
    let (status, body) = call(&host, "POST", &path, "").await;
    serving.abort();
    assert_eq!(status, 200, "{body}");
    let report: contract::Report = serde_json::from_str(&body).unwrap();
    let failures = report.failures();
    for failure in &failures {
        eprintln!(
            "{}: {}",
            failure.name,
            failure.error.as_deref().unwrap_or("")
        );
    }
    assert!(failures.is_empty(), "{} cases failed", failures.len());
    assert!(report.ran() > 0, "no case ran under `{filter}`");
    eprintln!("{filter}: {} cases", report.ran());
}

macro_rules! ports {
    ($($name:ident $filter:literal)+) => {$(
        #[tokio::test(flavor = "multi_thread")]
        async fn $name() {
            check($filter, Reuse::default()).await;
        }
    )+};
}

ports! {
    kv "kv/"
    cache "cache/"
    blob "blob/"
    queue "queue/"
    timer "timer/"
    fetch "fetch/"
}

/// What is left: the small ports.
#[tokio::test(flavor = "multi_thread")]
async fn rest() {
    for filter in ["clock/", "entropy/", "spawn/", "secrets/"] {
        check(filter, Reuse::default()).await;
    }
}

/// The tick then runs in another instance than the suite: nothing may depend on a static.
#[tokio::test(flavor = "multi_thread")]
async fn queue_across_instances() {
    let alone = Reuse {
        requests: 1,
        at_once: 1,
        idle: Duration::from_secs(1),
    };
    check("queue/", alone).await;
}
