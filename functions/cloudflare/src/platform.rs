//! The ports of one request. Handles to the outside belong to the request that they came with: never keep one.

use std::{sync::Arc, time::Duration};

use ports::{ErrorKind, Platform, Result, Runtime, Turns};
use worker::{Context, Env};

use crate::{
    blob::R2,
    cache::WorkersKv,
    code::Modules,
    fetch::GlobalFetch,
    host::{Bindings, IsolateClock, WaitUntil, WebCrypto},
    js::failed,
    kv::DurableKv,
    queue,
};

/// What a Worker declares of itself: an isolate has 128 MB for everything.
const RUNTIME: Runtime = Runtime {
    name: "workers",
    document_bytes: 8 << 20,
    index_bytes: 32 << 20,
    setup_token: true,
    // What outlives a response has 30 seconds, and a consumer of the queue 15 minutes.
    turns: Some(Turns {
        alone: Duration::from_secs(20),
        job: Duration::from_secs(10 * 60),
    }),
};

/// All ports over the bindings that wrangler.toml names.
pub(crate) fn platform(env: &Env, context: Context) -> Result<Platform> {
    let missing = |error| failed(ErrorKind::Internal, "a binding of wrangler.toml", &error);
    let partitions = Arc::new(DurableKv::new(
        env.durable_object("PARTITION").map_err(missing)?,
    ));
    Ok(Platform {
        runtime: RUNTIME,
        kv: partitions.clone(),
        cache: Arc::new(WorkersKv::new(env.kv("CACHE").map_err(missing)?)),
        blob: Arc::new(R2::new(env.bucket("BLOB").map_err(missing)?)),
        queue: Arc::new(queue::producer(env)?),
        timer: partitions,
        fetch: Arc::new(GlobalFetch::default()),
        clock: Arc::new(IsolateClock),
        entropy: Arc::new(WebCrypto),
        spawn: Arc::new(WaitUntil(Arc::new(context))),
        secrets: Arc::new(Bindings(env.clone())),
        code: Arc::new(Modules),
    })
}
