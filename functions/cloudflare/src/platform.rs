//! The ports of one request. Handles to the outside belong to the request that they came with: never keep one.

use std::sync::Arc;

use ports::{ErrorKind, Platform, Result, Runtime};
use worker::{Context, Env};

use crate::{
    blob::R2,
    cache::WorkersKv,
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
        fetch: Arc::new(GlobalFetch),
        clock: Arc::new(IsolateClock),
        entropy: Arc::new(WebCrypto),
        spawn: Arc::new(WaitUntil(Arc::new(context))),
        secrets: Arc::new(Bindings(env.clone())),
        // The interpreters do not fit into a Worker beside the rest.
        code: Arc::new(ports::NoCode),
    })
}
