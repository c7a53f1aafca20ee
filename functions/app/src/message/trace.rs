//! What the model saw: kept beside a message, for the app's makers.

use model::Role;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Resource;
use crate::{Result, store};

/// Most bytes of a trace.
const LIMIT: usize = 128 << 10;

/// How an answer came to be. Kept in the conversation's partition under `t/{message}`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Trace {
    /// `model`, `annotation` or `moderation`.
    pub source: String,
    /// Of the model.
    pub provider: String,
    /// As the provider names it.
    pub model: String,
    /// Tokens that the model reads at most.
    pub context_window: usize,
    /// How it was asked to sample.
    pub parameters: Value,
    /// The messages that it was given.
    pub prompt: Vec<Said>,
    /// Tokens of those, as they were counted here.
    pub prompt_tokens: usize,
    /// Rounds of the conversation in the prompt.
    pub history_rounds: usize,
    /// Passages in the prompt: the first ones of `hits`.
    pub passages_used: usize,
    /// What the datasets were searched for.
    pub query: String,
    /// What was found, best first.
    pub hits: Vec<Resource>,
    /// Milliseconds until the model could be asked.
    pub gather_ms: u64,
    /// Of those, milliseconds of the search.
    pub retrieval_ms: Option<u64>,
    /// Whether texts were cut to keep this small.
    pub truncated: bool,
}

/// A message of a prompt.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// `system`, `user`, `assistant` or `tool`.
    pub role: String,
    /// The words; pictures are named, not shown.
    pub text: String,
}

impl Said {
    /// A message as people read it.
    pub fn of(message: &model::Message) -> Self {
        let role = match message.role {
            Role::System => "system",
            Role::User => "user",
            Role::Assistant => "assistant",
            Role::Tool => "tool",
        };
        let parts = message.content.iter().map(|part| match part {
            model::Part::Text { text } => text.clone(),
            _ => "[image]".to_owned(),
        });
        Self {
            role: role.to_owned(),
            text: parts.collect::<Vec<_>>().join("\n"),
        }
    }
}

impl Trace {
    /// As it is kept: what is too much is cut from the longest texts, in the middle of which least is lost.
    pub(crate) fn encode(&self, most: usize) -> Result<Vec<u8>> {
        let limit = LIMIT.min(most);
        let whole = store::encode(self)?;
        if whole.len() <= limit {
            return Ok(whole);
        }
        let mut cut = self.clone();
        cut.truncated = true;
        let mut room = limit / 4;
        loop {
            let prompts = cut.prompt.iter_mut().map(|said| &mut said.text);
            let hits = cut.hits.iter_mut().filter_map(|hit| hit.content.as_mut());
            for text in prompts.chain(hits) {
                shorten(text, room);
            }
            let bytes = store::encode(&cut)?;
            if bytes.len() <= limit {
                return Ok(bytes);
            }
            if room < 64 {
                cut.prompt.clear();
                cut.hits.clear();
                cut.parameters = Value::Null;
                shorten(&mut cut.query, 1_024);
                return store::encode(&cut);
            }
            room /= 2;
        }
    }
}

/// Keeps the beginning and the end.
fn shorten(text: &mut String, bytes: usize) {
    if text.len() <= bytes {
        return;
    }
    let half = bytes / 2;
    let head = text
        .char_indices()
        .map(|(at, _)| at)
        .take_while(|at| *at <= half)
        .last();
    let tail = text
        .char_indices()
        .map(|(at, _)| at)
        .find(|at| *at + half >= text.len());
    let head = text.get(..head.unwrap_or(0)).unwrap_or_default();
    let tail = text.get(tail.unwrap_or(text.len())..).unwrap_or_default();
    *text = format!("{head} … {tail}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_never_outgrows_its_store() {
        for (words, cut) in [(10, false), (40_000, true)] {
            let said = Said {
                role: "user".to_owned(),
                text: "é ".repeat(words),
            };
            let trace = Trace {
                prompt: vec![said.clone(), said],
                ..Trace::default()
            };
            let bytes = trace.encode(LIMIT).unwrap();
            assert!(bytes.len() <= LIMIT);
            let back: Trace = serde_json::from_slice(&bytes).unwrap();
            assert_eq!((back.truncated, back.prompt.len()), (cut, 2));
            assert!(back.prompt.iter().all(|said| said.text.starts_with("é é")));
        }
        let many = Trace {
            prompt: vec![Said::default(); 100_000],
            ..Trace::default()
        };
        assert!(many.encode(LIMIT).unwrap().len() <= LIMIT);
    }
}
