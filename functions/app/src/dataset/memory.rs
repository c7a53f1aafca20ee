//! What datasets looked like when they were last searched here, so that a search can begin before it has read
//! anything. It is only ever a guess: the same read that fetches the passages fetches the records it was made from,
//! and if a byte of them differs the search is done again.

use std::{
    collections::HashMap,
    sync::{LazyLock, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;

/// The records of a dataset and of its index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) dataset: Bytes,
    pub(super) index: Option<Bytes>,
}

/// Most datasets that are remembered, and the longest manifest.
const MOST: usize = 64;
const LONGEST: usize = 256 << 10;

static MEMORY: LazyLock<Mutex<HashMap<(String, String), Seen>>> = LazyLock::new(Mutex::default);

fn memory() -> MutexGuard<'static, HashMap<(String, String), Seen>> {
    MEMORY.lock().unwrap_or_else(PoisonError::into_inner)
}

fn key(tenant: &str, dataset: &str) -> (String, String) {
    (tenant.to_owned(), dataset.to_owned())
}

pub(super) fn recall(tenant: &str, dataset: &str) -> Option<Seen> {
    memory().get(&key(tenant, dataset)).cloned()
}

pub(super) fn remember(tenant: &str, dataset: &str, seen: Seen) {
    if seen
        .index
        .as_ref()
        .is_some_and(|index| index.len() > LONGEST)
    {
        return;
    }
    let mut memory = memory();
    if memory.len() >= MOST {
        memory.clear();
    }
    memory.insert(key(tenant, dataset), seen);
}

pub(super) fn forget(tenant: &str, dataset: &str) {
    memory().remove(&key(tenant, dataset));
}
