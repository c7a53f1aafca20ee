//! Sizes and times that a deployment relies on, measured.

// Helpers of tests are tests too.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod common;

use std::time::Duration;

use common::{Folder, call, component, fastest, gzipped, options, start};
use spin_host::{Host, Options, Reuse};

#[test]
fn the_component_without_weights_is_small() {
    let size = gzipped(&component("shipped"));
    eprintln!("component without weights: {size} bytes gzipped");
    assert!(size <= 6_000_000, "{size} bytes gzipped");
}

/// The fastest of many, because the machine does other things too.
#[tokio::test(flavor = "multi_thread")]
async fn a_fresh_instance_costs_little() {
    let health = async |host: &Host| {
        let (status, _) = call(host, "GET", "/healthz", "").await;
        assert_eq!(status, 200);
    };
    let state = Folder::new();
    let reused = start("shipped", &state).await;
    health(&reused).await;
    let warm = fastest(100, || health(&reused)).await;

    let state = Folder::new();
    let reuse = Reuse {
        requests: 1,
        at_once: 1,
        idle: Duration::from_secs(1),
    };
    let alone = Options {
        reuse,
        ..options("shipped", &state)
    };
    let alone = Host::start(alone).await.unwrap();
    health(&alone).await;
    let fresh = fastest(100, || health(&alone)).await;

    let overhead = fresh.saturating_sub(warm);
    eprintln!("fresh {fresh:?}, reused {warm:?}, overhead {overhead:?}");
    assert!(overhead <= Duration::from_millis(5), "{overhead:?}");
}
