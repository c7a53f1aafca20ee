//! All ports of one runtime, as a root hands them to the service.

use std::{sync::Arc, time::Duration};

use crate::{Blob, Cache, Clock, Code, Entropy, Fetch, Kv, Queue, Secrets, Spawn, Timer};

/// Everything the service may use. Cloning is cheap.
#[derive(Clone)]
pub struct Platform {
    /// What this runtime is and can hold.
    pub runtime: Runtime,
    /// State.
    pub kv: Arc<dyn Kv>,
    /// What may be forgotten.
    pub cache: Arc<dyn Cache>,
    /// Large things.
    pub blob: Arc<dyn Blob>,
    /// Work after the response.
    pub queue: Arc<dyn Queue>,
    /// Work at a time.
    pub timer: Arc<dyn Timer>,
    /// Outgoing HTTP.
    pub fetch: Arc<dyn Fetch>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// Work that may be lost.
    pub spawn: Arc<dyn Spawn>,
    /// The operator's secrets.
    pub secrets: Arc<dyn Secrets>,
    /// Code nodes.
    pub code: Arc<dyn Code>,
}

/// What a runtime declares about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Runtime {
    /// `native`, `workers`, `spin` or `fake`.
    pub name: &'static str,
    /// Largest document that extraction accepts here, in bytes.
    pub document_bytes: usize,
    /// Index segments kept in memory, in bytes.
    pub index_bytes: usize,
    /// Whether setting up the first owner needs the secret `EDGEWISE_SETUP_TOKEN`, because anyone can reach the address.
    pub setup_token: bool,
    /// How long a run of a workflow is driven in one piece; `None`: as long as it takes.
    pub turns: Option<Turns>,
}

/// How long one invocation may drive a run before it lets go of it, for a job of the queue to go on. From half of the time on it
/// lets go as soon as nothing is under way; at the end whatever is: that is asked for once more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turns {
    /// Beside a request, after its last reader left.
    pub alone: Duration,
    /// In a job of the queue.
    pub job: Duration,
}
