//! All other models that are watched: a call has ended when its answer is there. A call that is dropped in the middle leaves
//! a row, too.

use std::sync::Arc;

use async_trait::async_trait;
use model::{
    Audio, Embedder, EmbedderInfo, Embeddings, Moderation, Moderator, ModeratorInfo, Ranking,
    Reranker, RerankerInfo, Result, Speaker, Transcriber, Usage,
};
use ports::Timestamp;

use super::{Outcome, Watched};

pub(crate) struct Seen<T: ?Sized> {
    inner: Arc<T>,
    watched: Watched,
}

pub(crate) fn watched<T: ?Sized>(watched: Watched, inner: Arc<T>) -> Arc<Seen<T>> {
    Arc::new(Seen { inner, watched })
}

/// A call that goes on, and the tokens that it reads by our count.
struct Call<'a> {
    watched: &'a Watched,
    begun: Timestamp,
    counted: u64,
    is_over: bool,
}

impl<'a> Call<'a> {
    fn begin(watched: &'a Watched, counted: usize) -> Self {
        Self {
            begun: watched.now(),
            watched,
            counted: counted as u64,
            is_over: false,
        }
    }

    /// Takes its end down. `said`: by the provider.
    fn end<T>(mut self, answer: &Result<T>, said: impl FnOnce(&T) -> Option<Usage>) {
        self.is_over = true;
        let (usage, outcome) = match answer {
            Ok(answer) => (said(answer), Outcome::Ok),
            Err(error) => (Some(Usage::default()), error.into()),
        };
        let usage = match usage {
            Some(usage) if usage.total_tokens() > 0 || answer.is_err() => usage,
            _ => self.estimated(),
        };
        self.watched.ended(self.begun, None, usage, outcome);
    }

    fn estimated(&self) -> Usage {
        Usage {
            prompt_tokens: self.counted,
            completion_tokens: 0,
            estimated: true,
        }
    }
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        if !self.is_over {
            let usage = self.estimated();
            self.watched
                .ended(self.begun, None, usage, Outcome::Stopped);
        }
    }
}

/// As [`Embedder::count_tokens`] counts where nobody knows better.
fn tokens(text: &str) -> usize {
    text.len().div_ceil(4)
}

#[async_trait]
impl Embedder for Seen<dyn Embedder> {
    fn info(&self) -> &EmbedderInfo {
        self.inner.info()
    }

    fn count_tokens(&self, text: &str) -> usize {
        self.inner.count_tokens(text)
    }

    async fn embed(&self, texts: &[String], purpose: model::Purpose) -> Result<Embeddings> {
        // The tokenizer is too slow to be asked for what nearly every model says itself.
        let call = Call::begin(&self.watched, texts.iter().map(|text| tokens(text)).sum());
        let answer = self.inner.embed(texts, purpose).await;
        call.end(&answer, |answer| Some(answer.usage));
        answer
    }
}

#[async_trait]
impl Reranker for Seen<dyn Reranker> {
    fn info(&self) -> &RerankerInfo {
        self.inner.info()
    }

    async fn rerank(&self, query: &str, documents: &[String]) -> Result<Vec<f32>> {
        Ok(self.rank(query, documents).await?.scores)
    }

    async fn rank(&self, query: &str, documents: &[String]) -> Result<Ranking> {
        // A query is read once with every document.
        let of = |document: &String| tokens(query) + tokens(document);
        let call = Call::begin(&self.watched, documents.iter().map(of).sum());
        let answer = self.inner.rank(query, documents).await;
        call.end(&answer, |answer| answer.usage);
        answer
    }
}

#[async_trait]
impl Moderator for Seen<dyn Moderator> {
    fn info(&self) -> &ModeratorInfo {
        self.inner.info()
    }

    async fn moderate(&self, text: &str) -> Result<Moderation> {
        let call = Call::begin(&self.watched, tokens(text));
        let answer = self.inner.moderate(text).await;
        call.end(&answer, |_| None);
        answer
    }
}

#[async_trait]
impl Speaker for Seen<dyn Speaker> {
    async fn speak(&self, text: &str, voice: Option<&str>) -> Result<Audio> {
        let call = Call::begin(&self.watched, tokens(text));
        let answer = self.inner.speak(text, voice).await;
        call.end(&answer, |_| None);
        answer
    }
}

#[async_trait]
impl Transcriber for Seen<dyn Transcriber> {
    async fn transcribe(&self, audio: Audio) -> Result<String> {
        let call = Call::begin(&self.watched, 0);
        let answer = self.inner.transcribe(audio).await;
        call.end(&answer, |text| {
            Some(Usage {
                prompt_tokens: 0,
                completion_tokens: tokens(text) as u64,
                estimated: true,
            })
        });
        answer
    }
}
