//! The end-to-end scripts against the component as it is deployed: the same as on native, with the same answers.

// Helpers of tests are tests too.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod common;

use std::sync::atomic::Ordering::Relaxed;

use common::{ADMIN_TOKEN, Folder, Ticker, options, variables};
use e2e::{
    Deployment, backup, conformance, console, journey, native::Native, peer::Peer, questions,
    workflows,
};
use spin_host::Host;

struct Running {
    host: Host,
    deployment: Deployment,
    _ticker: Ticker,
    _state: Folder,
}

async fn start() -> Running {
    start_allowing("").await
}

/// HTTP nodes may reach these hosts.
async fn start_allowing(hosts: &str) -> Running {
    let state = Folder::new();
    let mut options = options("edgewise", &state);
    let allowed = variables(&[("edgewise_http_private_hosts", hosts)]);
    options.variables.extend(allowed);
    let host = Host::start(options).await.unwrap();
    let deployment = Deployment {
        base: host.url(),
        token: ADMIN_TOKEN.to_owned(),
    };
    Running {
        _ticker: Ticker::start(&host),
        host,
        deployment,
        _state: state,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn journey_on_spin() {
    let (running, peer) = (start().await, Peer::start().await.unwrap());
    journey::run(&running.deployment, &peer).await.unwrap();
    // Everything was deleted: the same script runs again on the same store.
    journey::run(&running.deployment, &peer).await.unwrap();
    assert_eq!(running.host.stats["edgewise"].traps.load(Relaxed), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_console_on_spin() {
    let running = start().await;
    console::run(&running.deployment).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn from_sign_up_to_a_published_assistant_in_the_browser() {
    let running = start().await;
    let arguments = [common::SETUP_TOKEN];
    browser::run_over(&running.deployment, "smoke.mjs", &arguments)
        .await
        .unwrap();
    assert_eq!(running.host.stats["edgewise"].traps.load(Relaxed), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn conformance_on_spin() {
    let (running, peer) = (start().await, Peer::start().await.unwrap());
    conformance::run(&running.deployment, &peer).await.unwrap();
    assert_eq!(running.host.stats["edgewise"].traps.load(Relaxed), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn workflows_and_triggers_on_spin() {
    let peer = Peer::start().await.unwrap();
    let running = start_allowing(&workflows::host(&peer)).await;
    workflows::run(&running.deployment, &peer).await.unwrap();
    assert_eq!(running.host.stats["edgewise"].traps.load(Relaxed), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_questions_about_five_documents() {
    let running = start().await;
    let right = questions::twenty(&running.deployment).await.unwrap();
    assert!(right >= 16, "{right} of 20");
    assert_eq!(running.host.stats["edgewise"].traps.load(Relaxed), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workspace_moves_from_native_to_spin() {
    let (running, peer) = (start().await, Peer::start().await.unwrap());
    let native = Native::start().await.unwrap();
    let taken = backup::take(&native.deployment, &peer).await.unwrap();
    backup::restore(&running.deployment, &peer, &taken)
        .await
        .unwrap();
    assert_eq!(running.host.stats["edgewise"].traps.load(Relaxed), 0);
}
