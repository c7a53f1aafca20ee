//! A real workerd for tests: it runs wrangler.toml with the test bundle or the shipped one, over a folder of state that
//! outlives it.
//!
//! This side owns processes and ports. The Worker owns everything else: its test-only routes are in
//! `functions/cloudflare/src/contract.rs`. Must never: leave a process behind.

use std::{
    fs::{self, File},
    io::Read,
    net::TcpListener,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Mutex, MutexGuard, OnceLock, PoisonError},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use flate2::{Compression, write::GzEncoder};
use reqwest::{Client, RequestBuilder};

/// How long workerd may take until it answers, on a busy machine.
const START: Duration = Duration::from_secs(120);

/// Which Worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bundle {
    /// What is deployed.
    Shipped,
    /// With the test-only routes.
    Contract,
}

impl Bundle {
    fn folder(self) -> &'static str {
        match self {
            Self::Shipped => "build/worker",
            Self::Contract => "build/worker-contract",
        }
    }

    /// Builds it, once for all tests of this process, unless `cargo xtask test` did; answers its folder.
    pub fn built(self) -> Result<PathBuf> {
        let folder = root().join(self.folder());
        if std::env::var_os("EDGEWISE_WORKERS_BUILT").is_some() {
            ensure!(folder.is_dir(), "{} is missing", folder.display());
            return Ok(folder);
        }
        static SHIPPED: OnceLock<Result<(), String>> = OnceLock::new();
        static CONTRACT: OnceLock<Result<(), String>> = OnceLock::new();
        let (once, arguments): (_, &[&str]) = match self {
            Self::Shipped => (&SHIPPED, &["xtask", "worker"]),
            Self::Contract => (&CONTRACT, &["xtask", "worker", "--contract"]),
        };
        let built = once.get_or_init(|| {
            let status = Command::new(env!("CARGO"))
                .args(arguments)
                .current_dir(root())
                .status();
            match status {
                Ok(status) if status.success() => Ok(()),
                Ok(status) => Err(format!("cargo {}: {status}", arguments.join(" "))),
                Err(error) => Err(error.to_string()),
            }
        });
        match built {
            Ok(()) => Ok(folder),
            Err(error) => bail!("{error}"),
        }
    }
}

/// The folder of the workspace.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Held by the one test of this process that runs a workerd.
pub struct Turn {
    _guard: MutexGuard<'static, ()>,
}

/// Waits until no other test of this process runs a workerd: two cores are not enough for several.
pub fn turn() -> Turn {
    static TURN: Mutex<()> = Mutex::new(());
    let _guard = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    Turn { _guard }
}

/// A running workerd. Dropping it kills it without a goodbye.
pub struct Workerd {
    child: Child,
    url: String,
    client: Client,
    log: PathBuf,
}

impl Workerd {
    /// Starts one over this folder of state, and waits until it answers.
    pub async fn start(bundle: Bundle, state: &Path) -> Result<Self> {
        Self::start_with(bundle, state, &[]).await
    }

    /// The same, with variables as `wrangler secret` would set them.
    pub async fn start_with(
        bundle: Bundle,
        state: &Path,
        variables: &[(&str, &str)],
    ) -> Result<Self> {
        let folder = bundle.built()?;
        let port = free_port()?.to_string();
        let script = folder.join("shim.mjs");
        let programs = root().join("xtask/node/node_modules/.bin");
        let path = std::env::var_os("PATH").unwrap_or_default();
        let path = std::iter::once(programs.clone()).chain(std::env::split_paths(&path));
        fs::create_dir_all(state)?;
        let log = state.join("workerd.log");
        let output = File::options().create(true).append(true).open(&log)?;
        let child = Command::new(programs.join("wrangler"))
            .arg("dev")
            .arg(script)
            .args(["--local", "--ip", "127.0.0.1", "--port", &port])
            .args([
                "--inspector-port",
                "0",
                "--show-interactive-dev-session=false",
            ])
            .arg("--persist-to")
            .arg(state)
            .args(
                variables
                    .iter()
                    .flat_map(|(name, value)| ["--var".to_owned(), format!("{name}:{value}")]),
            )
            .current_dir(root())
            .env("PATH", std::env::join_paths(path)?)
            // What it leaves behind when it is killed goes with the state.
            .env("TMPDIR", state)
            .env("DO_NOT_TRACK", "1")
            .env("WRANGLER_SEND_METRICS", "false")
            .env("CLOUDFLARE_CF_FETCH_ENABLED", "false")
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            // wrangler starts workerd: they are killed together.
            .process_group(0)
            .spawn()
            .context("wrangler does not start; `cargo xtask worker` installs it")?;
        let url = format!("http://127.0.0.1:{port}");
        let client = Client::builder().no_proxy().build()?;
        let mut workerd = Self {
            child,
            url,
            client,
            log,
        };
        workerd.wait().await?;
        Ok(workerd)
    }

    async fn wait(&mut self) -> Result<()> {
        let started = Instant::now();
        loop {
            if let Ok(answer) = self.get("/healthz").send().await
                && answer.status().is_success()
            {
                return Ok(());
            }
            let over = self.child.try_wait()?;
            if over.is_some() || started.elapsed() > START {
                bail!("workerd does not answer ({over:?}):\n{}", self.log());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Where it answers.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What it printed.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// A request to a path.
    pub fn get(&self, path: &str) -> RequestBuilder {
        self.client.get(format!("{}{path}", self.url))
    }

    /// A request to a path.
    pub fn post(&self, path: &str) -> RequestBuilder {
        self.client.post(format!("{}{path}", self.url))
    }

    /// The text of a successful answer.
    pub async fn text(&self, request: RequestBuilder) -> Result<String> {
        let answer = request.send().await?;
        let status = answer.status();
        let text = answer.text().await?;
        ensure!(status.is_success(), "{status}: {text}\n{}", self.log());
        Ok(text)
    }
}

impl Drop for Workerd {
    fn drop(&mut self) {
        let group = format!("-{}", self.child.id());
        // Both may fail only if it is gone already.
        let _ = Command::new("kill").args(["-KILL", "--", &group]).status();
        let _ = self.child.wait();
    }
}

/// A port that nobody uses now.
fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// The bytes of a file, or of all files of a bundle, after gzip, as Cloudflare counts them.
pub fn compressed(what: &Path) -> Result<u64> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    let mut paths = vec![what.to_owned()];
    while let Some(path) = paths.pop() {
        if path.is_dir() {
            for entry in fs::read_dir(path)? {
                paths.push(entry?.path());
            }
            continue;
        }
        let mut content = Vec::new();
        File::open(&path)?.read_to_end(&mut content)?;
        std::io::Write::write_all(&mut encoder, &content)?;
    }
    Ok(encoder.finish()?.len() as u64)
}
