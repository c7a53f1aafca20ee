//! `cargo xtask serve`: from a fresh clone to a server that answers about sample documents.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::{
    Runtime, console,
    edge::{self, Host},
    sample::{self, Cli},
    setup,
    shell::{Background, command, end_together, root, step},
};

/// What to serve, and where.
#[derive(Args)]
pub struct Options {
    /// Where the handlers run
    #[arg(long, value_enum, default_value_t)]
    runtime: Runtime,
    /// Where to listen
    #[arg(long, default_value = "127.0.0.1:8787")]
    addr: SocketAddr,
    /// Where everything is kept
    #[arg(long, default_value = ".edgewise/serve")]
    data: PathBuf,
}

/// Serves until it is interrupted.
pub fn run(options: &Options) -> Result<()> {
    console::build()?;
    let edgewise = setup::edgewise()?;
    end_together()?;
    setup::weights(&edgewise)?;
    let data = root().join(&options.data);
    std::fs::create_dir_all(&data)?;
    match options.runtime {
        Runtime::Native => native(edgewise, options.addr, &data),
        Runtime::Workers => edge::serve(Host::Workers, edgewise, options.addr, &data),
        Runtime::Spin => edge::serve(Host::Spin, edgewise, options.addr, &data),
    }
}

fn native(edgewise: PathBuf, addr: SocketAddr, data: &Path) -> Result<()> {
    step(&format!("the server, at http://{addr}"));
    let mut serve = command(&edgewise, &["serve", "--addr"]);
    serve.arg(addr.to_string()).arg("--data").arg(data);
    let mut server = Background::start(&mut serve)?;
    wait_until_healthy(addr, &mut server)?;

    let cli = Cli::beside(edgewise, data);
    let key = sample::load(&cli, data)?;
    sample::tell(addr, &key);
    let status = server.wait()?;
    if !status.success() {
        bail!("the server stopped: {status}");
    }
    Ok(())
}

/// Waits for `GET /healthz` to answer 200, for as long as the server lives and two minutes at most.
pub fn wait_until_healthy(addr: SocketAddr, server: &mut Background) -> Result<()> {
    let patience = Instant::now() + Duration::from_secs(120);
    while !healthy(addr).unwrap_or(false) {
        server.check()?;
        if Instant::now() > patience {
            bail!("http://{addr}/healthz did not answer within two minutes");
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

fn healthy(addr: SocketAddr) -> Result<bool> {
    let timeout = Duration::from_secs(5);
    let mut stream = TcpStream::connect_timeout(&addr, timeout)?;
    stream.set_read_timeout(Some(timeout))?;
    write!(
        stream,
        "GET /healthz HTTP/1.1\r\nHost: {addr}\r\nConnection: close\r\n\r\n"
    )?;
    let mut answer = [0; 12];
    stream.read_exact(&mut answer)?;
    let status = answer.get(9..).context("shorter than asked for")?;
    Ok(status == b"200")
}
