//! A chat model in memory: conversation in, deltas out.

mod bpe;
mod sample;
mod template;
mod text;

use std::{
    ops::ControlFlow,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use model::{ChatRequest, Delta, Error, ErrorKind, Finish, LlmInfo, Message, Result, Usage};

use crate::{
    error::broken,
    llama::{Gguf, Llama, PIECE, Session},
};
use bpe::Bpe;
use sample::Sampler;
use template::Template;
use text::Text;

/// Longest answer where the request sets no limit.
const LONGEST_ANSWER: usize = 1024;

/// Smallest window that a slow machine is said to have: below, no retrieved text would fit.
const SMALLEST_WINDOW: usize = 1024;

/// A model from a GGUF file.
pub struct ChatModel {
    info: LlmInfo,
    tokenizer: Bpe,
    template: Template,
    llama: Llama,
    /// What was read last. A request that begins in the same way (the system prompt, an earlier turn) goes on from
    /// there.
    session: Mutex<Session>,
}

impl ChatModel {
    /// `name` is the model's name; `gguf` is the whole file, which is not kept.
    pub fn from_gguf(name: &str, gguf: &[u8]) -> Result<Self> {
        let gguf = Gguf::open(gguf)?;
        let tokenizer = Bpe::from_gguf(&gguf)?;
        let template = Template::from_gguf(&gguf)?;
        let llama = Llama::load(&gguf, tokenizer.len())?;
        let info = LlmInfo {
            provider: model::Models::LOCAL.to_owned(),
            model: name.to_owned(),
            context_window: llama.config().context,
            max_output_tokens: LONGEST_ANSWER,
            exact_tokens: true,
            vision: false,
            tools: false,
            price: None,
        };
        let model = Self {
            info,
            tokenizer,
            template,
            llama,
            session: Mutex::default(),
        };
        // A template that cannot be rendered shows here and not in the middle of a chat.
        model.prompt(&[Message::text(model::Role::User, "?")])?;
        Ok(model)
    }

    /// What it is.
    pub fn info(&self) -> &LlmInfo {
        &self.info
    }

    /// Reads a few tokens, and sets `info().context_window` to what this machine reads in `patience`. `elapsed` is a
    /// clock. Gives tokens per second.
    pub fn fit(&mut self, patience: Duration, elapsed: &dyn Fn() -> Duration) -> Result<f32> {
        let session = self
            .session
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner);
        let ids: Vec<u32> = (0..64).map(|i| 100 + i * 37 % 1000).collect();
        // The first time pays for cold caches and for threads that start.
        let mut best = Duration::MAX;
        for _ in 0..2 {
            let start = elapsed();
            self.llama.read(session, &ids)?;
            best = best.min(elapsed().saturating_sub(start));
            session.truncate(0);
        }
        let speed = ids.len() as f32 / best.as_secs_f32().max(1e-6);
        let window = (speed * patience.as_secs_f32()) as usize;
        let longest = self.llama.config().context;
        self.info.context_window = window.clamp(SMALLEST_WINDOW.min(longest), longest);
        Ok(speed)
    }

    /// Tokens that these messages occupy in the prompt, template included.
    pub fn count_tokens(&self, messages: &[Message]) -> usize {
        // The template was proved at load: what fails here is text that it cannot take, and `generate` says so.
        self.prompt(messages).map_or(0, |ids| ids.len())
    }

    /// The logits of the token that follows these, for comparisons with other implementations.
    pub fn logits(&self, ids: &[u32]) -> Result<Vec<f32>> {
        let mut session = Session::default();
        let mut logits = Vec::new();
        for piece in ids.chunks(PIECE) {
            logits = self.llama.read(&mut session, piece)?.to_vec();
        }
        Ok(logits)
    }

    /// Ids of a raw text, in which nothing is special.
    pub fn token_ids(&self, text: &str) -> Result<Vec<u32>> {
        self.tokenizer.encode(text)
    }

    /// The prompt of a conversation.
    pub fn prompt(&self, messages: &[Message]) -> Result<Vec<u32>> {
        self.template.render(messages, &self.tokenizer)
    }

    /// Answers on this thread and all cores: any number of texts, then `Usage` and `Finish`. `emit` may end it at any
    /// token, and is asked between the pieces of a long prompt too, with an empty text.
    pub fn generate(
        &self,
        request: &ChatRequest,
        emit: &mut dyn FnMut(Delta) -> ControlFlow<()>,
    ) -> Result<()> {
        let prompt = self.prompt(&request.messages)?;
        let window = self.llama.config().context;
        let room = window.saturating_sub(prompt.len());
        if room == 0 {
            return Err(Error::new(
                ErrorKind::ContextLength,
                format!(
                    "the prompt has {} tokens, `{}` takes {window}",
                    prompt.len(),
                    self.info.model
                ),
            ));
        }
        let wanted = request.parameters.max_tokens.map(|n| n as usize);
        let limit = room.min(wanted.unwrap_or(LONGEST_ANSWER));
        let mut session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        let session = &mut *session;
        let mut sampler = Sampler::new(&request.parameters);
        let mut text = Text::new(&request.parameters.stop);

        let same = prompt.iter().zip(session.ids());
        let same = same.take_while(|(a, b)| a == b).count();
        // The last token is always read: it gives the first logits.
        session.truncate(same.min(prompt.len() - 1));
        let unread = prompt.get(session.ids().len()..).unwrap_or_default();
        let (last, before) = {
            let pieces = unread.len().div_ceil(PIECE).saturating_sub(1);
            let (before, last) = unread.split_at(pieces * PIECE);
            (last, before)
        };
        for piece in before.chunks(PIECE) {
            self.llama.read(session, piece)?;
            if emit(Delta::Text(String::new())).is_break() {
                return Ok(());
            }
        }
        let mut next = sampler.pick(self.llama.read(session, last)?);
        let mut written = 0;
        let finish = loop {
            if written >= limit {
                break Finish::Length;
            }
            let id = next.ok_or_else(|| broken("logits that are no numbers"))?;
            if self.tokenizer.is_end(id) {
                break Finish::Stop;
            }
            written += 1;
            let (more, stopped) = text.push(self.tokenizer.bytes(id));
            if !more.is_empty() && emit(Delta::Text(more)).is_break() {
                return Ok(());
            }
            if stopped {
                break Finish::Stop;
            }
            // Nobody would look at the logits after the last token.
            if written < limit {
                next = sampler.pick(self.llama.read(session, &[id])?);
            }
        };
        let rest = text.finish();
        let usage = Usage {
            prompt_tokens: prompt.len() as u64,
            completion_tokens: written as u64,
            estimated: false,
        };
        for delta in [
            Delta::Text(rest),
            Delta::Usage(usage),
            Delta::Finish(finish),
        ] {
            if delta != Delta::Text(String::new()) && emit(delta).is_break() {
                break;
            }
        }
        Ok(())
    }
}
