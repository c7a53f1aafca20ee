//! All ports of this runtime, and what it declares about itself.

use std::sync::Arc;

use ports::{Platform, Runtime};

use crate::{
    blob::SpinBlob,
    cache::SpinCache,
    code::SpinCode,
    fetch::SpinFetch,
    kv::SpinKv,
    queue::{SpinQueue, SpinTimer},
    system::{SpinClock, SpinEntropy, SpinSecrets, SpinSpawn},
};

/// The adapters keep nothing themselves, so one platform serves all requests of an instance.
pub fn platform() -> Platform {
    Platform {
        runtime: Runtime {
            name: "spin",
            document_bytes: 15 << 20,
            index_bytes: 32 << 20,
            setup_token: true,
            turns: None,
        },
        kv: Arc::new(SpinKv),
        cache: Arc::new(SpinCache),
        blob: Arc::new(SpinBlob),
        queue: Arc::new(SpinQueue),
        timer: Arc::new(SpinTimer),
        fetch: Arc::new(SpinFetch),
        clock: Arc::new(SpinClock),
        entropy: Arc::new(SpinEntropy),
        spawn: Arc::new(SpinSpawn),
        secrets: Arc::new(SpinSecrets),
        code: Arc::new(SpinCode),
    }
}
