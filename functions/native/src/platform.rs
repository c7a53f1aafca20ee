//! The ports of one machine, put together over a data folder.
//!
//! `state.redb` is the store, with its log in `state.0.log` and `state.1.log`; `blobs/` the blobs, `secrets/` the keys that
//! were made at the first start.

use std::{path::Path, sync::Arc, time::Duration};

use anyhow::{Context, Result};
use ports::{Clock, Consumer, Platform, Runtime, token};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::{
    blob::FolderBlob,
    cache::MemoryCache,
    clock::SystemClock,
    code::Interpreters,
    entropy::SystemEntropy,
    fetch::HttpFetch,
    kv::RedbKv,
    queue::{DurableQueue, DurableTimer},
    secrets::FileSecrets,
    spawn::Tasks,
};

/// Seals provider keys at rest.
const MASTER_KEY: &str = "EDGEWISE_MASTER_KEY";

/// Acts as the owner.
const ADMIN_TOKEN: &str = "EDGEWISE_ADMIN_TOKEN";

/// Most bytes of the cache.
const CACHE_BYTES: u64 = 16 << 20;

/// How often expired records are removed. They are absent before that; this only gives their room back.
const SWEEP: Duration = Duration::from_secs(60);

/// The open ports of this process.
pub struct Native {
    /// What the service gets.
    pub platform: Platform,
    /// What runs beside the requests.
    pub tasks: Tasks,
    /// The owner's token, also in `secrets/`.
    pub admin_token: String,
    queue: DurableQueue,
    kv: Arc<RedbKv>,
}

/// Opens everything in the data folder. One process at a time.
pub fn open(data: &Path) -> Result<Native> {
    make_private(data)
        .with_context(|| format!("cannot make the data folder {}", data.display()))?;
    let entropy = Arc::new(SystemEntropy);
    let clock = Arc::new(SystemClock);
    let kv = Arc::new(RedbKv::open(&data.join("state.redb"), clock.clone())?);
    let secrets = FileSecrets::new(data);
    secrets.get_or_create(MASTER_KEY, || token(&*entropy, 43))?;
    let admin_token =
        secrets.get_or_create(ADMIN_TOKEN, || format!("adm-{}", token(&*entropy, 43)))?;
    let queue = DurableQueue::new(kv.clone(), clock.clone());
    let tasks = Tasks::default();
    let platform = Platform {
        runtime: Runtime {
            name: "native",
            document_bytes: 50 << 20,
            index_bytes: 256 << 20,
            setup_token: false,
            turns: None,
        },
        kv: kv.clone(),
        cache: Arc::new(MemoryCache::new(CACHE_BYTES)),
        blob: Arc::new(FolderBlob::open(&data.join("blobs"))?),
        queue: Arc::new(queue.clone()),
        timer: Arc::new(DurableTimer::new(queue.clone())),
        fetch: Arc::new(HttpFetch::new()?),
        clock,
        entropy,
        spawn: Arc::new(tasks.clone()),
        secrets: Arc::new(secrets),
        code: Arc::new(Interpreters::new()),
    };
    Ok(Native {
        platform,
        tasks,
        admin_token,
        queue,
        kv,
    })
}

/// Makes the folder, for its owner's eyes only: it will hold conversations. One that exists is left as it is.
fn make_private(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(folder)
}

impl Native {
    /// Starts the queue, the alarms and the sweep of expired records.
    pub fn start(&self, consumer: Arc<dyn Consumer>) -> Worker {
        let stop = CancellationToken::new();
        let (queue, kv, clock) = (
            self.queue.clone(),
            self.kv.clone(),
            self.platform.clock.clone(),
        );
        let stopped = stop.clone();
        let task = tokio::spawn(async move {
            // No other process has this store: what was in hand belongs to nobody.
            if let Err(error) = queue.recover(&api::WATCHES).await {
                tracing::error!(%error, "jobs in hand at the last stop come back when their leases end");
            }
            let sweep = sweep(&kv, &*clock, &stopped);
            tokio::join!(queue.run(consumer, stopped.clone()), sweep);
        });
        Worker { stop, task }
    }
}

async fn sweep(kv: &RedbKv, clock: &dyn Clock, stop: &CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = clock.sleep(SWEEP) => {}
        }
        // A full batch may not have been all.
        while !stop.is_cancelled() {
            match kv.sweep().await {
                Ok(0) => break,
                Ok(count) => tracing::debug!(count, "expired records removed"),
                Err(error) => {
                    tracing::warn!(%error, "expired records stay for now");
                    break;
                }
            }
        }
    }
}

/// The running queue.
pub struct Worker {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Worker {
    /// Takes no more jobs and waits for those under way.
    pub async fn stop(self) {
        self.stop.cancel();
        if self.task.await.is_err() {
            tracing::error!("the queue had panicked");
        }
    }
}
