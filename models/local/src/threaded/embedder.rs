//! An embedder on a thread of its own. Queries go before documents: who searches does not wait for who indexes.

use std::{
    collections::VecDeque,
    sync::{Arc, Condvar, Mutex, PoisonError},
};

use async_trait::async_trait;
use futures::channel::oneshot;
use model::{EmbedderInfo, Embeddings, Purpose, Result, Usage};

use super::{Lazy, busy, died, lock, spawn};
use crate::Embedder;

/// Most calls that wait.
const QUEUE: usize = 64;

/// Texts between two looks at the queue.
const SLICE: usize = 4;

/// See the module.
pub struct ThreadedEmbedder {
    info: EmbedderInfo,
    shared: Arc<Shared>,
}

struct Shared {
    name: String,
    model: Lazy<Embedder>,
    queue: Mutex<Queue>,
    changed: Condvar,
}

#[derive(Default)]
struct Queue {
    queries: VecDeque<Job>,
    documents: VecDeque<Job>,
    running: bool,
    closed: bool,
}

struct Job {
    texts: Vec<String>,
    purpose: Purpose,
    done: Embeddings,
    reply: oneshot::Sender<Result<Embeddings>>,
}

impl ThreadedEmbedder {
    /// `info` is what the catalogue says of the model that `load` gives.
    pub fn new(
        info: EmbedderInfo,
        load: impl Fn() -> Result<Embedder> + Send + Sync + 'static,
    ) -> Self {
        let shared = Shared {
            name: info.model.clone(),
            model: Lazy::new(load),
            queue: Mutex::default(),
            changed: Condvar::new(),
        };
        Self {
            info,
            shared: Arc::new(shared),
        }
    }

    /// Whether the model is in memory.
    pub fn is_loaded(&self) -> bool {
        self.shared.model.peek().is_some()
    }

    fn enqueue(&self, job: Job) -> Result<()> {
        let mut queue = lock(&self.shared.queue);
        let line = match job.purpose {
            Purpose::Query => &mut queue.queries,
            Purpose::Document => &mut queue.documents,
        };
        if line.len() >= QUEUE {
            return Err(busy(&self.info.model));
        }
        line.push_back(job);
        if !queue.running {
            let shared = self.shared.clone();
            spawn(&self.info.model, move || shared.run())?;
            queue.running = true;
        }
        self.shared.changed.notify_one();
        Ok(())
    }
}

impl Drop for ThreadedEmbedder {
    fn drop(&mut self) {
        lock(&self.shared.queue).closed = true;
        self.shared.changed.notify_one();
    }
}

#[async_trait]
impl model::Embedder for ThreadedEmbedder {
    fn info(&self) -> &EmbedderInfo {
        &self.info
    }

    async fn embed(&self, texts: &[String], purpose: Purpose) -> Result<Embeddings> {
        let (reply, answer) = oneshot::channel();
        self.enqueue(Job {
            texts: texts.to_vec(),
            purpose,
            done: Embeddings {
                vectors: Vec::with_capacity(texts.len()),
                usage: Usage::default(),
            },
            reply,
        })?;
        answer.await.map_err(|_| died(&self.info.model))?
    }

    /// Exact once the model is in memory; before, an estimate on the high side.
    fn count_tokens(&self, text: &str) -> usize {
        match self.shared.model.peek() {
            Some(model) => model.count_tokens(text),
            None => text.len().div_ceil(3),
        }
    }
}

impl Shared {
    fn run(&self) {
        // A panic ends this thread, drops the replies of the job at hand, and the next call starts a new one.
        struct Stopped<'a>(&'a Shared);
        impl Drop for Stopped<'_> {
            fn drop(&mut self) {
                let mut queue = lock(&self.0.queue);
                queue.running = false;
                queue.queries.clear();
                queue.documents.clear();
            }
        }
        let _stopped = Stopped(self);
        while let Some(job) = self.next() {
            if let Some(rest) = self.step(job) {
                lock(&self.queue).documents.push_front(rest);
            }
        }
    }

    fn next(&self) -> Option<Job> {
        let mut queue = lock(&self.queue);
        loop {
            if queue.closed {
                return None;
            }
            let job = queue.queries.pop_front();
            if let Some(job) = job.or_else(|| queue.documents.pop_front()) {
                return Some(job);
            }
            queue = self
                .changed
                .wait(queue)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// A slice of a job; what is left of it, if anything is.
    fn step(&self, mut job: Job) -> Option<Job> {
        if job.reply.is_canceled() {
            return None;
        }
        let from = job.done.vectors.len();
        let size = match job.purpose {
            Purpose::Query => job.texts.len(),
            Purpose::Document => SLICE,
        };
        let until = job.texts.len().min(from + size);
        let slice = job.texts.get(from..until).unwrap_or_default();
        let outcome = self
            .model
            .get()
            .and_then(|model| model.embed_sync(slice, job.purpose));
        match outcome {
            Ok(some) => {
                job.done.vectors.extend(some.vectors);
                job.done.usage.prompt_tokens += some.usage.prompt_tokens;
                if until < job.texts.len() {
                    return Some(job);
                }
                // Nobody to tell is fine.
                let _ = job.reply.send(Ok(job.done));
            }
            Err(error) => {
                tracing::warn!(model = %self.name, %error, "embedding failed");
                let _ = job.reply.send(Err(error));
            }
        }
        None
    }
}
