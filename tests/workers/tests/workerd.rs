//! The Worker in a real workerd.
// Helpers of tests may panic as tests do; clippy only knows it of the tests themselves.
#![allow(clippy::indexing_slicing)]

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use contract::Report;
use futures::{StreamExt, future::join_all};
use serde_json::Value;
use tempfile::TempDir;
use workers::{Bundle, Workerd, compressed, turn};

async fn peer() -> Result<String> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(contract::peer::peer(listener));
    Ok(format!("http://{address}"))
}

async fn suite(workerd: &Workerd, filter: &str) -> Result<Report> {
    let query = [("filter", filter), ("peer", &peer().await?)];
    let request = workerd.post("/__test/contract").query(&query);
    let report: Report = serde_json::from_str(&workerd.text(request).await?)?;
    let failures = report.failures();
    ensure!(failures.is_empty(), "{failures:#?}\n{}", workerd.log());
    Ok(report)
}

/// Asks again until `done`, for what happens a little later.
async fn eventually(
    workerd: &Workerd,
    path: &str,
    done: impl Fn(&str) -> bool,
) -> Result<Duration> {
    let started = Instant::now();
    loop {
        let text = workerd.text(workerd.get(path)).await?;
        if done(&text) {
            return Ok(started.elapsed());
        }
        ensure!(
            started.elapsed() < Duration::from_secs(60),
            "{path}: {text}\n{}",
            workerd.log()
        );
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_adapter_keeps_its_contract() -> Result<()> {
    let _turn = turn();
    let state = TempDir::new()?;
    let workerd = Workerd::start(Bundle::Contract, state.path()).await?;
    let report = suite(&workerd, "").await?;
    for outcome in &report.0 {
        println!(
            "{:8} {}",
            if outcome.skipped { "skipped" } else { "ok" },
            outcome.name
        );
    }
    ensure!(report.ran() >= 60, "only {} cases ran", report.ran());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn state_survives_a_kill() -> Result<()> {
    let _turn = turn();
    let state = TempDir::new()?;
    let workerd = Workerd::start(Bundle::Contract, state.path()).await?;
    workerd
        .text(
            workerd
                .post("/__test/keep?key=first&alarm_in=4")
                .body("value"),
        )
        .await?;
    // Killed as by a power cut, with an alarm that is not due.
    drop(workerd);
    let workerd = Workerd::start(Bundle::Contract, state.path()).await?;
    let kept = workerd.text(workerd.get("/__test/kept?key=first")).await?;
    ensure!(kept == "1 value value", "{kept:?}");
    eventually(&workerd, "/__test/rang?key=first", |text| text == "true").await?;
    suite(&workerd, "kv/").await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trap_harms_only_its_request() -> Result<()> {
    let _turn = turn();
    let state = TempDir::new()?;
    let workerd = Workerd::start(Bundle::Contract, state.path()).await?;
    workerd
        .text(workerd.post("/__test/keep?key=before").body("value"))
        .await?;
    for _ in 0..3 {
        let answer = workerd.post("/__test/panic").send().await?;
        ensure!(answer.status().is_server_error(), "{}", answer.status());
        let kept = workerd.text(workerd.get("/__test/kept?key=before")).await?;
        ensure!(kept == "1 value value", "{kept:?}");
    }
    suite(&workerd, "kv/").await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_is_not_buffered_and_ends_when_the_client_leaves() -> Result<()> {
    let _turn = turn();
    let state = TempDir::new()?;
    let workerd = Workerd::start(Bundle::Contract, state.path()).await?;
    let answer = workerd.get("/__test/drip?name=one").send().await?;
    let mut body = answer.bytes_stream();
    let first = body.next().await.context("no line")??;
    ensure!(first.starts_with(b"data: 0"), "{first:?}");
    body.next().await.context("no second line")??;
    let path = "/__test/drip?name=one&seen=true";
    ensure!(
        workerd.text(workerd.get(path)).await? == "running",
        "it ended too early"
    );
    drop(body);
    let after = eventually(&workerd, path, |text| text == "dropped").await?;
    println!("dropped {after:?} after the client left");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_shipped_worker_has_no_test_routes() -> Result<()> {
    let _turn = turn();
    let state = TempDir::new()?;
    let workerd = Workerd::start(Bundle::Shipped, state.path()).await?;
    let paths = [
        "contract", "memory", "panic", "drip", "embed", "keep", "kept", "rang",
    ];
    for path in paths {
        let path = format!("/__test/{path}");
        let (get, post) = (
            workerd.get(&path).send().await?,
            workerd.post(&path).send().await?,
        );
        ensure!(
            get.status() == 404 && post.status() == 404,
            "{path}: {} {}",
            get.status(),
            post.status()
        );
    }
    Ok(())
}

/// What every isolate loads at its start.
const MAIN_BYTES: u64 = 3_000_000;

/// With the modules of code nodes, which wait until they are needed. Cloudflare takes ten million.
const ALL_BYTES: u64 = 6_000_000;

#[test]
fn the_shipped_worker_is_small() -> Result<()> {
    let _turn = turn();
    let folder = Bundle::Shipped.built()?;
    for (what, most) in [
        (folder.join("index_bg.wasm"), MAIN_BYTES),
        (folder, ALL_BYTES),
    ] {
        let bytes = compressed(&what)?;
        println!("{}: {bytes} bytes after gzip", what.display());
        ensure!(
            bytes <= most,
            "{}: {bytes} bytes after gzip, over {most}",
            what.display()
        );
    }
    Ok(())
}

async fn memory(workerd: &Workerd) -> Result<u64> {
    let report: Value = serde_json::from_str(&workerd.text(workerd.get("/__test/memory")).await?)?;
    report["bytes"].as_u64().context("no size")
}

async fn embed(workerd: &Workerd, text: &str) -> Result<(Vec<f64>, u64)> {
    let request = workerd.post("/__test/embed").body(text.to_owned());
    let report: Value = serde_json::from_str(&workerd.text(request).await?)?;
    let tokens = report["tokens"]
        .as_u64()
        .with_context(|| report.to_string())?;
    Ok((serde_json::from_value(report["vector"].clone())?, tokens))
}

const MEMORY: u64 = 64 << 20;

/// 254 tokens, and the two that frame them.
fn longest() -> String {
    "one two three four five six seven ".repeat(36) + "one two"
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_cold_requests_load_the_weights_once() -> Result<()> {
    let _turn = turn();
    let state = TempDir::new()?;
    let workerd = Workerd::start(Bundle::Contract, state.path()).await?;
    let before = memory(&workerd).await?;
    let text = longest();
    let all = join_all((0..20).map(|_| embed(&workerd, &text))).await;
    let all = all.into_iter().collect::<Result<Vec<_>>>()?;
    ensure!(all.iter().all(|one| *one == all[0]), "the answers differ");
    let (vector, tokens) = &all[0];
    let length: f64 = vector.iter().map(|x| x * x).sum();
    ensure!(
        vector.len() == 384 && (length - 1.0).abs() < 1e-3,
        "{} numbers, length {length}",
        vector.len()
    );
    ensure!(*tokens == 254, "{tokens} tokens");
    let after = memory(&workerd).await?;
    println!("{before} bytes of memory before, {after} after");
    ensure!(after <= MEMORY, "{after} bytes of memory");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_leaves_is_replaced() -> Result<()> {
    let _turn = turn();
    let state = TempDir::new()?;
    let workerd = Workerd::start(Bundle::Contract, state.path()).await?;
    // Whatever is left of the first ones, the last one gets its answer, and the memory does not grow by their copies.
    for wait in [1, 5, 20, 60] {
        let limit = Duration::from_millis(wait);
        let request = workerd.post("/__test/embed").body("first").timeout(limit);
        let _gone = request.send().await;
    }
    let (vector, _) = embed(&workerd, "last").await?;
    ensure!(vector.len() == 384);
    let after = memory(&workerd).await?;
    ensure!(after <= MEMORY, "{after} bytes of memory");
    Ok(())
}
