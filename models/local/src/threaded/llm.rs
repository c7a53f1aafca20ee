//! A chat model on a thread of its own: one answer after the other, each on all cores.

use std::{
    collections::VecDeque,
    ops::ControlFlow,
    sync::{Arc, Condvar, Mutex, OnceLock, PoisonError},
};

use async_trait::async_trait;
use futures::{StreamExt, channel::mpsc};
use model::{ChatRequest, Delta, DeltaStream, Llm, LlmInfo, Message, Result};

use super::{Lazy, busy, lock, spawn};
use crate::ChatModel;

/// Most requests that wait.
const QUEUE: usize = 16;

/// See the module.
pub struct ThreadedLlm {
    expected: LlmInfo,
    shared: Arc<Shared>,
}

struct Shared {
    model: Lazy<ChatModel>,
    /// The model's own, once it is loaded: the window is then that of this machine.
    info: OnceLock<LlmInfo>,
    queue: Mutex<Queue>,
    changed: Condvar,
}

#[derive(Default)]
struct Queue {
    jobs: VecDeque<Job>,
    running: bool,
    closed: bool,
}

enum Job {
    Warm,
    Answer(Box<ChatRequest>, mpsc::UnboundedSender<Result<Delta>>),
}

impl ThreadedLlm {
    /// `expected` is what is said of the model until it is loaded. `load` should call [`ChatModel::fit`].
    pub fn new(
        expected: LlmInfo,
        load: impl Fn() -> Result<ChatModel> + Send + Sync + 'static,
    ) -> Self {
        let shared = Shared {
            model: Lazy::new(load),
            info: OnceLock::new(),
            queue: Mutex::default(),
            changed: Condvar::new(),
        };
        Self {
            expected,
            shared: Arc::new(shared),
        }
    }

    /// Whether the model is in memory.
    pub fn is_loaded(&self) -> bool {
        self.shared.model.peek().is_some()
    }

    /// Starts to load the model, without waiting for it.
    pub fn warm(&self) -> Result<()> {
        self.enqueue(Job::Warm)
    }

    fn enqueue(&self, job: Job) -> Result<()> {
        let mut queue = lock(&self.shared.queue);
        let warms = |job: &Job| matches!(job, Job::Warm);
        if warms(&job) && queue.jobs.iter().any(warms) {
            return Ok(());
        }
        if queue.jobs.len() >= QUEUE {
            return Err(busy(&self.expected.model));
        }
        queue.jobs.push_back(job);
        if !queue.running {
            let shared = self.shared.clone();
            spawn(&self.expected.model, move || shared.run())?;
            queue.running = true;
        }
        self.shared.changed.notify_one();
        Ok(())
    }
}

impl Drop for ThreadedLlm {
    fn drop(&mut self) {
        lock(&self.shared.queue).closed = true;
        self.shared.changed.notify_one();
    }
}

#[async_trait]
impl Llm for ThreadedLlm {
    fn info(&self) -> &LlmInfo {
        self.shared.info.get().unwrap_or(&self.expected)
    }

    async fn stream(&self, request: ChatRequest) -> Result<DeltaStream> {
        let (send, deltas) = mpsc::unbounded();
        self.enqueue(Job::Answer(Box::new(request), send))?;
        Ok(deltas.boxed())
    }

    /// Exact once the model is in memory. Before, an estimate on the high side, and the model starts to load: callers
    /// are on threads that must not wait.
    fn count_tokens(&self, messages: &[Message]) -> usize {
        match self.shared.model.peek() {
            Some(model) => model.count_tokens(messages),
            None => {
                // A full queue loads it anyway.
                let _warming = self.warm();
                messages.iter().map(estimate).sum()
            }
        }
    }
}

/// Tokens of a message, rather too many: words of Latin letters have at least three letters a token, other scripts can
/// need one for each byte.
fn estimate(message: &Message) -> usize {
    let text = message.as_text();
    let ascii = text.bytes().filter(u8::is_ascii).count();
    8 + ascii.div_ceil(3) + (text.len() - ascii)
}

impl Shared {
    fn get(&self) -> Result<&Arc<ChatModel>> {
        let model = self.model.get()?;
        self.info.get_or_init(|| model.info().clone());
        Ok(model)
    }

    fn run(&self) {
        // A panic ends this thread and drops what waits; the next call starts a new one.
        struct Stopped<'a>(&'a Shared);
        impl Drop for Stopped<'_> {
            fn drop(&mut self) {
                let mut queue = lock(&self.0.queue);
                queue.running = false;
                queue.jobs.clear();
            }
        }
        let _stopped = Stopped(self);
        while let Some(job) = self.next() {
            match job {
                Job::Warm => {
                    if let Err(error) = self.get() {
                        tracing::warn!(%error, "a chat model could not be loaded");
                    }
                }
                Job::Answer(request, send) => self.answer(&request, &send),
            }
        }
    }

    fn next(&self) -> Option<Job> {
        let mut queue = lock(&self.queue);
        loop {
            if queue.closed {
                return None;
            }
            if let Some(job) = queue.jobs.pop_front() {
                return Some(job);
            }
            queue = self
                .changed
                .wait(queue)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn answer(&self, request: &ChatRequest, send: &mpsc::UnboundedSender<Result<Delta>>) {
        // Who asked may be gone since.
        if send.is_closed() {
            return;
        }
        let outcome = self.get().and_then(|model| {
            model.generate(request, &mut |delta| {
                let gone = match &delta {
                    // Only a question whether somebody still listens.
                    Delta::Text(text) if text.is_empty() => send.is_closed(),
                    _ => send.unbounded_send(Ok(delta)).is_err(),
                };
                match gone {
                    true => ControlFlow::Break(()),
                    false => ControlFlow::Continue(()),
                }
            })
        });
        if let Err(error) = outcome {
            tracing::warn!(%error, "generation failed");
            let _ = send.unbounded_send(Err(error));
        }
    }
}
