//! A Spin host small enough to test in.
//!
//! It owns: reading `spin.toml`, serving its components with instances used again as Spin uses them, and enforcing
//! what the file declares (routes, outbound hosts, stores, databases, variables, files). It is not a replacement for
//! Spin: what the manifest of this repository does not use is refused, not imitated.
//!
//! Must never: grant a component more than its manifest says. Start reading at [`Host::start`].

pub mod bindings;
mod files;
mod key_value;
pub mod manifest;
pub mod outbound;
mod server;
mod sqlite;
mod state;
pub mod variables;
mod variables_host;
mod worker;

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context, Result};
use tokio::{net::TcpListener, task::JoinHandle};

use crate::{key_value::KeyValue, outbound::AllowedHost, sqlite::Databases, state::Grants};
pub use crate::{
    manifest::Manifest,
    worker::{Reuse, Stats},
};

/// What the operator decides.
#[derive(Clone, Debug)]
pub struct Options {
    /// The manifest.
    pub manifest: PathBuf,
    /// Use this file instead of a component's `source`.
    pub sources: BTreeMap<String, PathBuf>,
    /// Application variables.
    pub variables: BTreeMap<String, String>,
    /// Where stores and databases live.
    pub state: PathBuf,
    /// Where compiled components are kept.
    pub cache: PathBuf,
    /// Where to listen; port 0 picks a free one.
    pub addr: SocketAddr,
    /// How instances are used again.
    pub reuse: Reuse,
}

impl Options {
    /// Serves a manifest from a state folder on a free port.
    pub fn new(manifest: impl Into<PathBuf>, state: impl Into<PathBuf>) -> Self {
        let state = state.into();
        Self {
            manifest: manifest.into(),
            sources: BTreeMap::new(),
            variables: BTreeMap::new(),
            cache: std::env::temp_dir().join("edgewise-spin-host-cache"),
            state,
            addr: SocketAddr::from(([127, 0, 0, 1], 0)),
            reuse: Reuse::default(),
        }
    }
}

/// A running application. Dropping it stops it at once, as a crash would.
pub struct Host {
    /// Where it listens.
    pub addr: SocketAddr,
    /// Counts by component.
    pub stats: BTreeMap<String, Arc<Stats>>,
    task: JoinHandle<()>,
}

impl Host {
    /// Reads the manifest, compiles the components and listens.
    pub async fn start(options: Options) -> Result<Self> {
        let manifest = Manifest::read(&options.manifest)?;
        let base = options.manifest.parent().unwrap_or(Path::new("."));
        let application = variables::application(&manifest, &options.variables)?;
        std::fs::create_dir_all(&options.state)
            .with_context(|| format!("cannot create {}", options.state.display()))?;
        let key_value = KeyValue::open(&options.state.join("key-value.db"))?;
        let sqlite = Databases {
            folder: options.state.clone(),
        };
        let engine = worker::engine(&options.cache).map_err(anyhow::Error::from)?;
        let mut stats = BTreeMap::new();
        let mut handlers = BTreeMap::new();
        for (name, component) in &manifest.component {
            let hosts = component
                .allowed_outbound_hosts
                .iter()
                .map(|pattern| AllowedHost::parse(&variables::render(pattern, &application)?));
            let grants = Grants {
                hosts: hosts.collect::<Result<_>>()?,
                stores: component.key_value_stores.clone(),
                databases: component.sqlite_databases.clone(),
                variables: variables::component(component, &application)?,
                key_value: key_value.clone(),
                sqlite: sqlite.clone(),
            };
            let source = match options.sources.get(name) {
                Some(source) => source.clone(),
                None => base.join(&component.source),
            };
            let environment = component.environment.clone().into_iter().collect();
            let files = files::mount(base, &options.state.join("files").join(name), component)?;
            let (handler, counted) =
                worker::load(&engine, &source, grants, environment, files, options.reuse)
                    .map_err(anyhow::Error::from)
                    .with_context(|| format!("cannot load {}", source.display()))?;
            stats.insert(name.clone(), counted);
            handlers.insert(name.clone(), handler);
        }
        let listener = TcpListener::bind(options.addr)
            .await
            .with_context(|| format!("cannot listen on {}", options.addr))?;
        let addr = listener.local_addr()?;
        let task = tokio::spawn(server::serve(listener, manifest, handlers));
        Ok(Self { addr, stats, task })
    }

    /// Its base URL, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// Serves until the process ends.
    pub async fn run(mut self) -> Result<()> {
        Ok((&mut self.task).await?)
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.task.abort();
    }
}
