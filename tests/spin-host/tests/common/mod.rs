//! What the tests share: a running application, and a client small enough to see every byte.
#![allow(dead_code, clippy::unwrap_used, clippy::panic)]

use std::{
    collections::BTreeMap,
    io::Write,
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
    time::{Duration, Instant},
};

use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::{body::Incoming, client::conn::http1};
use hyper_util::rt::TokioIo;
use spin_host::{Host, Options};
use tokio::{net::TcpStream, task::JoinHandle};

pub const TICK_TOKEN: &str = "tick-token-of-the-test";
pub const ADMIN_TOKEN: &str = "admin-token-of-the-test";
pub const SETUP_TOKEN: &str = "setup-token-of-the-test";

/// 32 bytes in hex.
const MASTER_KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A built component: `contract` with the test routes, `shipped` as it is deployed, without weights.
pub fn component(name: &str) -> PathBuf {
    let folder = std::env::var_os("EDGEWISE_SPIN_COMPONENTS")
        .map_or_else(|| root().join("target/spin"), PathBuf::from);
    let path = folder.join(format!("{name}.wasm"));
    assert!(
        path.is_file(),
        "{} is missing: `cargo xtask test` builds it",
        path.display()
    );
    path
}

/// An empty folder that no other test uses; removed with the value.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name = format!(
            "edgewise-spin-{}-{}",
            std::process::id(),
            COUNT.fetch_add(1, Relaxed)
        );
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The repository's own manifest over a component, with the variables that every test needs.
pub fn options(component_name: &str, state: &Folder) -> Options {
    let mut options = Options::new(root().join("spin.toml"), &state.0);
    options.sources = BTreeMap::from([("edgewise".to_owned(), component(component_name))]);
    options.cache = root().join("target/spin/cache");
    options.variables = variables(&[
        ("edgewise_tick_token", TICK_TOKEN),
        ("edgewise_admin_token", ADMIN_TOKEN),
        ("edgewise_setup_token", SETUP_TOKEN),
        ("edgewise_master_key", MASTER_KEY),
        ("edgewise_extra_host", "http://127.0.0.1:*"),
    ]);
    options
}

pub fn variables(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    pairs.iter().map(owned).collect()
}

pub async fn start(component_name: &str, state: &Folder) -> Host {
    Host::start(options(component_name, state)).await.unwrap()
}

/// Sends a request over a connection of its own.
pub async fn send(host: &Host, request: Request<Full<Bytes>>) -> Response<Incoming> {
    let stream = TcpStream::connect(host.addr).await.unwrap();
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    sender.send_request(request).await.unwrap()
}

pub fn request(method: &str, path: &str, body: &str) -> Request<Full<Bytes>> {
    Request::builder()
        .method(method)
        .uri(path)
        .header("host", "edgewise.test")
        .header("content-type", "application/json")
        .body(Full::new(Bytes::from(body.to_owned())))
        .unwrap()
}

/// Status and body.
pub async fn call(host: &Host, method: &str, path: &str, body: &str) -> (u16, String) {
    let response = send(host, request(method, path, body)).await;
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8_lossy(&body).into_owned())
}

/// Calls the tick; answers status and body.
pub async fn tick(host: &Host, token: &str) -> (u16, String) {
    let mut request = request("POST", "/internal/tick", "");
    let bearer = format!("Bearer {token}").parse().unwrap();
    request.headers_mut().insert("authorization", bearer);
    let response = send(host, request).await;
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8_lossy(&body).into_owned())
}

/// Calls the tick again and again until it is dropped, as a fast cron job would.
pub struct Ticker(JoinHandle<()>);

impl Ticker {
    pub fn start(host: &Host) -> Self {
        let addr = host.addr;
        Self(tokio::spawn(async move {
            loop {
                let stream = TcpStream::connect(addr).await.unwrap();
                let (mut sender, connection) =
                    http1::handshake(TokioIo::new(stream)).await.unwrap();
                tokio::spawn(connection);
                let mut request = request("POST", "/internal/tick", "");
                let bearer = format!("Bearer {TICK_TOKEN}").parse().unwrap();
                request.headers_mut().insert("authorization", bearer);
                let response = sender.send_request(request).await.unwrap();
                assert_eq!(response.status(), 200);
                response.into_body().collect().await.unwrap();
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        }))
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Bytes of a file when it is compressed.
pub fn gzipped(path: &Path) -> usize {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&std::fs::read(path).unwrap()).unwrap();
    encoder.finish().unwrap().len()
}

/// The shortest of many.
pub async fn fastest<F: Future>(times: usize, mut work: impl FnMut() -> F) -> Duration {
    let mut best = Duration::MAX;
    for _ in 0..times {
        let begin = Instant::now();
        work().await;
        best = best.min(begin.elapsed());
    }
    best
}
