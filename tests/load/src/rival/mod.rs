//! Others doing the same, each started on core 0 as ours is, in a folder that goes with it.

pub mod flowise;
pub mod n8n;

use std::{path::Path, process::Stdio, time::Duration};

use anyhow::{Context, Result, ensure};
use e2e::native::free_address;
use tokio::process::{Child, Command};

use crate::{
    chat::Row,
    drive::{Case, Until, drive},
};

/// How long one may take to come up.
const PATIENCE: Duration = Duration::from_secs(180);

/// A server that is up.
pub struct Rival {
    base: String,
    process: Child,
    _folder: tempfile::TempDir,
}

impl Rival {
    /// Starts it by `command`, with what `set` says about its port and its folder, and waits until `path` answers well.
    async fn start(
        name: &str,
        command: &str,
        path: &str,
        set: impl FnOnce(&mut Command, &str, &Path),
    ) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        Self::start_in(folder, name, command, path, set).await
    }

    /// The same in a folder where something is already.
    async fn start_in(
        folder: tempfile::TempDir,
        name: &str,
        command: &str,
        path: &str,
        set: impl FnOnce(&mut Command, &str, &Path),
    ) -> Result<Self> {
        let addr = free_address()?;
        let port = addr.rsplit(':').next().context("a port")?;
        let mut started = Command::new("taskset");
        started
            .args(["--cpu-list", "0"])
            .args(command.split_whitespace())
            .env("NODE_ENV", "production")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true);
        set(&mut started, port, folder.path());
        let process = started.spawn()?;
        let base = format!("http://{addr}");
        let began = std::time::Instant::now();
        loop {
            let answer = reqwest::get(format!("{base}{path}")).await;
            if answer.is_ok_and(|answer| answer.status().is_success()) {
                break;
            }
            ensure!(
                began.elapsed() < PATIENCE,
                "{name} is not up within three minutes"
            );
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        Ok(Self {
            base,
            process,
            _folder: folder,
        })
    }

    async fn row(&self, name: &str, case: &Case, connections: usize, until: Until) -> Result<Row> {
        Ok(Row {
            name: name.to_owned(),
            connections,
            measured: drive(case, connections, until).await?,
            memory: self.resident()?,
            cost: Duration::ZERO,
        })
    }

    /// Of its first process, in bytes.
    fn resident(&self) -> Result<u64> {
        let id = self.process.id().context("it has ended")?;
        let status = std::fs::read_to_string(format!("/proc/{id}/status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes = line.context("no VmRSS")?.trim().trim_end_matches(" kB");
        Ok(kilobytes.trim().parse::<u64>()? * 1024)
    }
}
