//! `spin-host [--manifest spin.toml] [--addr 127.0.0.1:3000] [--state DIR] [--component NAME=FILE] [--env NAME=VALUE]`

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use spin_host::{Host, Manifest, Options, variables};

#[tokio::main]
async fn main() -> Result<()> {
    let mut options = Options::new("spin.toml", ".edgewise/spin");
    options.addr = "127.0.0.1:3000".parse()?;
    let mut given = Vec::new();
    let mut arguments = std::env::args().skip(1);
    while let Some(flag) = arguments.next() {
        let value = arguments
            .next()
            .with_context(|| format!("{flag} needs a value"))?;
        let pair = || {
            let (name, value) = value.split_once('=').context("expected NAME=VALUE")?;
            anyhow::Ok((name.to_owned(), value.to_owned()))
        };
        match flag.as_str() {
            "--manifest" => options.manifest = value.into(),
            "--addr" => options.addr = value.parse()?,
            "--state" => options.state = value.into(),
            "--cache" => options.cache = value.into(),
            "--env" => given.push(pair()?),
            "--component" => {
                let (name, file) = pair()?;
                options.sources.insert(name, PathBuf::from(file));
            }
            _ => bail!("unknown argument {flag}"),
        }
    }
    options.variables = variables::from_environment(&Manifest::read(&options.manifest)?);
    options.variables.extend(given);
    let host = Host::start(options).await?;
    println!("Serving {}", host.url());
    tokio::select! {
        ended = host.run() => ended,
        _ = tokio::signal::ctrl_c() => Ok(()),
    }
}
