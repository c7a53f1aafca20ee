//! What is hard on the native binary: slow disks, large files, files made to do harm.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::time::Duration;

use e2e::{
    big_pdf, hostile,
    native::Native,
    peer::Peer,
    torture::{self, Plan, runs},
};

/// The short form of what `cargo xtask torture` does on a slow disk.
#[tokio::test]
async fn kills_on_a_slow_disk_lose_and_double_nothing() {
    let plan = Plan {
        kills: 3,
        clients: 4,
        seed: 11,
        longest_life: 1500,
        slow_disk: Duration::from_millis(40),
    };
    let report = torture::run(plan, &Peer::start().await.unwrap())
        .await
        .unwrap();
    println!("{report:?}");
    assert!(report.turns > 0 && report.uploads > 0, "{report:?}");
}

#[tokio::test]
async fn files_made_to_do_harm_are_refused() {
    let server = Native::start().await.unwrap();
    hostile::files(&server.deployment).await.unwrap();
}

#[tokio::test]
async fn four_gigabytes_are_refused_while_they_arrive() {
    let server = Native::start().await.unwrap();
    hostile::four_gigabytes(&server).await.unwrap();
}

/// How long it takes is what `cargo xtask bench pdf` prints.
#[tokio::test]
async fn a_hundred_pages_are_indexed_before_everyones_eyes() {
    let server = Native::start().await.unwrap();
    let report = big_pdf::run(&server.deployment).await.unwrap();
    println!("{report:?}");
    assert!(report.passages >= big_pdf::PAGES as u64, "{report:?}");
}

/// The short form of what `cargo xtask torture` does to workflows.
#[tokio::test]
async fn kills_end_no_run_and_repeat_no_effect_under_another_key() {
    let report = runs::run(runs::Plan {
        kills: 6,
        at_once: 10,
        seed: 11,
        longest_life: 400,
        recovers_every: 0,
    })
    .await
    .unwrap();
    println!("{report:?}");
    assert!(report.runs > 10, "{report:?}");
}
