//! Deterministic twins: a model that says what it is told to, and an embedder that hashes words.

use std::{collections::VecDeque, sync::Mutex};

use async_trait::async_trait;
use futures::stream::{self, StreamExt};

use crate::{
    ChatRequest, Delta, DeltaStream, Embedder, EmbedderInfo, Embeddings, Error, ErrorKind, Finish,
    Llm, LlmInfo, Purpose, Result, ToolCallDelta, Usage,
};

/// Answers with the scripted replies in order, word by word; when the script is over, with `echo: ` and the last
/// message. Remembers every request.
pub struct ScriptedLlm {
    info: LlmInfo,
    script: Mutex<VecDeque<Reply>>,
    requests: Mutex<Vec<ChatRequest>>,
}

/// What a scripted model does.
pub enum Reply {
    /// Says this.
    Text(String),
    /// Fails at once.
    Fail(ErrorKind, String),
    /// Says this, then breaks off.
    Cut(String),
    /// Calls this function with this JSON text.
    Call(String, String),
}

impl ScriptedLlm {
    /// A model of provider `local` with this name.
    pub fn new(model: &str, script: impl IntoIterator<Item = Reply>) -> Self {
        let info = LlmInfo {
            provider: "local".to_owned(),
            model: model.to_owned(),
            context_window: 8192,
            max_output_tokens: 1024,
            exact_tokens: false,
            vision: false,
            tools: true,
            price: None,
        };
        Self {
            info,
            script: Mutex::new(script.into_iter().collect()),
            requests: Mutex::default(),
        }
    }

    /// The same, with eyes.
    pub fn with_vision(mut self) -> Self {
        self.info.vision = true;
        self
    }

    /// More to say, after what is left to say.
    pub fn play(&self, script: impl IntoIterator<Item = Reply>) {
        self.script
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
            .extend(script);
    }

    /// What it was asked so far.
    pub fn requests(&self) -> Vec<ChatRequest> {
        self.requests
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
            .clone()
    }
}

#[async_trait]
impl Llm for ScriptedLlm {
    fn info(&self) -> &LlmInfo {
        &self.info
    }

    async fn stream(&self, request: ChatRequest) -> Result<DeltaStream> {
        let echo = request
            .messages
            .last()
            .map(|message| message.as_text())
            .unwrap_or_default();
        let prompt_tokens = self.count_tokens(&request.messages) as u64;
        self.requests
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
            .push(request);
        let reply = self
            .script
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
            .pop_front();
        let mut call = None;
        let (text, cut) = match reply {
            Some(Reply::Text(text)) => (text, false),
            Some(Reply::Cut(text)) => (text, true),
            Some(Reply::Call(name, arguments)) => {
                call = Some(ToolCallDelta {
                    index: 0,
                    id: Some("call_0".to_owned()),
                    name: Some(name),
                    arguments,
                });
                (String::new(), false)
            }
            Some(Reply::Fail(kind, message)) => return Err(Error::new(kind, message)),
            None => (format!("echo: {echo}"), false),
        };
        let mut deltas: Vec<Result<Delta>> = text
            .split_inclusive(' ')
            .map(|word| Ok(Delta::Text(word.to_owned())))
            .collect();
        if cut {
            deltas.push(Err(Error::new(
                ErrorKind::Unavailable,
                "the scripted model broke off",
            )));
        } else {
            let completion_tokens = deltas.len() as u64;
            deltas.push(Ok(Delta::Usage(Usage {
                prompt_tokens,
                completion_tokens,
                estimated: false,
            })));
            let finish = match call {
                Some(_) => Finish::ToolCalls,
                None => Finish::Stop,
            };
            deltas.extend(call.map(|call| Ok(Delta::ToolCall(call))));
            deltas.push(Ok(Delta::Finish(finish)));
        }
        Ok(stream::iter(deltas).boxed())
    }
}

/// Vectors from the words of a text: texts that share words are near. 64 numbers.
pub struct HashEmbedder {
    info: EmbedderInfo,
}

impl HashEmbedder {
    /// An embedder of provider `local` with this name.
    pub fn new(model: &str) -> Self {
        let (provider, model) = ("local".to_owned(), model.to_owned());
        Self {
            info: EmbedderInfo {
                provider,
                model,
                dimension: 64,
                max_input_tokens: 256,
                batch: 16,
            },
        }
    }
}

#[async_trait]
impl Embedder for HashEmbedder {
    fn info(&self) -> &EmbedderInfo {
        &self.info
    }

    async fn embed(&self, texts: &[String], _: Purpose) -> Result<Embeddings> {
        let vectors: Vec<_> = texts.iter().map(|text| vector(text)).collect();
        let prompt_tokens = texts
            .iter()
            .map(|text| self.count_tokens(text) as u64)
            .sum();
        Ok(Embeddings {
            vectors,
            usage: Usage {
                prompt_tokens,
                completion_tokens: 0,
                estimated: false,
            },
        })
    }
}

fn vector(text: &str) -> Vec<f32> {
    let mut vector = vec![0f32; 64];
    for word in text
        .to_lowercase()
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
    {
        // FNV-1a: the same on every platform.
        let hash = word.bytes().fold(0xcbf2_9ce4_8422_2325u64, |h, b| {
            (h ^ u64::from(b)).wrapping_mul(0x100_0000_01b3)
        });
        if let Some(slot) = vector.get_mut((hash % 64) as usize) {
            *slot += 1.0;
        }
    }
    let norm = vector
        .iter()
        .map(|x| x * x)
        .sum::<f32>()
        .sqrt()
        .max(f32::MIN_POSITIVE);
    vector.iter().map(|x| x / norm).collect()
}
