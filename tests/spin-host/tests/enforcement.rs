//! What `spin.toml` does not grant, the component does not get.

// Helpers of tests are tests too.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod common;

use std::{collections::BTreeMap, path::PathBuf};

use common::{Folder, call, component, options, root, start, tick, variables};
use spin_host::{Host, Options};
use tokio::net::TcpListener;

/// The repository's manifest with one text replaced by another.
fn altered(folder: &Folder, from: &str, to: &str) -> PathBuf {
    let text = std::fs::read_to_string(root().join("spin.toml")).unwrap();
    assert!(text.contains(from), "spin.toml no longer says `{from}`");
    let path = folder.0.join("spin.toml");
    std::fs::write(&path, text.replace(from, to)).unwrap();
    // The files that it names lie beside it.
    std::os::unix::fs::symlink(root().join("build"), folder.0.join("build")).unwrap();
    path
}

async fn start_altered(state: &Folder, from: &str, to: &str) -> Host {
    let options = Options {
        manifest: altered(state, from, to),
        ..options("contract", state)
    };
    Host::start(options).await.unwrap()
}

/// The case must fail because the host refuses.
async fn refused(host: &Host, case: &str, peer: &str) {
    let path = format!("/__test/contract?filter={case}&peer={peer}");
    let (status, body) = call(host, "POST", &path, "").await;
    assert_eq!(status, 200, "{body}");
    let report: contract::Report = serde_json::from_str(&body).unwrap();
    assert!(report.ran() > 0, "no case `{case}`");
    for outcome in report.0 {
        let error = outcome.error.unwrap_or_default();
        assert!(error.contains("Forbidden"), "{}: {error}", outcome.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_undeclared_host_is_refused() {
    let state = Folder::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let peer = format!("http://{}", listener.local_addr().unwrap());
    let serving = tokio::spawn(contract::peer::peer(listener));
    let mut options = options("contract", &state);
    // As shipped: TLS only.
    options.variables.remove("edgewise_extra_host");
    let host = Host::start(options).await.unwrap();
    refused(&host, "fetch/any_status", &peer).await;
    serving.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_undeclared_store_is_refused() {
    let state = Folder::new();
    let line = "key_value_stores = [\"default\"]";
    let host = start_altered(&state, line, "key_value_stores = [\"other\"]").await;
    refused(&host, "cache/put_get_delete", "").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_undeclared_database_is_refused() {
    let state = Folder::new();
    let line = "sqlite_databases = [\"default\"]";
    let host = start_altered(&state, line, "").await;
    refused(&host, "kv/empty_partition", "").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_undeclared_variable_is_absent() {
    let state = Folder::new();
    let line = "edgewise_tick_token = \"{{ edgewise_tick_token }}\"";
    let host = start_altered(&state, line, "").await;
    assert_eq!(tick(&host, common::TICK_TOKEN).await.0, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_undeclared_file_is_not_seen() {
    let state = Folder::new();
    let host = start("contract", &state).await;
    for path in ["/spin.toml", "spin.toml", "/etc/hostname"] {
        let (status, _) = call(&host, "GET", &format!("/__test/file?name={path}"), "").await;
        assert_eq!(status, 404, "{path}");
    }

    let state = Folder::new();
    let line = "files = [";
    let more = format!("{line}\"notes.txt\", ");
    std::fs::write(state.0.join("notes.txt"), "seen").unwrap();
    std::fs::write(state.0.join("other.txt"), "not seen").unwrap();
    let host = start_altered(&state, line, &more).await;
    let read =
        async |path: &str| call(&host, "GET", &format!("/__test/file?name={path}"), "").await;
    assert_eq!(read("/notes.txt").await, (200, "seen".to_owned()));
    assert_eq!(read("/other.txt").await.0, 404);
    assert_eq!(read("/../other.txt").await.0, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn variables_are_checked_at_the_start() {
    let state = Folder::new();
    let check = async |manifest: PathBuf, given: BTreeMap<String, String>, expect: &str| {
        let options = Options {
            manifest,
            variables: given,
            ..options("contract", &state)
        };
        let error = Host::start(options).await.err().expect("it started");
        assert!(format!("{error:#}").contains(expect), "{error:#}");
    };
    let shipped = root().join("spin.toml");
    check(
        shipped,
        variables(&[("mistyped", "x")]),
        "declares no variable",
    )
    .await;
    let line = "edgewise_tick_token = { default = \"\", secret = true }";
    let required = "edgewise_tick_token = { required = true, secret = true }";
    let manifest = altered(&state, line, required);
    check(
        manifest,
        BTreeMap::new(),
        "SPIN_VARIABLE_EDGEWISE_TICK_TOKEN",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tick_needs_its_secret() {
    let state = Folder::new();
    let host = start("shipped", &state).await;
    assert_eq!(tick(&host, "").await.0, 401);
    assert_eq!(tick(&host, "wrong").await.0, 401);
    let (status, body) = tick(&host, common::TICK_TOKEN).await;
    assert_eq!((status, body.as_str()), (200, r#"{"jobs":0,"more":false}"#));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_shipped_component_has_no_test_routes() {
    let state = Folder::new();
    let host = start("shipped", &state).await;
    assert_eq!(call(&host, "GET", "/healthz", "").await.0, 200);
    let routes = [
        ("POST", "/__test/contract"),
        ("POST", "/__test/increment"),
        ("GET", "/__test/count"),
        ("POST", "/__test/blob"),
        ("GET", "/__test/file?name=/"),
        ("GET", "/__test/steps"),
    ];
    for (method, path) in routes {
        assert_eq!(call(&host, method, path, "").await.0, 404, "{path}");
    }
    let wasm = std::fs::read(component("shipped")).unwrap();
    let needle = b"__test/";
    assert!(!wasm.windows(needle.len()).any(|window| window == needle));
}
