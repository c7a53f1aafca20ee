//! `chat/completions`, always streamed.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use async_trait::async_trait;
use futures::stream::{self, StreamExt};
use model::{ChatRequest, Delta, DeltaStream, Endpoint, Error, ErrorKind, Llm, LlmInfo, Result};
use ports::Timestamp;
use serde_json::Value;

use super::{answer::Answer, request, who};
use crate::{
    client::{Call, Client, Failed, Incoming, content_type},
    sse::Parser,
};

/// Wait for token counts after the answer's end: services that never close the stream must not hold up a chat.
const AFTERWORD: Duration = Duration::from_secs(5);

/// Bytes of one answer, framing included.
const ANSWER_BYTES: usize = 32 << 20;

/// A remote chat model.
pub(super) struct Chat {
    client: Client,
    endpoint: Endpoint,
    info: LlmInfo,
    who: String,
    /// The service refused `stream_options`.
    silent_usage: AtomicBool,
}

impl Chat {
    pub(super) fn new(client: Client, endpoint: Endpoint, info: LlmInfo) -> Self {
        Self {
            who: who(&info.provider, &info.model),
            client,
            endpoint,
            info,
            silent_usage: AtomicBool::new(false),
        }
    }

    async fn start(&self, request: &ChatRequest, usage: bool) -> Result<Reading> {
        let body = request::body(&self.info.model, request, usage);
        let prompt = self.count_tokens(&request.messages) as u64;
        let deadline = self.client.deadline();
        self.client
            .retry(deadline, || self.open(&body, prompt, deadline))
            .await
    }

    /// One attempt: until the first delta is there, nothing was passed on and another attempt is possible.
    async fn open(
        &self,
        body: &Value,
        prompt: u64,
        deadline: Timestamp,
    ) -> Result<Reading, Failed> {
        let call = Call {
            endpoint: &self.endpoint,
            path: "/chat/completions",
            who: &self.who,
            body: body.into(),
            deadline,
        };
        let (headers, incoming) = self.client.send(&call).await?;
        let mut reading = Reading {
            incoming,
            // A service may ignore that it was asked to stream.
            whole: (content_type(&headers) == "application/json").then(Vec::new),
            parser: Parser::default(),
            answer: Answer::new(&self.who, &self.endpoint.api_key),
            prompt,
            received: 0,
            over: false,
        };
        while !reading.answer.is_ready() && !reading.over {
            reading.advance().await?;
        }
        Ok(reading)
    }
}

#[async_trait]
impl Llm for Chat {
    fn info(&self) -> &LlmInfo {
        &self.info
    }

    async fn stream(&self, request: ChatRequest) -> Result<DeltaStream> {
        let usage = !self.silent_usage.load(Ordering::Relaxed);
        let mut started = self.start(&request, usage).await;
        // Strict services (Mistral, old llama.cpp) refuse fields they do not know, and name them.
        if let Err(error) = &started
            && usage
            && error.kind() == ErrorKind::BadRequest
            && error.to_string().contains("stream_options")
        {
            self.silent_usage.store(true, Ordering::Relaxed);
            started = self.start(&request, false).await;
        }
        Ok(stream::unfold(started?, Reading::step).boxed())
    }
}

/// An answer that is being read. Dropping it aborts the exchange.
struct Reading {
    incoming: Incoming,
    /// The answer so far, when it comes as one JSON document.
    whole: Option<Vec<u8>>,
    parser: Parser,
    answer: Answer,
    prompt: u64,
    received: usize,
    over: bool,
}

impl Reading {
    async fn step(mut self) -> Option<(Result<Delta>, Self)> {
        loop {
            if let Some(delta) = self.answer.pop() {
                return Some((Ok(delta), self));
            }
            if self.over {
                return None;
            }
            if let Err(error) = self.advance().await {
                self.over = true;
                return Some((Err(error), self));
            }
        }
    }

    /// Reads one piece, or ends the answer.
    async fn advance(&mut self) -> Result<()> {
        match self.incoming.next().await {
            Some(Ok(piece)) => {
                self.received += piece.len();
                if self.received > ANSWER_BYTES {
                    return Err(Error::new(ErrorKind::Protocol, "the answer is too large"));
                }
                if let Some(whole) = &mut self.whole {
                    whole.extend_from_slice(&piece);
                    return Ok(());
                }
                for event in self.parser.push(&piece)? {
                    self.answer.event(&event)?;
                }
                if self.answer.is_done() {
                    return self.close();
                }
                if self.answer.is_finished() {
                    self.incoming.hurry(AFTERWORD);
                }
                Ok(())
            }
            // What was said is complete: how the connection ends does not matter.
            Some(Err(_)) if self.answer.is_finished() => self.close(),
            Some(Err(error)) => Err(error),
            None => {
                let events = match self.whole.take() {
                    Some(whole) => vec![String::from_utf8_lossy(&whole).into_owned()],
                    None => self.parser.finish(),
                };
                for event in events {
                    self.answer.event(&event)?;
                }
                self.close()
            }
        }
    }

    fn close(&mut self) -> Result<()> {
        self.over = true;
        self.answer.close(self.prompt)
    }
}
