//! Models on threads of their own, for a native root: the async traits in front, no blocking behind them.
//!
//! A model is loaded at its first use, by a function that the root gives (it reads the files), so that an idle process
//! stays small. A load that failed is tried again at the next use. Queues are bounded; a full one answers
//! `RateLimit`. Work whose caller is gone is not done.

mod embedder;
#[cfg(feature = "chat")]
mod llm;
mod reranker;

pub use embedder::ThreadedEmbedder;
#[cfg(feature = "chat")]
pub use llm::ThreadedLlm;
pub use reranker::ThreadedReranker;

use std::{
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    thread,
};

use model::{Error, ErrorKind, Result};

/// Reads and builds a model; may be called again after a failure.
type Load<T> = Box<dyn Fn() -> Result<T> + Send + Sync>;

/// A model that is there from its first use on.
struct Lazy<T> {
    load: Load<T>,
    /// Held while loading: others wait instead of loading a second copy.
    loading: Mutex<()>,
    loaded: OnceLock<Arc<T>>,
}

impl<T> Lazy<T> {
    fn new(load: impl Fn() -> Result<T> + Send + Sync + 'static) -> Self {
        Self {
            load: Box::new(load),
            loading: Mutex::new(()),
            loaded: OnceLock::new(),
        }
    }

    fn peek(&self) -> Option<&Arc<T>> {
        self.loaded.get()
    }

    /// Blocks while the model is loaded.
    fn get(&self) -> Result<&Arc<T>> {
        if let Some(model) = self.loaded.get() {
            return Ok(model);
        }
        let _loading = lock(&self.loading);
        if let Some(model) = self.loaded.get() {
            return Ok(model);
        }
        let model = Arc::new((self.load)()?);
        Ok(self.loaded.get_or_init(|| model))
    }
}

/// A panic while holding one of our locks leaves nothing half done.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn busy(model: &str) -> Error {
    Error::new(
        ErrorKind::RateLimit,
        format!("`{model}` has too many requests waiting; try again in a moment"),
    )
}

fn died(model: &str) -> Error {
    Error::new(
        ErrorKind::Internal,
        format!("`{model}` broke down while it worked"),
    )
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> Result<()> {
    let started = thread::Builder::new().name(name.to_owned()).spawn(work);
    started.map(drop).map_err(|error| {
        Error::new(
            ErrorKind::Unavailable,
            format!("no thread could be started for `{name}`"),
        )
        .with_source(error)
    })
}
