//! Sizes and times that a deployment relies on, measured.

mod common;

use std::{io::Write, time::Duration};

use common::{Folder, call, component, fastest, options, start};
use flate2::{Compression, write::GzEncoder};
use spin_host::{Host, Options, Reuse};

fn gzipped(path: &std::path::Path) -> usize {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&std::fs::read(path).unwrap()).unwrap();
    encoder.finish().unwrap().len()
}

#[test]
fn the_component_without_weights_is_small() {
    let size = gzipped(&component("shipped"));
    eprintln!("component without weights: {size} bytes gzipped");
    assert!(size <= 2_000_000, "{size} bytes gzipped");
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
