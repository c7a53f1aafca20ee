//! Several instances over one database, restarts, and connections that break.

// Helpers of tests are tests too.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod common;

use std::{sync::atomic::Ordering::Relaxed, time::Duration};

use common::{Folder, TICK_TOKEN, call, options, request, send, start, tick};
use futures::future::join_all;
use http_body_util::BodyExt;
use serde_json::Value;
use spin_host::{Host, Options, Reuse};

/// Every request in an instance of its own.
async fn alone(state: &Folder) -> Host {
    let reuse = Reuse {
        requests: 1,
        at_once: 1,
        idle: Duration::from_secs(1),
    };
    let options = Options {
        reuse,
        ..options("contract", state)
    };
    Host::start(options).await.unwrap()
}

async fn json(host: &Host, method: &str, path: &str) -> Value {
    let (status, body) = call(host, method, path, "").await;
    assert_eq!(status, 200, "{path}: {body}");
    serde_json::from_str(&body).unwrap()
}

/// Waits for something that another request sees soon.
async fn eventually(host: &Host, path: &str, expect: &str) {
    for _ in 0..200 {
        if call(host, "GET", path, "").await.1 == expect {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{path} did not become `{expect}`");
}

#[tokio::test(flavor = "multi_thread")]
async fn compare_and_set_holds_between_instances() {
    let state = Folder::new();
    let host = alone(&state).await;
    let (workers, each) = (8, 20);
    let path = format!("/__test/increment?name=race&times={each}");
    let writers = join_all((0..workers).map(|_| json(&host, "POST", &path)));
    let readers = async {
        // A snapshot never shows one half of a commit.
        for _ in 0..40 {
            let seen = json(&host, "GET", "/__test/count?name=race").await;
            assert_eq!(seen["left"], seen["right"]);
            assert_eq!(seen["left"], seen["revision"]);
        }
    };
    let (written, ()) = futures::join!(writers, readers);
    let seen = json(&host, "GET", "/__test/count?name=race").await;
    assert_eq!(seen["left"], workers * each);
    assert_eq!(seen["revision"], workers * each);
    let conflicts: u64 = written
        .iter()
        .map(|w| w["conflicts"].as_u64().unwrap())
        .sum();
    assert!(conflicts > 0, "the writers never met: this proves nothing");
    assert!(host.stats["edgewise"].instances.load(Relaxed) > workers);
    assert_eq!(host.stats["edgewise"].traps.load(Relaxed), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_statements_of_many_instances_make_the_tables_once() {
    let state = Folder::new();
    let host = alone(&state).await;
    let path = "/__test/increment?name=first&times=1";
    join_all((0..16).map(|_| json(&host, "POST", path))).await;
    let seen = json(&host, "GET", "/__test/count?name=first").await;
    assert_eq!(seen["left"], 16);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_sees_one_content_of_a_blob() {
    let state = Folder::new();
    let host = alone(&state).await;
    let put =
        |byte: u8, megabytes: u8| format!("/__test/blob?name=swap&byte={byte}&times={megabytes}");
    call(&host, "POST", &put(1, 1), "").await;
    let writers = async {
        for byte in 2..12 {
            let (status, body) = call(&host, "POST", &put(byte, byte % 4 + 1), "").await;
            assert_eq!(status, 200, "{body}");
        }
    };
    let readers = async {
        for _ in 0..20 {
            let seen = json(&host, "GET", "/__test/blob?name=swap").await;
            let byte = seen["byte"].as_u64().expect("contents were mixed");
            let megabytes = if byte == 1 { 1 } else { byte % 4 + 1 };
            assert_eq!(seen["size"], megabytes << 20);
        }
    };
    futures::join!(writers, readers);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_loses_nothing() {
    let state = Folder::new();
    {
        let host = start("contract", &state).await;
        json(&host, "POST", "/__test/increment?name=kept&times=7").await;
        call(&host, "POST", "/__test/blob?name=kept&byte=9&times=3", "").await;
        call(&host, "POST", "/__test/job?name=kept&delay_ms=1500", "").await;
        let seen = call(&host, "GET", "/__test/job?name=kept", "").await;
        assert_eq!(seen, (200, "0".to_owned()));
        // Stopped while a blob is written: what was there must stay whole.
        let half = call(&host, "POST", "/__test/blob?name=kept&byte=5&times=40", "");
        let cut = tokio::time::timeout(Duration::from_millis(30), half).await;
        assert!(cut.is_err(), "the blob was written before the stop");
    }
    let host = start("contract", &state).await;
    let seen = json(&host, "GET", "/__test/count?name=kept").await;
    assert_eq!((&seen["left"], &seen["revision"]), (&7.into(), &7.into()));
    let seen = json(&host, "GET", "/__test/blob?name=kept").await;
    assert_eq!(
        (&seen["size"], &seen["byte"]),
        (&(3 << 20).into(), &9.into())
    );
    for _ in 0..100 {
        assert_eq!(tick(&host, TICK_TOKEN).await.0, 200);
        if call(&host, "GET", "/__test/job?name=kept", "").await.1 == "1" {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the job was lost");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_queue_is_worked_on_after_a_response() {
    let state = Folder::new();
    let host = start("contract", &state).await;
    call(&host, "POST", "/__test/job?name=soon", "").await;
    // No tick: the answers themselves bring the work on.
    eventually(&host, "/__test/job?name=soon", "1").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_streams_while_others_are_served() {
    let state = Folder::new();
    let host = start("contract", &state).await;
    let response = send(&host, request("GET", "/__test/steps?name=a", "")).await;
    let mut body = response.into_body();
    for n in 0..4 {
        // The next line comes only after the confirmation of this one, which is another request.
        let frame = tokio::time::timeout(Duration::from_secs(20), body.frame()).await;
        let data = frame.unwrap().unwrap().unwrap().into_data().unwrap();
        assert_eq!(data, format!("{n}\n"));
        call(&host, "POST", "/__test/confirm?name=a", "").await;
    }
    assert_eq!(
        call(&host, "GET", "/__test/gone?name=a", "").await.1,
        "false"
    );
    drop(body);
    // The component hears of it when it writes the next time.
    call(&host, "POST", "/__test/confirm?name=a", "").await;
    eventually(&host, "/__test/gone?name=a", "true").await;
    assert_eq!(host.stats["edgewise"].traps.load(Relaxed), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn instances_are_used_again() {
    let state = Folder::new();
    let host = start("contract", &state).await;
    for _ in 0..130 {
        assert_eq!(call(&host, "GET", "/__test/count?name=x", "").await.0, 200);
    }
    let made = host.stats["edgewise"].instances.load(Relaxed);
    assert!(
        (2..10).contains(&made),
        "130 requests made {made} instances"
    );
}
