//! A chat model that is watched: the row is complete when its stream has ended, or is dropped.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use async_trait::async_trait;
use futures::{Stream, StreamExt};
use model::{
    ChatRequest, Delta, DeltaStream, Llm, LlmInfo, Message, Part, Result, ToolCallDelta, Usage,
};
use ports::Timestamp;

use super::{Kind, Outcome, Tab, Watched};

pub(super) fn watched(tab: Tab, inner: Arc<dyn Llm>) -> Arc<dyn Llm> {
    let info = inner.info();
    let (provider, model) = (info.provider.clone(), info.model.clone());
    let watched = tab.watched(Kind::Chat, provider, model, info.price.clone());
    Arc::new(Model { inner, watched })
}

struct Model {
    inner: Arc<dyn Llm>,
    watched: Watched,
}

#[async_trait]
impl Llm for Model {
    fn info(&self) -> &LlmInfo {
        self.inner.info()
    }

    fn count_tokens(&self, messages: &[Message]) -> usize {
        self.inner.count_tokens(messages)
    }

    async fn stream(&self, request: ChatRequest) -> Result<DeltaStream> {
        let mut call = Call {
            begun: self.watched.now(),
            prompt: request.messages.iter().map(estimate).sum(),
            watched: self.watched.clone(),
            first: None,
            bytes: 0,
            usage: None,
            is_whole: false,
            is_over: false,
        };
        match self.inner.stream(request).await {
            Ok(deltas) => Ok(Deltas { deltas, call }.boxed()),
            Err(error) => {
                call.end((&error).into());
                Err(error)
            }
        }
    }
}

/// Tokens of a text of that many bytes, as [`Llm::count_tokens`] estimates them.
fn tokens(bytes: usize) -> u64 {
    bytes as u64 / 3 + 5
}

fn estimate(message: &Message) -> u64 {
    let bytes = message.content.iter().map(|part| match part {
        Part::Text { text } => text.len(),
        _ => 0,
    });
    tokens(bytes.sum())
}

/// A call that goes on.
struct Call {
    watched: Watched,
    begun: Timestamp,
    first: Option<Timestamp>,
    /// Tokens of the prompt, as they are estimated.
    prompt: u64,
    /// What was written.
    bytes: usize,
    usage: Option<Usage>,
    /// It said why it ended.
    is_whole: bool,
    is_over: bool,
}

impl Call {
    fn take(&mut self, delta: &Delta) {
        let bytes = match delta {
            Delta::Text(text) | Delta::Reasoning(text) => text.len(),
            Delta::ToolCall(ToolCallDelta {
                name, arguments, ..
            }) => name.as_ref().map_or(0, String::len) + arguments.len(),
            Delta::Usage(usage) => return self.usage = Some(*usage),
            Delta::Finish(_) => return self.is_whole = true,
        };
        self.bytes += bytes;
        if self.first.is_none() {
            self.first = Some(self.watched.now());
        }
    }

    fn end(&mut self, outcome: Outcome) {
        if std::mem::replace(&mut self.is_over, true) {
            return;
        }
        let said = self.usage.filter(|usage| usage.total_tokens() > 0);
        let usage = said.unwrap_or_else(|| match (self.bytes, &outcome) {
            // What was refused was not paid for.
            (0, Outcome::Error { .. }) => Usage::default(),
            (bytes, _) => Usage {
                prompt_tokens: self.prompt,
                completion_tokens: if bytes > 0 { tokens(bytes) } else { 0 },
                estimated: true,
            },
        });
        self.watched.ended(self.begun, self.first, usage, outcome);
    }
}

struct Deltas {
    deltas: DeltaStream,
    call: Call,
}

impl Stream for Deltas {
    type Item = Result<Delta>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = self.deltas.poll_next_unpin(context);
        match &next {
            Poll::Ready(Some(Ok(delta))) => self.call.take(delta),
            Poll::Ready(Some(Err(error))) => self.call.end(error.into()),
            Poll::Ready(None) => self.call.end(Outcome::Ok),
            Poll::Pending => {}
        }
        next
    }
}

impl Drop for Deltas {
    fn drop(&mut self) {
        self.call.end(match self.call.is_whole {
            true => Outcome::Ok,
            false => Outcome::Stopped,
        });
    }
}
