//! A reranker on threads of their own, one call after another: each uses all cores.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use async_trait::async_trait;
use futures::channel::oneshot;
use model::{RerankerInfo, Result};

use super::{Lazy, busy, died, lock, spawn};
use crate::CrossEncoder;

/// Most calls that wait.
const QUEUE: usize = 32;

/// See the module.
pub struct ThreadedReranker {
    info: RerankerInfo,
    shared: Arc<Shared>,
}

struct Shared {
    model: Lazy<CrossEncoder>,
    /// Held by the call that computes.
    turn: Mutex<()>,
    waiting: AtomicUsize,
}

/// A place in the queue, free again when it is dropped.
struct Place(Arc<Shared>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

impl ThreadedReranker {
    /// `info` is what the catalogue says of the model that `load` gives.
    pub fn new(
        info: RerankerInfo,
        load: impl Fn() -> Result<CrossEncoder> + Send + Sync + 'static,
    ) -> Self {
        let shared = Shared {
            model: Lazy::new(load),
            turn: Mutex::new(()),
            waiting: AtomicUsize::new(0),
        };
        Self {
            info,
            shared: Arc::new(shared),
        }
    }

    fn place(&self) -> Result<Place> {
        let before = self.shared.waiting.fetch_add(1, Ordering::Relaxed);
        let place = Place(self.shared.clone());
        if before >= QUEUE {
            return Err(busy(&self.info.model));
        }
        Ok(place)
    }
}

#[async_trait]
impl model::Reranker for ThreadedReranker {
    fn info(&self) -> &RerankerInfo {
        &self.info
    }

    async fn rerank(&self, query: &str, documents: &[String]) -> Result<Vec<f32>> {
        let place = self.place()?;
        let (reply, answer) = oneshot::channel();
        let (query, documents) = (query.to_owned(), documents.to_vec());
        spawn(&self.info.model, move || {
            let shared = &place.0;
            let scores = {
                let _turn = lock(&shared.turn);
                // Nobody is there any more who would read them.
                if reply.is_canceled() {
                    return;
                }
                let model = shared.model.get();
                model.and_then(|model| model.rerank_sync(&query, &documents))
            };
            // Whoever waited may have gone meanwhile.
            let _ = reply.send(scores);
        })?;
        answer.await.map_err(|_| died(&self.info.model))?
    }
}

#[cfg(test)]
mod tests {
    use model::{Error, ErrorKind, Reranker};

    use super::*;

    fn failing() -> ThreadedReranker {
        let info = RerankerInfo {
            provider: "local".to_owned(),
            model: "r".to_owned(),
        };
        ThreadedReranker::new(info, || Err(Error::new(ErrorKind::NotFound, "no weights")))
    }

    #[test]
    fn a_load_that_fails_says_why() {
        let reranker = failing();
        let error = pollster::block_on(reranker.rerank("q", &["t".to_owned()])).unwrap_err();
        assert_eq!(error.to_string(), "no weights");
    }

    #[test]
    fn a_full_queue_is_refused_and_empties_again() {
        let reranker = failing();
        let places: Vec<_> = (0..QUEUE).map(|_| reranker.place().unwrap()).collect();
        assert_eq!(
            reranker.place().err().map(|error| error.kind()),
            Some(ErrorKind::RateLimit)
        );
        drop(places);
        assert!(reranker.place().is_ok());
    }
}
