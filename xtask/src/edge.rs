//! `cargo xtask serve` on an edge runtime of this machine: its local host, and native beside it as its language model.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::{
    sample::{self, Cli},
    serve,
    setup::random,
    shell::{Background, command, note, step},
    spin, workers,
};

/// The chat model that native lends.
const MODEL: &str = "smollm2-135m-instruct";

/// Which host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Host {
    /// workerd, by `wrangler dev`.
    Workers,
    /// The host of `tests/spin-host`.
    Spin,
}

/// Builds, starts both servers, loads the sample, and serves until it is interrupted.
pub fn serve(host: Host, edgewise: PathBuf, addr: SocketAddr, data: &Path) -> Result<()> {
    let secrets = secrets(data)?;
    let secret = |name: &str| {
        secrets
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let admin = secret("EDGEWISE_ADMIN_TOKEN");

    let port = addr
        .port()
        .checked_add(1)
        .context("no port is left for native")?;
    let beside = SocketAddr::new(addr.ip(), port);
    let (mut native, lender) = lend(&edgewise, beside, &data.join("native"))?;
    let models = format!("http://{beside}/openai/v1");

    let mut server = match host {
        Host::Workers => on_workers(&edgewise, addr, data, &secrets)?,
        Host::Spin => on_spin(&edgewise, addr, data, &secrets, &format!("http://{beside}"))?,
    };
    serve::wait_until_healthy(addr, &mut server)?;
    let cli = Cli::at(edgewise, &format!("http://{addr}"), &admin);
    let key = lender
        .json(&["key", "create", "--models"])
        .or_else(|_| kept(data))?;
    fs::write(data.join("lent-key.json"), key.to_string())?;
    let key = key
        .get("token")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    let model = format!("local/{MODEL}");
    step("the language model: native, beside it");
    cli.json(&[
        "provider",
        "add",
        "openai",
        "--name",
        "native",
        "--base-url",
        &models,
        "--key",
        &key,
        "--model",
        &model,
    ])?;
    cli.json(&[
        "model",
        "default",
        "--type",
        "llm",
        &format!("native/{model}"),
    ])?;
    let key = sample::load(&cli, data)?;
    sample::tell(addr, &key);
    let status = server.wait()?;
    native.check()?;
    if !status.success() {
        bail!("the server stopped: {status}");
    }
    Ok(())
}

/// Native, healthy, with its own data folder; and its command line.
fn lend(edgewise: &Path, addr: SocketAddr, data: &Path) -> Result<(Background, Cli)> {
    step(&format!("native, at http://{addr}, as the language model"));
    fs::create_dir_all(data)?;
    let mut serve = command(edgewise, &["serve", "--addr"]);
    serve.arg(addr.to_string()).arg("--data").arg(data);
    let mut native = Background::start(&mut serve)?;
    serve::wait_until_healthy(addr, &mut native)?;
    Ok((native, Cli::beside(edgewise.to_path_buf(), data)))
}

/// The key of an earlier start: there can only be so many.
fn kept(data: &Path) -> Result<Value> {
    let path = data.join("lent-key.json");
    let text = fs::read_to_string(&path).with_context(|| format!("{}", path.display()))?;
    Ok(serde_json::from_str(&text)?)
}

fn on_workers(
    edgewise: &Path,
    addr: SocketAddr,
    data: &Path,
    secrets: &Value,
) -> Result<Background> {
    workers::build(workers::Bundle::Shipped, edgewise)?;
    step(&format!("workerd, at http://{addr}"));
    let pairs = pairs(secrets);
    let pairs: Vec<(&str, &str)> = pairs
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    Background::start(&mut workers::dev(
        workers::Bundle::Shipped,
        addr.port(),
        &data.join("workers"),
        &pairs,
    ))
}

fn on_spin(
    edgewise: &Path,
    addr: SocketAddr,
    data: &Path,
    secrets: &Value,
    native: &str,
) -> Result<Background> {
    let component = spin::Component::Baked;
    spin::build(component, edgewise)?;
    step(&format!("the Spin host, at http://{addr}"));
    let mut pairs = pairs(secrets);
    for (name, _) in &mut pairs {
        *name = name.to_lowercase();
    }
    pairs.push(("edgewise_extra_host".to_owned(), native.to_owned()));
    let pairs: Vec<(&str, &str)> = pairs
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    Background::start(&mut spin::dev(component, addr, &data.join("spin"), &pairs)?)
}

fn pairs(secrets: &Value) -> Vec<(String, String)> {
    let pairs = secrets.as_object().into_iter().flatten();
    pairs
        .map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned()))
        .collect()
}

/// Made at the first start and kept: what was sealed with the master key must open again.
fn secrets(data: &Path) -> Result<Value> {
    let path = data.join("secrets.json");
    if let Ok(text) = fs::read_to_string(&path) {
        return serde_json::from_str(&text)
            .with_context(|| format!("{} is damaged", path.display()));
    }
    note(&format!(
        "secrets for this installation: {}",
        path.display()
    ));
    let secrets = json!({
        "EDGEWISE_MASTER_KEY": random()?,
        "EDGEWISE_ADMIN_TOKEN": random()?,
        "EDGEWISE_SETUP_TOKEN": random()?,
    });
    fs::write(&path, secrets.to_string())?;
    Ok(secrets)
}
