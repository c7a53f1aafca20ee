//! Segments that stay in memory between searches, by the name that follows from their content: never stale.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::segment::Segment;

/// A bounded store of segments, least recently used out first. It holds bytes only, nothing of a request.
#[derive(Default)]
pub struct Resident(Mutex<State>);

#[derive(Default)]
struct State {
    /// Counts uses.
    tick: u64,
    bytes: usize,
    held: HashMap<String, (Arc<Segment>, u64)>,
}

impl Resident {
    /// The one of this process (or isolate, or instance).
    pub fn shared() -> &'static Self {
        static SHARED: std::sync::LazyLock<Resident> = std::sync::LazyLock::new(Resident::default);
        &SHARED
    }

    /// Bytes held now.
    pub fn bytes(&self) -> usize {
        self.lock().bytes
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn get(&self, name: &str) -> Option<Arc<Segment>> {
        let mut state = self.lock();
        state.tick += 1;
        let tick = state.tick;
        let (segment, used) = state.held.get_mut(name)?;
        *used = tick;
        Some(segment.clone())
    }

    /// Keeps a segment, if it fits into `limit` at all.
    pub(super) fn put(&self, name: &str, segment: &Arc<Segment>, limit: usize) {
        let mut state = self.lock();
        state.remove(name);
        if segment.size() > limit {
            return;
        }
        while state.bytes + segment.size() > limit {
            let oldest = state.held.iter().min_by_key(|(_, (_, used))| *used);
            let Some(oldest) = oldest.map(|(name, _)| name.clone()) else {
                break;
            };
            state.remove(&oldest);
        }
        state.tick += 1;
        let tick = state.tick;
        state.bytes += segment.size();
        state.held.insert(name.to_owned(), (segment.clone(), tick));
    }
}

impl State {
    fn remove(&mut self, name: &str) {
        if let Some((segment, _)) = self.held.remove(name) {
            self.bytes -= segment.size();
        }
    }
}
