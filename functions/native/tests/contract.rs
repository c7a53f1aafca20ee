//! The contract on this machine's adapters: a real store, real files, real sockets.

use std::sync::Arc;

use contract::{Harness, Recorder, Report};
use futures::future::join_all;
use tokio::net::TcpListener;

#[tokio::test(flavor = "multi_thread")]
async fn native_keeps_the_contract() {
    let data = tempfile::tempdir().unwrap();
    let native = edgewise::platform::open(data.path()).unwrap();
    let worker = native.start(Arc::new(Recorder::new(native.platform.clone())));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let peer = format!("http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(contract::peer::peer(listener));
    let harness = Harness {
        platform: native.platform.clone(),
        peer,
    };

    // The ports side by side: most of the time is spent waiting for delays to pass.
    let mut ports: Vec<_> = contract::cases()
        .iter()
        .map(|case| case.name.split_inclusive('/').next().unwrap())
        .collect();
    ports.dedup();
    let runs = ports
        .iter()
        .map(|port| contract::run(harness.clone(), port));
    let report = Report(
        join_all(runs)
            .await
            .into_iter()
            .flat_map(|report| report.0)
            .collect(),
    );

    let failures = report.failures();
    assert!(failures.is_empty(), "{failures:#?}");
    let skipped: Vec<_> = report
        .0
        .iter()
        .filter(|it| it.skipped)
        .map(|it| it.name.as_str())
        .collect();
    // Half a minute of real time; the queue's own tests cover it with a clock that skips.
    assert_eq!(skipped, ["queue/gives_up_after_the_last_attempt"]);
    server.abort();
    worker.stop().await;
}
