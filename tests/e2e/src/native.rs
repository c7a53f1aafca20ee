//! The native binary as a server under test, in a folder of its own.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use tempfile::TempDir;
use tokio::process::{Child, Command};

use crate::Deployment;

/// A running server; it ends when this is dropped.
pub struct Native {
    /// Where it is.
    pub deployment: Deployment,
    /// How long it took from start to healthy.
    pub healthy_after: Duration,
    /// What a restart keeps of its environment.
    kept: Vec<(&'static str, String)>,
    folder: TempDir,
    process: Child,
}

impl Native {
    /// Starts it on a free port with an empty data folder.
    pub async fn start() -> Result<Self> {
        Self::start_with(&[]).await
    }

    /// The same, with these variables in its environment.
    pub async fn start_with(variables: &[(&str, &str)]) -> Result<Self> {
        let mut command = Command::new(binary()?);
        command.envs(variables.iter().copied());
        Self::launch(tempfile::tempdir()?, command).await
    }

    /// The same, and a restart keeps the variables.
    pub async fn start_keeping(variables: Vec<(&'static str, String)>) -> Result<Self> {
        Self::launch_keeping(tempfile::tempdir()?, variables).await
    }

    /// The same, on a disk with room for files of `kilobytes` and no more. The system's limit on file sizes stands in for
    /// a full disk, since nobody has to be root for it: a write beyond it fails in the middle.
    pub async fn start_on_small_disk(kilobytes: u64) -> Result<Self> {
        // Units of 512 bytes. Without the trap, the system would kill the server instead of telling it.
        let script = format!(
            "trap '' XFSZ; ulimit -f {}; exec \"$0\" \"$@\"",
            kilobytes * 2
        );
        let mut command = Command::new("sh");
        command.args(["-c", &script]).arg(binary()?);
        Self::launch(tempfile::tempdir()?, command).await
    }

    /// The same, on a disk that needs `sync` longer each time until data is on it, after a restart too.
    pub async fn start_on_slow_disk(sync: Duration) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let library = folder.path().join("slow_sync.so");
        let source = folder.path().join("slow_sync.c");
        std::fs::write(&source, include_str!("../fixtures/slow_sync.c"))?;
        let built = Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-o"])
            .args([&library, &source])
            .status()
            .await
            .context("the slow disk needs a C compiler")?;
        ensure!(built.success(), "cc: {built}");
        let variables = vec![
            ("LD_PRELOAD", library.display().to_string()),
            ("EDGEWISE_SLOW_SYNC_MS", sync.as_millis().to_string()),
        ];
        Self::launch_keeping(folder, variables).await
    }

    /// The same on one core of the machine, as `taskset` counts them, and silent: for measurements.
    pub async fn start_on_core(core: usize) -> Result<Self> {
        let mut command = Command::new("taskset");
        command
            .args(["--cpu-list", &core.to_string()])
            .arg(binary()?);
        command.env("EDGEWISE_LOG", "error");
        Self::launch(tempfile::tempdir()?, command).await
    }

    /// Kills it, as a power cut would, and starts it again over the same data with as much disk as there is.
    pub async fn restart(mut self) -> Result<Self> {
        self.process.kill().await?;
        Self::launch_keeping(self.folder, self.kept).await
    }

    async fn launch_keeping(folder: TempDir, kept: Vec<(&'static str, String)>) -> Result<Self> {
        let mut command = Command::new(binary()?);
        command.envs(kept.iter().map(|(name, value)| (name, value)));
        let mut server = Self::launch(folder, command).await?;
        server.kept = kept;
        Ok(server)
    }

    async fn launch(folder: TempDir, mut command: Command) -> Result<Self> {
        let addr = free_address()?;
        let started = Instant::now();
        let process = command
            .args(["serve", "--addr", &addr, "--data"])
            .arg(folder.path().join("data"))
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let deployment = Deployment {
            base: format!("http://{addr}"),
            token: String::new(),
        };
        let mut server = Self {
            deployment,
            healthy_after: Duration::ZERO,
            kept: Vec::new(),
            folder,
            process,
        };
        server.until_healthy(started).await?;
        server.healthy_after = started.elapsed();
        let token = server.data().join("server.json");
        let token =
            std::fs::read_to_string(&token).with_context(|| format!("{}", token.display()))?;
        let token: Value = serde_json::from_str(&token)?;
        ensure!(
            token.get("url").and_then(Value::as_str) == Some(&server.deployment.base),
            "server.json: {token}"
        );
        server.deployment.token = token
            .get("token")
            .and_then(Value::as_str)
            .context("no token")?
            .to_owned();
        // The command line makes the first owner, as it does for users.
        server.cli(&["app", "list"]).await?;
        Ok(server)
    }

    /// Its data folder.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Its memory in bytes, as the system counts it.
    pub fn resident(&self) -> Result<u64> {
        self.memory("VmRSS:")
    }

    /// The most memory that it ever had, in bytes.
    pub fn peak(&self) -> Result<u64> {
        self.memory("VmHWM:")
    }

    /// The time that processors have spent on it, all its threads together.
    pub fn processor_time(&self) -> Result<Duration> {
        let id = self.process.id().context("the server has ended")?;
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat"))?;
        // Behind the program's name, which may hold anything: the 12th and 13th field, in hundredths of a second.
        let (_, fields) = stat.rsplit_once(')').context("no program's name")?;
        let fields = fields.split_whitespace().skip(11).take(2);
        let ticks: u64 = fields.map(str::parse::<u64>).sum::<Result<_, _>>()?;
        Ok(Duration::from_millis(ticks * 10))
    }

    fn memory(&self, what: &str) -> Result<u64> {
        let id = self.process.id().context("the server has ended")?;
        let status = std::fs::read_to_string(format!("/proc/{id}/status"))?;
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix(what))
            .with_context(|| format!("no {what}"))?;
        let kilobytes: u64 = line.trim().trim_end_matches(" kB").trim().parse()?;
        Ok(kilobytes * 1024)
    }

    /// Runs a client command against it with `--json` and answers what it prints.
    pub async fn cli(&self, arguments: &[&str]) -> Result<Value> {
        let output = Command::new(binary()?)
            .args(arguments)
            .arg("--json")
            .arg("--data")
            .arg(self.data())
            .output()
            .await?;
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        ensure!(
            output.status.success(),
            "edgewise {}: {told}",
            arguments.join(" ")
        );
        serde_json::from_slice(&output.stdout).with_context(|| {
            format!(
                "edgewise {}: {}",
                arguments.join(" "),
                String::from_utf8_lossy(&output.stdout)
            )
        })
    }

    async fn until_healthy(&mut self, started: Instant) -> Result<()> {
        let url = format!("{}/healthz", self.deployment.base);
        while !reqwest::get(&url)
            .await
            .is_ok_and(|answer| answer.status() == 200)
        {
            if let Some(status) = self.process.try_wait()? {
                bail!("the server stopped: {status}");
            }
            ensure!(
                started.elapsed() < Duration::from_secs(60),
                "not healthy within a minute"
            );
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Ok(())
    }
}

/// The binary that was built with the tests: beside them, or as `EDGEWISE_BIN` says.
pub fn binary() -> Result<PathBuf> {
    if let Some(binary) = std::env::var_os("EDGEWISE_BIN") {
        return Ok(PathBuf::from(binary));
    }
    let test = std::env::current_exe()?;
    let profile = test
        .parent()
        .and_then(Path::parent)
        .context("tests lie in a target folder")?;
    let binary = profile.join("edgewise");
    ensure!(
        binary.is_file(),
        "{} is missing: cargo build --package edgewise",
        binary.display()
    );
    Ok(binary)
}

/// An address that nobody listens on right now.
pub fn free_address() -> Result<String> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    Ok(listener.local_addr()?.to_string())
}
