//! One component: compiled once, instantiated as requests need it, instances used again as Spin does.

use std::{
    path::Path,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed},
    },
    task::{Context, Poll},
    time::{Duration, Instant},
};

use tokio::time::Sleep;
use wasmtime::{
    Cache, CacheConfig, Config, Engine, Store, StoreContextMut,
    component::{Component, GuestTaskId, Linker},
};
use wasmtime_wasi::{FsPerms, WasiCtx};
use wasmtime_wasi_http::{
    WasiHttpView,
    handler::{
        HandlerState, Instance, Proxy, ProxyHandler, ShouldAccept, WorkerExpiration, WorkerState,
        WorkerStatus,
    },
    p3::bindings::ServicePre,
};

use crate::state::{Grants, Spin, State};

/// How long and how often an instance is used: Spin 4's defaults.
#[derive(Clone, Copy, Debug)]
pub struct Reuse {
    /// Requests in its life.
    pub requests: usize,
    /// Requests at once.
    pub at_once: usize,
    /// It is dropped after this long without one.
    pub idle: Duration,
}

impl Default for Reuse {
    fn default() -> Self {
        Self {
            requests: 128,
            at_once: 16,
            idle: Duration::from_secs(1),
        }
    }
}

/// Counts of one component, for tests that measure.
#[derive(Debug, Default)]
pub struct Stats {
    /// Instances made.
    pub instances: AtomicUsize,
    /// Instances that ended by a trap.
    pub traps: AtomicUsize,
    /// Time spent in making instances, in nanoseconds.
    pub instantiation_nanos: AtomicU64,
}

/// A component that answers requests.
pub type Handler = ProxyHandler<Served>;

/// What is needed to make an instance.
pub struct Served {
    engine: Engine,
    service: ServicePre<State>,
    grants: Arc<Grants>,
    environment: Vec<(String, String)>,
    files: Option<std::path::PathBuf>,
    reuse: Reuse,
    stats: Arc<Stats>,
}

/// An engine whose compiled code is kept in `cache`, so that only the first start of a component compiles it.
pub fn engine(cache: &Path) -> wasmtime::Result<Engine> {
    let mut config = Config::new();
    config.wasm_component_model_async(true);
    let mut kept = CacheConfig::new();
    kept.with_directory(cache);
    config.cache(Some(Cache::new(kept)?));
    Engine::new(&config)
}

/// Compiles and links a component.
pub fn load(
    engine: &Engine,
    wasm: &Path,
    grants: Grants,
    environment: Vec<(String, String)>,
    files: Option<std::path::PathBuf>,
    reuse: Reuse,
) -> wasmtime::Result<(Handler, Arc<Stats>)> {
    let component = Component::from_file(engine, wasm)?;
    let mut linker = Linker::<State>::new(engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    wasmtime_wasi::p3::add_to_linker(&mut linker)?;
    wasmtime_wasi_http::p3::add_to_linker(&mut linker)?;
    crate::bindings::Platform::add_to_linker::<_, Spin>(&mut linker, |state| state)?;
    let service = ServicePre::new(linker.instantiate_pre(&component)?)?;
    let stats = Arc::new(Stats::default());
    let served = Served {
        engine: engine.clone(),
        service,
        grants: Arc::new(grants),
        environment,
        files,
        reuse,
        stats: stats.clone(),
    };
    Ok((ProxyHandler::new(served), stats))
}

impl HandlerState for Served {
    type StoreData = State;
    type WorkerExpiration = Idle;
    type WorkerState = Reused;

    async fn instantiate(&self) -> wasmtime::Result<Instance<State, Idle, Reused>> {
        let begin = Instant::now();
        let mut wasi = WasiCtx::builder();
        // No network of its own, no standard input: what Spin gives.
        wasi.inherit_stdout().inherit_stderr();
        for (name, value) in &self.environment {
            wasi.env(name, value);
        }
        if let Some(files) = &self.files {
            wasi.preopened_dir(files, "/", FsPerms::ReadOnly)?;
        }
        let state = State::new(self.grants.clone(), wasi.build());
        let mut store = Store::new(&self.engine, state);
        let proxy = Proxy::P3(self.service.instantiate_async(&mut store).await?);
        let nanos = u64::try_from(begin.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.stats.instantiation_nanos.fetch_add(nanos, Relaxed);
        self.stats.instances.fetch_add(1, Relaxed);
        Ok(Instance {
            store,
            proxy,
            view: State::http,
            expiration: Idle {
                after: self.reuse.idle,
                sleep: Box::pin(tokio::time::sleep(Duration::MAX)),
            },
            state: Reused {
                reuse: self.reuse,
                stats: self.stats.clone(),
            },
        })
    }
}

/// Ends an instance that has had nothing to do for a while. A request has no limit, as on Spin.
pub struct Idle {
    after: Duration,
    sleep: Pin<Box<Sleep>>,
}

impl WorkerExpiration for Idle {
    fn poll(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        status: WorkerStatus,
        start: Instant,
    ) -> Poll<()> {
        if status != WorkerStatus::Idle {
            return Poll::Pending;
        }
        let deadline = (start + self.after).into();
        if self.sleep.deadline() != deadline {
            self.sleep.as_mut().reset(deadline);
        }
        self.sleep.as_mut().poll(cx)
    }
}

/// Says when an instance takes another request.
pub struct Reused {
    reuse: Reuse,
    stats: Arc<Stats>,
}

impl WorkerState for Reused {
    type StoreData = State;
    type RequestData = ();

    fn should_accept_request(&self, concurrent_count: usize, total_count: usize) -> ShouldAccept {
        if total_count >= self.reuse.requests {
            ShouldAccept::Never
        } else if concurrent_count >= self.reuse.at_once {
            ShouldAccept::No
        } else {
            ShouldAccept::Yes
        }
    }

    fn on_request_start(
        &self,
        _store: StoreContextMut<'_, State>,
        _data: (),
        _task: GuestTaskId,
    ) -> Pin<Box<dyn Future<Output = ()> + 'static + Send + Sync>> {
        Box::pin(std::future::pending())
    }

    fn drop(&self, store: Store<State>, result: Result<(), wasmtime::Error>) {
        if let Err(error) = result {
            // A host that is stopped drops its instances in the middle of their work.
            if error.to_string() == "worker panicked" && !std::thread::panicking() {
                return;
            }
            self.stats.traps.fetch_add(1, Relaxed);
            eprintln!("the component failed: {error:?}");
        }
        drop(store);
    }
}
