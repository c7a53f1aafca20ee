//! `edgewise backup` and `edgewise restore`: everything of a workspace in one file, and a workspace made of it.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use futures::StreamExt;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{Target, client::Client, say};

const PATH: &str = "/console/api/workspaces/current";

/// Where the bundle goes to or comes from.
#[derive(Args)]
pub struct File {
    /// The bundle
    #[arg(value_name = "FILE")]
    path: PathBuf,
}

/// Writes a bundle. A file of that name is replaced once the new one is whole.
pub async fn backup(file: &File, target: &Target) -> Result<()> {
    let client = Client::locate(target)?;
    let mut name = file.path.clone().into_os_string();
    name.push(".part");
    let part = PathBuf::from(name);
    let written = download(&client, &part).await;
    if written.is_err() {
        let _ = tokio::fs::remove_file(&part).await;
    }
    let bytes = written?;
    tokio::fs::rename(&part, &file.path)
        .await
        .with_context(|| format!("cannot write {}", file.path.display()))?;
    let path = file.path.display();
    match target.json {
        true => say::json(&json!({ "file": path.to_string(), "bytes": bytes })),
        false => say::line(&format!("{path}: {:.1} MB", bytes as f64 / 1e6)),
    }
}

async fn download(client: &Client, path: &Path) -> Result<u64> {
    let cannot = || format!("cannot write {}", path.display());
    let mut file = tokio::fs::File::create(path).await.with_context(cannot)?;
    let mut stream = client.download(&format!("{PATH}/backup")).await?;
    let (mut bytes, mut tail) = (0, Vec::new());
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.context("the connection was cut")?;
        bytes += chunk.len() as u64;
        file.write_all(&chunk).await.with_context(cannot)?;
        tail.extend_from_slice(&chunk);
        tail.drain(..tail.len().saturating_sub(256));
    }
    file.sync_all().await.with_context(cannot)?;
    let last = tail.trim_ascii_end().rsplit(|byte| *byte == b'\n').next();
    ensure!(
        last.is_some_and(|line| line.starts_with(br#"{"end":"#)),
        "the server ended the backup early: its log says why"
    );
    Ok(bytes)
}

/// Fills an empty workspace from a bundle and waits for it.
pub async fn restore(file: &File, target: &Target) -> Result<()> {
    let client = Client::locate(target)?;
    let cannot = || format!("cannot read {}", file.path.display());
    let source = tokio::fs::File::open(&file.path)
        .await
        .with_context(cannot)?;
    let chunks = futures::stream::unfold(source, |mut source| async move {
        let mut chunk = vec![0; 256 << 10];
        match source.read(&mut chunk).await {
            Ok(0) => None,
            Ok(read) => {
                chunk.truncate(read);
                Some((Ok(chunk), source))
            }
            Err(error) => Some((Err(error), source)),
        }
    });
    let mut progress = client
        .upload_stream(&format!("{PATH}/restore"), chunks)
        .await?;
    while say::field(&progress, "status") == "running" {
        say::progress(&format!(
            "{} of {} parts",
            say::field(&progress, "done"),
            say::field(&progress, "parts")
        ));
        tokio::time::sleep(Duration::from_millis(300)).await;
        progress = client.get(&format!("{PATH}/restore")).await?;
    }
    say::progress("");
    if say::field(&progress, "status") != "completed" {
        bail!(
            "the restore ended early: {}",
            say::field(&progress, "error")
        );
    }
    match target.json {
        true => say::json(&progress),
        false => say::line("restored; the keys of model providers are to be entered again"),
    }
}
