//! An embedder on a thread of its own. Queries go before documents: who searches does not wait for who indexes. All
//! queries that wait are embedded together, each on a core of its own.

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
const QUEUE: usize = 256;

/// Most texts of queries that are embedded together: the last one waits for all.
const TOGETHER: usize = 32;

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
        while let Some(jobs) = self.next() {
            let jobs = jobs.into_iter().filter(|job| !job.reply.is_canceled());
            let left = self.step(jobs.collect());
            // In their order, before those that came since.
            let mut queue = lock(&self.queue);
            for job in left.into_iter().rev() {
                match job.purpose {
                    Purpose::Query => queue.queries.push_front(job),
                    Purpose::Document => queue.documents.push_front(job),
                }
            }
        }
    }

    /// The queries that wait, or else one job of documents.
    fn next(&self) -> Option<Vec<Job>> {
        let mut queue = lock(&self.queue);
        loop {
            if queue.closed {
                return None;
            }
            let mut texts = 0;
            let mut queries = Vec::new();
            while let Some(job) = queue.queries.pop_front_if(|job| {
                texts += job.texts.len();
                texts <= TOGETHER || texts == job.texts.len()
            }) {
                queries.push(job);
            }
            if !queries.is_empty() {
                return Some(queries);
            }
            if let Some(job) = queue.documents.pop_front() {
                return Some(vec![job]);
            }
            queue = self
                .changed
                .wait(queue)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// A slice of each job, which are all of one purpose; those of which something is left.
    fn step(&self, mut jobs: Vec<Job>) -> Vec<Job> {
        let Some(purpose) = jobs.first().map(|job| job.purpose) else {
            return jobs;
        };
        let slice = |job: &Job| {
            let size = match purpose {
                Purpose::Query => job.texts.len(),
                Purpose::Document => SLICE,
            };
            let from = job.done.vectors.len();
            from..job.texts.len().min(from + size)
        };
        let texts = jobs.iter().flat_map(|job| job.texts.get(slice(job)));
        let texts: Vec<String> = texts.flatten().cloned().collect();
        let model = self.model.get();
        match model.and_then(|model| model.embed_each(&texts, purpose)) {
            Ok(vectors) => {
                let mut vectors = vectors.into_iter();
                for job in &mut jobs {
                    for (vector, tokens) in vectors.by_ref().take(slice(job).len()) {
                        job.done.vectors.push(vector);
                        job.done.usage.prompt_tokens += tokens;
                    }
                }
                let whole = |job: &mut Job| job.done.vectors.len() >= job.texts.len();
                for job in jobs.extract_if(.., whole) {
                    // Nobody to tell is fine.
                    let _ = job.reply.send(Ok(job.done));
                }
                jobs
            }
            // One text that cannot be embedded must not fail the others' queries.
            Err(_) if jobs.len() > 1 => {
                let alone = jobs.into_iter().map(|job| self.step(vec![job]));
                alone.flatten().collect()
            }
            Err(error) => {
                tracing::warn!(model = %self.name, %error, "embedding failed");
                if let Some(job) = jobs.pop() {
                    let _ = job.reply.send(Err(error));
                }
                jobs
            }
        }
    }
}
